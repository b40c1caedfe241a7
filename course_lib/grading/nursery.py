"""Warm starts: the grader's end of `inside.nursery`, which has imported everything and forks for each hand-in.

A nursery is made once, in the process that starts a child for each hand-in; the children find it through the fork.
Whatever goes wrong with it, a hand-in gets a cold start instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess

from . import syscalls
from .bubblewrap import NO_POWER, NoSandbox, Plan, kill, start

_USEFUL = {"matplotlib": ["matplotlib.pyplot", "matplotlib.backends.backend_agg"]}
_SOME_POWER = ("--cap-drop", "ALL")
_MORE_POWER = ("--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP")
_CREDENTIALS = struct.Struct("iII")
_PATIENCE = 10.0
_nurseries: dict[Plan, Nursery] = {}


class Cannot(Exception):
    """No warm start here."""


def prepare(plan: Plan, seconds: float = 120.0):
    """Have a nursery ready for the children of this process. Does nothing where none can be made."""
    if not plan.sandboxed:
        return
    found = _nurseries.get(plan)
    if found is None or not found.alive():
        try:
            _nurseries[plan] = Nursery(plan, seconds)
        except (Cannot, NoSandbox):
            _nurseries.pop(plan, None)


def fork(plan: Plan, keeper) -> Warm:
    """A sandbox from the nursery. Raises `Cannot`."""
    if plan not in _nurseries:
        raise Cannot
    return Warm(_nurseries[plan], keeper)


class Nursery:
    """A sandbox whose first process waits for requests. Raises `Cannot`, `NoSandbox`."""

    def __init__(self, plan: Plan, seconds: float):
        self.requests, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own_users = os.getuid() != 0  # whose processes the kernel counts by user and namespace
        powers = _SOME_POWER if own_users else (*NO_POWER, *_MORE_POWER)
        with inner:
            self._process = start(plan, "inside.nursery", inner, powers, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        modules = [name for module in ("course_lib.testing", *plan.import_first, *plan.allow)
                   for name in (module, *_USEFUL.get(module, ()))]
        settings = {"imports": modules, "own_users": own_users, "disk": plan.limits.disk,
                    "filter": syscalls.program().hex()}
        self.requests.settimeout(seconds)
        try:
            self.requests.send(json.dumps(settings).encode())
            ready = self.requests.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            kill(self._process)
            raise Cannot

    def alive(self) -> bool:
        return self._process.poll() is None


class Warm:
    """A sandbox for one hand-in, forked from a nursery. `wall` leads to the runner inside. Raises `Cannot`."""

    def __init__(self, nursery: Nursery, keeper):
        self.wall, wall = socket.socketpair()
        self._line, line = socket.socketpair()
        (self.out, out), (self.err, err) = os.pipe(), os.pipe()
        self.wall.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.wall.settimeout(_PATIENCE)
        self._first = -1
        try:
            try:
                socket.send_fds(nursery.requests, [b"a hand-in"], [wall.fileno(), out, err, line.fileno()])
            finally:
                wall.close()
                line.close()
                os.close(out)
                os.close(err)
            self.pid = self._who_answers()
            self._first = os.pidfd_open(self.pid)
            keeper.join(self.pid)
            self.wall.send(b".")
        except OSError:
            self.close()
            raise Cannot from None
        self.wall.settimeout(None)

    def _who_answers(self) -> int:
        """The number here of the sandbox's first process, on the word of the kernel."""
        _, about, _, _ = self.wall.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
        for level, kind, data in about:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                pid, _, _ = _CREDENTIALS.unpack(data)
                self.wall.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
                return pid
        raise OSError("nobody answers")

    def ending(self) -> int | None:
        """How the runner ended: its exit status, negative for a signal."""
        self._line.settimeout(1.0)
        try:
            return struct.unpack("i", self._line.recv(4))[0]
        except (OSError, struct.error):
            return None

    def close(self):
        """Kill everything inside: with the first process of its namespace every other ends."""
        if self._first >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            select.select([self._first], [], [], _PATIENCE)
            os.close(self._first)
        for end in (self.wall, self._line):
            end.close()
        os.close(self.out)
        os.close(self.err)
