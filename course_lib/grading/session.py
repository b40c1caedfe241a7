"""A hand-in's cells running in a sandbox, and the questions put to what they define.

The trunk runs the cells in order; questions go to a fork of it. A fork serves as long as it answers right, and what it
does not answer right is asked again of a fresh one: so a loop or a crash in one question leaves the others alone, and
no mark is lost to what an earlier question left behind. A cell that takes the trunk down is left out from then on, and
the cells before it run again.

TensorFlow must not be forked after it has computed anything. There the sandbox's first process only imports it; the
trunk is a fork of that, and so is every fresh process for a question, in which the cells run again. There the trunk
itself serves.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from dataclasses import dataclass, field

from .inside.frames import FrameError
from .sandbox import Exceeded, Gone, Late, Plan, Sandbox

WALL = 3  # wall-clock seconds that are granted for a second of computing
MAX_RESTARTS = 4
STOPPED = "Stopped"  # in place of an exception's name, where the sandbox had to end a cell
_TROUBLE = (Gone, Late, Exceeded, FrameError)


class Broken(BaseException):
    """The sandbox did not keep its side of a call: time, memory, size, protocol, or an end without an answer.

    Not an `Exception`, so that a test which expects one is not content with this.
    """


@dataclass
class Outcome:
    """What a cell showed, printed and raised (name, text and place of the exception)."""

    shown: list = field(default_factory=list)
    stdout: str = ""
    stderr: str = ""
    error: tuple[str, str, str] | None = None


class Session:
    """Runs the cells of one hand-in. Close it when done."""

    def __init__(self, plan: Plan, seconds: float):
        self.plan, self.deadline = plan, time.monotonic() + seconds
        self.forks = not plan.import_first
        self.cells_left = plan.limits.cells_seconds
        self.done: list[tuple[str, str]] = []
        self.sandbox: Sandbox | None = None
        self.trunk: Branch | None = None
        self.server: Branch | None = None
        self.steady = True  # until a question gets no answer at all
        self.restarts = -1

    def run(self, source: str, name: str) -> Outcome:
        """Run a cell after those that ran before."""
        self._dismiss()
        try:
            outcome = self._grown_trunk().run(source, name)
        except Broken as broken:
            printed = self.sandbox.printed() if self.sandbox else ("", "")
            return Outcome([], *printed, error=(STOPPED, str(broken), ""))
        self.done.append((source, name))
        return outcome

    @contextlib.contextmanager
    def question(self, *, fresh: bool = False):
        """A `Branch` to ask, with everything defined that the cells up to here define; a `fresh` one served nobody."""
        branch = self._grown_trunk()
        if fresh:
            self._dismiss()
        try:
            if fresh or self.forks:
                self.server = self.server or self._fork(silent=True)
            if fresh and not self.forks:
                self._replay(self.server)
            branch = self.server or branch
            yield branch
        except BaseException:
            self.steady = self.steady and branch.broken is None
            self._dismiss()
            raise
        if not self.forks:
            self._dismiss()  # the trunk goes on serving

    def _dismiss(self):
        """Have the next question put to a fresh branch, or to the trunk."""
        server, self.server = self.server, None
        if server is not None:
            server.end()

    def close(self):
        self.trunk = self.server = None
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None

    def _grown_trunk(self) -> Branch:
        """The trunk, grown again where it is gone."""
        if self.trunk is None:
            self.restarts += 1
            if self.restarts > MAX_RESTARTS:
                raise Broken("the notebook ended the process that ran it too often")
            self.sandbox = self.sandbox or Sandbox(self.plan)
            self.trunk = Branch(self, self.sandbox.wall) if self.forks else self._fork(silent=False)
            self._replay(self.trunk)
        return self.trunk

    def _replay(self, branch: Branch):
        for cell in self.done:
            branch.run(*cell)

    def _fork(self, *, silent: bool) -> Branch:
        here, there = socket.socketpair()
        base = Branch(self, self.sandbox.wall)
        with there:
            pid = base.ask({"do": "fork", "silent": silent}, descriptors=[there.fileno()]).get("pid")
        if type(pid) is not int or pid <= 0:
            here.close()
            raise Broken("the notebook holds all the processes that it may have")
        return Branch(self, here, pid)

    def lost(self, branch: Branch):
        """Note that a branch is gone; without the first process everything is."""
        if branch is self.trunk:
            self.trunk = None
        if branch is self.server:
            self.server = None
        if branch.pid is None:
            self.close()


class Branch:
    """A process inside: the sandbox's first one (without `pid`), or a fork of it. After trouble it answers no more."""

    def __init__(self, session: Session, wall: socket.socket, pid: int | None = None):
        self.session, self.sandbox, self.wall, self.pid = session, session.sandbox, wall, pid
        self.broken: str | None = None

    def run(self, source: str, name: str) -> Outcome:
        """Run a cell. Raises `Broken`."""
        seconds, start = max(self.session.cells_left, 1.0), time.monotonic()
        answer = self.ask({"do": "run", "source": source, "name": f"<{name}>"}, seconds)
        self.session.cells_left -= (time.monotonic() - start) / WALL
        shown = answer.get("shown")
        return Outcome(shown if type(shown) is list else [], *self.sandbox.printed(), error=_error(answer.get("error")))

    def ask(self, message: dict, seconds: float | None = None, *, send=None, receive=None, descriptors=()) -> dict:
        """The answer to a message. Raises `Broken`, and `Unsendable` for arguments that cannot cross."""
        if self.broken:
            raise Broken(self.broken)
        seconds = seconds or self.session.plan.limits.call_seconds
        left = self.session.deadline - time.monotonic()
        if left <= 0:
            raise Broken("the notebook as a whole took too long")
        try:
            return self.sandbox.ask(message | {"seconds": seconds}, min(WALL * seconds, left), self.wall, send=send,
                                    receive=receive, descriptors=descriptors)
        except _TROUBLE as trouble:
            self.broken = self._why(trouble, seconds)
            self.session.lost(self)
            raise Broken(self.broken) from None

    def end(self) -> int | None:
        """End a fork, whatever it is doing; returns how it had ended by itself."""
        if self.pid is None or self.session.sandbox is not self.sandbox:
            return None
        pid, self.pid = self.pid, -1
        self.wall.close()
        if pid <= 0:
            return None
        patience = 0.5 if self.broken == "gone" else 0.0  # a socket closes a moment before its process ends
        try:
            status = self.sandbox.ask({"do": "end", "pid": pid, "patience": patience}, 5.0).get("status")
        except _TROUBLE:
            self.session.close()
            return None
        return status if type(status) is int else None

    def _why(self, trouble: Exception, seconds: float) -> str:
        if isinstance(trouble, Gone):
            self.broken = "gone"
            status = self.sandbox.ending() if self.pid is None else self.end()
            return _ending(status, seconds, self.session.plan.limits.memory)
        self.end()
        if isinstance(trouble, Late):
            return f"it was stopped after {seconds:.3g} seconds of computing, or {WALL * seconds:.3g} of waiting"
        if isinstance(trouble, Exceeded):
            self.session.close()
            return f"it used {trouble}"
        return f"the answer made no sense: {trouble}"


def _ending(status: int | None, seconds: float, memory: int) -> str:
    """In words: how a process has ended that gave no answer."""
    if status == -signal.SIGXCPU:
        return f"it was stopped after {seconds:.3g} seconds of computing"
    if status == -signal.SIGKILL:
        return f"it was killed, most likely for using more than {memory >> 20} MB of memory"
    if status is not None and status < 0:
        return f"it crashed Python ({_signal_name(-status)})"
    return "it ended Python, as `os._exit` does"


def _error(error) -> tuple[str, str, str] | None:
    if type(error) is list and len(error) == 3 and all(type(part) is str for part in error):
        return (f"Exception {error[0]}" if error[0] == STOPPED else error[0], *error[1:])
    return None if error is None else ("Error", "", "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
