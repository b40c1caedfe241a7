"""No sandbox: the runner as a plain process of whoever grades. For one's own hand-ins only, never for a student's."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from .bubblewrap import ENVIRONMENT, Plan, kill

_INSIDE = Path(__file__).parent / "inside"


class Bare:
    """What `bubblewrap.Cold` is, with nothing around it."""

    def __init__(self, plan: Plan, keeper):
        self._home = tempfile.TemporaryDirectory(prefix="unsandboxed-")
        home = self._home.name
        os.symlink(_INSIDE, os.path.join(home, "inside"))
        environment = os.environ | ENVIRONMENT | {
            "PATH": os.environ.get("PATH", ""), "HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home, "KERAS_HOME": home,
            "PYTHONPATH": os.pathsep.join((home, str(_INSIDE.parents[2])))}
        self.wall, inner = socket.socketpair()
        with inner:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "inside.runner", str(inner.fileno())], cwd=home, env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(inner.fileno(),),
                start_new_session=True, preexec_fn=keeper.join)
        self.pid, self.out, self.err = self._process.pid, self._process.stdout.fileno(), self._process.stderr.fileno()

    def ending(self) -> int | None:
        """How the runner ended: its exit status, negative for a signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return self._process.poll()

    def close(self):
        """Kill the runner and what it started, as far as that stayed in its session."""
        kill(self._process)
        self.wall.close()
        self._home.cleanup()
