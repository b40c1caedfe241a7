"""The filter of system calls: a last fence behind namespaces and dropped powers.

Refused is what no notebook needs and what attacks on kernels have gone through: tracing, keys, kernel programs, name
spaces and mounts, exotic sockets. libseccomp knows the numbers of this machine; without it there is no filter.
"""

from __future__ import annotations

import contextlib
import errno
import tempfile
from functools import cache

_REFUSED = """
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    keyctl add_key request_key
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register memfd_secret vmsplice
    unshare setns mount umount umount2 pivot_root chroot name_to_handle_at open_by_handle_at fanotify_init
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl syslog
    iopl ioperm modify_ldt personality move_pages migrate_pages lookup_dcookie uselib ustat sysfs vhangup nfsservctl
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
""".split()
# "Not implemented" makes a C library take the older call instead, whose flags a filter can look at.
_UNKNOWN = "clone3 open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr".split()
_NEW_USERS = 0x10000000
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into somebody's terminal
_UNIX, _INTERNET, _INTERNET_6 = 1, 2, 10


@cache
def program() -> bytes:
    """The filter as the kernel reads it; empty where libseccomp is not installed."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError):
        return b""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for action, names in ((refuse, _REFUSED), (seccomp.ERRNO(errno.ENOSYS), _UNKNOWN)):
        for name in names:
            with contextlib.suppress(ValueError, OSError):  # this machine, or an old libseccomp, has no such call
                rules.add_rule(action, name)
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NEW_USERS, _NEW_USERS))
    for number in _TERMINAL_INPUT:
        rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, number))
    strange = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in set(range(_INTERNET_6)) - {_UNIX, _INTERNET}:
        rules.add_rule(strange, "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(strange, "socket", seccomp.Arg(0, seccomp.GT, _INTERNET_6))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
