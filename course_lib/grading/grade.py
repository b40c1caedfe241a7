"""Grading a hand-in: judged in a child process of its own, its verdict brought back as bytes."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import hashlib
import importlib.metadata
import json
import multiprocessing
import os
import pkgutil
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

from . import lazy, rebuild
from .assignment import Assignment, AssignmentError, Cell, parsed
from .guard import HandIn
from .judge import Trusted, judge, prepare
from .sandbox import NoSandbox
from .verdict import Mark, Ran, Verdict
from .visible import NotInstalled

_FORK = multiprocessing.get_context("fork")
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_LOAD = ("of waiting", "took too long", "was killed, most likely", "made no sense", "gave no verdict")
MAX_VERDICT = 256 << 20
_rehearsed: set[str] = set()
THE_GRADERS = (NoSandbox, NotInstalled, AssignmentError)  # troubles that are no student's


def judge_hand_in(hand_in: HandIn, assignment: Assignment, secret: bytes,
                  known: dict[str, Mark] | None = None) -> Verdict:
    """The verdict on a hand-in, in this process. It is for a child of the grader: see `in_child`.

    It is a function of the arguments alone. Test cells whose marks are `known` do not run again.
    """
    if hand_in.notebook is None:
        return nothing(hand_in, assignment, "; ".join(hand_in.notes) or "nothing was handed in")
    try:
        rebuilt = rebuild.rebuild(assignment, hand_in.notebook)
    except rebuild.Unreadable as error:
        return nothing(hand_in, assignment, f"the notebook cannot be read: {error}")
    marks, cells = judge(assignment, rebuilt, secret, known=known)
    notes = (*hand_in.notes, *rebuilt.notes)
    bare = () if assignment.sandboxed else ("graded without a sandbox",)
    return Verdict(hand_in.student, "repaired" if notes else "graded", (*notes, *bare, *_endings(marks, cells)), marks,
                   cells, assignment.sandboxed)


def noted(verdict: Verdict, hand_in: HandIn) -> Verdict:
    """The verdict on a notebook as that on a hand-in which holds it: whose it is, and what was to be said of it."""
    status = "repaired" if hand_in.notes and verdict.status == "graded" else verdict.status
    return replace(verdict, student=hand_in.student, status=status, reasons=(*hand_in.notes, *verdict.reasons))


def _endings(marks: dict[str, Mark], cells: tuple[Ran, ...]) -> tuple[str, ...]:
    """What the hand-in took down while it ran, each kind of ending once."""
    said = [cell.error.splitlines()[0] for cell in cells if cell.theirs and (cell.error or "").startswith("Stopped: ")]
    lines = [line for mark in marks.values() for line in (mark.message or "").splitlines()]
    said += [line for line in lines if line.startswith("No answer: ")]
    said += ["A call ended with SystemExit." for line in lines if "` raised SystemExit" in line]
    return tuple(dict.fromkeys(said))


def nothing(hand_in: HandIn, assignment: Assignment, reason: str) -> Verdict:
    """No points, for a reason; the notebook on record is the blank release."""
    marks = {cell.grade_id: Mark(0.0, cell.points, f"Not run: {reason}.") for cell in assignment.tests}
    cells = tuple(Ran(piece.grade_id, piece.cell_type, piece.source, piece.theirs)
                  for piece in rebuild.blank(assignment).pieces)
    status = "missing" if hand_in.notebook is None and hand_in.missing else "broken"
    return Verdict(hand_in.student, status, tuple(dict.fromkeys((*hand_in.notes, reason))), marks, cells)


def doubtful(verdict: Verdict) -> bool:
    """Whether a busy machine could have brought about what went wrong, so that it should be seen a second time."""
    return any(sign in reason for reason in verdict.reasons for sign in _LOAD)


def stopped(verdict: Verdict) -> bool:
    """Whether anything was ended before it was done."""
    return any(reason.startswith(("Stopped: ", "No answer: ")) for reason in verdict.reasons)


def in_child(hand_in: HandIn, assignment: Assignment, secret: bytes) -> Verdict:
    """The verdict on one hand-in, from a fresh child process.

    Raises `NoSandbox`, `NotInstalled`, `AssignmentError`; no hand-in raises anything.
    """
    import_beforehand(assignment)
    child = Child(hand_in, assignment, secret)
    try:
        child.end.poll(child.patience)
        return read(child.data(), hand_in, assignment)
    finally:
        child.kill()


def read(data: bytes, hand_in: HandIn, assignment: Assignment) -> Verdict:
    """The verdict that a child sent; one of no points where it sent none. Raises what is not the student's trouble."""
    if data.startswith(b"!"):
        kind, _, text = data[1:].decode().partition(":")
        raise next(error for error in THE_GRADERS if error.__name__ == kind)(text)
    if not data:
        return nothing(hand_in, assignment, "the grader's process for this hand-in gave no verdict")
    return Verdict.from_bytes(data)


class Child:
    """A process that judges one hand-in and sends the verdict as JSON. Kill it when done."""

    def __init__(self, hand_in: HandIn, assignment: Assignment, secret: bytes, known: dict[str, Mark] | None = None,
                 close: Connection | None = None):
        self.end, there = _FORK.Pipe(duplex=False)
        self.patience = assignment.seconds + 60
        arguments = (there, close, os.getpid(), hand_in, assignment, secret, known)
        self.process = _FORK.Process(target=_child, args=arguments, daemon=True)
        self.process.start()
        there.close()

    def data(self) -> bytes:
        """What it sent so far: a verdict, `!Kind:text` for trouble that is not the student's, or nothing."""
        try:
            return self.end.recv_bytes(MAX_VERDICT) if self.end.poll(0) else b""
        except (EOFError, OSError):
            return b""

    def kill(self):
        self.process.kill()
        self.process.join()
        self.end.close()


@cache
def environment() -> str:
    """Changes with the course's package, Python and NumPy: what a mark follows from besides hand-in and assignment."""
    digest = hashlib.sha256(platform.python_version().encode() + importlib.metadata.version("numpy").encode())
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package)
        if place.parts[0] not in ("cli.py", "cifar", "figures"):
            digest.update(json.dumps([str(place), path.read_text(encoding="utf-8")]).encode())
    return digest.hexdigest()


def import_beforehand(assignment: Assignment):
    """Import in this process what the source's own cells import, so that children need not.

    TensorFlow and its like are left to the children that use them.
    """
    prepare(assignment)
    lazy.install(assignment.plan.import_first)
    for cell in assignment.cells:
        for name in _imported(cell) if cell.kind in ("test", "locked") else ():
            if name.partition(".")[0] not in assignment.plan.import_first:
                with contextlib.suppress(ImportError, AttributeError):
                    pkgutil.resolve_name(name)
    _rehearse(assignment)


def _rehearse(assignment: Assignment):
    """Run the locked cells once: what they import and make ready only when they run, children find done.

    Not where a framework is used that must have computed nothing when it is forked.
    """
    if not assignment.plan.import_first and assignment.base not in _rehearsed:
        _rehearsed.add(assignment.base)
        trusted = Trusted(assignment, rebuild.blank(assignment), b"")
        with contextlib.suppress(AssignmentError):  # a child says what is wrong
            for cell in assignment.cells:
                if cell.kind == "locked":
                    trusted.run(cell)


def _imported(cell: Cell) -> Iterator[str]:
    for node in ast.walk(parsed(cell)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _child(there: Connection, close: Connection | None, parent: int, hand_in: HandIn, assignment: Assignment,
           secret: bytes, known: dict[str, Mark] | None):
    """In the child: nothing of the course folder is near, and the answer is plain JSON."""
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        return
    if close is not None:
        close.close()
    os.chdir("/")
    sys.path[:] = [path for path in sys.path if path]
    try:
        data = judge_hand_in(hand_in, assignment, secret, known).to_bytes()
    except THE_GRADERS as error:
        data = f"!{type(error).__name__}:{error}".encode()
    there.send_bytes(data)
