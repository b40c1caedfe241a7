"""One bubblewrap sandbox with the runner inside: started, asked, listened to, killed."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from . import visible
from .inside import frames
from .limits import Exceeded, Limits, keeper

MAX_OUTPUT = 64 << 10  # bytes of a stream that are kept of one cell
_ENVIRONMENT = {
    "PATH": "/python/bin", "HOME": "/home/student", "USER": "student", "LOGNAME": "student", "TMPDIR": "/tmp",
    "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": "/course:/packages", "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8:backslashreplace", "MPLBACKEND": "module://inside.inline",
    "MPLCONFIGDIR": "/tmp/matplotlib", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_HOME": "/tmp/keras", "CUDA_VISIBLE_DEVICES": "",
}


class NoSandbox(Exception):
    """No sandbox works on this machine; the text is the cure, in one sentence."""


class Gone(Exception):
    """The process at the other end has ended."""


class Late(Exception):
    """No answer in time."""


@dataclass(frozen=True)
class Plan:
    """What a sandbox of an assignment is made of."""

    allow: tuple[str, ...]
    limits: Limits
    import_first: tuple[str, ...] = ()


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
        self.wall, inner = socket.socketpair()
        self.keeper = keeper(plan.limits)
        try:
            self.process = _start(plan, inner, self.keeper)
        except BaseException:
            self.keeper.close()
            raise
        finally:
            inner.close()
        self.out, self.err = (Stream(pipe.fileno()) for pipe in (self.process.stdout, self.process.stderr))
        for stream in (self.out, self.err):
            os.set_blocking(stream.descriptor, False)
        settings = {"limits": plan.limits.per_process(), "allow": list(plan.allow),
                    "import_first": list(plan.import_first)}
        try:
            self.ask(settings, seconds)
        except (Gone, Late, Exceeded, frames.FrameError) as error:
            said = self.printed()[1].strip().splitlines()
            self.close()
            raise NoSandbox(_cure(said[-1] if said else type(error).__name__)) from None

    def ask(self, message: dict, seconds: float, wall: socket.socket | None = None, *, descriptors=(),
            send=None, receive=None) -> dict:
        """Send `message` and return the answer; `send` and `receive` translate what is not plain.

        Raises `Gone`, `Late`, `limits.Exceeded`, `FrameError` (what came back is not a frame) and `Unsendable`.
        """
        wall = wall or self.wall
        deadline = time.monotonic() + seconds
        self._send(wall, frames.encode(message, send), descriptors, deadline)
        header, payload = frames.lengths(self._read(wall, frames.LENGTHS.size, deadline))
        answer = frames.decode(self._read(wall, header, deadline), self._read(wall, payload, deadline), receive)
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

    def ending(self) -> int:
        """How the runner ended: its exit status, negative for a signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        status = self.process.poll()
        return status if status is None or status <= 128 else 128 - status

    def close(self):
        """Kill everything inside."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.wall.close()
        self.process.stdout.close()
        self.process.stderr.close()
        self.keeper.close()

    def _send(self, wall, frame: bytes, descriptors, deadline):
        rest = memoryview(frame)
        while rest:
            self._wait(wall, select.POLLOUT, deadline)
            try:
                sent = socket.send_fds(wall, [rest[: 1 << 16]], descriptors, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                raise Gone from None
            rest, descriptors = rest[sent:], ()

    def _read(self, wall, size: int, deadline) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._wait(wall, select.POLLIN, deadline)
            try:
                data = wall.recv(min(size - len(parts), 1 << 20))
            except OSError:
                data = b""
            if not data:
                raise Gone
            parts += data
        return bytes(parts)

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


def _start(plan: Plan, inner: socket.socket, keeper) -> subprocess.Popen:
    """bubblewrap with the runner inside, which talks through `inner`."""
    bubblewrap, arguments = _bubblewrap(), _arguments(plan)
    with tempfile.TemporaryFile() as file:  # arguments on a command line could be read inside, in /proc
        file.write(b"".join(argument.encode() + b"\0" for argument in arguments))
        file.seek(0)
        command = [bubblewrap, "--args", str(file.fileno()), "--", visible.PYTHON, "-S", "-P", "-m", "inside.runner",
                   str(inner.fileno())]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={},
            pass_fds=(file.fileno(), inner.fileno()), start_new_session=True, preexec_fn=keeper.join)


def _arguments(plan: Plan) -> list[str]:
    disk = str(plan.limits.disk)
    arguments = [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
        "--uid", "1000", "--gid", "1000", "--hostname", "sandbox",
        *visible.arguments(plan.allow),
        "--proc", "/proc", "--dev", "/dev", "--size", disk, "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        "--size", disk, "--tmpfs", "/tmp", "--dir", "/tmp/matplotlib", "--size", disk, "--tmpfs", "/home/student",
    ]
    arguments += ["--remount-ro", "/", "--chdir", "/home/student"]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return arguments


def _bubblewrap() -> str:
    path = shutil.which("bwrap")
    if path is None:
        raise NoSandbox(_cure("bubblewrap is not installed"))
    return path


def _cure(why: str) -> str:
    if "not installed" in why:
        return ("No sandbox: bubblewrap is not installed; install it (Debian and Ubuntu: `apt install bubblewrap`, "
                "Fedora: `dnf install bubblewrap`; it needs Linux) and run the command again.")
    return (f"No sandbox: bubblewrap does not work here ({why}); allow unprivileged user namespaces "
            "(`course doctor` says how) and run the command again.")


__all__ = ["Exceeded", "Gone", "Late", "NoSandbox", "Plan", "Sandbox"]
