"""One bubblewrap sandbox with the runner inside: started, asked, listened to, killed."""

from __future__ import annotations

import os
import select
import socket
import time
from dataclasses import dataclass, field

from . import nursery
from .bubblewrap import Cold, NoSandbox, Plan, cure
from .inside import frames
from .limits import Exceeded, keeper
from .nursery import Warm
from .unsandboxed import Bare

MAX_OUTPUT = 64 << 10  # bytes of a stream that are kept of one cell
_CHUNK = 1 << 16  # larger buffers are mapped anew for each message


class Gone(Exception):
    """The process at the other end has ended."""


class Late(Exception):
    """No answer in time."""


class _Silent(Exception):
    """The runner did not say that it is ready; what it said last."""


@dataclass
class Stream:
    """What came through standard output or error since it was last taken."""

    descriptor: int
    kept: bytearray = field(default_factory=bytearray)
    lost: int = 0

    def read(self) -> bool:
        """Take what has arrived; False where nothing has, or nothing more will."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return False
        room = MAX_OUTPUT - len(self.kept)
        self.kept += data[:room]
        self.lost += max(len(data) - room, 0)
        return bool(data)

    def take(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        if self.lost:
            text += f"\n... {self.lost} more bytes were printed and are not kept ...\n"
        self.kept, self.lost = bytearray(), 0
        return text


class Sandbox:
    """A running sandbox. `ask` sends one message to the runner, or to a fork of it, and returns its answer."""

    def __init__(self, plan: Plan, seconds: float = 60.0):
        for start in (_start, Cold):
            try:
                self._begin(plan, seconds, start)
                return
            except _Silent as silent:
                if type(self.process) is not Warm:  # whose nursery may have ended meanwhile
                    raise NoSandbox(cure(str(silent))) from None

    def _begin(self, plan: Plan, seconds: float, start):
        """Start the runner and tell it its limits. Raises `_Silent`."""
        self.keeper = keeper(plan.limits)
        try:
            self.process = start(plan, self.keeper)
        except BaseException:
            self.keeper.close()
            raise
        self.wall, self.out, self.err = self.process.wall, Stream(self.process.out), Stream(self.process.err)
        for stream in (self.out, self.err):
            os.set_blocking(stream.descriptor, False)
        settings = {"limits": plan.limits.per_process(plan.sandboxed), "allow": list(plan.allow),
                    "import_first": list(plan.import_first)}
        try:
            self.ask(settings, seconds)
        except (Gone, Late, Exceeded, frames.FrameError) as error:
            said = self.printed()[1].strip().splitlines()
            self.close()
            raise _Silent(said[-1] if said else type(error).__name__) from None

    def ask(self, message: dict, seconds: float, wall: socket.socket | None = None, *, descriptors=(),
            send=None, receive=None) -> dict:
        """Send `message` and return the answer; `send` and `receive` translate what is not plain.

        Raises `Gone`, `Late`, `limits.Exceeded`, `FrameError` (what came back is not a frame) and `Unsendable`.
        """
        wall = wall or self.wall
        deadline = time.monotonic() + seconds
        self._send(wall, frames.encode(message, send), descriptors, deadline)
        header, buffers = self._read(wall, deadline)
        frames.check_parts(header)
        answer = frames.decode(header, buffers, receive)
        if type(answer) is not dict:
            raise frames.FrameError("an answer is not a dict")
        return answer

    def printed(self) -> tuple[str, str]:
        """Standard output and error since the last time."""
        for stream in (self.out, self.err):
            for _ in range(64):
                if not stream.read():
                    break
        return self.out.take(), self.err.take()

    def ending(self) -> int | None:
        """How the runner ended: its exit status, negative for a signal."""
        return self.process.ending()

    def close(self):
        """Kill everything inside."""
        self.process.close()
        self.keeper.close()

    def _send(self, wall, frame: bytes, descriptors, deadline):
        rest = memoryview(frame)
        while rest:
            try:
                if descriptors:
                    sent, descriptors = socket.send_fds(wall, [rest[:_CHUNK]], descriptors, socket.MSG_DONTWAIT), ()
                else:
                    sent = wall.send(rest[:_CHUNK], socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait(wall, select.POLLOUT, deadline)
                continue
            except OSError:
                raise Gone from None
            rest = rest[sent:]

    def _read(self, wall, deadline) -> tuple[bytes, bytes]:
        """Header and buffers of one frame. What is beyond its end is nobody's, since nothing else was asked."""
        data, size = bytearray(), frames.LENGTHS.size
        while len(data) < size:
            self._wait(wall, select.POLLIN, deadline)
            try:
                part = wall.recv(_CHUNK)
            except OSError:
                part = b""
            if not part:
                raise Gone
            complete = len(data) >= frames.LENGTHS.size
            data += part
            if not complete and len(data) >= frames.LENGTHS.size:
                size += sum(frames.lengths(data[: frames.LENGTHS.size]))
        return frames.split(data)

    def _wait(self, wall, event: int, deadline: float):
        """Until `wall` is ready; what is printed meanwhile is kept from blocking the sandbox."""
        streams = {stream.descriptor: stream for stream in (self.out, self.err)}
        poll = select.poll()
        poll.register(wall, event)
        for descriptor in streams:
            poll.register(descriptor, select.POLLIN)
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise Late
            self.keeper.check(self.process.pid)
            ready = dict(poll.poll(min(remaining, 0.05 if self.keeper.watched else 1.0) * 1000))
            if wall.fileno() in ready:
                return
            for descriptor in ready:
                if not streams[descriptor].read():
                    poll.unregister(descriptor)


def _start(plan: Plan, keeper) -> Warm | Cold | Bare:
    if not plan.sandboxed:
        return Bare(plan, keeper)
    try:
        return nursery.fork(plan, keeper)
    except nursery.Cannot:
        return Cold(plan, keeper)


__all__ = ["Exceeded", "Gone", "Late", "NoSandbox", "Plan", "Sandbox"]
