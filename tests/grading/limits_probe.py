"""Tries the sandbox's limits and prints what happened as JSON. Run by `test_sandbox` as whatever user it likes.

usage: limits_probe.py [warm] [watched] [version2]     ("watched": without control groups)
"""

import json
import sys
import time

from course_lib.grading import limits, nursery
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
done, end = os.pipe()
children = []
for _ in range(12):
    try:
        children.append(os.fork())
    except OSError:  # there is no memory left for another process
        break
    if children[-1] == 0:
        kept = b"x" * (64 << 20)
        os.write(end, b".")
        time.sleep(30)
        os._exit(0)
time.sleep(1.5)
os.set_blocking(done, False)
grown = len(os.read(done, 99))
ended = sum(os.waitpid(child, os.WNOHANG)[0] != 0 for child in children)
print(max(grown - ended, 0) * 64)
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
    if "warm" in sys.argv:
        nursery.prepare(plan)
    for name, source in (("forks", FORKS), ("balloons", BALLOONS), ("nested", NESTED), ("things", THINGS)):
        session = Session(plan, 60)
        start = time.monotonic()
        outcome = session.run(source, name)
        found[name] = [outcome.stdout.strip(), outcome.error and outcome.error[1], time.monotonic() - start]
        found["start"] = type(session.sandbox.process).__name__ if session.sandbox else found.get("start")
        session.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
