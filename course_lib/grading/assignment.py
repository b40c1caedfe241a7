"""An assignment as the grader sees it: its source notebook, its release, and what follows from them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.notebooknode import NotebookNode

from .limits import Limits
from .sandbox import Plan

BEGIN_HIDDEN, END_HIDDEN = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
_NO_FORKS = {"tensorflow", "keras", "torch", "jax"}  # forking after these have computed something hangs

_IPYTHON = re.compile(r"[%!?]|^\s*(?:>>>|In \[|[,;/])", re.MULTILINE)  # what cells in IPython's own syntax have


class AssignmentError(Exception):
    """The assignment cannot be graded with; the text says what is wrong, in one sentence."""


@dataclass(frozen=True)
class Cell:
    """A cell of the source. `kind` is one of

    test    graded by running it in the grader's process
    locked  the source's code, run on both sides
    answer  the student's code (`solution`), run in the sandbox only
    essay   the student's words, graded by hand
    text    everything else: instructions, and cells without nbgrader's metadata
    """

    kind: str
    grade_id: str | None
    points: float
    source: str
    node: NotebookNode = field(repr=False, compare=False)

    @property
    def visible_source(self) -> str:
        """The source without its hidden regions."""
        return without_hidden(self.source)


@dataclass(frozen=True)
class Assignment:
    """`cells` are those of the source notebook in order; `release` is the notebook that students got.

    It is `sandboxed` unless somebody asked for the contrary, for hand-ins of their own.
    """

    name: str
    source: NotebookNode = field(repr=False)
    release: NotebookNode = field(repr=False)
    sandboxed: bool = True

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(_cell(node) for node in self.source.cells)

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        return {cell.grade_id: cell for cell in self.cells if cell.grade_id}

    @cached_property
    def released(self) -> dict[str, NotebookNode]:
        """The release's cells by grade_id."""
        return {grade_id(node): node for node in self.release.cells if grade_id(node)}

    @cached_property
    def settings(self) -> dict:
        return dict(self.source.metadata.get("course", {}))

    @cached_property
    def plan(self) -> Plan:
        """What its sandbox is made of, from the notebook's metadata (`course`)."""
        unknown = set(self.settings) - {"title", "allow", "call_seconds", "cells_seconds", "memory_mb", "objects"}
        if unknown:
            raise AssignmentError(f"{self.name}: unknown setting {', '.join(sorted(unknown))} under `course`.")
        allow = tuple(self.settings.get("allow", ["numpy"]))
        heavy = tuple(sorted({name.partition(".")[0] for name in allow} & _NO_FORKS))
        limits = Limits(memory=int(self.settings.get("memory_mb", 4096 if heavy else 1024)) << 20,
                        processes=512 if heavy else 64,
                        call_seconds=float(self.settings.get("call_seconds", 10)),
                        cells_seconds=float(self.settings.get("cells_seconds", 120)))
        return Plan(allow, limits, heavy, self.sandboxed)

    @cached_property
    def asked(self) -> dict[str, str]:
        """The names that the student defines and tests or locked cells use, as `function`, `class` or `value`."""
        used = set()
        for cell in self.cells:
            if cell.kind in ("test", "locked"):
                used |= {node.id for node in ast.walk(parsed(cell)) if isinstance(node, ast.Name)}
        defined = {}
        for cell in self.cells:
            if cell.kind == "answer":
                defined |= _definitions(parsed(cell))
        return {name: kind for name, kind in defined.items() if name in used}

    @cached_property
    def base(self) -> str:
        """Changes with anything but the test cells that can change a mark: what runs before a test does."""
        others = [cell for cell in self.cells if cell.kind != "test"]
        cells = [[cell.kind, cell.grade_id, cell.points, self._given(cell)] for cell in others]
        return _digest([self.settings, self.asked, cells, self.sandboxed])

    @cached_property
    def versions(self) -> dict[str, str]:
        """For each test cell: changes with anything that can change its mark, and with nothing else."""
        made = {}
        for number, cell in enumerate(self.tests):
            # A framework that cannot be forked keeps what one test did for the next: there all tests count.
            before = [one for one in self.tests[:number] if one.grade_id in self.needs[cell.grade_id]]
            tests = before if not self.plan.import_first else self.tests
            made[cell.grade_id] = _digest([self.base, cell.grade_id, cell.points, cell.source,
                                           [[one.grade_id, one.source] for one in tests]])
        return made

    @cached_property
    def needs(self) -> dict[str, set[str]]:
        """For each test cell: the earlier ones that make names which it uses."""
        makers: dict[str, str] = {}
        needs: dict[str, set[str]] = {}
        for cell in self.tests:
            made, used = _names(parsed(cell))
            direct = {makers[name] for name in used if name in makers}
            needs[cell.grade_id] = direct.union(*(needs[one] for one in direct))
            makers |= dict.fromkeys(made, cell.grade_id)
        return needs

    def reusable(self, versions: dict[str, str]) -> set[str]:
        """The test cells that need not run again where results of these versions are at hand."""
        stale = {name for name, version in self.versions.items() if versions.get(name) != version}
        return set(self.versions) - stale.union(*(self.needs[name] for name in stale))

    def _given(self, cell: Cell) -> str:
        """Of a solution cell, what students were given."""
        return self.released[cell.grade_id].source if cell.kind in ("answer", "essay") else cell.source

    def to_bytes(self) -> bytes:
        return json.dumps({"name": self.name, "source": self.source, "release": self.release,
                           "sandboxed": self.sandboxed}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Assignment:
        raw = json.loads(data)
        return cls(raw["name"], nbformat.from_dict(raw["source"]), nbformat.from_dict(raw["release"]), raw["sandboxed"])

    @property
    def tests(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "test"]

    @property
    def auto_max(self) -> float:
        return sum(cell.points for cell in self.tests)

    @property
    def manual_max(self) -> float:
        return sum(cell.points for cell in self.cells if cell.kind != "test")

    @property
    def seconds(self) -> float:
        """The longest that a hand-in may take altogether."""
        limits = self.plan.limits
        return 3 * limits.cells_seconds + 3 * limits.call_seconds * len(self.tests) + 60


def load(name: str, source: Path, release: Path) -> Assignment:
    """Read an assignment's notebooks. Raises `AssignmentError` unless the release is that of the source."""
    for path in (source, release):
        if not path.is_file():
            raise AssignmentError(f"{name} has not been released: {path} is missing; run `course release {name}`.")
    assignment = Assignment(name, nbformat.read(source, 4), nbformat.read(release, 4))
    _check_release(assignment)
    return assignment


def grade_id(node) -> str | None:
    return node.metadata.get("nbgrader", {}).get("grade_id")


def without_hidden(source: str, instead: str | None = None) -> str:
    """`source` without its hidden regions; `instead` stands where they were."""
    lines, hidden = [], False
    for line in source.split("\n"):
        if BEGIN_HIDDEN in line:
            hidden = True
            if instead is not None:
                lines.append(instead)
        elif END_HIDDEN in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def hidden_lines(source: str) -> list[str]:
    """The lines of a test cell that no student may see."""
    shown = {line.strip() for line in without_hidden(source).split("\n")}
    return [line.strip() for line in source.split("\n") if line.strip() and line.strip() not in shown]


@lru_cache(maxsize=1024)
def python(source: str) -> str:
    """IPython's syntax (magics, `!command`, `?help`) as plain Python."""
    if not _IPYTHON.search(source):
        return source
    try:
        return TransformerManager().transform_cell(source)
    except (SyntaxError, RecursionError, ValueError):
        return source


def _cell(node: NotebookNode) -> Cell:
    meta = node.metadata.get("nbgrader", {})
    grade, solution = meta.get("grade", False), meta.get("solution", False)
    code = node.cell_type == "code"
    if meta.get("task"):
        kind = "text"
    elif solution:
        kind = "answer" if code and not grade else "essay"
    elif grade:
        kind = "test"
    else:
        kind = "locked" if code and meta.get("locked") else "text"
    if kind == "test" and not code:
        raise AssignmentError(f"the test cell {meta.get('grade_id')} is not a code cell.")
    points = float(meta.get("points", 0) or 0) if grade or meta.get("task") else 0.0
    return Cell(kind, meta.get("grade_id"), points, node.source, node)


def parsed(cell: Cell) -> ast.Module:
    """The syntax tree of a cell of the source. Raises `AssignmentError`."""
    try:
        return ast.parse(python(cell.source))
    except SyntaxError as error:
        raise AssignmentError(f"the cell {cell.grade_id} is not Python: {error}.") from None


def _definitions(tree: ast.Module) -> dict[str, str]:
    """Names that a module binds at its top level."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = "function"
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "class"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id: "value" for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that a module binds at its top level, and those that it reads before it has bound them itself."""
    made: set[str] = set()
    used: set[str] = set()
    for node in tree.body:
        table = symtable.symtable(ast.unparse(node), "cell", "exec")
        bound = {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
        read = {one.get_name() for one in table.get_symbols() if one.is_referenced()} | set(_read_inside(table))
        used |= read - made - (bound if isinstance(node, ast.For | ast.With) else set())
        made |= bound
    return made, used


def _read_inside(table: symtable.SymbolTable) -> Iterator[str]:
    for inner in table.get_children():
        yield from (one.get_name() for one in inner.get_symbols() if one.is_global() and one.is_referenced())
        yield from _read_inside(inner)


def _digest(content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _check_release(assignment: Assignment):
    """The release must be what nbgrader makes of this source, cell by cell."""
    stale = AssignmentError(f"{assignment.name}: the source is not the one that was released; "
                            f"run `course release {assignment.name}`.")
    if set(assignment.by_id) != set(assignment.released):
        raise stale
    for cell in assignment.cells:
        if cell.grade_id is None:
            continue
        node = assignment.released[cell.grade_id]
        points = float(node.metadata.nbgrader.get("points", 0) or 0)
        if node.cell_type != cell.node.cell_type or points != cell.points:
            raise stale
        if cell.kind in ("test", "locked", "text") and node.source != cell.visible_source:
            raise stale
