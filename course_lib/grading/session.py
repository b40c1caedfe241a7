"""A hand-in's cells running in sandboxes, and the questions put to what they define.

One sandbox runs the cells in order and is forked for each question, so that a loop or a crash in one question leaves
the others alone. A cell that takes the sandbox down is left out from then on, and the cells before it run again.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from dataclasses import dataclass, field

from .inside.frames import FrameError, Unsendable
from .sandbox import Exceeded, Gone, Late, Plan, Sandbox

WALL = 3  # wall-clock seconds that are granted for a second of computing
MAX_RESTARTS = 4


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
        self.cells_left = plan.limits.cells_seconds
        self.done: list[tuple[str, str]] = []
        self.sandbox: Sandbox | None = None
        self.restarts = -1

    def run(self, source: str, name: str) -> Outcome:
        """Run a cell in the sandbox, after those that ran before."""
        try:
            outcome = self._run(source, name)
        except Broken as broken:
            return Outcome(*self._last_words(), error=(type(broken).__name__, str(broken), ""))
        self.done.append((source, name))
        return outcome

    @contextlib.contextmanager
    def question(self):
        """A `Question` that sees what the cells up to here have defined."""
        sandbox = self._open()
        here, there = socket.socketpair()
        with here:
            with there, self._explained(self.plan.limits.call_seconds):
                pid = sandbox.ask({"do": "fork", "silent": True}, self._wall(self.plan.limits.call_seconds),
                                  descriptors=[there.fileno()])["pid"]
            question = Question(self, here, pid)
            try:
                yield question
            finally:
                question.end()

    def close(self):
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None

    def _run(self, source: str, name: str) -> Outcome:
        sandbox = self._open()
        start = time.monotonic()
        seconds = max(self.cells_left, 1.0)
        with self._explained(seconds):
            answer = sandbox.ask({"do": "run", "source": source, "name": f"<{name}>", "seconds": seconds},
                                 self._wall(seconds))
        self.cells_left -= (time.monotonic() - start) / WALL
        shown, error = answer.get("shown"), _error(answer.get("error"))
        return Outcome(shown if type(shown) is list else [], *sandbox.printed(), error=error)

    def _open(self) -> Sandbox:
        """The sandbox with all cells run that did not break it, started anew where it is gone."""
        if self.sandbox is None:
            self.restarts += 1
            if self.restarts > MAX_RESTARTS:
                raise Broken("the notebook ended the process that ran it too often")
            self.sandbox = Sandbox(self.plan)
            waiting, self.done = self.done, []
            for cell in waiting:
                self._run(*cell)
                self.done.append(cell)
            self.sandbox.printed()
        return self.sandbox

    def _last_words(self):
        return [], "", ""

    def _wall(self, seconds: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Broken("the notebook as a whole took too long")
        return min(WALL * seconds, left)

    @contextlib.contextmanager
    def _explained(self, seconds: float):
        """Say in words why the sandbox did not answer, and give it up."""
        try:
            yield
        except (Gone, Late, Exceeded, FrameError) as trouble:
            why = self._why(trouble, seconds)
            self.close()
            raise Broken(why) from None

    def _why(self, trouble: Exception, seconds: float) -> str:
        if isinstance(trouble, Late):
            return f"it was stopped after {seconds:g} seconds of computing"
        if isinstance(trouble, Exceeded):
            return f"it used {trouble}"
        if isinstance(trouble, FrameError):
            return f"the answer made no sense: {trouble}"
        return self.ending(self.sandbox.ending(), seconds)

    def ending(self, status: int | None, seconds: float) -> str:
        """In words: how a process that gave no answer has ended."""
        if status == -signal.SIGXCPU:
            return f"it was stopped after {seconds:g} seconds of computing"
        if status == -signal.SIGKILL:
            return f"it was killed, most likely for using more than {self.plan.limits.memory >> 20} MB of memory"
        if status is not None and status < 0:
            return f"it crashed Python ({_signal_name(-status)})"
        return "it ended Python, as `os._exit` does"


class Question:
    """A fork of the sandbox that answers calls. After a broken promise it answers no more."""

    def __init__(self, session: Session, wall: socket.socket, pid):
        self.session, self.wall, self.pid = session, wall, pid
        self.broken: str | None = None
        self.seconds = 0.0

    def ask(self, message: dict, send=None, receive=None) -> dict:
        """The answer to a message. Raises `Broken`."""
        if self.broken:
            raise Broken(self.broken)
        seconds = self.session.plan.limits.call_seconds
        start = time.monotonic()
        try:
            return self.session.sandbox.ask(message | {"seconds": seconds}, self.session._wall(seconds), self.wall,
                                            send=send, receive=receive)
        except Unsendable:
            raise
        except (Gone, Late, Exceeded, FrameError) as trouble:
            self.broken = self._why(trouble, seconds)
            raise Broken(self.broken) from None
        finally:
            self.seconds += time.monotonic() - start

    def end(self) -> dict:
        """End the fork, whatever it is doing."""
        if self.session.sandbox is None or type(self.pid) is not int:
            return {}
        try:
            return self.session.sandbox.ask({"do": "end", "pid": self.pid}, 5.0)
        except (Gone, Late, Exceeded, FrameError):
            self.session.close()
            return {}
        finally:
            self.pid = None

    def _why(self, trouble: Exception, seconds: float) -> str:
        if isinstance(trouble, Gone):
            time.sleep(0.02)  # the socket closes a moment before the process can be waited for
            answer = self.end()
            status = answer.get("status")
            return self.session.ending(status if type(status) is int else None, seconds)
        if isinstance(trouble, Exceeded):
            self.session.close()
        return self.session._why(trouble, seconds)


def _error(error) -> tuple[str, str, str] | None:
    if type(error) is list and len(error) == 3 and all(type(part) is str for part in error):
        return tuple(error)
    return None if error is None else ("Error", "", "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
