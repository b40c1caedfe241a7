"""The sandbox itself: what is not there, and limits that hold, as root and as an ordinary user.

Without bubblewrap these tests fail; they are not skipped.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from course_lib.grading import doctor, limits, nursery, visible
from course_lib.grading.proxies import Ends, Function, Refused, Unanswered
from course_lib.grading.sandbox import NoSandbox, Plan, Sandbox
from course_lib.grading.session import Broken, Session
from course_lib.testing import Mismatch

HERE = Path(__file__).parent
PLAN = Plan(("numpy",), limits.Limits(call_seconds=1, cells_seconds=2, memory=256 << 20))


@pytest.fixture(params=["warm", "cold"])
def session(request, monkeypatch):
    """A sandbox forked from a nursery, and one with an interpreter of its own: what holds for one holds for both."""
    if request.param == "warm":
        nursery.prepare(PLAN)
    else:
        monkeypatch.setattr(nursery, "_nurseries", {})
    session = Session(PLAN, 60)
    session.run("", "nothing")
    assert type(session.sandbox.process).__name__.lower() == request.param
    yield session
    session.close()


def printed(session, source: str) -> str:
    outcome = session.run(source, "cell")
    assert outcome.error is None, outcome.error
    return outcome.stdout.strip()


def probe(*arguments: str, user: list[str] = (), python: str = sys.executable) -> dict:
    places = [str(HERE.parents[1]), str(Path(numpy.__file__).parents[1])]
    done = subprocess.run([*user, python, str(HERE / "limits_probe.py"), *arguments], capture_output=True, text=True,
                          cwd="/", env={"PYTHONPATH": os.pathsep.join(places), "PATH": os.environ["PATH"]}, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


WAYS = ["warm", "cold", "warm watched", "cold watched"]


def check(found: dict, how: str = ""):
    assert found["start"].lower() in (how or found["start"].lower()), found
    count, error, seconds = found["forks"]
    assert (count and int(count) <= 32) or "processes" in error, found
    assert seconds < 30
    megabytes, error, seconds = found["balloons"]
    assert (megabytes and int(megabytes) <= 256) or "memory" in error, found
    assert seconds < 30
    assert found["nested"][0] == "-1"
    assert "'HOME'" in found["things"][0] and "1000" in found["things"][0]


@pytest.mark.parametrize("how", WAYS)
def test_limits_hold_for_whoever_runs_the_tests(how):
    check(probe(*how.split()), how)


@pytest.mark.parametrize("how", WAYS)
def test_limits_hold_for_an_ordinary_user(how):
    if os.getuid() != 0:
        check(probe(*how.split()), how)
        return
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (os.path.realpath(sys.executable), shutil.which(version, path="/usr/bin:/usr/local/bin")):
        if python and subprocess.run([*nobody, python, "-c", "import os, sys; os.stat(sys.argv[1])", python],
                                     cwd="/", capture_output=True).returncode == 0:
            check(probe(*how.split(), user=nobody, python=python), how)
            return
    pytest.fail("no interpreter on this machine that a user other than root may run: install a system Python of the "
                "version in use")


def test_only_what_the_assignment_names_is_there(session):
    assert printed(session, "import os; print(sorted(set(os.listdir('/packages')) & {'numpy', 'pytest', 'nbgrader', 'jupytext'}))") == "['numpy']"
    home = Path.home()
    outside = [str(HERE), str(home), sys.prefix, "/etc/passwd", "/work", "/var", "/run", "/sys", "/boot", "/srv"]
    assert printed(session, f"import os; print([p for p in {outside} if os.path.exists(p)])") == "[]"
    folders = printed(session, "import course_lib, os; print(sorted(os.listdir(os.path.dirname(course_lib.__file__))))")
    assert set(eval(folders)) - {"__pycache__"} == {"__init__.py", "testing.py"}


@pytest.mark.parametrize("name", ["scipy", "pytest", "nbgrader", "course_lib.windows", "course_lib.grading", "pip"])
def test_other_imports_say_what_is_allowed(session, name):
    kind, text, _ = session.run(f"import {name}", "cell").error
    assert issubclass(getattr(__builtins__, kind, ImportError) if not isinstance(__builtins__, dict) else __builtins__[kind], ImportError)
    assert "can use numpy and Python's standard library" in text


def test_nothing_can_be_written_but_a_little_in_private_folders(session):
    source = """
import os
done = []
for folder in ("/", "/course", "/course/inside", "/packages", "/python", "/usr", "/dev", "/etc", "/proc"):
    try:
        open(folder + "/new", "w").close()
        done.append(folder)
    except OSError:
        pass
size = 0
try:
    for number in range(200):
        with open(f"/tmp/{number}", "wb") as file:
            size += file.write(b"x" * (1 << 20))
except OSError:
    pass
print(done, size >> 20)
"""
    done, size = printed(session, source).rsplit(" ", 1)
    assert done == "[]" and int(size) <= PLAN.limits.disk >> 20


def test_a_loop_in_one_question_leaves_the_next_alone(session):
    session.run("calls = []\ndef loop():\n    while True: pass\ndef fine():\n    calls.append(1)\n    return len(calls)", "cell")
    ask = {"do": "call", "handle": None, "args": (), "kwargs": {}, "keep": False}
    with session.question() as question, pytest.raises(Broken, match="1 seconds of computing"):
        question.ask(ask | {"name": "loop"})
    for expected in (1, 2):
        with session.question() as question:
            assert question.ask(ask | {"name": "fine"})["value"] == expected, "it serves as long as all goes well"
    with session.question(fresh=True) as question:
        assert question.ask(ask | {"name": "fine"})["value"] == 1


ONE_WHO_COUNTS = "import os\ncalls = []\ndef who():\n    calls.append(1)\n    return os.getpid(), len(calls)"


def answer(session, name: str):
    with session.question() as question:
        return question.ask({"do": "call", "name": name, "handle": None, "args": (), "kwargs": {}, "keep": False})["value"]


def test_a_process_answers_as_long_as_it_answers_right_and_no_cell_runs(session):
    session.run(ONE_WHO_COUNTS, "cell")
    first, _ = answer(session, "who")
    assert answer(session, "who") == (first, 2)
    session.run("def later(): pass", "definition")
    second, calls = answer(session, "who")
    assert second != first and calls == 1
    with contextlib.suppress(AssertionError), session.question():
        raise AssertionError("a wrong answer")
    third, calls = answer(session, "who")
    assert third != second and calls == 1 and session.steady
    session.run("def gone():\n    os._exit(1)", "definition")
    with pytest.raises(Broken):
        answer(session, "gone")
    assert not session.steady and answer(session, "who")[1] == 1


def test_calls_that_raise_do_not_count_as_the_first_one_made_twice(session):
    session.run("calls = []\ndef f(x):\n    if x < 0: raise ValueError('no')\n    calls.append(x)\n    return len(calls)", "cell")
    with session.question(fresh=True) as question:
        f = Function(Ends(question, {}, patient=True), "f")
        with pytest.raises(ValueError, match="no"):
            f(-1)
        with pytest.raises(Mismatch, match="a different answer the second time"):
            f(1)
    with session.question() as question, pytest.raises(Unanswered):
        Function(Ends(question, {}, patient=False), "f")(-1)


def test_a_value_without_an_end_is_refused(session):
    session.run("value = []\nvalue.append(value)", "cell")
    with session.question() as question, pytest.raises(Refused, match="nested too deeply"):
        Ends(question, {}, patient=True).get("value")
    assert session.steady


def test_calls_in_one_message_do_not_share_what_they_return_and_tell_what_they_changed(session):
    session.run("import numpy as np\nspace = np.zeros(1)\ndef f(x):\n    space[0] = x[0]\n    x[x > 1] = 0\n    return space", "cell")
    with session.question() as question:
        ends = Ends(question, {}, patient=False)
        calls = [((numpy.array([number]),), {}) for number in (1, 2, 3)]
        assert [(y.item(), changed) for y, changed in ends.calls("f", calls)] == [(1, ()), (2, (0,)), (3, (0,))]


@pytest.mark.parametrize("source, why", [
    ("while True: pass", "2 seconds of computing"), ("import os; os._exit(3)", "ended Python"),
    ("import ctypes; ctypes.string_at(0)", "SIGSEGV"), ("import os; os.kill(os.getpid(), 9)", "killed"),
])
def test_a_cell_that_ends_everything_is_left_out(session, source, why):
    assert printed(session, "before = 1; print(before)") == "1"
    assert why in session.run(source, "bad").error[1]
    assert printed(session, "print(before)") == "1"


def test_a_notebook_that_ends_everything_again_and_again_is_given_up(session):
    for _ in range(5):
        session.run("import os; os._exit(0)", "bad")
    assert "too often" in session.run("print(1)", "cell").error[1]


def test_output_is_cut(session):
    out = session.run("import os\nfor _ in range(2000): os.write(1, b'x' * 10000)", "cell").stdout
    assert len(out) < 66 << 10 and "more bytes were printed" in out


def test_without_bubblewrap_the_cure_is_said(monkeypatch):
    monkeypatch.setattr(nursery, "_nurseries", {})
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoSandbox, match="apt install bubblewrap"):
        Sandbox(PLAN)


def test_a_sandbox_that_does_not_start_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(nursery, "_nurseries", {})
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NoSandbox, match="No permissions to create new namespace"):
        Sandbox(PLAN)


def test_a_package_that_is_not_installed_is_said():
    with pytest.raises(visible.NotInstalled, match="no_such_package"):
        visible.arguments(("no_such_package",))


def test_doctor_finds_what_it_tries():
    findings = doctor.examine()
    assert findings[0].what == "bubblewrap"
    assert all(finding.ok for finding in findings if "kernel" not in finding.what)


def test_no_control_group_is_left_behind():
    left = [folder for parent, _ in limits._parents() for folder in parent.glob(f"course-{os.getpid()}-*")]
    assert left == []
