"""A course with a tiny assignment, released once; hand-ins made from the source of their cells."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from tiny_course import CONFIG, HERE, RIGHT

from course_lib.grading.assignment import grade_id
from course_lib.grading.course import Course
from course_lib.grading.grade import in_child
from course_lib.grading.guard import HandIn
from course_lib.grading.release import release


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Course:
    """The course as `course release tiny` leaves it. Do not write into it."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(CONFIG, root)
    shutil.copy(HERE / "tiny.txt", root / "tiny.py")
    course = Course.open(root)
    release(course, "tiny")
    return course


@pytest.fixture
def course(released, tmp_path) -> Course:
    """A copy of the released course, to write into."""
    root = tmp_path / "course"
    shutil.copytree(released.root, root)
    return Course.open(root)


@pytest.fixture(scope="session")
def tiny(released):
    return released.assignment("tiny")


@pytest.fixture(scope="session")
def notebook_of(tiny):
    """`notebook_of(**cells)`: the release with these sources in its solution cells; `extra` cells stand behind."""

    def make(*extra: str, **cells: str):
        notebook = copy.deepcopy(tiny.release)
        for cell in notebook.cells:
            if grade_id(cell) in cells:
                cell.source = cells[grade_id(cell)]
        last = max(i for i, cell in enumerate(notebook.cells) if grade_id(cell) in RIGHT)
        first = min(i for i, cell in enumerate(notebook.cells) if grade_id(cell) in RIGHT)
        notebook.cells[first:first] = [v4.new_code_cell(source) for source in extra]
        assert last
        return notebook

    return make


@pytest.fixture(scope="session")
def verdict_on(tiny):
    """`verdict_on(notebook)`: what the grader says, from a child process as always."""

    def judge(notebook, secret: bytes = b"s" * 32):
        data = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
        return in_child(HandIn("student", data), tiny, secret)

    return judge


@pytest.fixture
def put(course):
    """`put(student, notebook)`: hand in, the way nbgrader lays it out."""

    def hand_in(student: str, notebook, name: str = "tiny.ipynb") -> Path:
        folder = course.folder("submitted", "tiny", student)
        folder.mkdir(parents=True, exist_ok=True)
        data = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
        (folder / name).write_bytes(data)
        return folder

    return hand_in
