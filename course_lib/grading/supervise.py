"""A process with one thread that judges hand-ins of one assignment, each in a fresh fork of itself.

Whoever runs hand-ins has threads (Dask's), and a process with threads must not be forked. So each of its threads keeps
a supervisor: a process that has imported what the assignment needs, takes a hand-in at a time through a socket, and
answers with the verdict. Both directions carry bytes; nothing in them is unpickled. A supervisor ends with its owner.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from . import grade
from .assignment import Assignment
from .bubblewrap import ONE_THREAD
from .guard import HandIn
from .verdict import Mark, marks_from_bytes

_idle: list[Supervisor] = []
_cores: list[int] = []  # to keep to, where all of them are ours
_lock = threading.Lock()


@dataclass(frozen=True)
class Job:
    """A notebook to judge; the marks of test cells that are `known` already stay."""

    student: str
    notebook: bytes
    known: dict[str, Mark]

    @property
    def hand_in(self) -> HandIn:
        return HandIn(self.student, self.notebook)


class Supervisor:
    """The owner's end of a supervising process."""

    def __init__(self, assignment: bytes, secret: bytes):
        self.work = assignment, secret
        # It and its sandbox take turns: they need one core, and wake each other sooner on the same.
        self.core = [_cores.pop()] if _cores else []
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", __name__, theirs.fileno(), *self.core]
            self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),),
                                            env=os.environ | ONE_THREAD)
        self.end = Connection(ours.detach())
        self.end.send_bytes(assignment)
        self.end.send_bytes(secret)

    def judged(self, hand_in: bytes, known: bytes) -> bytes:
        """The verdict as JSON, `!Kind:text` for trouble that is not the student's, nothing if the process is gone."""
        try:
            self.end.send_bytes(hand_in)
            self.end.send_bytes(known)
            return self.end.recv_bytes(grade.MAX_VERDICT)
        except (EOFError, OSError):
            self.close()
            return b""

    def close(self):
        self.process.kill()
        self.process.wait()
        self.end.close()
        _cores.extend(self.core)


@contextlib.contextmanager
def ready(number: int, assignment: bytes, secret: bytes) -> Iterator[None]:
    """Have so many supervisors get ready for `judged` to find; afterwards none is left."""
    cores = os.sched_getaffinity(0)
    _cores[:] = cores if number == len(cores) else []
    try:
        for _ in range(number):
            _idle.append(Supervisor(assignment, secret))
        yield
    finally:
        dismiss()
        _cores.clear()


def judged(assignment: bytes, secret: bytes, environment: str, hand_in: bytes, known: bytes) -> bytes:
    """Judge one hand-in, in the calling thread's turn; see `Supervisor.judged`. This is what workers are sent."""
    here = grade.environment()
    if here != environment:
        raise RuntimeError("it has other versions of the course, of Python or of NumPy")
    work = assignment, secret
    with _lock:
        dismiss([one for one in _idle if one.work != work])
        supervisor = _idle.pop() if _idle else None
    supervisor = supervisor or Supervisor(*work)
    data = supervisor.judged(hand_in, known)
    if not supervisor.end.closed:
        with _lock:
            _idle.append(supervisor)
    return data


def dismiss(supervisors: list[Supervisor] | None = None):
    """End supervisors that wait for work, by default all of them."""
    for one in list(_idle if supervisors is None else supervisors):
        _idle.remove(one)
        one.close()


def _serve(end: Connection):
    assignment, secret = Assignment.from_bytes(end.recv_bytes()), end.recv_bytes()
    grade.import_beforehand(assignment)
    gc.collect()
    gc.freeze()  # forks share these pages as long as nobody writes to them, and the collector would
    while True:
        hand_in, known = HandIn.from_bytes(end.recv_bytes()), marks_from_bytes(end.recv_bytes())
        child = grade.Child(hand_in, assignment, secret, known, close=end)
        try:
            if end in wait([child.end, end], timeout=child.patience):
                return
            data = child.data()
        finally:
            child.kill()
        end.send_bytes(data)


if __name__ == "__main__":
    descriptor, *core = map(int, sys.argv[1:])
    if core:
        with contextlib.suppress(OSError):  # the cores that it may use have changed since
            os.sched_setaffinity(0, core)
    try:
        _serve(Connection(descriptor))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        pass  # the owner is gone
