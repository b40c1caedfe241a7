"""A class of made-up students: hand-ins from right and wrong answers, and some that are broken in usual ways.

An answer is Python that defines some of the functions asked for (see `answers`). Each function's source goes into the
release's solution cell, together with what stands before it in the file.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from . import answers
from .assignment import Assignment, AssignmentError, grade_id
from .course import Course

_SHARES = {"right": 0.5, "wrong": 0.45, "broken": 0.05}


@dataclass(frozen=True)
class Sample:
    """A made-up hand-in: the files in its folder, and the test cells that it should lose (None: not foreseen)."""

    student: str
    files: dict[str, bytes]
    loses: frozenset[str] | None


def make(assignment: Assignment, folder: Path) -> Iterator[Sample]:
    """Hand-ins from the right and wrong answers in `folder`, then broken ones made of the first right answer.

    Raises `AssignmentError` if there is no right answer or an answer does not fit.
    """
    right = answers.right(folder)
    # What depends on the cases drawn earns a mark that cannot be told beforehand.
    wrong = [one for one in answers.wrong(folder) if not one.sometimes]
    for kind, found in (("right", right), ("wrong", wrong)):
        for one in found:
            yield Sample(f"{kind}_{one.name}", _files(assignment, answer(assignment, one.source)), one.loses)
    good = answer(assignment, right[0].source)
    tests = frozenset(cell.grade_id for cell in assignment.tests)
    for name, (files, expected) in _broken(assignment, good, tests).items():
        yield Sample(f"broken_{name}", files, expected)


def make_class(assignment: Assignment, folder: Path, students: int, seed: int) -> Iterator[Sample]:
    """A class of that many, the same for the same seed: half right, most others with one misconception, a few broken.

    No two hand-ins are the same to the last byte, and of each it is known what it loses. Raises `AssignmentError`.
    """
    chance = random.Random(seed)
    kinds: dict[str, list[Sample]] = {}
    for one in make(assignment, folder):
        if one.loses is not None and one.student != "broken_prints_everything":
            kinds.setdefault(one.student.partition("_")[0], []).append(one)
    names = list(kinds)
    for number in range(students):
        (kind,) = chance.choices(names, [_SHARES[name] for name in names])
        model = chance.choice(kinds[kind])
        files = {name: _with_a_word(content, chance) for name, content in model.files.items()}
        yield Sample(f"student{number:04}", files, model.loses)


def points(assignment: Assignment, sample: Sample) -> float:
    """The automatic points that a sample should get."""
    return sum(cell.points for cell in assignment.tests if cell.grade_id not in sample.loses)


def _with_a_word(content: bytes, chance: random.Random) -> bytes:
    """The notebook with a remark in a cell of its own, as students leave them; what is no notebook stays as it is."""
    text = f"Took me {chance.randrange(1, 2000)} minutes and {chance.randrange(1, 2000)} tries."
    word = v4.new_markdown_cell(text, id="remark")
    try:
        notebook = json.loads(content)
        notebook["cells"].append(word)
    except (ValueError, KeyError):
        return content
    return json.dumps(notebook, indent=1).encode()


def hand_in(course: Course, name: str, samples: Iterator[Sample]) -> list[Sample]:
    """Put samples into `submitted/`."""
    done = []
    for sample in samples:
        folder = course.folder("submitted", name, sample.student)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, content in sample.files.items():
            (folder / file).write_bytes(content)
        done.append(sample)
    return done


def answer(assignment: Assignment, source: str) -> NotebookNode:
    """The release with the functions of an answer file in its solution cells."""
    notebook = copy.deepcopy(assignment.release)
    cells = {grade_id(cell): cell for cell in notebook.cells}
    homes = _homes(assignment)
    lines, start, placed = source.splitlines(keepends=True), 0, []
    for node in ast.parse(source).body:
        home = homes.get(getattr(node, "name", None))
        if home is not None:
            placed.append((home, "".join(lines[start : node.end_lineno])))
            start = node.end_lineno
    if not placed:
        raise AssignmentError("an answer file defines none of the functions asked for.")
    placed[-1] = (placed[-1][0], placed[-1][1] + "".join(lines[start:]))
    for home in {home for home, _ in placed}:
        cells[home].source = "".join(text for where, text in placed if where == home).strip()
    return notebook


def _homes(assignment: Assignment) -> dict[str, str]:
    """The solution cell of each name asked for."""
    homes = {}
    for cell in assignment.cells:
        if cell.kind == "answer":
            tree = ast.parse(assignment.released[cell.grade_id].source)
            homes |= {node.name: cell.grade_id for node in tree.body if hasattr(node, "name")}
    return homes


def _broken(assignment: Assignment, good: NotebookNode, tests: frozenset[str]) -> dict[str, tuple]:
    homes = _homes(assignment)
    first, last = next(iter(homes)), list(homes)[-1]
    text = nbformat.writes(good).encode()
    file = f"{assignment.name}.ipynb"
    none: frozenset[str] = frozenset()
    return {
        "copied_cell": (_files(assignment, _copied(good, homes[first])), none),
        "deletes_tests": (_files(assignment, _without_tests(good, tests)), none),
        "empty_file": ({file: b""}, tests),
        "exits": (_files(assignment, _plus(good, homes[last], "import os\nos._exit(0)")), none),
        "forgets_names": (_files(assignment, _without_marks(good)), none),
        "loops": (_files(assignment, _plus(good, homes[first], _LOOPS.format(name=first))), None),
        "no_notebook": ({"notes.txt": b"I will hand in tomorrow."}, tests),
        "prints_everything": (_files(assignment, _plus(good, homes[first], _PRINTS)), none),
        "raises_exit": (_files(assignment, _plus(good, homes[last], _EXITS.format(name=last))), None),
        "renamed": ({f"{assignment.name} (1).ipynb": text}, none),
        "truncated": ({file: text[: len(text) * 2 // 3]}, tests),
    }


_LOOPS = """
_{name} = {name}


def {name}(*args, **options):
    while options:
        pass
    return _{name}(*args)
"""
_EXITS = """
def {name}(*args, **options):
    raise SystemExit("done")
"""
_PRINTS = """
import gc, os, sys
for name, value in [*globals().items(), *os.environ.items()]:
    print(name, value)
for folder, _, files in os.walk("/"):
    for file in files:
        if folder.startswith(("/dev", "/proc", "/packages", "/python", "/usr", "/lib")):
            continue
        try:
            print(file, open(os.path.join(folder, file), errors="replace").read())
        except OSError as error:
            print(file, error)
print([thing for thing in gc.get_objects() if isinstance(thing, str)])
"""


def _files(assignment: Assignment, notebook: NotebookNode) -> dict[str, bytes]:
    return {f"{assignment.name}.ipynb": nbformat.writes(notebook).encode()}


def _plus(notebook: NotebookNode, home: str, source: str) -> NotebookNode:
    """The notebook with a cell behind that of `home`."""
    notebook = copy.deepcopy(notebook)
    index = next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == home)
    notebook.cells.insert(index + 1, v4.new_code_cell(source.strip()))
    return notebook


def _copied(notebook: NotebookNode, home: str) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    index = next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == home)
    twin = copy.deepcopy(notebook.cells[index])
    twin["id"] = "a-copy"
    notebook.cells.insert(index, twin)
    return notebook


def _without_tests(notebook: NotebookNode, tests: frozenset[str]) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in tests]
    return notebook


def _without_marks(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
    return notebook
