"""Hand-ins that try to gain points without a right answer. Every function in them is wrong.

`{root}` stands for the course folder: an attacker may well know where it lies.
"""

WRONG = {
    "double": "def double(x):\n    return 0 * x",
    "total": "def total(numbers):\n    return -1",
    "Counter": "class Counter:\n    def __init__(self, start=0):\n        self.count = -1\n"
               "    def step(self, n=1):\n        return -1\n\nlucky = 7",
}

# A cell that stands in front of the wrong answers.
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
}


_FORGED = """
import sys, struct, json
def whole(body, *buffers, sizes=None):
    header = json.dumps({"body": body, "sizes": sizes or [len(b) for b in buffers]}).encode()
    return bare(header, *buffers)
def bare(header, *buffers):
    return struct.pack(">IQ", len(header), sum(map(len, buffers))) + header + b"".join(buffers)
def npy(descr, shape, data=b""):
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b" \\n"
    return b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(text)) + text + data
def answer(value):
    return ["dict", ["value", value], ["changed", ["list"]]]
frame = sys._getframe()
while frame:
    if "Server" in frame.f_globals:
        frame.f_globals["Server"].call = lambda self, message: FRAME
    frame = frame.f_back
"""
_FRAMES = {
    "of_a_terabyte": 'struct.pack(">IQ", 10, 1 << 40) + b"x" * 10',
    "with_a_header_of_4_gigabytes": 'struct.pack(">IQ", 0xFFFFFFFF, 0)',
    "cut_short": 'struct.pack(">IQ", 100, 0) + b"{}"',
    "of_random_bytes": "bytes(range(256)) * 100",
    "with_a_pickle": """whole(answer(["array", 0]), npy("|O", (1,), b"cos\\nsystem\\n(S'true'\\ntR."))""",
    "with_a_lying_shape": 'whole(answer(["array", 0]), npy("<f8", (1 << 40,), b"12345678"))',
    "with_a_negative_shape": 'whole(answer(["array", 0]), npy("<f8", (-1,), b"12345678"))',
    "with_an_empty_giant": 'whole(answer(["array", 0]), npy("<f8", (0, 1 << 62, 1 << 62)))',
    "with_a_structure": 'whole(answer(["array", 0]), npy([("a", "<f8")], (1,), b"12345678"))',
    "with_a_buffer_twice": 'whole(answer(["list"] + [["array", 0]] * 9), npy("<f8", (1,), b"12345678"))',
    "with_wrong_sizes": 'whole(answer(["array", 0]), npy("<f8", (1,), b"12345678"), sizes=[5])',
    "with_a_negative_size": 'whole(answer(["array", 0]), b"12345678", sizes=[-8, 16])',
    "nested_deeply": """bare(b'{"sizes": [], "body": ' + b"[" * 100000 + b"]" * 100000 + b"}")""",
    "nested_a_little_deeply": """bare(b'{"sizes": [], "body": ' + b'["list",' * 99 + b"0" + b"]" * 99 + b"}")""",
    "with_a_key_twice": """bare(b'{"body": 1, "body": 2, "sizes": []}')""",
    "that_is_not_finite": """bare(b'{"body": NaN, "sizes": []}')""",
    "with_an_infinite_number": """bare(b'{"body": 1e999, "sizes": []}')""",
    "with_a_huge_integer": """bare(b'{"body": ' + b"9" * 100000 + b', "sizes": []}')""",
    "with_a_handle": 'whole(answer(["handle", 0, "ndarray"]))',
    "with_a_reference": 'whole(answer(["ref", "secret" + "_oracle"]))',
}
BEFORE |= {f"frame_{name}": _FORGED.replace("FRAME", frame) for name, frame in _FRAMES.items()}

# Wrong functions that try to pass for right ones.
INSTEAD = {
    "liar_equal": {"double": """
class Liar:
    __array_priority__ = 1e9
    shape, dtype, ndim, size = (2,), float, 1, 2
    def __eq__(self, other): return True
    def __array__(self, *a, **k): raise ValueError
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return True
    def __bool__(self): return True
def double(x):
    return Liar()
""", "total": "class Yes(int):\n    def __eq__(self, other):\n        return True\n    def __hash__(self):\n"
              "        return 0\ndef total(numbers):\n    return Yes(0)"},
    "liar_subclass": {"double": """
import numpy as np
class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __sub__(self, other): return np.zeros(self.shape)
    __rsub__ = __sub__
    def __array_ufunc__(self, *a, **k): return np.ones(self.shape, bool)
    def __array_function__(self, *a, **k): return np.zeros(self.shape, bool)
def double(x):
    return (0 * x).view(Liar)
"""},
    "object_array": {"double": """
import numpy as np
class Yes:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
def double(x):
    return np.array([Yes() for _ in x], dtype=object)
"""},
    "nan_filled": {"double": "import numpy as np\ndef double(x):\n    return np.full_like(x, np.nan)"},
    "infinite": {"double": "import numpy as np\ndef double(x):\n    return np.full_like(x, np.inf)"},
    "masked": {"double": "import numpy as np\ndef double(x):\n    return np.ma.masked_all(x.shape)"},
    "structured": {"double": "import numpy as np\ndef double(x):\n    return np.zeros(x.shape, [('a', float)])"},
    "dates": {"double": "import numpy as np\ndef double(x):\n    return x.astype('datetime64[s]')"},
    "complex_numbers": {"double": "def double(x):\n    return 2 * x + 0j"},
    "other_shape": {"double": "def double(x):\n    return 2 * x[:, None]"},
    "a_list": {"double": "def double(x):\n    return [2 * float(v) for v in x]"},
    "a_generator": {"double": "def double(x):\n    return (2 * v for v in x)"},
    "boolean_for_integer": {"total": "def total(numbers):\n    return True"},
    "float_for_integer": {"total": "def total(numbers):\n    return float(sum(numbers))"},
    "huge_integer": {"total": "def total(numbers):\n    return 1 << (1 << 20)"},
    "huge_array": {"double": "import numpy as np\ndef double(x):\n    return np.zeros(100 << 20, np.uint8).repeat(4)"},
    "deep_list": {"total": "def total(numbers):\n    deep = []\n    for _ in range(10000):\n        deep = [deep]\n    return deep"},
    "circular": {"total": "def total(numbers):\n    round = []\n    round.append(round)\n    return round"},
    "recursion": {"total": "def total(numbers):\n    return total(numbers)"},
    "recursion_without_end": {"total": "import sys\nsys.setrecursionlimit(1 << 30)\ndef total(numbers):\n    return total(numbers)"},
    "loop_in_call": {"total": "def total(numbers):\n    while True:\n        try:\n            while True:\n                pass\n"
                              "        except BaseException:\n            pass"},
    "sleep_in_call": {"total": "import time\ndef total(numbers):\n    time.sleep(10 ** 6)"},
    "exit_in_call": {"total": "import os\ndef total(numbers):\n    os._exit(0)"},
    "crash_in_call": {"total": "import ctypes\ndef total(numbers):\n    ctypes.string_at(0)"},
    "kill_in_call": {"total": "import os\ndef total(numbers):\n    os.kill(os.getppid(), 9)\n    os.kill(-1, 9)"},
    "balloon_in_call": {"total": "def total(numbers):\n    kept = []\n    while True:\n        kept.append(bytearray(16 << 20))"},
    "stop_iteration": {"total": "def total(numbers):\n    raise StopIteration", "double": "def double(x):\n    raise StopIteration"},
    "assertion_error": {"total": "def total(numbers):\n    raise AssertionError()"},
    "evil_exception": {"total": """
class Evil(Exception):
    def __str__(self): raise SystemExit
    __repr__ = __reduce__ = __str__
Evil.__name__ = "SystemExit"
def total(numbers):
    raise Evil
"""},
    "different_each_time": {"double": "import random\ndef double(x):\n    return x * random.random()"},
    "finalizer": {"double": """
class Bomb:
    def __del__(self):
        import os
        os.write(1, b"boom")
        raise SystemExit
def double(x):
    Bomb()
    return 0 * x
"""},
    "lucky_liar": {"Counter": "class Counter:\n    def __getattr__(self, name): return lambda *a: True\n\n"
                              "class Any(int):\n    def __mod__(self, other): return 0\n    def __eq__(self, other): return True\n"
                              "    __hash__ = None\nlucky = Any()"},
    "object_with_attributes": {"Counter": """
class Counter:
    def __init__(self, start=0):
        self.count = Counter.__new__(Counter)
    def step(self, n=1):
        return self
    def __eq__(self, other): return True
    def __index__(self): return 6
    __int__ = __index__
lucky = Counter()
"""},
}
