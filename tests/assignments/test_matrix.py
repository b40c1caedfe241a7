"""Every answer against every assignment: right ones get everything, wrong ones lose what they should and no more.

The cells run in this process: quick, but trusting. As in the grader, test cells meet a student's functions through
proxies that copy what goes in and out and say which arguments were changed. The sandboxed grader has its own tests.
"""

import ast
import contextlib
import copy
import doctest
import functools
import io
import re
import warnings
import zlib
from pathlib import Path

import answers
import jupytext
import numpy as np
import pytest

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
NAMES = sorted(path.stem for path in ASSIGNMENTS.glob("*.py") if "BEGIN SOLUTION" in path.read_text())
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)


class Sheet:
    """An assignment, taken apart: locked cells, solution cells, test cells."""

    def __init__(self, name: str):
        cells = jupytext.read(ASSIGNMENTS / f"{name}.py").cells
        code = [(cell.metadata.get("nbgrader", {}), cell.source) for cell in cells if cell.cell_type == "code"]
        self.name = name
        self.markdown = [(cell.metadata["nbgrader"], cell.source) for cell in cells if cell.cell_type == "markdown"]
        self.locked = [source for meta, source in code if meta["locked"] and not meta["grade"]]
        self.solution = "\n".join(source for meta, source in code if meta["solution"])
        self.tests = {meta["grade_id"]: source for meta, source in code if meta["grade"]}
        self.points = {meta["grade_id"]: meta.get("points", 0) for meta, _ in code if meta["grade"]}
        self.blank = SOLUTION.sub(r"\1raise NotImplementedError()", self.solution)
        made = (ast.FunctionDef, ast.ClassDef)
        self.asked = [node.name for node in ast.parse(self.blank).body if isinstance(node, made)]
        helpers = "\n".join(self.locked)
        self.uses = {one: used(source, helpers) & set(self.asked) for one, source in self.tests.items()}
        self._compiled = [(one, compile(source, one, "exec")) for one, source in self.tests.items()]

    def namespace(self) -> dict:
        space = {"__name__": self.name}
        for source in self.locked:
            exec(source, space)
        return space

    def lost(self, source: str, base: str | None = None) -> dict[str, Exception]:
        """The test cells that an answer loses, and why.

        With a right answer as `base`, only cells that call a function in which the two differ: the others cannot fail.
        """
        differing = self.asked if base is None else [n for n in self.asked if behind(n, source) != behind(n, base)]
        student, failures = self.namespace(), {}
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with contextlib.suppress(NotImplementedError):  # the blank form of a class
                exec(compile(source, "answer", "exec"), student)
            space = self.namespace()
            space.update({name: Proxy(student[name]) for name in self.asked if name in student})
            for grade_id, cell in self._compiled:
                if not self.uses[grade_id] & set(differing):
                    continue
                space["rng"] = np.random.default_rng(zlib.crc32(grade_id.encode()))
                try:
                    exec(cell, space)
                except Exception as failure:
                    failures[grade_id] = failure
        return failures


def used(source: str, helpers: str) -> set[str]:
    """The names in a test cell, and in the locked functions that it uses."""
    waiting, found, top = {"the cell"}, set(), {**definitions(helpers), "the cell": (source, names(ast.parse(source)))}
    while waiting:
        found |= waiting
        waiting = set().union(*(top[name][1] for name in waiting & top.keys())) - found
    return found


def behind(name: str, source: str) -> set[str]:
    """The code of a function of an answer and of everything at the top of its file that it uses."""
    top, found, waiting = definitions(source), set(), [name]
    while waiting:
        text, uses = top.get(waiting.pop(), ("", frozenset()))
        if text not in found:
            found.add(text)
            waiting += uses & top.keys()
    return found


@functools.cache
def definitions(source: str) -> dict[str, tuple[str, frozenset[str]]]:
    """The names defined at the top of a file: the code of each, and the names in it."""
    result = {}
    for node in ast.parse(source).body:
        made = [node, *getattr(node, "targets", [])]
        targets = [getattr(one, "name", None) or getattr(one, "id", None) for one in made]
        result |= {target: (ast.unparse(node), names(node)) for target in targets if target}
    return result


def names(tree: ast.AST) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


_COPIED = {"builtins", "numpy"}


class Proxy:
    """A student's function as test cells meet it: nothing that it keeps or changes reaches them."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self._function = function
        self.changed_arguments = []

    def __call__(self, *args, **kwargs):
        given = {**dict(enumerate(args)), **kwargs}
        own = {name: _crossed(value) for name, value in given.items()}
        result = self._function(*(own[i] for i in range(len(args))), **{name: own[name] for name in kwargs})
        self.changed_arguments = [name for name, value in given.items()
                                  if isinstance(value, np.ndarray) and own[name].tobytes() != value.tobytes()]
        return _crossed(result)


def _crossed(value):
    """What arrives at the other end: a copy; objects such as models are only referred to."""
    if isinstance(value, Proxy):
        return value._function
    if isinstance(value, (list, tuple)):
        return type(value)(map(_crossed, value))
    return copy.deepcopy(value) if type(value).__module__.partition(".")[0] in _COPIED else value


def test_every_assignment_is_here():
    assert NAMES, "no assignment found"
    assert sorted(path.name for path in Path(__file__).parent.iterdir() if (path / "right").is_dir()) == NAMES


@pytest.fixture(scope="module", params=NAMES)
def sheet(request):
    sheet = Sheet(request.param)
    if any("import tensorflow" in source for source in sheet.locked):
        import tensorflow as tf

        tf.config.run_functions_eagerly(True)  # a few small steps: tracing them would take most of the time
        yield sheet
        tf.config.run_functions_eagerly(False)
    else:
        yield sheet


def test_the_solution_gets_full_marks(sheet):
    assert sheet.lost(sheet.solution) == {}


def test_the_blank_gets_nothing(sheet):
    assert set(sheet.lost(sheet.blank)) == set(sheet.tests)


def test_the_worked_values_hold(sheet):
    space = sheet.namespace()
    exec(sheet.solution, space)
    runner = doctest.DocTestRunner(verbose=False)
    for name in sheet.asked:
        example = doctest.DocTestParser().get_doctest(space[name].__doc__, space, name, sheet.name, 0)
        assert len(example.examples) >= 1, f"{name} has no worked value"
        assert runner.run(example).failed == 0, name


def test_the_cells_are_what_they_should_be(sheet):
    for grade_id, source in sheet.tests.items():
        assert re.match(r"# Behaviour: \S", source), grade_id
        assert sheet.points[grade_id] > 0, grade_id
        visible = HIDDEN.sub("", source)
        assert visible != source, f"{grade_id} has no hidden cases"
        assert "from course_lib import" not in visible, grade_id
        assert "rng" not in {node.id for node in ast.walk(ast.parse(visible)) if isinstance(node, ast.Name)}, grade_id
        assert re.search(r"^ *check_", visible, re.MULTILINE), f"{grade_id} shows the student nothing"


def test_right_answers_get_full_marks(sheet):
    found = answers.right(sheet.name)
    lost = {name: sheet.lost(answer.source) for name, answer in found.items()}
    assert {name: failures for name, failures in lost.items() if failures} == {}
    assert len(found) >= (5 if sheet.name == "cifar10_cnn" else 8)


def test_wrong_answers_lose_what_they_should(sheet):
    found = answers.wrong(sheet.name)
    lost = {name: set(sheet.lost(answer.source, answer.base)) for name, answer in found.items()}
    assert lost == {name: set(answer.loses) for name, answer in found.items()}
    assert all(lost.values())


def test_answers_written_out_read_back(tmp_path):
    answers.write(NAMES[0], tmp_path)
    written = {path.stem: path.read_text() for path in (tmp_path / "wrong").glob("*.py")}
    assert written == {name: answer.text for name, answer in answers.wrong(NAMES[0]).items()}
    assert all(text.startswith("# loses: test_") for text in written.values())
