"""`course grade`: run what has to be run, keep the results, record them; and the table of what came out.

Running is parallel and changes nothing but the store of results; recording is serial and does the rest in one go. So a
run that was killed goes on where it was, and the gradebook is that of a run that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from . import collect, doctor, supervise
from .assignment import Assignment
from .course import Course, CourseError
from .feedback import FeedbackWriter
from .grade import environment, judge_hand_in, noted, stopped
from .guard import HandIn
from .record import Recorder, Row
from .store import Store, address
from .supervise import Job
from .verdict import Verdict, as_json


@dataclass
class Plan:
    """What is known already, by student, and what has to be run."""

    hand_ins: dict[str, HandIn]
    kept: dict[str, Verdict] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)


class Results:
    """The store of an assignment's results."""

    def __init__(self, course: Course, assignment: Assignment):
        self.assignment = assignment
        self.store = Store(course.private / "results", course.key("results"))

    def plan(self, hand_ins: Iterable[HandIn], *, force: bool) -> Plan:
        """Nothing unchanged is run again; of a corrected assignment only the test cells that the correction touches."""
        plan = Plan({one.student: one for one in hand_ins})
        for one in plan.hand_ins.values():
            if one.notebook is None:
                plan.kept[one.student] = judge_hand_in(one, self.assignment, b"")
                continue
            verdict, reusable = (None, set()) if force else self._find(one)
            if verdict is not None and reusable == set(self.assignment.versions):
                plan.kept[one.student] = noted(verdict, one)
            else:
                plan.jobs.append(Job(one.student, one.notebook, {name: verdict.marks[name] for name in reusable}))
        return plan

    def keep(self, hand_in: HandIn, verdict: Verdict):
        self.store.put(self._address(hand_in), as_json({"versions": self.assignment.versions, "verdict": verdict}))

    def _find(self, hand_in: HandIn) -> tuple[Verdict | None, set[str]]:
        data = self.store.get(self._address(hand_in))
        if data is None:
            return None, set()
        entry = json.loads(data)
        verdict = Verdict.from_dict(entry["verdict"])
        reusable = self.assignment.reusable(entry["versions"])
        # Where something was stopped, what the tests took from one another's time counts.
        return verdict, set() if stopped(verdict) and reusable != set(self.assignment.versions) else reusable

    def _address(self, hand_in: HandIn) -> str:
        return address(hand_in.notebook, self.assignment.name, self.assignment.base, environment(),
                       repr(self.assignment.plan.limits))


def grade(course: Course, name: str, *, students: Iterable[str] | None = None, workers: int | None = None,
          scheduler: str | None = None, force: bool = False, feedback: bool = True,
          believe_timestamps: bool = False, sandboxed: bool = True) -> list[Row]:
    """Grade and record; returns the rows by student. Not `sandboxed` are one's own hand-ins only, at one's own risk.

    Raises `NoSandbox`, `AssignmentError` and `CourseError`; nothing that a student hands in raises anything.
    """
    assignment = replace(course.assignment(name), sandboxed=sandboxed)
    with Recorder(course, assignment) as recorder:
        hand_ins = _chosen(course, name, recorder.students(), students, believe_timestamps)
        results = Results(course, assignment)
        plan = results.plan(hand_ins, force=force)
        if results.store.refused:
            print(f"course: {len(results.store.refused)} stored results are not as this course wrote them and are not "
                  "used", file=sys.stderr)
        verdicts = plan.kept | _run(course, assignment, plan, results, scheduler, workers)
        rows = recorder.record([(verdicts[student], plan.hand_ins[student]) for student in sorted(verdicts)])
    if feedback:
        writer = FeedbackWriter(course, name)
        stale = [row.student for row in rows if row.recorded or not writer.path(row.student).exists()]
        for student in _progress(stale, unit="page"):
            writer.write(student, verdicts[student])
    return rows


def dry_run(course: Course, name: str, *, students: Iterable[str] | None = None, force: bool = False) -> list[str]:
    """What `grade` would do, in words, a line for each hand-in and one for all. Records nothing."""
    assignment = course.assignment(name)
    with Recorder(course, assignment) as recorder:
        hand_ins = _chosen(course, name, recorder.students(), students, False)
    plan = Results(course, assignment).plan(hand_ins, force=force)
    tests = len(assignment.versions)
    lines = [f"{job.student:<26} {tests - len(job.known)} of {tests} tests" for job in plan.jobs]
    return [*lines, f"{len(plan.hand_ins)} hand-ins: {len(plan.jobs)} to run, {len(plan.kept)} known"]


def results_at_hand(course: Course, assignment: Assignment) -> dict[str, Verdict]:
    """The verdicts that are known, by student, for the hand-ins as they are now."""
    with Recorder(course, assignment) as recorder:
        hand_ins = list(_chosen(course, assignment.name, recorder.students(), None, False))
    return Results(course, assignment).plan(hand_ins, force=False).kept


def table(rows: list[Row]) -> str:
    """The results as text."""
    lines = [f"{'student':<26} {'score':>9}  {'status':<9} remarks"]
    for row in rows:
        score = f"{row.score:g}/{row.max_score:g}"
        lines.append(f"{row.student:<26} {score:>9}  {row.status:<9} {'; '.join(row.reasons)}".rstrip())
    for row in rows:
        if row.before is not None and row.before != row.auto_score:
            lines.append(f"changed: {row.student} had {row.before:g} automatic points and has {row.auto_score:g}")
    counts = Counter(_kind(row.auto_score, row.auto_max, row.status) for row in rows)
    most = rows[0].auto_max if rows else 0
    lines.append(f"{len(rows)} hand-ins: {counts['full']} with all {most:g} automatic points, {counts['partial']} with "
                 f"some, {counts['zero']} with none, {counts['broken']} that could not be run")
    return "\n".join(lines)


def _chosen(course: Course, name: str, enrolled: list[str], students: Iterable[str] | None,
            believe_timestamps: bool) -> Iterator[HandIn]:
    known = {*course.students(name), *enrolled}
    chosen = known if students is None else set(students)
    if chosen - known:
        raise CourseError(f"nobody by the name of {', '.join(sorted(chosen - known))} handed anything in.")
    return (collect.read(course, name, student, believe_timestamps=believe_timestamps) for student in sorted(chosen))


def _run(course: Course, assignment: Assignment, plan: Plan, results: Results, scheduler: str | None,
         workers: int | None) -> dict[str, Verdict]:
    """Run the jobs of a plan; each result is kept as soon as it is there."""
    done, counts = {}, Counter()
    if not plan.jobs:
        return done
    workers = workers or len(os.sched_getaffinity(0))
    secret = course.key("cases")
    supervisors = min(workers, len(plan.jobs)) if scheduler is None else 0
    with supervise.ready(supervisors, assignment.to_bytes(), secret):
        weak = doctor.weaker() if scheduler is None and assignment.sandboxed else None
        if weak:
            print(f"course: weaker than designed: {weak}", file=sys.stderr)
        from . import cluster  # importing Dask takes a while, in which the supervisors get ready

        with cluster.connect(scheduler, workers) as client, _progress(total=len(plan.jobs), unit="hand-in") as bar:
            for verdict in cluster.verdicts(client, plan.jobs, assignment, secret):
                hand_in = plan.hand_ins[verdict.student]
                results.keep(hand_in, verdict)
                done[verdict.student] = noted(verdict, hand_in)
                counts[_kind(verdict.auto_score, assignment.auto_max, verdict.status)] += 1
                bar.set_postfix(counts, refresh=False)
                bar.update()
    return done


def _progress(*work, **options):
    """Rate, time left and how far it is, where somebody is watching."""
    from tqdm import tqdm

    return tqdm(*work, file=sys.stderr, delay=1.0, leave=False, disable=not sys.stderr.isatty(), **options)


def _kind(points: float, most: float, status: str) -> str:
    if status in ("broken", "missing"):
        return "broken"
    return "full" if points == most else "partial" if points else "zero"


__all__ = ["dry_run", "grade", "results_at_hand", "table"]
