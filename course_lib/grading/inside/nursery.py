"""The warm start: a process that has imported what an assignment allows forks for each hand-in.

bubblewrap has put it into a sandbox like any other and left it one power: to make namespaces and mounts below its own.
It runs nothing of anybody's. A child of it goes behind a fence of its own before it becomes a runner: namespaces for
processes, mounts, network, messages and host name, which no other hand-in is in; fresh small folders, the only ones
that can be written; a `/proc` with next to nothing in it; no powers; no way to make further user namespaces; the
filter of system calls.

A request is one packet with four descriptors: the socket to the grader, standard output and error, and a line that
tells how the runner ended and, closed at the other end, that the grader is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import random
import select
import signal
import socket
import struct
import sys

import numpy.random

from . import runner

_USER, _MOUNT, _PROCESS, _NETWORK, _MESSAGES, _HOST = 0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000
_READ_ONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _REC, _PRIVATE = 1, 2, 4, 8, 32, 0x4000, 0x40000
_BOUNDING_DROP, _NO_NEW_PRIVILEGES, _AMBIENT, _AMBIENT_CLEAR, _SECCOMP, _FILTER = 24, 38, 47, 4, 22, 2
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(descriptor: int):
    requests = socket.socket(fileno=descriptor)
    settings = json.loads(requests.recv(1 << 16))
    for name in settings["imports"]:
        importlib.import_module(name)
    runner.warm_up()
    requests.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 64, 4)
        if not message:
            os._exit(0)
        pid = os.fork()
        if not pid:
            _between(requests, descriptors, settings)
        for one in descriptors:
            os.close(one)
        os.waitpid(pid, 0)


def _between(requests: socket.socket, descriptors: list[int], settings: dict):
    """A process that only opens namespaces, since the first process of a pid namespace must be a child."""
    requests.close()
    try:
        if settings["own_users"]:
            user, group = os.getuid(), os.getgid()
            _call("unshare", _USER)
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
            _write("/proc/sys/user/max_user_namespaces", "0")
        _call("unshare", _PROCESS)
        if not os.fork():
            _first(descriptors, settings)
    finally:
        os._exit(0)


def _first(descriptors: list[int], settings: dict):
    """The first process of the new namespace: raises the fence, starts the runner, and waits as an init does."""
    wall, out, error, line = descriptors
    os.setsid()
    for source, target in ((os.open(os.devnull, os.O_RDWR), 0), (out, 1), (error, 2)):
        os.dup2(source, target)
        os.close(source)
    socket.socket(fileno=os.dup(wall)).send(b".")  # the kernel adds who we are, for the grader's control group
    if os.read(wall, 1) != b".":
        os._exit(1)
    _fence(settings)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if not pid:
        os.close(line)
        signal.signal(signal.SIGINT, interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        random.seed()
        numpy.random.seed()
        runner.main(wall)
    for one in (wall, 0, 1, 2):
        os.close(one)
    _wait(pid, line)


def _wait(pid: int, line: int):
    """Reap what ends; end everything with the runner, or with the grader."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == pid:
                    os.write(line, struct.pack("i", os.waitstatus_to_exitcode(ended[1])))
                    os._exit(0)
        if poll.poll(0):
            os._exit(0)


def _fence(settings: dict):
    """What bubblewrap does for a cold start, for what is not to be shared with other children of the nursery."""
    _call("unshare", _MOUNT | _NETWORK | _MESSAGES | _HOST)
    _call("mount", b"none", b"/", None, _REC | _PRIVATE, None)
    private = f"size={settings['disk']},mode=0755".encode()
    for folder in (b"/tmp", b"/home/student", b"/dev/shm"):
        _call("mount", b"tmpfs", folder, b"tmpfs", _NOSUID | _NODEV, private)
    small = _NOSUID | _NODEV | _NOEXEC
    for folder in (b"/proc", b"/dev/pts"):
        _call("mount", b"tmpfs", folder, b"tmpfs", small, b"size=16k,mode=0755")
    os.mkdir("/proc/self")  # TensorFlow ends the process where it does not find these two
    os.symlink(sys.executable, "/proc/self/exe")
    _write("/proc/self/cmdline", f"{sys.executable}\0")
    for folder in (b"/proc", b"/dev/pts"):
        _call("mount", None, folder, None, _REMOUNT | _READ_ONLY | small, None)
    os.mkdir("/tmp/matplotlib")
    os.chdir("/home/student")
    _drop_powers()
    _filter(bytes.fromhex(settings["filter"]))


def _drop_powers():
    _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", _AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    for power in range(64):
        if _LIBC.prctl(_BOUNDING_DROP, power, 0, 0, 0):
            break  # beyond the last that this kernel knows
    header, powers = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0)), ctypes.create_string_buffer(24)
    _call("capset", header, powers)
    _call("capget", header, powers)
    if any(powers.raw):
        raise OSError("powers are left")


def _filter(program: bytes):
    """Install a filter of system calls; none where the grader could not make one."""
    if program:
        buffer = ctypes.create_string_buffer(program, len(program))
        described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
        _call("prctl", _SECCOMP, _FILTER, ctypes.create_string_buffer(described, len(described)), 0, 0)


def _call(name: str, *arguments):
    if getattr(_LIBC, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def _write(path: str, text: str):
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(int(sys.argv[1]))
