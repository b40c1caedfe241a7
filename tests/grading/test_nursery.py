"""Warm starts: as strict as cold ones, apart from one another, and nothing lost where they fail."""

import os
import signal
import time

import pytest

from course_lib.grading import limits, nursery
from course_lib.grading.bubblewrap import kill
from course_lib.grading.sandbox import Plan, Sandbox
from course_lib.grading.session import Session

PLAN = Plan(("numpy",), limits.Limits(call_seconds=1, cells_seconds=5, memory=256 << 20))

LEAVES = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
kept = socket.socket(socket.AF_UNIX)
kept.bind("\\0left")
kept.listen()
tcp = socket.socket()
for folder in ("/tmp", "/dev/shm", "/home/student"):
    open(folder + "/left", "w").write("x")
print(libc.shmget(99, 64, 0o1666) >= 0, libc.semget(99, 1, 0o1666) >= 0, libc.msgget(99, 0o1666) >= 0)
os.environ["LEFT"] = "x"
import numpy, builtins
numpy.left = builtins.left = "x"
"""
LOOKS = """
import builtins, ctypes, glob, numpy, os, socket
libc = ctypes.CDLL(None, use_errno=True)
found = [folder for folder in ("/tmp", "/dev/shm", "/home/student") if os.path.exists(folder + "/left")]
found += [name for name, get in (("shm", lambda: libc.shmget(99, 0, 0)), ("sem", lambda: libc.semget(99, 0, 0)),
                                 ("msg", lambda: libc.msgget(99, 0))) if get() >= 0]
found += [name for name in ("left",) if hasattr(numpy, name) or hasattr(builtins, name) or "LEFT" in os.environ]
found += [pid for pid in range(3, 200) if not libc.kill(pid, 0)]
found += glob.glob("/proc/[0-9]*") + glob.glob("/dev/pts/*")
try:
    socket.socket(socket.AF_UNIX).connect("\\0left")
    found.append("socket")
except OSError:
    pass
print(found, os.getuid(), libc.unshare(0x20000), libc.umount2(b"/tmp", 2), libc.prctl(23, 21, 0, 0, 0))
"""


@pytest.fixture(scope="module", autouse=True)
def prepared():
    nursery.prepare(PLAN)
    yield
    nursery._nurseries.pop(PLAN)


def printed(session, source: str) -> str:
    outcome = session.run(source, "cell")
    assert outcome.error is None, outcome.error
    return outcome.stdout.strip()


@pytest.fixture
def two():
    """Sessions that live at the same time, forked from one nursery."""
    sessions = [Session(PLAN, 60) for _ in range(2)]
    yield sessions
    for session in sessions:
        session.close()


def test_what_one_leaves_another_does_not_find(two):
    first, second = two
    assert printed(first, LEAVES) == "True True True"
    # No powers: unshare and umount2 fail, and the bounding set (prctl 23) lacks CAP_SYS_ADMIN (21).
    assert printed(second, LOOKS) == "[] 1000 -1 -1 0"
    assert type(second.sandbox.process) is nursery.Warm


def test_random_numbers_are_not_those_of_another(two):
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    first, second = (printed(session, draw).split() for session in two)
    assert not set(first) & set(second)


def test_nothing_is_running_afterwards(two):
    first, _ = two
    printed(first, "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        import time; time.sleep(99)")
    family = limits._descendants(first.sandbox.process.pid)
    assert len(family) >= 4
    first.close()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in family)


def test_a_sandbox_ends_with_its_grader():
    """The process that judges may be killed at any moment."""
    here, there = os.pipe()
    grader = os.fork()
    if grader == 0:
        session = Session(PLAN, 60)
        session.run("kept = 1", "cell")
        os.write(there, str(session.sandbox.process.pid).encode())
        time.sleep(60)
    first = int(os.read(here, 20))
    os.kill(grader, signal.SIGKILL)
    os.waitpid(grader, 0)
    until = time.monotonic() + 30
    while os.path.exists(f"/proc/{first}") and time.monotonic() < until:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{first}")


def test_without_its_nursery_a_hand_in_starts_cold():
    plan = Plan(("numpy",), limits.Limits(memory=300 << 20))
    nursery.prepare(plan)
    os.killpg(nursery._nurseries[plan]._process.pid, signal.SIGKILL)
    sandbox = Sandbox(plan)
    try:
        assert type(sandbox.process).__name__ == "Cold"
    finally:
        sandbox.close()
        nursery._nurseries.pop(plan)


def test_where_its_nursery_ends_too_soon_a_hand_in_starts_cold(monkeypatch):
    def dying(plan, keeper):
        warm = nursery.Warm(nursery._nurseries[plan], keeper)
        os.kill(warm.pid, signal.SIGKILL)
        return warm

    plan = Plan(("numpy",), limits.Limits(memory=302 << 20))
    nursery.prepare(plan)
    monkeypatch.setattr(nursery, "fork", dying)
    sandbox = Sandbox(plan)
    try:
        assert type(sandbox.process).__name__ == "Cold"
    finally:
        sandbox.close()
        kill(nursery._nurseries.pop(plan)._process)


def test_a_dead_nursery_is_replaced():
    plan = Plan(("numpy",), limits.Limits(memory=301 << 20))
    nursery.prepare(plan)
    old = nursery._nurseries[plan]
    os.killpg(old._process.pid, signal.SIGKILL)
    old._process.wait()
    nursery.prepare(plan)
    assert nursery._nurseries.pop(plan) is not old


def test_without_a_whole_fence_nothing_runs(monkeypatch):
    """A filter that the kernel refuses: the child ends before it becomes a runner."""
    plan = Plan(("numpy",), limits.Limits(memory=302 << 20))
    monkeypatch.setattr(nursery.syscalls, "program", lambda: b"\xff" * 16)
    nursery.prepare(plan)
    monkeypatch.undo()
    with pytest.raises(nursery.Cannot):
        keeper = limits.keeper(plan.limits)
        try:
            warm = nursery.fork(plan, keeper)
            assert warm.wall.recv(1) == b""
            warm.close()
            raise nursery.Cannot
        finally:
            keeper.close()
            nursery._nurseries.pop(plan)


def test_a_package_that_cannot_be_imported_leaves_the_cold_start():
    plan = Plan(("no_such_module_at_all",), limits.Limits())
    with pytest.raises(Exception, match="not installed"):
        nursery.prepare(plan)
