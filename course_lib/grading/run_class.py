"""`course grade`: all steps for all hand-ins of an assignment, and the table of results."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from . import collect, doctor
from .course import Course, CourseError
from .feedback import FeedbackWriter
from .grade import in_children
from .record import Recorder, Row


def grade(course: Course, name: str, *, students: Iterable[str] | None = None, jobs: int | None = None,
          feedback: bool = True, believe_timestamps: bool = False) -> list[Row]:
    """Grade and record; returns the rows by student.

    Raises `NoSandbox`, `AssignmentError` and `CourseError`; nothing that a student hands in raises anything.
    """
    assignment = course.assignment(name)
    weak = doctor.weaker()
    if weak:
        print(f"course: weaker than designed: {weak}", file=sys.stderr)
    with Recorder(course, assignment) as recorder:
        hand_ins = {}
        for student in _chosen(course, name, recorder, students):
            hand_ins[student] = collect.read(course, name, student, believe_timestamps=believe_timestamps)
        recorder.enrol(list(hand_ins))
        writer = FeedbackWriter(course, name) if feedback else None
        rows = []
        verdicts = in_children(hand_ins.values(), assignment, course.secret(), jobs)
        for verdict in _with_progress(verdicts, len(hand_ins)):
            rows.append(recorder.record(verdict, hand_ins[verdict.student]))
            if writer:
                writer.write(verdict.student, verdict)
    return sorted(rows, key=lambda row: row.student)


def table(rows: list[Row]) -> str:
    """The results as text."""
    lines = [f"{'student':<26} {'score':>9}  {'status':<9} remarks"]
    for row in rows:
        score = f"{row.score:g}/{row.max_score:g}"
        lines.append(f"{row.student:<26} {score:>9}  {row.status:<9} {'; '.join(row.reasons)}".rstrip())
    full = sum(row.auto_score == row.auto_max for row in rows)
    lines.append(f"{len(rows)} hand-ins: {full} with all {rows[0].auto_max if rows else 0:g} automatic points, "
                 f"{sum(row.status in ('broken', 'missing') for row in rows)} that could not be run")
    return "\n".join(lines)


def _chosen(course: Course, name: str, recorder: Recorder, students: Iterable[str] | None) -> list[str]:
    known = sorted({*course.students(name), *recorder.students()})
    if students is None:
        return known
    unknown = sorted(set(students) - set(known))
    if unknown:
        raise CourseError(f"nobody by the name of {', '.join(unknown)} handed anything in.")
    return sorted(set(students))


def _with_progress(verdicts, total: int):
    from tqdm import tqdm

    return tqdm(verdicts, total=total, unit="hand-in", file=sys.stderr, delay=1.0, leave=False,
                disable=not sys.stderr.isatty())


__all__ = ["grade", "table"]
