"""What the sandbox of this machine enforces, tried out rather than looked up."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

from . import limits, syscalls
from .finding import Finding
from .sandbox import NoSandbox, Plan, Sandbox

_PROBE = """
import ctypes, socket
def reach():
    try:
        socket.create_connection(("1.1.1.1", 53), 1)
        return True
    except OSError:
        return False
def nested():
    return ctypes.CDLL(None).unshare(0x10000000) == 0
"""


_CONTROL_GROUPS = ("nothing must be done; for limits kept by the kernel, grade as root on a machine of its own, or let "
                   "systemd delegate a control group")


def examine() -> list[Finding]:
    """Try everything. Raises `NoSandbox` where nothing can be graded."""
    sandbox = Sandbox(Plan(("numpy",), limits.Limits()))
    try:
        findings = [Finding("bubblewrap", True, _version())]
        sandbox.ask({"do": "run", "source": _PROBE, "name": "<probe>", "seconds": 5.0}, 15)
        for name, what in (("reach", "no network inside"), ("nested", "no further user namespaces inside")):
            answer = sandbox.ask({"do": "call", "name": name, "handle": None, "args": (), "kwargs": {}, "keep": False,
                                  "seconds": 5.0}, 15)
            findings.append(Finding(what, answer.get("value") is not True))
        kept = not sandbox.keeper.watched
        findings.append(Finding("memory and processes limited by the kernel", kept, _how(kept), _CONTROL_GROUPS, False))
        findings.append(Finding("unneeded system calls refused", bool(syscalls.program()), "by libseccomp",
                                "apt install libseccomp2, and pip install pyseccomp", False))
        return findings
    finally:
        sandbox.close()


def weaker() -> str | None:
    """One line if this machine enforces less than designed. Raises `NoSandbox` where it enforces nothing."""
    weak = [finding for finding in examine() if not finding.ok]
    return "; ".join(f"not here: {finding.what} ({finding.detail})" for finding in weak) or None


def _how(kept: bool) -> str:
    if kept:
        return "control groups"
    return "no writable control group: the sandbox is watched every 0.05 s and killed instead"


def _version() -> str:
    done = subprocess.run([shutil.which("bwrap") or "bwrap", "--version"], capture_output=True, text=True)
    user = "root" if os.getuid() == 0 else "an ordinary user"
    return f"{done.stdout.strip()}, Linux {platform.release()}, as {user}"


__all__ = ["Finding", "NoSandbox", "examine", "weaker"]
