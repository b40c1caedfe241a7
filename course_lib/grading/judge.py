"""Run and judge: the student's cells in the sandbox, the test cells in this process.

A test cell sees the source's locked cells, stand-ins for the names that the student was asked to define, and `rng`.
Nothing of the hand-in is executed here.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hmac
import io
import re
import time
import types
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from . import nursery
from .assignment import Assignment, AssignmentError, Cell, hidden_lines, python
from .outputs import clean, pictures_and_text
from .proxies import Ends, Function, Refused
from .rebuild import Rebuilt
from .session import Broken, Outcome, Session
from .verdict import Mark, Ran

_MAX_MESSAGE = 8000


def prepare(assignment: Assignment):
    """Do in this process, once, what every child of it that judges a hand-in would do again."""
    nursery.prepare(assignment.plan)
    for derived in ("by_id", "released", "asked", "versions"):
        getattr(assignment, derived)
    for cell in assignment.cells:
        if cell.kind in ("test", "locked"):
            _compiled(cell.source, f"<{cell.grade_id}>")


def judge(assignment: Assignment, rebuilt: Rebuilt, secret: bytes,
          progress: Callable[[str], None] = lambda _: None,
          known: dict[str, Mark] | None = None) -> tuple[dict[str, Mark], tuple[Ran, ...]]:
    """Marks by grade_id, and the cells as they ran. Test cells with `known` marks are not run again."""
    session = Session(assignment.plan, assignment.seconds)
    trusted = Trusted(assignment, rebuilt, secret)
    marks, cells = {}, []
    try:
        for number, piece in enumerate(rebuilt.pieces, 1):
            cell = assignment.by_id.get(piece.grade_id)
            if piece.cell_type != "code":
                cells.append(Ran(piece.grade_id, piece.cell_type, piece.source, piece.theirs))
            elif cell is not None and cell.kind == "test":
                progress(piece.grade_id)
                mark = (known or {}).get(piece.grade_id) or trusted.test(cell, session)
                marks[piece.grade_id] = mark
                cells.append(Ran(piece.grade_id, "code", cell.visible_source, False, error=mark.message))
            else:
                if cell is not None and cell.kind == "locked":
                    trusted.run(cell)
                outcome = session.run(python(piece.source), f"cell {piece.grade_id or number}")
                trusted.remember(piece, outcome)
                cells.append(_ran(piece, outcome))
    finally:
        session.close()
    return marks, tuple(cells)


class Trusted:
    """The namespace of the source's own code, and the tests that run in it."""

    def __init__(self, assignment: Assignment, rebuilt: Rebuilt, secret: bytes):
        self.assignment, self.digest, self.secret = assignment, rebuilt.digest, secret
        # Not among the globals, by which a cell of the source may tell that somebody looks at its figures.
        self.namespace: dict = {"__name__": "__main__", "__builtins__": vars(builtins) | {"get_ipython": _Quiet}}
        self.available: dict[str, str] = {}
        self.failed: dict[str, str] = {}

    def run(self, cell: Cell):
        """A locked cell; one that calls what the student defines runs in the sandbox only."""
        if set(_names_at_top_level(cell.source)) & set(self.assignment.asked):
            return
        try:
            _execute(cell, self.namespace)
        except Exception as error:
            raise AssignmentError(f"the locked cell {cell.grade_id} raises {type(error).__name__}: {error}.") from None

    def remember(self, piece, outcome: Outcome):
        """Why a name may be missing later on."""
        names = [name for name in self.assignment.asked if re.search(rf"\b{name}\b", piece.source)]
        for name in names if outcome.error and piece.theirs else ():
            self.failed[name] = ": ".join(part for part in outcome.error[:2] if part)

    def test(self, cell: Cell, session: Session) -> Mark:
        """Run a test cell against the sandbox.

        What is lost is lost to a branch that no other question disturbed, asked call by call. Where a question got no
        answer, as from an endless loop, those after it are put in this way only: it would take twice as long.
        """
        if session.steady:
            mark = self._attempt(cell, session, fresh=False)
            if mark.message is None:
                return mark
        return self._attempt(cell, session, fresh=True)

    def _attempt(self, cell: Cell, session: Session, *, fresh: bool) -> Mark:
        start = time.monotonic()
        try:
            with session.question(fresh=fresh) as branch:
                points, message = self._ask(cell, Ends(branch, self.namespace, patient=fresh)), None
        except (Exception, Broken) as error:
            points, message = 0.0, _without_secrets(self._explain(error), cell)
        return Mark(points, cell.points, message, round(time.monotonic() - start, 3))

    def _ask(self, cell: Cell, ends: Ends) -> float:
        for name, kind in self.assignment.asked.items():
            self.namespace.pop(name, None)
            if kind == "value":
                with contextlib.suppress(NameError):
                    self.namespace[name] = ends.get(name)
            else:
                keep = kind == "class" or name in self.assignment.settings.get("objects", ())
                self.namespace[name] = Function(ends, name, keep=keep)
        self.namespace["rng"] = self.generator(cell)
        value = _execute(cell, self.namespace)
        if isinstance(value, int | float | np.number) and not isinstance(value, bool) and 0 <= value <= cell.points:
            return float(value)
        return cell.points

    def generator(self, cell: Cell) -> np.random.Generator:
        """The cases of a test: the same for the same hand-in, unforeseeable for any other."""
        text = "\0".join([self.assignment.versions[cell.grade_id], self.digest, cell.grade_id])
        return np.random.default_rng(int.from_bytes(hmac.digest(self.secret, text.encode(), "sha256")))

    def _explain(self, error: BaseException) -> str:
        """What the student is told: the call, then what came of it."""
        what, call = self._what(error), getattr(error, "call", "")
        return f"{call}\n{what}" if call else what

    def _what(self, error: BaseException) -> str:
        if isinstance(error, AssertionError):
            return str(error) or "This behaviour is not right yet."
        student = getattr(error, "student", None)
        name = student[0] if student and student[1] == "NameError" else getattr(error, "name", None)
        if isinstance(error, NameError) and name in self.failed:
            return f"`{name}` is not defined: its cell stopped with {self.failed[name]}"
        if student:
            name, kind, text, place = student
            said = f"`{name}` raised {kind}: {text}".rstrip(": ").replace("\n", "\n    ")  # no line begins like ours
            return "\n".join(filter(None, [said, place]))
        if isinstance(error, Refused):
            return str(error)
        if isinstance(error, Broken):
            return f"No answer: {error}."
        if isinstance(error, NameError) and name in self.assignment.asked:
            return f"`{name}` is not defined."
        return f"The check could not go on with what was returned ({type(error).__name__}: {error})."


class _Quiet:
    """What `get_ipython()` gives to the source's own cells: magics do nothing in this process."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def _execute(cell: Cell, namespace: dict):
    """Run a cell of the source in this process; return the value of its last line."""
    body, last = _compiled(cell.source, f"<{cell.grade_id}>")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(body, namespace)
        return None if last is None else eval(last, namespace)


@lru_cache(maxsize=1024)
def _compiled(source: str, name: str) -> tuple[types.CodeType, types.CodeType | None]:
    """A cell's code, and that of its last line where that is an expression."""
    tree = ast.parse(python(source), name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    return compile(tree, name, "exec"), last and compile(ast.Expression(last.value), name, "eval")


def _names_at_top_level(source: str):
    """Names that are read when the cell runs, not only when a function of it is called."""
    waiting = list(ast.parse(python(source)).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name):
            yield node.id
        waiting += ast.iter_child_nodes(node)


def _without_secrets(message: str, cell: Cell) -> str:
    """The message as plain text, and never with a line of the hidden test in it."""
    message = clean(message)[:_MAX_MESSAGE]
    if any(len(line) > 11 and line in message for line in hidden_lines(cell.source)):
        return "This behaviour is not right yet."
    return message


def _ran(piece, outcome: Outcome) -> Ran:
    error = None
    if outcome.error:
        kind, text, place = outcome.error
        error = clean("\n".join(filter(None, [f"{kind}: {text}".rstrip(": "), place])))[:_MAX_MESSAGE]
    return Ran(piece.grade_id, "code", piece.source, piece.theirs, clean(outcome.stdout), clean(outcome.stderr),
               pictures_and_text(outcome.shown), error)
