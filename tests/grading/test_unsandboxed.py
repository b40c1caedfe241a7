"""`course grade --sandbox none`: for one's own hand-ins, typed each time, and never mistaken for anything else."""

import pytest
from test_cli import course_command
from tiny_course import AUTO_MAX, RIGHT


@pytest.fixture
def own(course, put, notebook_of, monkeypatch):
    """A course with a hand-in of one's own, on a machine without bubblewrap."""
    put("me", notebook_of("import getpass, os, pathlib\nprint(pathlib.Path('/etc/passwd').exists())", **RIGHT))
    monkeypatch.setenv("PATH", "/nowhere")
    return course


def test_it_grades_without_a_sandbox_and_says_so_everywhere(own):
    done = course_command("--root", own.root, "grade", "tiny", "--sandbox", "none")
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("me "))
    assert f"{AUTO_MAX}/13" in line and "graded without a sandbox" in line
    notebook = own.notebook("autograded", "tiny", "me").read_text()
    assert "True\\n" in notebook, "the notebook sees this machine"
    page = (own.folder("feedback", "tiny", "me") / "tiny.html").read_text()
    assert "Graded without a sandbox" in notebook and "graded without a sandbox" in page.lower()


def test_it_must_be_asked_for_each_time(own):
    assert course_command("--root", own.root, "grade", "tiny", "--sandbox", "none").returncode == 0
    done = course_command("--root", own.root, "grade", "tiny")
    assert done.returncode == 3 and "bubblewrap is not installed" in done.stderr


def test_nothing_of_it_is_reused_in_a_sandbox(course, put, notebook_of):
    put("me", notebook_of(**RIGHT))
    course_command("--root", course.root, "grade", "tiny", "--sandbox", "none")
    done = course_command("--root", course.root, "grade", "tiny")
    assert done.returncode == 0 and "without a sandbox" not in done.stdout


def test_an_assignment_cannot_ask_for_it(tiny):
    assert tiny.plan.sandboxed and "sandboxed" not in tiny.settings
