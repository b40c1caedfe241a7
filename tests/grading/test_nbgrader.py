"""Within nbgrader: the same marks from `nbgrader autograde`, and nothing graded when our steps are not in force."""

import json
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from nbformat import v4
from tiny_course import RIGHT

from course_lib.grading import collect, run_class
from course_lib.grading.course import Course, CourseError
from course_lib.grading.export import marks as csv

SCRIPTS = sysconfig.get_path("scripts")


def nbgrader(course, *arguments):
    return subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, capture_output=True,
                          text=True, env={"PATH": f"{SCRIPTS}:/usr/bin:/bin", "HOME": str(course.root)}, timeout=300)


def marks(course) -> list:
    with sqlite3.connect(course.root / "gradebook.db") as book:
        return sorted(book.execute(
            "select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.needs_manual_grade "
            "from grade join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "join base_cell on grade.cell_id = base_cell.id"))


@pytest.fixture
def handed_in(course, put, notebook_of):
    half = notebook_of(**RIGHT | {"double": "def double(x):\n    return x"})
    essay = notebook_of(**RIGHT)
    essay.cells[-1].source = "In my own words: <script>alert(1)</script>"
    twice = notebook_of(**RIGHT)
    twice.cells.append(twice.cells[2].copy())
    twice.cells[-1]["id"] = "twin"
    put("ada", notebook_of(**RIGHT))
    put("bob", half)
    put("cyd", b'{"cells": [')
    put("dan", essay)
    put("eve", twice)
    put("fay", b"no notebook", name="readme.txt")
    put("gus", notebook_of("import os; os._exit(0)", **RIGHT))
    return course


def test_nbgrader_autograde_gives_the_same_marks(handed_in, tmp_path):
    shutil.copytree(handed_in.root, tmp_path / "other")
    other = Course.open(tmp_path / "other")
    rows = run_class.grade(handed_in, "tiny")
    collect.collect_all(other, "tiny")
    done = nbgrader(other, "autograde", "tiny")
    assert done.returncode == 0, done.stderr
    assert marks(other) == marks(handed_in)
    assert [(row.student, row.auto_score, row.status) for row in rows] == [
        ("ada", 9, "graded"), ("bob", 5, "graded"), ("cyd", 0, "broken"), ("dan", 9, "graded"), ("eve", 9, "repaired"),
        ("fay", 0, "broken"), ("gus", 9, "graded")]
    assert csv(other, tmp_path / "a.csv").read_text() == csv(handed_in, tmp_path / "b.csv").read_text()


def test_nbgrader_collects_by_itself(handed_in):
    done = nbgrader(handed_in, "autograde", "tiny")
    assert done.returncode == 0, done.stderr
    assert len({row[0] for row in marks(handed_in)}) == 7
    assert all(score is not None or name == "essay" for _, name, score, _ in marks(handed_in))


def test_manual_marks_survive_a_second_run(handed_in):
    run_class.grade(handed_in, "tiny")
    with sqlite3.connect(handed_in.root / "gradebook.db") as book:
        book.execute("update grade set manual_score = 2.5, extra_credit = 1 where id in (select grade.id from grade join "
                     "base_cell on cell_id = base_cell.id where base_cell.name = 'essay')")
    rows = {row.student: row for row in run_class.grade(handed_in, "tiny")}
    assert rows["ada"].score == 9 + 2.5 + 1 and rows["ada"].max_score == 13
    assert rows["ada"].auto_score == 9 and rows["ada"].manual_max == 4


def break_config(course, how):
    config = course.root / "nbgrader_config.py"
    text = config.read_text()
    config.write_text({
        "raises first": "raise RuntimeError('no')\n" + text,
        "raises last": text + "\nraise RuntimeError('no')\n",
        "is not Python": text + "\ndef (\n",
        "is empty": "",
        "loses our package": text.replace("course_lib.grading", "course_lib.nowhere"),
        "runs nbgrader's steps": text + "\nfrom nbgrader.preprocessors import Execute, SaveAutoGrades\n"
                                        "config.Autograde.autograde_preprocessors = [Execute, SaveAutoGrades]\n",
        "leaves out the first step": text + "\nconfig.Autograde.sanitize_preprocessors = []\n",
    }[how])


WAYS = ["raises first", "raises last", "is not Python", "is empty", "loses our package", "runs nbgrader's steps",
        "leaves out the first step"]


@pytest.mark.parametrize("how", WAYS)
def test_a_broken_config_grades_nothing(course, put, notebook_of, how, tmp_path):
    ran = tmp_path / "ran"
    put("ada", notebook_of(f"open({str(ran)!r}, 'w')", **RIGHT))
    break_config(course, how)
    with pytest.raises(CourseError):
        Course.open(course.root)
    done = nbgrader(course, "autograde", "tiny", *(["--no-execute"] if how == "raises first" else []))
    assert done.returncode != 0
    assert [row for row in marks(course) if row[2] is not None] == []
    assert not ran.exists()


def test_student_code_never_runs_under_a_broken_config(course, put, notebook_of, tmp_path):
    """Not even in a notebook without any of the assignment's cells."""
    ran = tmp_path / "ran"
    put("ada", b"")
    folder = course.folder("submitted", "tiny", "ada")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(f"open({str(ran)!r}, 'w')")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    (folder / "tiny.ipynb").write_text(json.dumps(notebook))
    break_config(course, "raises first")
    assert nbgrader(course, "autograde", "tiny").returncode != 0
    assert not ran.exists()


def test_options_of_the_command_line_do_not_reach_our_steps(handed_in):
    done = nbgrader(handed_in, "autograde", "tiny", "--Autograde.autograde_preprocessors=[]")
    assert done.returncode != 0 and "nothing was graded" in done.stderr
    assert marks(handed_in) == []


def test_without_a_sandbox_nothing_is_graded(handed_in):
    done = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", "tiny"], cwd=handed_in.root, text=True,
                          capture_output=True, env={"PATH": str(Path(sys.executable).parent), "HOME": "/nonexistent"})
    assert done.returncode != 0 and "bubblewrap is not installed" in done.stderr
    assert [row for row in marks(handed_in) if row[2] is not None] == []


def test_a_source_that_was_changed_is_refused(handed_in):
    path = handed_in.notebook("source", "tiny")
    path.write_text(path.read_text().replace("twice as much", "thrice as much"))
    done = nbgrader(handed_in, "autograde", "tiny")
    assert done.returncode != 0 and "course release tiny" in done.stderr
    assert marks(handed_in) == []


def test_only_listed_files_reach_students(handed_in):
    run_class.grade(handed_in, "tiny")
    files = {str(path.relative_to(handed_in.root)) for step in ("release", "feedback") for path in
             (handed_in.root / step).rglob("*") if path.is_file()}
    assert files == {"release/tiny/tiny.ipynb", *(f"feedback/{name}/tiny/tiny.html" for name in
                                                  ("ada", "bob", "cyd", "dan", "eve", "fay", "gus"))}


def test_nbgraders_own_feedback_shows_no_hidden_test(handed_in):
    run_class.grade(handed_in, "tiny", feedback=False)
    done = nbgrader(handed_in, "generate_feedback", "tiny")
    assert done.returncode == 0, done.stderr
    page = (handed_in.folder("feedback", "tiny", "dan") / "tiny.html").read_text()
    assert "In my own words" in page and "secret_oracle" not in page and "<script>alert" not in page
