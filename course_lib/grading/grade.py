"""Grading a class: every hand-in judged in a child process of its own, several at a time."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait

from . import lazy, rebuild
from .assignment import Assignment, AssignmentError, Cell, parsed
from .guard import HandIn
from .judge import judge
from .sandbox import NoSandbox
from .verdict import Mark, Ran, Verdict
from .visible import NotInstalled

_FORK = multiprocessing.get_context("fork")
MAX_VERDICT = 256 << 20
_THE_GRADERS = (NoSandbox, NotInstalled, AssignmentError)  # troubles that are no student's


def judge_hand_in(hand_in: HandIn, assignment: Assignment, secret: bytes) -> Verdict:
    """The verdict on a hand-in, in this process. It is for a child of the grader: see `in_child`."""
    if hand_in.notebook is None:
        return nothing(hand_in, assignment, "; ".join(hand_in.notes) or "nothing was handed in")
    try:
        rebuilt = rebuild.rebuild(assignment, hand_in.notebook)
    except rebuild.Unreadable as error:
        return nothing(hand_in, assignment, f"the notebook cannot be read: {error}")
    marks, cells = judge(assignment, rebuilt, secret)
    notes = (*hand_in.notes, *rebuilt.notes)
    return Verdict(hand_in.student, "repaired" if notes else "graded", (*notes, *_endings(marks, cells)), marks, cells)


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


def in_child(hand_in: HandIn, assignment: Assignment, secret: bytes) -> Verdict:
    """The verdict on one hand-in, from a fresh child process."""
    return next(iter(in_children([hand_in], assignment, secret, jobs=1)))


def in_children(hand_ins: Iterable[HandIn], assignment: Assignment, secret: bytes, jobs: int | None = None,
                started: Callable[[HandIn], None] = lambda _: None) -> Iterator[Verdict]:
    """Verdicts as they come. Raises `NoSandbox`, `NotInstalled`, `AssignmentError`; no hand-in raises anything."""
    import_beforehand(assignment)
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody writes to them, and the collector would
    waiting, running = list(hand_ins)[::-1], {}
    try:
        while waiting or running:
            while waiting and len(running) < (jobs or os.cpu_count() or 1):
                hand_in = waiting.pop()
                started(hand_in)
                child = Child(hand_in, assignment, secret)
                running[child.end] = child
            for end in wait(list(running), timeout=1.0):
                yield running.pop(end).verdict()
            for end, child in list(running.items()):
                if time.monotonic() > child.deadline:
                    yield running.pop(end).verdict()
    finally:
        for child in running.values():
            child.kill()


class Child:
    """A process that judges one hand-in and sends the verdict as JSON."""

    def __init__(self, hand_in: HandIn, assignment: Assignment, secret: bytes):
        self.hand_in, self.assignment = hand_in, assignment
        self.end, there = _FORK.Pipe(duplex=False)
        self.deadline = time.monotonic() + assignment.seconds + 60
        self.process = _FORK.Process(target=_child, args=(there, hand_in, assignment, secret), daemon=True)
        self.process.start()
        there.close()

    def verdict(self) -> Verdict:
        """What the child sent; a verdict of nothing where it sent none in time."""
        try:
            data = self.end.recv_bytes(MAX_VERDICT) if self.end.poll(0) else b""
        except (EOFError, OSError):
            data = b""
        self.kill()
        if data.startswith(b"!"):
            kind, _, text = data[1:].decode().partition(":")
            raise next(error for error in _THE_GRADERS if error.__name__ == kind)(text)
        if not data:
            return nothing(self.hand_in, self.assignment, "the grader's process for this hand-in gave no verdict")
        return Verdict.from_bytes(data)

    def kill(self):
        self.process.kill()
        self.process.join()
        self.end.close()


def import_beforehand(assignment: Assignment):
    """Import in this process what the source's own cells import, so that children need not.

    TensorFlow and its like are left to the children that use them.
    """
    lazy.install(assignment.plan.import_first)
    for cell in assignment.cells:
        for name in _imported(cell) if cell.kind in ("test", "locked") else ():
            if name.partition(".")[0] not in assignment.plan.import_first:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)


def _imported(cell: Cell) -> Iterator[str]:
    for node in ast.walk(parsed(cell)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _child(there: Connection, hand_in: HandIn, assignment: Assignment, secret: bytes):
    """In the child: nothing of the course folder is near, and the answer is plain JSON."""
    os.chdir("/")
    sys.path[:] = [path for path in sys.path if path]
    try:
        data = judge_hand_in(hand_in, assignment, secret).to_bytes()
    except _THE_GRADERS as error:
        data = f"!{type(error).__name__}:{error}".encode()
    there.send_bytes(data)
