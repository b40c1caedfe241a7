"""Limits of a sandbox as a whole: memory as a sum over its processes, and their number.

A control group keeps them where the machine lets us make one; else they are watched, and the sandbox is killed when
it goes beyond them. Limits of a single process (`per_process`) are set inside, before any cell runs.
"""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NUMBERS = itertools.count()
_V1 = {"memory": {"memory.limit_in_bytes": "memory", "memory.memsw.limit_in_bytes": "memory"},
       "pids": {"pids.max": "processes"}}
_V2 = {"memory.max": "memory", "memory.swap.max": "none", "pids.max": "processes"}
_WITH_SWAP = {"memory.memsw.limit_in_bytes", "memory.swap.max"}  # not on kernels that do not count swap
_OURS = "course-grader"  # where this process stands, since a group of version 2 holds groups or processes, never both


@dataclass(frozen=True)
class Limits:
    """What an assignment grants: `memory` in bytes and `processes` for a sandbox, the rest for what it runs."""

    memory: int = 1 << 30
    processes: int = 64
    disk: int = 64 << 20
    call_seconds: float = 10.0
    cells_seconds: float = 120.0

    def per_process(self, own_users: bool = True) -> dict[str, int]:
        """Arguments of `setrlimit` for every process inside; `own_users` if it has a user namespace of its own."""
        limits = {"RLIMIT_DATA": self.memory, "RLIMIT_FSIZE": self.disk, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 256}
        # Root is not held by it; others are counted within their own namespace since Linux 5.14.
        if own_users and os.getuid() != 0:
            limits["RLIMIT_NPROC"] = self.processes + (0 if _kernel() >= (5, 14) else _own_processes())
        return limits


class Exceeded(Exception):
    """The sandbox went beyond a limit; the text says which."""


class ControlGroup:
    """Keeps the limits in the kernel. `folders` are the group's, one for each hierarchy."""

    watched = False

    def __init__(self, limits: Limits):
        self.folders = []
        values = {"memory": str(limits.memory), "processes": str(limits.processes), "none": "0"}
        try:
            for parent, files in _parents():
                folder = parent / f"course-{os.getpid()}-{next(_NUMBERS)}"
                folder.mkdir()
                self.folders.append(folder)
                for name, key in files.items():
                    if name not in _WITH_SWAP or (folder / name).exists():
                        (folder / name).write_text(values[key])
        except OSError:
            self.close()
            raise

    def join(self, pid: int = 0):
        """Put a process into the group, the calling one by default."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def check(self, pid: int):
        """Nothing to do: the kernel keeps the limits."""

    def close(self):
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


class Watch:
    """Looks at the sandbox every now and then."""

    watched = True

    def __init__(self, limits: Limits):
        self.limits, self.next = limits, 0.0

    def join(self, pid: int = 0):
        """There is no group."""

    def check(self, pid: int):
        """Raise `Exceeded` where the processes below `pid` are too many or too large."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 0.05
        family = _descendants(pid)
        if len(family) > self.limits.processes + 2:
            raise Exceeded(f"more than {self.limits.processes} processes")
        if sum(map(_memory, family)) > self.limits.memory:
            raise Exceeded(f"more than {self.limits.memory >> 20} MB of memory")

    def close(self):
        """Nothing was made."""


def keeper(limits: Limits) -> ControlGroup | Watch:
    """The strongest way to keep `limits` on this machine."""
    if _parents():
        try:
            return ControlGroup(limits)
        except OSError:
            pass
    return Watch(limits)


@cache
def _parents() -> tuple:
    """The control groups below which ours can be made, with the files that set its limits."""
    try:
        return _groups(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mounts").read_text())
    except OSError:
        return ()


def _groups(memberships: str, mounts: str) -> tuple:
    v1, v2 = {}, None
    for line in memberships.splitlines():
        _, names, path = line.split(":", 2)
        for _, mount, kind, options, *_ in map(str.split, mounts.splitlines()):
            for name in set(names.split(",")) & set(_V1):
                if kind == "cgroup" and name in options.split(","):
                    v1[name] = _writable(mount, path)
            if kind == "cgroup2" and not names:
                v2 = _writable(mount, path.removesuffix(f"/{_OURS}"))
    if len(v1) == len(_V1) and all(v1.values()):
        return tuple((v1[name], _V1[name]) for name in _V1)
    return ((v2, _V2),) if v2 and _delegated(v2) else ()


def _delegated(folder: Path) -> bool:
    """Whether groups below a group of version 2 can have our limits; arranges that they can where it may."""
    needed = {"memory", "pids"}
    try:
        if needed <= set((folder / "cgroup.subtree_control").read_text().split()):
            return True
        if not needed <= set((folder / "cgroup.controllers").read_text().split()):
            return False
        if (folder / "cgroup.type").exists():  # not the root, which may hold both
            (folder / _OURS).mkdir(exist_ok=True)
            (folder / _OURS / "cgroup.procs").write_text(str(os.getpid()))
        (folder / "cgroup.subtree_control").write_text("+memory +pids")
    except OSError:  # somebody else stands in the group, or it is not ours
        return False
    return True


def _writable(mount: str, path: str) -> Path | None:
    for folder in (Path(mount + path), Path(mount)):
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    return None


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    family, waiting = [], [pid]
    while waiting:
        family += (found := children.get(waiting.pop(), []))
        waiting += found
    return family


def _memory(pid: int) -> int:
    """Bytes that a process holds, shared pages divided among those who share them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError):
        pass
    return 0


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _own_processes() -> int:
    return sum(entry.stat().st_uid == os.getuid() for entry in os.scandir("/proc") if entry.name.isdigit())
