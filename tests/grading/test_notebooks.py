"""Real notebooks: magics, plots, rich display, input(), helper cells, classes, type hints, warnings."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tiny_course import AUTO_MAX, RIGHT

from course_lib.grading.assignment import python
from course_lib.grading.limits import Limits
from course_lib.grading.outputs import MAX_PICTURE_BYTES, clean, pictures_and_text
from course_lib.grading.sandbox import Plan
from course_lib.grading.session import Session


@pytest.fixture(scope="module")
def session():
    session = Session(Plan(("numpy", "matplotlib"), Limits()), 300)
    yield session
    session.close()


def run(session, source: str):
    return session.run(python(source), "cell")


@pytest.mark.parametrize("source, expected", [
    ("1 + 1", "2"), ("'text'", "'text'"), ("x = 3\nx", "3"), ("x = 3;", None), ("None", None),
    ("from IPython.display import display, Markdown\ndisplay(Markdown('**bold**'))", "**bold**"),
    ("display([1, 2])", "[1, 2]"), ("import numpy as np\nnp.arange(3)", "array([0, 1, 2])"),
])
def test_the_last_value_is_shown(session, source, expected):
    outcome = run(session, source)
    assert outcome.error is None
    assert [item["text"] for item in pictures_and_text(outcome.shown)] == ([] if expected is None else [expected])


@pytest.mark.parametrize("source, said", [
    ("%matplotlib inline", ""), ("%load_ext autoreload\n%autoreload 2", ""), ("%time sum(range(10))", "Wall time"),
    ("%%time\nvalue = 7\nprint(value)", "7\nWall time"), ("!pip install torch", "Nothing can be installed"),
    ("%pip install torch", "This assignment can use numpy, matplotlib and Python's standard library"),
    ("files = !ls\nprint(files)", "[]"), ("value = 5\n%timeit value", "Wall time"),
])
def test_magics_are_answered(session, source, said):
    outcome = run(session, source)
    assert outcome.error is None, outcome.error
    assert said in outcome.stdout


@pytest.mark.parametrize("source, said", [("!rm -rf /", "no other programs"), ("%%bash\nls", "not run"),
                                          ("%unheard_of", "does nothing"), ("len?", "does nothing")])
def test_what_does_nothing_says_so(session, source, said):
    outcome = run(session, source)
    assert outcome.error is None, outcome.error
    assert said in outcome.stderr


def test_a_timed_cell_keeps_its_names(session):
    run(session, "%%time\ntimed = 7")
    assert run(session, "print(timed)").stdout == "7\n"


def test_input_says_that_nobody_is_there(session):
    kind, text, _ = run(session, "name = input('Your name?')").error
    assert kind == "EOFError" and "nobody to ask" in text


@pytest.mark.parametrize("end", ["", "plt.show()", "fig"])
def test_plots_are_kept_as_pictures(session, end):
    outcome = run(session, f"import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 3, 2])\n{end}")
    assert outcome.error is None and "non-interactive" not in outcome.stderr
    pictures = [item for item in pictures_and_text(outcome.shown) if "png" in item]
    assert len(pictures) == 1
    image = Image.open(io.BytesIO(base64.b64decode(pictures[0]["png"])))
    assert image.format == "PNG" and np.asarray(image).std() > 0


def test_python_of_all_kinds_runs(session):
    outcome = run(session, """
from __future__ import annotations
from dataclasses import dataclass
from functools import cache
import pickle, warnings, random, typing

@dataclass
class Point:
    x: int
    y: int = 0

@cache
def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

def squares(n: typing.Iterable[int]):
    yield from (v * v for v in n)

warnings.warn("only a warning")
pickle.loads(pickle.dumps(Point(1)))
print(fibonacci(50), list(squares(range(3))), Point(2), __name__)
""")
    assert outcome.error is None
    assert outcome.stdout == "12586269025 [0, 1, 4] Point(x=2, y=0) __main__\n"
    assert "only a warning" in outcome.stderr


def test_errors_name_the_line(session):
    kind, text, place = run(session, "def f(x):\n    return 1 / x\n\nf(0)").error
    assert (kind, text) == ("ZeroDivisionError", "division by zero")
    assert place.splitlines() == ["cell, line 4, in <module>: f(0)", "cell, line 2, in f: return 1 / x"]
    kind, _, place = run(session, "x = = 1").error
    assert kind == "SyntaxError" and "line 1" in place


def test_helper_cells_and_warnings_cost_nothing(notebook_of, verdict_on):
    noisy = "import sys, warnings\ndef double(x):\n    print('noise', file=sys.stderr)\n    warnings.warn('careful')\n    return twice(x)"
    verdict = verdict_on(notebook_of("def twice(x):\n    return x * 2", **RIGHT | {"double": noisy}))
    assert verdict.auto_score == AUTO_MAX and verdict.status == "graded"


def test_a_failing_cell_leaves_the_others_alone(notebook_of, verdict_on):
    verdict = verdict_on(notebook_of("1 / 0", **RIGHT | {"total": "def total(numbers)\n    return 1"}))
    assert {name for name, mark in verdict.marks.items() if mark.message} == {"test_total"}
    assert "`total` is not defined: its cell stopped with SyntaxError" in verdict.marks["test_total"].message


def test_messages_tell_the_smallest_failing_case(notebook_of, verdict_on):
    wrong = "def double(x):\n    return x * 2 if len(x) == 2 else x * 3"
    message = verdict_on(notebook_of(**RIGHT | {"double": wrong})).marks["test_double"].message
    assert message.startswith("double(<array (1,)>)\nargument 1:") and "expected" in message and "got" in message
    assert "secret_oracle" not in message


def test_a_hidden_line_never_stands_in_a_message(notebook_of, verdict_on):
    spy = "def double(x):\n    raise ValueError('secret_oracle = lambda x: x + x  # nobody may see this line')"
    assert "secret" not in verdict_on(notebook_of(**RIGHT | {"double": spy})).marks["test_double"].message


def test_the_same_bytes_get_the_same_mark_and_others_draw_anew(tiny, notebook_of):
    from course_lib.grading.judge import Trusted
    from course_lib.grading.rebuild import solved

    test = tiny.by_id["test_double"]
    draw = lambda rebuilt, secret: Trusted(tiny, rebuilt, secret).generator(test).random()
    rebuilt = solved(tiny)
    other = type(rebuilt)(tuple(p if p.grade_id != "double" else type(p)(p.grade_id, p.cell_type, p.source + " ", True)
                                for p in rebuilt.pieces))
    assert draw(rebuilt, b"a") == draw(rebuilt, b"a")
    assert len({draw(rebuilt, b"a"), draw(rebuilt, b"b"), draw(other, b"a")}) == 3


def test_text_is_cleaned():
    assert clean("a\x1b[31mred\x1b[0m\x1b]0;title\x07\x00b\u202ec\r\nd") == "aredbc\nd"
    assert len(clean("x" * (1 << 20))) < 66 << 10


def test_large_pictures_are_made_small():
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 4), np.uint8)
    [picture] = pictures_and_text([noise])
    assert len(base64.b64decode(picture["png"])) <= MAX_PICTURE_BYTES


@pytest.mark.parametrize("item", [np.zeros((3, 3)), np.zeros((0, 3, 4), np.uint8), np.zeros((9000, 1, 4), np.uint8), 5,
                                  None, {"png": "x"}, np.zeros((2, 2, 3), np.uint8)])
def test_what_is_no_picture_is_left_out(item):
    assert pictures_and_text([item]) == ()
