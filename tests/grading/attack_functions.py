"""Wrong functions that try to pass for right ones, by the cell that they stand in."""

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
    "knows_the_visible_tests": {
        "double": "import numpy as np\ndef double(x):\n    return np.array([2.0, 4.0]) if list(x) == [1, 2] else 0 * x",
        "total": "def total(numbers):\n    return 3 if numbers == [1, 2] else -1"},
    "large_by_strides": {"double": "import numpy as np\ndef double(x):\n    return np.broadcast_to(x[0], (1 << 40,))"},
    "zero_dimensional": {"double": "import numpy as np\ndef double(x):\n    return np.array(2 * x[0])"},
    "a_scalar": {"double": "def double(x):\n    return 2 * x[0]"},
    "bytes_in_another_order": {"double": "def double(x):\n    return (2 * x).view('>f8')"},
    "numbers_of_extended_precision": {"double": "import numpy as np\ndef double(x):\n    return np.full(x.shape, np.longdouble('1e4000'))"},
    "not_a_number_of_every_kind": {"double": "import numpy as np\ndef double(x):\n    return np.arange(0x7ff8 << 48, (0x7ff8 << 48) + len(x)).view(float)"},
    "a_matrix": {"double": "import numpy as np\ndef double(x):\n    return np.asmatrix(2 * x)"},
    "records": {"double": "import numpy as np\ndef double(x):\n    return np.rec.fromarrays([2 * x], names='a')"},
    "subclass_of_bool_and_int": {"total": "import enum\nclass Sum(enum.IntEnum):\n    ONE = 3\n    def __eq__(self, o): return True\n"
                                          "    __hash__ = int.__hash__\ndef total(numbers):\n    return Sum.ONE"},
    "a_million_keys": {"total": "def total(numbers):\n    return dict.fromkeys(range(1000000))"},
    "a_million_numbers": {"total": "def total(numbers):\n    return list(range(1000000))"},
    "half_a_character": {"total": "def total(numbers):\n    return '\\ud800' * 9",
                         "double": "def double(x):\n    raise ValueError('\\udfff\\x1b[2J')"},
    "grows_while_it_is_sent": {"total": """
class Endless(list):
    def __iter__(self):
        while True:
            yield 1
def total(numbers):
    return [Endless([1])]
"""},
    "keeps_what_it_was_given": {"double": """
import threading, time
def double(x):
    def later():
        time.sleep(0.05)
        x[...] = 0
    threading.Thread(target=later, daemon=True).start()
    return x.T
"""},
    "error_that_looks_like_a_verdict": {"total": "def total(numbers):\n    raise AssertionError('') from SystemExit(0)",
                                        "double": "class Mismatch(AssertionError): pass\ndef double(x):\n    raise Mismatch"},
    "methods_that_answer_for_others": {"Counter": """
class Counter:
    def __init__(self, start=0): pass
    def __getattribute__(self, name): return (lambda *a, **k: 6) if name == "step" else type(self)
lucky = property(lambda self: 42)
"""},
}
