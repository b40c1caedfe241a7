"""`course release` proves an assignment before it makes anything of it."""

import json

import pytest
from tiny_course import AUTO_MAX

from course_lib.grading import sample
from course_lib.grading.assignment import AssignmentError
from course_lib.grading.course import Course
from course_lib.grading.release import release


def test_the_release_has_no_solution_and_no_hidden_test(released):
    text = released.notebook("release", "tiny").read_text()
    for secret in ("secret_oracle", "nobody may see", "return 2 * x", "self.count +=", "lucky = 42", "BEGIN", "END"):
        assert secret not in text
    assert [path.name for path in released.folder("source", "tiny").iterdir()] == ["tiny.ipynb"]


def test_releasing_again_gives_the_same_bytes(course):
    before = course.notebook("release", "tiny").read_bytes()
    assert release(course, "tiny").points == AUTO_MAX
    assert course.notebook("release", "tiny").read_bytes() == before


@pytest.mark.parametrize("old, new, why", [
    ("return 2 * x", "return 3 * x", "the solution loses points in test_double"),
    ("return 2 * x", "x *= 2; return x", "the solution loses points in test_kept"),
    ('"points": 3', '"points": 0', "test_double has no points"),
    ("check_integer(lucky % 2, 0)\n### BEGIN HIDDEN TESTS\ncheck_integer(lucky, 42)", "### BEGIN HIDDEN TESTS\npass", "the blank release earns 1 points in test_lucky"),
    ("### END HIDDEN TESTS\n\n# %% nbgrader={\"grade\": true, \"grade_id\": \"test_kept\"", "\n\n# %% nbgrader={\"grade\": true, "
     "\"grade_id\": \"test_kept\"", "cannot release"),
    ("import numpy as np\n", "import numpy as np\nimport no_such_module\n", "no_such_module"),
    ("title: Tiny", "titel: Tiny", "unknown setting titel"),
    ("allow: [numpy]", "allow: [numpy, no_such_package]", "no_such_package"),
    ("# Behaviour: twice as much", "def (", "is not Python"),
])
def test_what_cannot_be_trusted_is_refused(course, old, new, why):
    text = course.text("tiny").read_text()
    assert old in text
    course.text("tiny").write_text(text.replace(old, new))
    before = course.notebook("release", "tiny").read_bytes()
    with pytest.raises(Exception, match=why) as caught:
        release(course, "tiny")
    assert type(caught.value).__name__ in ("AssignmentError", "NotInstalled")
    assert course.notebook("release", "tiny").read_bytes() == before


def test_a_text_that_is_not_there_is_said(course):
    with pytest.raises(AssignmentError, match="no text of an assignment"):
        release(course, "nothing")


@pytest.mark.parametrize("name", ["", "../tiny", "/tiny", ".hidden"])
def test_names_that_are_paths_are_refused(course, name):
    with pytest.raises(AssignmentError, match="not the name"):
        course.assignment(name)


def test_the_secret_is_made_once_and_private(course):
    secret = course.secret()
    assert len(secret) == 32 and course.secret() == secret == Course.open(course.root).secret()
    assert (course.root / ".course" / "secret").stat().st_mode & 0o077 == 0
    assert (course.root / ".course").stat().st_mode & 0o077 == 0


def test_samples_hold_what_their_answer_files_define(course, tmp_path):
    tiny = course.assignment("tiny")
    answers = tmp_path / "answers"
    (answers / "right").mkdir(parents=True)
    (answers / "wrong").mkdir()
    right = ("import numpy as np\n\ndef helper(x):\n    return x + x\n\ndef double(x):\n    return helper(x)\n\n"
             "def total(numbers):\n    return sum(numbers)\n\nclass Counter:\n    count = 0\n    def __init__(self, start=0):\n"
             "        self.count = start\n    def step(self, n=1):\n        self.count += n\n        return self.count\n\n"
             "lucky = 42\n")
    (answers / "right" / "one.py").write_text(right)
    (answers / "wrong" / "two.py").write_text("# loses: test_total, test_kept\n" + right)
    samples = {one.student: one for one in sample.make(tiny, answers)}
    assert samples["right_one"].loses == frozenset()
    assert samples["wrong_two"].loses == {"test_total", "test_kept"}
    notebook = json.loads(samples["right_one"].files["tiny.ipynb"])
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"]) for cell in notebook["cells"]}
    assert cells["double"].startswith("import numpy as np") and cells["double"].endswith("return helper(x)")
    assert cells["total"] == "def total(numbers):\n    return sum(numbers)"
    assert cells["Counter"].endswith("lucky = 42")
    assert len([name for name in samples if name.startswith("broken_")]) >= 10
