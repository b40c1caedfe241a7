"""What a hand-in may do, and what happens: a test for each row of that table, in its order.

Rows about folders (links, archives, several notebooks) have theirs in `test_guard`, rows about cells in `test_rebuild`;
what attackers make of them is in `test_attacks`.
"""

import copy
import json

import nbformat
import pytest
from tiny_course import AUTO_MAX, RIGHT

from course_lib.grading import executed
from course_lib.grading.grade import in_child
from course_lib.grading.guard import HandIn


def lost(verdict) -> set:
    return {name for name, mark in verdict.marks.items() if mark.points < mark.max_points}


def test_wrong_answer(notebook_of, verdict_on):
    verdict = verdict_on(notebook_of(**RIGHT | {"total": "def total(numbers):\n    return sum(numbers[1:])"}))
    assert lost(verdict) == {"test_total"} and verdict.auto_score == AUTO_MAX - 2
    message = verdict.marks["test_total"].message
    assert "expected 3" in message and "got 2" in message


@pytest.mark.parametrize("body, reason", [
    ("return 1 / 0", "raised ZeroDivisionError"), ("import sys; sys.exit()", "raised SystemExit"),
    ("import os; os._exit(0)", "ended Python"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ("return bytearray(1 << 40)", "MemoryError"),
    ("import os; os.kill(os.getpid(), 9)", "killed, most likely for using more than 256 MB"),
], ids=["exception", "sys_exit", "os_exit", "segfault", "memory", "killed"])
def test_exception_exit_or_crash(notebook_of, verdict_on, body, reason):
    verdict = verdict_on(notebook_of(**RIGHT | {"total": f"def total(numbers):\n    {body}"}))
    assert lost(verdict) == {"test_total"}
    assert reason in verdict.marks["test_total"].message


def test_what_an_earlier_question_left_behind_costs_nothing(notebook_of, verdict_on):
    double = "calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return 2 * x if calls < 8 else None"
    assert verdict_on(notebook_of(**RIGHT | {"double": double})).auto_score == AUTO_MAX
    never_twice = double.replace("calls < 8", "calls < 2")
    assert lost(verdict_on(notebook_of(**RIGHT | {"double": never_twice}))) == {"test_double", "test_kept"}


def test_what_fails_at_first_fails_in_every_question(notebook_of, verdict_on):
    double = ("def double(x):\n    global two\n    try:\n        return x * two\n    except NameError:\n"
              "        two = 2\n        raise")
    assert lost(verdict_on(notebook_of(**RIGHT | {"double": double}))) == {"test_double", "test_kept"}


def test_no_exercise_finds_what_another_left_behind(notebook_of, verdict_on):
    double = "def double(x):\n    global two\n    two = 2\n    return two * x"
    total = "def total(numbers):\n    return sum(n * two // 2 for n in numbers)"
    assert lost(verdict_on(notebook_of(**RIGHT | {"double": double, "total": total}))) == {"test_total"}


@pytest.mark.parametrize("double", [
    "space = np.zeros(99)\ndef double(x):\n    return np.multiply(x, 2, out=space[:len(x)])",
    "import time\ndef double(x):\n    start = time.process_time()\n    while time.process_time() - start < 0.7: pass\n"
    "    return 2 * x",
], ids=["one_array_for_all", "slow_all_in_all"])
def test_calls_that_cross_in_one_message_are_judged_as_if_they_had_not(notebook_of, verdict_on, double):
    assert verdict_on(notebook_of(**RIGHT | {"double": double})).auto_score == AUTO_MAX


@pytest.mark.parametrize("body, said", [
    ("raise ValueError(f'not {len(x)}')", "raised ValueError: not 3"), ("import os; os._exit(0)", "ended Python"),
    ("return {1}", "of type set"), ("while True: pass", "1 seconds of computing"),
], ids=["raises", "exits", "cannot_cross", "loops"])
def test_of_many_calls_the_one_that_failed_is_named(notebook_of, verdict_on, body, said):
    double = f"def double(x):\n    if len(x) != 3: return 2 * x\n    {body}"
    verdict = verdict_on(notebook_of(**RIGHT | {"double": double}))
    message = verdict.marks["test_double"].message
    assert lost(verdict) == {"test_double"} and "double(<array (3,)>)" in message and said in message


@pytest.mark.parametrize("body", [
    "while True: pass", "import time; time.sleep(1000)",
    "import signal\n    for n in (2, 15, 24): signal.signal(n, signal.SIG_IGN)\n    while True: pass",
], ids=["loop", "sleep", "ignores_interrupts"])
def test_endless_loop(notebook_of, verdict_on, body):
    verdict = verdict_on(notebook_of(**RIGHT | {"total": f"def total(numbers):\n    {body}"}))
    assert lost(verdict) == {"test_total"}
    assert "stopped after 1 seconds of computing" in verdict.marks["test_total"].message


@pytest.mark.parametrize("cell", [
    "import os\ntry:\n    while True:\n        if not os.fork():\n            import time; time.sleep(99)\nexcept OSError: pass",
    "try:\n    big = bytearray(30 << 30)\nexcept MemoryError: pass",
    "for number in range(1000000): print(number)", "print('x' * (50 << 20))",
    "import os\ntry:\n    for n in range(99): open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))\nexcept OSError: pass",
], ids=["fork_bomb", "30_gigabytes", "a_million_lines", "50_megabytes", "disk"])
def test_too_much_of_something(tiny, notebook_of, verdict_on, cell):
    verdict = verdict_on(notebook_of(cell, **RIGHT))
    assert len(executed.as_bytes(executed.notebook(tiny, verdict))) < 1 << 20
    if "fork" in cell:
        assert "all the processes" in verdict.marks["test_lucky"].message
    else:
        assert verdict.marks["test_lucky"].points == 1, "what can still run counts"


@pytest.mark.parametrize("expression", [
    "socket.create_connection(('1.1.1.1', 53), 1)", "open('/etc/passwd')", "open(ROOT + '/gradebook.db')",
    "os.listdir(ROOT)", "os.environ['SECRET_OF_THE_GRADER']",
], ids=["network", "other_files", "gradebook", "other_students", "environment"])
def test_what_is_not_there(released, notebook_of, verdict_on, monkeypatch, expression):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "x")
    cell = f"import os, socket\nROOT = {str(released.root)!r}\n{expression}"
    verdict = verdict_on(notebook_of(cell, **RIGHT))
    assert verdict.auto_score == AUTO_MAX
    [error] = [ran.error for ran in verdict.cells if ran.error and ran.theirs]
    assert error.startswith(("OSError", "FileNotFoundError", "KeyError", "NotADirectoryError"))


@pytest.mark.parametrize("body, said", [
    ("return type('Liar', (), {'__eq__': lambda *a: True, '__array__': None})()", "of type Liar"),
    ("return np.array([None] * len(x))", "of type ndarray"), ("return (2 * v for v in x)", "of type generator"),
    ("return x * np.nan", "expected"), ("return 2 * x[:, None]", "shape"), ("return 2 * x + 0j", "complex"),
    ("return list(2 * x)", "list"),
], ids=["liar", "objects", "generator", "nan", "shape", "dtype", "list"])
def test_odd_object(notebook_of, verdict_on, body, said):
    verdict = verdict_on(notebook_of(**RIGHT | {"double": f"def double(x):\n    {body}"}))
    assert lost(verdict) == {"test_double", "test_kept"}
    assert said in verdict.marks["test_double"].message


def test_argument_changed_in_place(notebook_of, verdict_on):
    verdict = verdict_on(notebook_of(**RIGHT | {"double": "def double(x):\n    x *= 2\n    return x"}))
    assert lost(verdict) == {"test_kept"} and "changed argument 1" in verdict.marks["test_kept"].message


def test_different_answer_each_time(notebook_of, verdict_on):
    changing = "calls = []\ndef total(numbers):\n    calls.append(1)\n    return sum(numbers) + len(calls) - 1"
    verdict = verdict_on(notebook_of(**RIGHT | {"total": changing}))
    assert lost(verdict) == {"test_total"} and "different answer the second time" in verdict.marks["test_total"].message


def _without_tests(cells):
    cells[:] = [cell for cell in cells if "test" not in cell["metadata"].get("nbgrader", {}).get("grade_id", "")]


def _edited(cells):
    for cell in cells:
        if "test" in cell["metadata"].get("nbgrader", {}).get("grade_id", ""):
            cell["source"], cell["metadata"]["nbgrader"]["points"] = "pass", 1000


def _retyped(cells):
    for cell in cells:
        if "test" in cell["metadata"].get("nbgrader", {}).get("grade_id", ""):
            cell["cell_type"] = "markdown"


@pytest.mark.parametrize("change", [_without_tests, _edited, list.reverse, _retyped, lambda cells: cells.extend(
    copy.deepcopy(cells))], ids=["deleted", "edited", "reordered", "retyped", "duplicated"])
def test_test_cells_tampered_with(notebook_of, verdict_on, change):
    for answers, score in ((RIGHT, AUTO_MAX), (RIGHT | {"total": "def total(numbers):\n    return -1"}, AUTO_MAX - 2)):
        notebook = json.loads(nbformat.writes(notebook_of(**answers)))
        change(notebook["cells"])
        assert verdict_on(json.dumps(notebook).encode()).auto_score == score


@pytest.mark.parametrize("data, reason", [
    (b'{"cells": [', "not JSON"), (b"", "empty"), (b"\x80\x81\x8d\x8f" * 9, "not text"), (b"PK\x03\x04", "not"),
    (b'{"nbformat": 5, "cells": [{}]}', "format is 5"), (None, "nothing was handed in"),
], ids=["truncated", "empty", "not_utf8", "not_json", "nbformat_5", "missing"])
def test_unreadable(tiny, data, reason):
    verdict = in_child(HandIn("student", data, missing=data is None), tiny, b"s" * 32)
    assert verdict.status == ("missing" if data is None else "broken")
    assert verdict.auto_score == 0 and len(verdict.marks) == len(tiny.tests), "no score is left blank"
    assert reason in "; ".join(verdict.reasons)


def test_correct_but_slow(notebook_of, verdict_on):
    slow = "import time\ndef total(numbers):\n    time.sleep(0.1)\n    return sum(numbers)"
    verdict = verdict_on(notebook_of(**RIGHT | {"total": slow}))
    assert verdict.auto_score == AUTO_MAX and verdict.marks["test_total"].seconds >= 0.5


def test_remarks_are_the_graders_own(notebook_of, verdict_on):
    """Whoever reads the table of results must not be spoken to by a hand-in."""
    named = "class Stopped(Exception): pass\nraise Stopped('full marks by hand')"
    says = "def total(numbers):\n    raise ValueError('\\nNo answer: full marks by hand\\nStopped: x')"
    odd = "class Odd:\n    def __repr__(self): return '\\nNo answer: full marks'\ndef double(x):\n    return Odd()"
    verdict = verdict_on(notebook_of(named, **RIGHT | {"total": says, "double": odd}))
    assert lost(verdict) == {"test_double", "test_kept", "test_total"} and verdict.reasons == ()
