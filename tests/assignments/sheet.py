"""An assignment taken apart, and answers tried against its test cells in this process: quickly, but trusting.

As in the grader, test cells meet a student's functions through proxies that copy what goes in and out and say which
arguments were changed, and functions that stand further below do not exist yet. The sandboxed grader has its own tests.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import io
import re
import tomllib
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

import jupytext
import numpy as np

from course_lib.grading import answers

HERE = Path(__file__).parent
ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
NAMES = sorted(path.stem for path in ASSIGNMENTS.glob("*.py") if "BEGIN SOLUTION" in path.read_text())
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)


class Wrong(NamedTuple):
    """A wrong answer, the right one it was made from, its misconception, the test cells it must lose, and may lose."""

    source: str
    base: str
    says: str
    loses: set[str]
    sometimes: set[str]


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
        # As nbgrader leaves it in the release.
        self.blank = SOLUTION.sub(r"\1raise NotImplementedError()", self.solution)
        made = (ast.FunctionDef, ast.ClassDef)
        self.asked = [node.name for node in ast.parse(self.blank).body if isinstance(node, made)]
        helpers = "\n".join(self.locked)
        self.uses = {one: used(source, helpers) & set(self.asked) for one, source in self.tests.items()}
        self._compiled = {one: compile(source, one, "exec") for one, source in self.tests.items()}
        # What is asked for in the order of the notebook: names, and between them the test cells that follow.
        self._order = [one for meta, source in code for one in _step(meta, source, self.asked)]

    def right(self) -> dict[str, str]:
        """Right answers by name."""
        return {one.name: one.source for one in answers.right(HERE / self.name)}

    def wrong(self) -> dict[str, Wrong]:
        """Wrong answers by name."""
        bases, rows = self.right(), tomllib.loads((HERE / self.name / "wrong.toml").read_text())
        return {
            one.name: Wrong(one.source, bases[rows[one.name]["base"]], rows[one.name]["says"], set(one.loses),
                            set(one.sometimes))
            for one in answers.wrong(HERE / self.name)
        }

    def functions_of(self, tests) -> set[str]:
        """The functions that these test cells call."""
        return set().union(*(self.uses[one] for one in tests))

    def namespace(self) -> dict:
        space = {"__name__": "__main__"}  # as in a notebook
        for source in self.locked:
            exec(source, space)
        return space

    def lost(self, source: str, base: str | None = None, first: bool = False, seed: int = 0,
             proxy: type[Proxy] | None = None) -> dict[str, Exception]:
        """The test cells that an answer loses, and why; with `first` only the first of them.

        With a right answer as `base`, only cells that call a function in which the two differ: the others cannot fail.
        """
        differing = self.asked if base is None else [n for n in self.asked if behind(n, source) != behind(n, base)]
        student, failures = self.namespace(), {}
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with contextlib.suppress(NotImplementedError):  # the blank form of a class
                exec(compile(source, "answer", "exec"), student)
            below = {name: student.pop(name) for name in self.asked if name in student}
            space = self.namespace()
            for one in self._order:
                if one in below:
                    student[one] = below.pop(one)
                    space[one] = (proxy or Proxy)(student[one])
                if one not in self.tests or not self.uses[one] & set(differing):
                    continue
                space["rng"] = np.random.default_rng([seed, zlib.crc32(one.encode())])
                try:
                    exec(self._compiled[one], space)
                except Exception as failure:
                    failures[one] = failure
                    if first:
                        break
        return failures


def _step(meta: dict, source: str, asked: list[str]) -> list[str]:
    """What a cell adds: a test cell itself, a solution cell the names asked for in it."""
    if meta["grade"]:
        return [meta["grade_id"]]
    made = {getattr(node, "name", None) for node in ast.parse(source).body} if meta["solution"] else set()
    return [name for name in asked if name in made]


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
