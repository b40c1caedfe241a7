"""The filter of system calls: what it refuses, in both kinds of sandbox, and what still works behind it."""

import errno
import platform

import pytest

from course_lib.grading import doctor, limits, nursery, syscalls
from course_lib.grading.sandbox import Plan
from course_lib.grading.session import Session

pyseccomp = pytest.importorskip("pyseccomp", reason="without libseccomp there is no filter to test")

PLAN = Plan(("numpy",), limits.Limits())
# Called with zeros, most of these succeed or complain about their arguments where nothing refuses them.
CALLS = ["ptrace", "keyctl", "bpf", "userfaultfd", "io_uring_setup", "unshare", "setns", "mount", "umount2", "add_key",
         "perf_event_open", "process_vm_readv", "pidfd_getfd", "kcmp", "personality", "open_by_handle_at", "chroot"]
TRY = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def attempt(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *(arguments + (0,) * (6 - len(arguments))))
    return errno.errorcode.get(ctypes.get_errno(), "none") if result == -1 else "done"
"""


@pytest.fixture(scope="module", params=["warm", "cold"])
def session(request):
    if request.param == "warm":
        nursery.prepare(PLAN)
    session = Session(PLAN, 600)
    session.run(TRY, "try")
    assert type(session.sandbox.process).__name__.lower() == request.param
    yield session
    session.close()
    nursery._nurseries.pop(PLAN, None)


def attempt(session, name: str, *arguments) -> str:
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    outcome = session.run(f"print(attempt({', '.join(map(str, (number, *arguments)))}))", "cell")
    assert outcome.error is None, outcome.error
    return outcome.stdout.strip()


@pytest.mark.parametrize("name", CALLS)
def test_it_is_refused(session, name):
    assert attempt(session, name) == "EPERM"


@pytest.mark.parametrize("name", ["clone3", "fsopen", "move_mount", "open_tree", "mount_setattr"])
def test_newer_calls_are_not_there(session, name):
    assert attempt(session, name) == "ENOSYS"


def test_no_process_with_users_of_its_own(session):
    assert attempt(session, "clone", 0x10000000 | 17) == "EPERM"


@pytest.mark.parametrize("request_", [0x5412, 0x541C, 0x5412 | 1 << 32])
def test_nothing_is_typed_into_a_terminal(session, request_):
    assert attempt(session, "ioctl", 0, request_) == "EPERM"


def test_sockets_are_ordinary_ones(session):
    """Those of virtual machines (40) do not belong to a network namespace."""
    outcome = session.run("""
import socket
def made(family):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        return True
    except OSError:
        return False
print([family for family in range(50) if made(family)])
""", "cell")
    assert set(eval(outcome.stdout)) <= {1, 2, 10}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the other calling convention is of x86-64")
def test_calls_by_another_convention_end_the_process(session):
    """x32 numbers of ptrace would pass a filter that looked at numbers alone."""
    assert attempt(session, "getpid") == "done"
    outcome = session.run(f"import os\npid = os.fork()\nif not pid:\n    attempt({0x40000000 | 521})\n    os._exit(7)\n"
                          "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))", "cell")
    assert outcome.stdout.strip() in (str(-31), "7")
    if outcome.stdout.strip() == "7":
        assert session.run(f"print(attempt({0x40000000 | 521}))", "cell").stdout.strip() in ("ENOSYS", "EPERM")


@pytest.mark.parametrize("allow, source", [
    (("numpy",), "import numpy as np; print(np.linalg.svd(np.eye(300))[1].sum())"),
    (("numpy", "matplotlib"), "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); print(300.0)"),
    ((), "import subprocess, sys, threading, tempfile, asyncio\nt = threading.Thread(target=print, args=(300.0,))\n"
         "t.start(); t.join(); subprocess.run([sys.executable, '-c', ''], check=True); asyncio.run(asyncio.sleep(0))"),
])
def test_honest_code_does_not_notice(allow, source):
    session = Session(Plan(("numpy", *allow), limits.Limits()), 120)
    outcome = session.run(source, "cell")
    session.close()
    assert (outcome.error, outcome.stdout.strip()) == (None, "300.0")


def test_without_the_library_grading_goes_on_with_a_notice(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyseccomp", None)
    syscalls.program.cache_clear()
    try:
        assert syscalls.program() == b""
        session = Session(PLAN, 60)
        assert session.run("print(1)", "cell").stdout == "1\n"
        session.close()
        assert "system calls" in doctor.weaker()
    finally:
        monkeypatch.undo()
        syscalls.program.cache_clear()
    assert syscalls.program() and "system calls" not in (doctor.weaker() or "")


def test_the_names_are_real():
    """Each is known to libseccomp, or not a call of this machine."""
    for name in (*syscalls._REFUSED, *syscalls._UNKNOWN):
        assert pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) != -1, name
    assert errno.EPERM == 1
