"""From an assignment's text to what students get, proved on the way.

The text (`NAME.py`) becomes `source/NAME/NAME.ipynb`; nbgrader itself makes `release/NAME/NAME.ipynb` of that. Before
anything is written the solution must earn all automatic points and the blank release none.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from . import grade
from .assignment import BEGIN_HIDDEN, END_HIDDEN, Assignment, AssignmentError, hidden_lines
from .course import Course
from .guard import HandIn
from .nbgrader_steps import GENERATE, Seal

_MARKS = (BEGIN_HIDDEN, END_HIDDEN, "BEGIN SOLUTION", "END SOLUTION")


@dataclass(frozen=True)
class Released:
    """What `course release` made and proved."""

    notebook: Path
    tests: int
    points: float
    manual: float


def release(course: Course, name: str) -> Released:
    """Prove and release an assignment. Raises `AssignmentError` and changes nothing if it does not hold."""
    text = course.text(name)
    if not text.is_file():
        raise AssignmentError(f"there is no text of an assignment at {text}.")
    source = read_text(text)
    assignment = Assignment(name, source, blank_of(course, name, source))
    prove(assignment, course.key("cases"))
    folder = course.folder("source", name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    nbformat.write(source, folder / f"{name}.ipynb")
    shutil.rmtree(course.folder("release", name), ignore_errors=True)
    _generate(course.config, course.root, name)
    course.assignment(name)
    return Released(course.notebook("release", name), len(assignment.tests), assignment.auto_max,
                    assignment.manual_max)


def read_text(path: Path):
    """The source notebook of a text, with cell ids that do not change from one release to the next."""
    try:
        notebook = jupytext.read(path, fmt="py:percent")
    except Exception as error:
        raise AssignmentError(f"{path} is not a notebook in Jupytext's percent format: {error}.") from None
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def blank_of(course: Course, name: str, source):
    """What nbgrader would release, made in a folder of its own and without a gradebook."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "source", name)
        folder.mkdir(parents=True)
        nbformat.write(source, folder / f"{name}.ipynb")
        steps = [step for step in GENERATE if step not in (SaveCells, Seal)]
        config = Config({"GenerateAssignment": {"preprocessors": steps, "no_database": True}})
        _generate(config, Path(scratch), name)
        return nbformat.read(Path(scratch, "release", name, f"{name}.ipynb"), 4)


def prove(assignment: Assignment, secret: bytes):
    """Raise `AssignmentError` unless the assignment can be trusted with marks."""
    _check_cells(assignment)
    solution = grade.in_child(_hand_in("the solution", assignment.source), assignment, secret)
    for name, mark in solution.marks.items():
        if mark.points != mark.max_points:
            raise AssignmentError(f"the solution loses points in {name}: {mark.message or mark.points}")
    for cell in solution.cells:
        if cell.error and cell.grade_id not in solution.marks:
            raise AssignmentError(f"the solution's cell {cell.grade_id} raises {cell.error}")
    blank = grade.in_child(_hand_in("the blank release", assignment.release), assignment, secret)
    for name, mark in blank.marks.items():
        if mark.points:
            raise AssignmentError(f"the blank release earns {mark.points:g} points in {name}.")
    for cell in blank.cells:
        if cell.error and not cell.theirs and cell.grade_id not in blank.marks:
            raise AssignmentError(f"in the blank release, the cell {cell.grade_id} raises {cell.error}")


def _check_cells(assignment: Assignment):
    if not assignment.tests:
        raise AssignmentError("there is no test cell.")
    for cell in assignment.tests:
        if cell.points <= 0:
            raise AssignmentError(f"the test cell {cell.grade_id} has no points.")
    released = "\n".join(cell.source for cell in assignment.release.cells)
    for mark in _MARKS:
        if mark in released:
            raise AssignmentError(f"the release still has {mark!r} in it.")
    lines = set(released.split("\n"))
    for cell in assignment.tests:
        for line in hidden_lines(cell.source):
            if len(line) > 20 and any(line == other.strip() for other in lines):
                raise AssignmentError(f"a hidden line of {cell.grade_id} stands in the release: {line}")


def _hand_in(name: str, notebook) -> HandIn:
    return HandIn(name, nbformat.writes(notebook).encode())


def _generate(config: Config, root: Path, name: str):
    """nbgrader's own `generate_assignment`."""
    config = Config(config)
    config.CourseDirectory.root = str(root)
    directory = CourseDirectory(config=config)
    directory.assignment_id = name
    log = logging.getLogger("course.release")
    log.propagate, said = False, _Kept()
    log.handlers, log.level = [said], logging.WARNING
    converter = GenerateAssignment(coursedir=directory, config=config, log=log)
    converter.force = True
    try:
        converter.start()
    except NbGraderException as error:
        raise AssignmentError(f"nbgrader cannot release {name}: {said.last or error}") from None


class _Kept(logging.Handler):
    """Keeps what nbgrader says last about an error."""

    last = ""

    def emit(self, record):
        text = record.getMessage().strip().splitlines()
        if record.levelno >= logging.ERROR and text and not text[-1].startswith(("There was an error", "Please see")):
            self.last = text[-1]


__all__ = ["Released", "prove", "read_text", "release"]
