"""Starting a sandbox: bubblewrap's command line, and the runner inside of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass

from . import syscalls, visible
from .limits import Limits

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # a core for each hand-in
ENVIRONMENT = ONE_THREAD | {
    "PATH": "/python/bin", "HOME": "/home/student", "USER": "student", "LOGNAME": "student", "TMPDIR": "/tmp",
    "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": "/course:/packages", "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8:backslashreplace", "MPLBACKEND": "module://inside.inline",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "LD_LIBRARY_PATH": "/python/lib",  # where Python is a shared library that it looks for at a place outside
    "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_HOME": "/tmp/keras", "CUDA_VISIBLE_DEVICES": "",
}
NO_POWER = ("--disable-userns", "--cap-drop", "ALL")


class NoSandbox(Exception):
    """No sandbox works on this machine; the text is the cure, in one sentence."""


@dataclass(frozen=True)
class Plan:
    """What a sandbox of an assignment is made of; none at all for one's own hand-ins (`sandboxed=False`)."""

    allow: tuple[str, ...]
    limits: Limits
    import_first: tuple[str, ...] = ()
    sandboxed: bool = True


class Cold:
    """A sandbox of its own for one hand-in, with a fresh interpreter. `wall` leads to the runner inside."""

    def __init__(self, plan: Plan, keeper):
        self.wall, inner = socket.socketpair()
        with inner:
            self._process = start(plan, "inside.runner", inner, NO_POWER, program=syscalls.program(),
                                  preexec_fn=keeper.join)
        self.pid, self.out, self.err = self._process.pid, self._process.stdout.fileno(), self._process.stderr.fileno()

    def ending(self) -> int | None:
        """How the runner ended: its exit status, negative for a signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.poll()
        return status if status is None or status <= 128 else 128 - status

    def close(self):
        """Kill everything inside."""
        kill(self._process)
        self.wall.close()


def start(plan: Plan, module: str, inner: socket.socket, powers: tuple[str, ...], *, program: bytes = b"",
          **how) -> subprocess.Popen:
    """bubblewrap with a module of `inside` running in it, which talks through `inner`. Raises `NoSandbox`."""
    bubblewrap, arguments = _bubblewrap(), _arguments(plan, powers)
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as filtering:
        if program:
            filtering.write(program)
            filtering.seek(0)
            arguments += ["--seccomp", str(filtering.fileno())]
        file.write(b"".join(argument.encode() + b"\0" for argument in arguments))
        file.seek(0)  # arguments on a command line could be read inside, in /proc
        command = [bubblewrap, "--args", str(file.fileno()), "--", visible.PYTHON, "-S", "-P", "-m", module,
                   str(inner.fileno())]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={}, pass_fds=(file.fileno(), filtering.fileno(), inner.fileno()),
                                start_new_session=True, **streams | how)


def kill(process: subprocess.Popen):
    """Kill what `start` started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def cure(why: str) -> str:
    if "not installed" in why:
        return ("No sandbox: bubblewrap is not installed; install it (Debian and Ubuntu: `apt install bubblewrap`, "
                "Fedora: `dnf install bubblewrap`; it needs Linux) and run the command again.")
    return (f"No sandbox: bubblewrap does not work here ({why}); allow unprivileged user namespaces "
            "(`course doctor` says how) and run the command again.")


def _arguments(plan: Plan, powers: tuple[str, ...]) -> list[str]:
    disk = str(plan.limits.disk)
    arguments = [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        *powers, "--die-with-parent", "--new-session", "--clearenv",
        "--uid", "1000", "--gid", "1000", "--hostname", "sandbox",
        *visible.arguments(plan.allow),
        "--proc", "/proc", "--dev", "/dev", "--size", disk, "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        "--size", disk, "--tmpfs", "/tmp", "--dir", "/tmp/matplotlib", "--size", disk, "--tmpfs", "/home/student",
    ]
    arguments += ["--remount-ro", "/", "--chdir", "/home/student"]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return arguments


def _bubblewrap() -> str:
    path = shutil.which("bwrap")
    if path is None:
        raise NoSandbox(cure("bubblewrap is not installed"))
    return path
