"""The `course` command as a user meets it: help, exit statuses, JSON, and a table at the end."""

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass

import nbformat
import pytest
from nbformat import v4
from tiny_course import AUTO_MAX, RIGHT

from course_lib import cli

COMMANDS = ["release", "collect", "grade", "feedback", "export", "check", "doctor", "sample"]


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def course_command(*arguments) -> Done:
    """The command in this process, as the console script calls it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([str(argument) for argument in arguments])
    return Done(status, out.getvalue(), err.getvalue())


def check(path):
    """`course check` in a process of its own, since it runs the notebook there."""
    return subprocess.run([sys.executable, "-m", "course_lib.cli", "check", str(path)], capture_output=True, text=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert "example: course" in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    program = "import sys; from course_lib import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n" \
              "print([m for m in ('numpy', 'nbgrader', 'nbformat', 'sqlalchemy') if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.strip() == "[]" and all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["unheard-of"], ["grade"], ["grade", "tiny", "--workers", "many"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_grade_prints_json_and_nothing_else(course, put, notebook_of):
    put("ada", notebook_of("print('noise')", **RIGHT))
    put("bob", b"")
    done = course_command("--root", course.root, "grade", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert rows == [
        {"student": "ada", "auto_score": 9.0, "auto_max": 9.0, "manual_max": 4.0, "score": 9.0, "max_score": 13.0,
         "status": "graded", "reasons": [], "before": None, "recorded": True},
        {"student": "bob", "auto_score": 0.0, "auto_max": 9.0, "manual_max": 4.0, "score": 0.0, "max_score": 13.0,
         "status": "broken", "reasons": ["the notebook cannot be read: the file is empty"], "before": None,
         "recorded": True}]
    assert not os.listdir(course.folder("submitted", "tiny", "bob")) == []


def test_grade_prints_a_table_last(course, put, notebook_of):
    put("ada", notebook_of(**RIGHT))
    done = course_command("--root", course.root, "grade", "tiny")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "1 hand-ins: 1 with all 9 automatic points, 0 with some, 0 with none, 0 that could not be run")
    assert course_command("--root", course.root, "export", "tiny", "--to", course.root / "out.csv").returncode == 0
    assert "ada" in (course.root / "out.csv").read_text()
    assert "tiny.html" in course_command("--root", course.root, "feedback", "tiny").stdout


def test_one_student_alone(course, put, notebook_of):
    for student in ("ada", "bob"):
        put(student, notebook_of(**RIGHT))
    done = course_command("--root", course.root, "grade", "tiny", "--student", "bob", "--json")
    assert [row["student"] for row in json.loads(done.stdout)] == ["bob"]
    done = course_command("--root", course.root, "grade", "tiny", "--student", "nobody")
    assert done.returncode == 1 and "nobody" in done.stderr


def test_somebody_on_the_list_who_handed_in_nothing_has_a_mark(course, put, notebook_of):
    from nbgrader.api import Gradebook

    with Gradebook(course.directory.db_url) as book:
        book.add_student("zoe")
    put("ada", notebook_of(**RIGHT))
    done = course_command("--root", course.root, "grade", "tiny", "--json")
    assert [(row["student"], row["status"], row["score"]) for row in json.loads(done.stdout)] == [
        ("ada", "graded", AUTO_MAX), ("zoe", "missing", 0)]


@pytest.mark.parametrize("arguments, status, said", [
    (["grade", "nothing"], 1, "course release nothing"), (["grade", "tiny"], 1, "nothing was handed in"),
    (["grade", "../tiny"], 1, "not the name of an assignment"), (["release", "nothing"], 1, "no text"),
    (["collect", "tiny", "/nowhere"], 1, "neither a folder nor a zip archive"), (["feedback", "tiny"], 1, "nothing is graded"),
    (["check", "/nowhere.ipynb"], 1, "cannot be read"),
])
def test_trouble_is_one_sentence(course, arguments, status, said):
    done = course_command("--root", course.root, *arguments)
    assert done.returncode == status
    assert said in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_that_is_no_course_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = course_command("grade", "tiny")
    assert done.returncode == 1 and "not a course folder" in done.stderr


def test_without_a_sandbox_the_status_is_3(course, put, notebook_of, monkeypatch):
    put("ada", notebook_of(**RIGHT))
    monkeypatch.setenv("PATH", "/nowhere")
    done = course_command("--root", course.root, "grade", "tiny")
    assert done.returncode == 3
    assert "bubblewrap is not installed; install it" in done.stderr and len(done.stderr.splitlines()) == 1
    assert course_command("doctor").returncode == 3


def test_check_runs_the_visible_tests_only(tmp_path, notebook_of, released):
    path = tmp_path / "mine.ipynb"
    nbformat.write(notebook_of(**RIGHT | {"total": "def total(numbers):\n    return 0"}), path)
    done = check(path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "right  test_double: twice as much" in lines and "WRONG  test_total: the sum" in lines
    assert "       the result: expected 3, got 0." in lines
    assert "note   the cell essay still has its placeholder" in lines
    nbformat.write(notebook_of("%matplotlib inline\n!pip install x", **RIGHT), path)
    done = check(path)
    assert done.returncode == 0, done.stdout
    blank = check(released.notebook("release", "tiny"))
    assert blank.returncode == 1 and "the cell double still has its placeholder" in blank.stdout


def test_check_tells_each_outcome_as_it_comes(tmp_path):
    """The last cell passes only if somebody has read the line about the one before it."""
    seen = tmp_path / "seen"
    waits = ("import time\nfrom pathlib import Path\n"
             f"for _ in range(300):\n    time.sleep(0.1)\n    if Path({str(seen)!r}).exists(): break\nelse: assert False")
    cells = [v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name, "grade": True, "points": 1}})
             for name, source in (("quick", "assert True"), ("waits", waits))]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "mine.ipynb")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    running = subprocess.Popen([sys.executable, "-m", "course_lib.cli", "check", str(tmp_path / "mine.ipynb")],
                               stdout=subprocess.PIPE, text=True, env=buffered)
    assert running.stdout.readline().startswith("right  quick")
    seen.touch()
    assert "right  waits" in running.communicate()[0] and running.returncode == 0


def test_check_needs_numpy_only(tmp_path, notebook_of):
    path = tmp_path / "mine.ipynb"
    nbformat.write(notebook_of(**RIGHT), path)
    program = ("import sys\nfor name in ('nbformat', 'nbgrader', 'IPython', 'nbconvert', 'jupytext'):\n"
               "    sys.modules[name] = None\nfrom course_lib.cli import main\nsys.exit(main(['check', sys.argv[1]]))")
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
