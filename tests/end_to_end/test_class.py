"""A whole class of the real assignment: released, handed in, graded, fed back, exported; and the same marks from stock
nbgrader where that can be had."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from course_lib.grading import run_class, sample
from course_lib.grading.course import Course
from course_lib.grading.release import release

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "tests" / "assignments" / "max_pooling"
NAME = "max_pooling"
STOCK = ["right_loops", "wrong_last_tie", "wrong_rounds_up"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course, its samples (of the wrong ones every sixth) and rows by student. Calls may take a second only."""
    root = tmp_path_factory.mktemp("class")
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", root)
    text = (ROOT / "assignments" / f"{NAME}.py").read_text()
    (root / f"{NAME}.py").write_text(text.replace("call_seconds: 5", "call_seconds: 1"))
    course = Course.open(root)
    release(course, NAME)
    made = list(sample.make(course.assignment(NAME), ANSWERS))
    wrong = [one for one in made if one.student.startswith("wrong_") and one.student not in STOCK]
    kept = [one for one in made if one not in wrong[1:] or one in wrong[::6]]
    samples = {one.student: one for one in sample.hand_in(course, NAME, kept)}
    rows = {row.student: row for row in run_class.grade(course, NAME)}
    return course, samples, rows


def lost(course, student) -> set:
    notebook = json.loads(course.notebook("autograded", NAME, student).read_text())
    return {cell["metadata"]["nbgrader"]["grade_id"] for cell in notebook["cells"] if cell.get("outputs")
            and cell["metadata"].get("nbgrader", {}).get("grade") and cell["outputs"][-1]["output_type"] == "error"}


def test_every_answer_loses_what_it_should(graded):
    course, samples, rows = graded
    assert set(rows) == set(samples)
    for student, one in samples.items():
        if one.loses is not None and not student.startswith("broken_"):
            assert lost(course, student) == one.loses, student
        if not one.loses and one.loses is not None:
            assert rows[student].auto_score == rows[student].auto_max, student


def test_every_broken_hand_in_has_a_mark_and_a_reason(graded):
    course, samples, rows = graded
    for student, one in samples.items():
        if one.loses is not None and len(one.loses) == len(course.assignment(NAME).tests):
            assert rows[student].status in ("broken", "missing") and rows[student].auto_score == 0
            assert rows[student].reasons
    assert "seconds of computing" in course.notebook("autograded", NAME, "broken_loops").read_text()
    for student in ("broken_loops", "broken_exits", "broken_raises_exit"):
        assert rows[student].reasons
    assert 0 < rows["broken_loops"].auto_score < rows["broken_loops"].auto_max


def test_what_the_nosy_one_printed_is_nothing(graded):
    course, *_ = graded
    text = course.notebook("autograded", NAME, "broken_prints_everything").read_text()
    for secret in ("HIDDEN", "random_image(rng, 1", "from course_lib import max_pool", str(course.root), "gradebook"):
        assert secret not in text


def test_feedback_holds_the_message_and_no_hidden_test(graded):
    course, samples, _ = graded
    for student in samples:
        page = (course.folder("feedback", NAME, student) / f"{NAME}.html").read_text()
        text = re.sub(r"<[^>]*>", "", page)
        assert "random_image(rng, 1" not in text and "<script" not in page
        if student == "wrong_last_tie":
            assert "values differ" in text


def test_stock_nbgrader_gives_the_same_marks(graded, tmp_path):
    """Its tests lack the grader's `rng`, so it gets one in the imports."""
    course, _, rows = graded
    source = nbformat.read(course.notebook("source", NAME), 4)
    next(cell for cell in source.cells if cell.cell_type == "code").source += "\nrng = np.random.default_rng(0)\n"
    (tmp_path / "source" / NAME).mkdir(parents=True)
    nbformat.write(source, tmp_path / "source" / NAME / f"{NAME}.ipynb")
    for student in STOCK:
        shutil.copytree(course.folder("submitted", NAME, student), tmp_path / "submitted" / student / NAME)
    (tmp_path / "nbgrader_config.py").touch()
    environment = {"PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for step in ("generate_assignment", "autograde"):
        done = subprocess.run([sys.executable, "-m", "nbgrader", step, NAME], cwd=tmp_path, env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        stock = {one.student.id: one.score for one in book.assignment_submissions(NAME)}
    assert stock == {student: rows[student].auto_score for student in STOCK}
