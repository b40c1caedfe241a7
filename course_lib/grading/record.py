"""The last step but one: verdicts into nbgrader's gradebook, with nbgrader's meaning of every field."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader import utils
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from . import executed
from .assignment import Assignment, AssignmentError
from .course import Course
from .guard import HandIn
from .verdict import Verdict


@dataclass(frozen=True)
class Row:
    """A line of the table of results: what the gradebook holds for a student.

    `before` is the automatic score that it held until now; `recorded` says whether anything in it was changed.
    """

    student: str
    auto_score: float
    auto_max: float
    manual_max: float
    score: float
    max_score: float
    status: str
    reasons: tuple[str, ...]
    before: float | None = None
    recorded: bool = True


class Recorder:
    """Writes verdicts on one assignment; the gradebook is opened once. Use it in a `with` statement."""

    def __init__(self, course: Course, assignment: Assignment):
        self.course, self.assignment = course, assignment
        directory = course.directory
        self.gradebook = Gradebook(directory.db_url, directory.course_id)
        self.db = self.gradebook.db
        self.late = AssignLatePenalties(config=course.config)
        self.late.init_plugin()
        self._check()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_):
        self.gradebook.close()

    def students(self) -> list[str]:
        """Everyone on the gradebook's list."""
        return list(self.db.scalars(select(Student.id)))

    def record(self, results: list[tuple[Verdict, HandIn]]) -> list[Row]:
        """Write marks and graded notebooks in one transaction; what is there already is left alone."""
        with self.db.no_autoflush:
            listed = set(self.students())
            self.db.add_all(Student(id=verdict.student) for verdict, _ in results if verdict.student not in listed)
            self.db.flush()
            before = {student: _auto_scores(one, self.names) for student, one in self._submissions().items()}
            notebooks = {verdict.student: self._put(verdict, hand_in) for verdict, hand_in in results}
            self.db.flush()
            submissions = self._submissions()
            for verdict, _ in results:
                self._penalise(submissions[verdict.student])
        self.db.commit()
        # Last, since a notebook that is there stands for a mark that is.
        for student, content in notebooks.items():
            if content is not None:
                executed.write(self.course.notebook("autograded", self.assignment.name, student), content)
        submissions = self._submissions()
        return [self._row(verdict, submissions[verdict.student], before.get(verdict.student),
                          notebooks[verdict.student] is not None) for verdict, _ in results]

    def _submissions(self) -> dict[str, SubmittedAssignment]:
        """Of this assignment, by student, with all that hangs on them, as the gradebook has them now."""
        notebooks = selectinload(SubmittedAssignment.notebooks)
        query = select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == self.notebook.assignment_id)
        query = query.options(notebooks.selectinload(SubmittedNotebook.grades),
                              notebooks.selectinload(SubmittedNotebook.comments),
                              notebooks.undefer(SubmittedNotebook.score))
        self.loaded = {one.student_id: one for one in
                       self.db.scalars(query.execution_options(populate_existing=True))}
        return self.loaded

    def _put(self, verdict: Verdict, hand_in: HandIn) -> bytes | None:
        """Put one verdict into the gradebook; returns the notebook to write, None if all of it was there already."""
        notebook = executed.notebook(self.assignment, verdict)
        content = executed.as_bytes(notebook)
        path = self.course.notebook("autograded", self.assignment.name, verdict.student)
        scores = {cell.metadata.nbgrader.grade_id: self._score(cell, verdict) for cell in notebook.cells
                  if utils.is_grade(cell) or utils.is_task(cell)}
        submission = self.loaded.get(verdict.student)
        if (submission is not None and _auto_scores(submission, self.names) == scores and path.is_file()
                and path.read_bytes() == content and hand_in.timestamp in (None, submission.timestamp)):
            return None
        submission = submission or self._submission(verdict.student)
        if hand_in.timestamp is not None:
            submission.timestamp = hand_in.timestamp
        (submitted,) = submission.notebooks
        for grade in submitted.grades:
            self._grade(grade, scores[self.names[grade.cell_id]])
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
        for comment in submitted.comments:
            cell = cells[self.names[comment.cell_id]]
            comment.auto_comment = "No response." if not utils.is_task(cell) and _untouched(cell) else None
        return content

    def _submission(self, student: str) -> SubmittedAssignment:
        """A new one with everything in it, as `Gradebook.add_submission` makes it."""
        submission = SubmittedAssignment(assignment_id=self.notebook.assignment_id, student_id=student)
        submitted = SubmittedNotebook(notebook_id=self.notebook.id, assignment=submission)
        for cell in (*self.notebook.grade_cells, *self.notebook.task_cells):
            submitted.grades.append(Grade(cell_id=cell.id))
        for cell in (*self.notebook.solution_cells, *self.notebook.task_cells):
            submitted.comments.append(Comment(cell_id=cell.id))
        self.db.add(submission)
        return submission

    def _score(self, cell, verdict: Verdict) -> float | None:
        """What the grader gives for a cell; None where that is left to somebody."""
        mark = verdict.marks.get(cell.metadata.nbgrader.grade_id)
        if mark is not None:
            return mark.points
        if verdict.status in ("missing", "broken"):
            return 0.0
        return utils.determine_grade(cell)[0] if utils.is_grade(cell) else None

    def _grade(self, grade: Grade, score: float | None):
        grade.auto_score = score
        grade.needs_manual_grade = grade.manual_score is not None or score is None

    def _penalise(self, submission: SubmittedAssignment):
        """As nbgrader's `AssignLatePenalties` does."""
        plugin: LateSubmissionPlugin = self.late.plugin_inst
        (submitted,) = submission.notebooks
        penalty, late = None, submission.total_seconds_late
        if late > 0:
            penalty = plugin.late_submission_penalty(submission.student_id, submitted.score, late)
        submitted.late_submission_penalty = penalty and self.late._check_late_penalty(submitted, penalty)

    def _row(self, verdict: Verdict, submission: SubmittedAssignment, before: dict | None, recorded: bool) -> Row:
        (submitted,) = submission.notebooks
        score = max(submitted.score - (submitted.late_submission_penalty or 0), 0)
        was = None if before is None else sum(before[name] or 0 for name in verdict.marks if name in before)
        return Row(verdict.student, verdict.auto_score, self.assignment.auto_max, self.assignment.manual_max,
                   score, self.max_score, verdict.status, verdict.reasons, was, recorded)

    def _check(self):
        """The gradebook must know this assignment as it was released."""
        name = self.assignment.name
        try:
            self.notebook = self.gradebook.find_notebook(name, name)
        except MissingEntry:
            raise AssignmentError(f"the gradebook does not know {name}; run `course release {name}`.") from None
        self.names = {cell.id: cell.name for kind in ("grade", "solution", "task")
                      for cell in getattr(self.notebook, f"{kind}_cells")}
        self.max_score = self.notebook.max_score
        points = {cell.name: cell.max_score for cell in (*self.notebook.grade_cells, *self.notebook.task_cells)}
        expected = {cell.grade_id: cell.points for cell in self.assignment.cells
                    if cell.grade_id and (cell.node.metadata.nbgrader.get("grade")
                                          or cell.node.metadata.nbgrader.get("task"))}
        if points != expected:
            raise AssignmentError(f"{name}: the source is not the one in the gradebook; run `course release {name}`.")


def _auto_scores(submission: SubmittedAssignment, names: dict[str, str]) -> dict[str, float | None]:
    return {names[grade.cell_id]: grade.auto_score for one in submission.notebooks for grade in one.grades}


def _untouched(cell) -> bool:
    return cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
