"""Every assignment as an instructor meets it: released, which proves it, and answers to it graded in the sandbox."""

import shutil
from pathlib import Path

import pytest

from course_lib.grading import run_class, sample
from course_lib.grading.course import Course
from course_lib.grading.release import release

ROOT = Path(__file__).parents[2]
ANSWERS = {path.parent.name: path.parent for path in sorted((ROOT / "tests" / "assignments").glob("*/wrong.toml"))}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_assignment_is_released_and_grades(name, tmp_path):
    for file in ("nbgrader_config.py", f"{name}.py"):
        shutil.copy(ROOT / "assignments" / file, tmp_path)
    course = Course.open(tmp_path)
    release(course, name)
    assignment = course.assignment(name)
    made = list(sample.make(assignment, ANSWERS[name]))
    right, wrong = ([one for one in made if one.student.startswith(kind)] for kind in ("right_", "wrong_"))
    if not assignment.plan.import_first:  # else keep them all: the matrix runs them eagerly, and graphs forgive less
        right = right[:1]
    chosen = sample.hand_in(course, name, [*right, wrong[0], wrong[-1]])
    run_class.grade(course, name, feedback=False)
    verdicts = run_class.results_at_hand(course, assignment)
    lost = {student: {test for test, mark in verdict.marks.items() if mark.points < mark.max_points}
            for student, verdict in verdicts.items()}
    assert lost == {one.student: one.loses for one in chosen}
