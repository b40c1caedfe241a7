"""The last step but one: verdicts into nbgrader's gradebook, with nbgrader's meaning of every field."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SAWarning

from . import executed
from .assignment import Assignment, AssignmentError
from .course import Course
from .guard import HandIn
from .verdict import Verdict


@dataclass(frozen=True)
class Row:
    """A line of the table of results: what the gradebook holds for a student."""

    student: str
    auto_score: float
    auto_max: float
    manual_max: float
    score: float
    max_score: float
    status: str
    reasons: tuple[str, ...]


class Recorder:
    """Writes verdicts on one assignment; the gradebook is opened once. Use it in a `with` statement."""

    def __init__(self, course: Course, assignment: Assignment):
        self.course, self.assignment = course, assignment
        directory = course.directory
        self.gradebook = Gradebook(directory.db_url, directory.course_id)
        self.late = AssignLatePenalties(config=course.config)
        self.late.init_plugin()
        self._check()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_):
        self.gradebook.close()

    def students(self) -> list[str]:
        """Everyone on the gradebook's list."""
        return [student.id for student in self.gradebook.students]

    def enrol(self, students: list[str]):
        """Put students on the list, in this order, who are not on it yet."""
        for student in students:
            self.gradebook.update_or_create_student(student)

    def record(self, verdict: Verdict, hand_in: HandIn) -> Row:
        """Write the marks and the graded notebook; return what the gradebook now says."""
        book, name = self.gradebook, self.assignment.name
        notebook = executed.notebook(self.assignment, verdict)
        executed.write(self.course.notebook("autograded", name, verdict.student), notebook)
        when = {} if hand_in.timestamp is None else {"timestamp": hand_in.timestamp}
        with warnings.catch_warnings():
            # nbgrader fills a new submission before it adds it to the session, of which SQLAlchemy warns each time.
            warnings.simplefilter("ignore", SAWarning)
            submission = book.update_or_create_submission(name, verdict.student, **when)
        submitted = book.find_submission_notebook(name, name, verdict.student)
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if utils.is_grade(cell)
                 or utils.is_solution(cell) or utils.is_task(cell)}
        for grade in submitted.grades:
            self._grade(grade, cells.get(grade.name), verdict)
        for comment in submitted.comments:
            cell = cells.get(comment.name)
            untouched = cell is not None and not utils.is_task(cell) and _untouched(cell)
            comment.auto_comment = "No response." if untouched else None
        book.db.flush()
        book.db.refresh(submitted)
        submitted.late_submission_penalty = self._penalty(submission, submitted)
        book.db.commit()
        return self._row(verdict, submitted)

    def _grade(self, grade, cell, verdict: Verdict):
        mark = verdict.marks.get(grade.name)
        if mark is not None:
            grade.auto_score = mark.points
        elif cell is None or verdict.status in ("missing", "broken"):
            grade.auto_score = 0.0
        elif utils.is_grade(cell):
            grade.auto_score, _ = utils.determine_grade(cell)
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None

    def _penalty(self, submission, submitted) -> float | None:
        plugin: LateSubmissionPlugin = self.late.plugin_inst
        if submission.total_seconds_late <= 0:
            return None
        penalty = plugin.late_submission_penalty(submission.student_id, submitted.score, submission.total_seconds_late)
        return None if penalty is None else self.late._check_late_penalty(submitted, penalty)

    def _row(self, verdict: Verdict, submitted) -> Row:
        score = max(submitted.score - (submitted.late_submission_penalty or 0), 0)
        return Row(verdict.student, verdict.auto_score, self.assignment.auto_max, self.assignment.manual_max,
                   score, submitted.max_score, verdict.status, verdict.reasons)

    def _check(self):
        """The gradebook must know this assignment as it was released."""
        name = self.assignment.name
        try:
            notebook = self.gradebook.find_notebook(name, name)
        except MissingEntry:
            raise AssignmentError(f"the gradebook does not know {name}; run `course release {name}`.") from None
        points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
        expected = {cell.grade_id: cell.points for cell in self.assignment.cells
                    if cell.grade_id and (cell.node.metadata.nbgrader.get("grade")
                                          or cell.node.metadata.nbgrader.get("task"))}
        if points != expected:
            raise AssignmentError(f"{name}: the source is not the one in the gradebook; run `course release {name}`.")


def _untouched(cell) -> bool:
    return cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
