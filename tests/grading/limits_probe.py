"""Tries the sandbox's limits and prints what happened as JSON. Run by `test_sandbox` as whatever user it likes.

usage: limits_probe.py [watched]     ("watched": without control groups)
"""

import json
import sys
import time

from course_lib.grading import limits
from course_lib.grading.sandbox import Plan
from course_lib.grading.session import Session

FORKS = """
import os, time
count = 0
try:
    while count < 2000:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""
BALLOONS = """
import os, time
for _ in range(12):
    if os.fork() == 0:
        kept = b"x" * (64 << 20)
        time.sleep(30)
        os._exit(0)
time.sleep(1.5)
kilobytes = 0
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        lines = open(f"/proc/{pid}/smaps_rollup").read().splitlines()
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except OSError:
        pass
print(kilobytes >> 10)
"""
NESTED = """
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000))
"""
THINGS = """
import os
print(sorted(os.listdir("/")), sorted(os.environ), os.getuid(), len([p for p in os.listdir("/proc") if p.isdigit()]))
"""


def main():
    if "version2" in sys.argv:
        limits._V1 = {"none": {}}
    if "watched" in sys.argv:
        limits._parents = lambda: ()
    plan = Plan(("numpy",), limits.Limits(memory=256 << 20, processes=32, cells_seconds=4))
    found = {"kept_by": type(limits.keeper(plan.limits)).__name__}
    limits.keeper(plan.limits).close()
    for name, source in (("forks", FORKS), ("balloons", BALLOONS), ("nested", NESTED), ("things", THINGS)):
        session = Session(plan, 60)
        start = time.monotonic()
        outcome = session.run(source, name)
        found[name] = [outcome.stdout.strip(), outcome.error and outcome.error[1], time.monotonic() - start]
        session.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
