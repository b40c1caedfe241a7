"""Running a notebook's cells without IPython: the last value is shown, plots are kept, magics are answered.

The grader has already turned magics into calls of `get_ipython()`. What a cell shows is reduced to text and to raw
pixels, so that no picture file of a student's is ever parsed outside.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import linecache
import os
import sys
import time
import traceback
import types

import numpy as np

MAX_TEXT = 64 << 10  # characters that a cell may show
MAX_PICTURES = 20
MAX_SIDE = 4000
GRADED = "where notebooks are graded"


class Display:
    """Executes cells in a namespace and collects what they show."""

    def __init__(self, namespace: dict):
        self.namespace, self.shown, self.room = namespace, [], MAX_TEXT

    def execute(self, source: str, name: str) -> BaseException | None:
        """Run a cell; return what it raised."""
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            tree = ast.parse(source, name)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), self.namespace)
            value = last and eval(compile(ast.Expression(last.value), name, "eval"), self.namespace)
            if value is not None:
                self.show(value)
        except BaseException as error:
            return error
        finally:
            self.keep_figures()
            _flush()
        return None

    def show(self, *values, **_):
        self.keep_figures()
        for value in values:
            if type(value).__module__.startswith("PIL."):
                self._add(np.array(value.convert("RGBA")))
            else:
                self._add(repr(value)[: self.room])

    def keep_figures(self):
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot else ():
            try:
                canvas = pyplot.figure(number).canvas
                canvas.draw()
                self._add(np.array(canvas.buffer_rgba()))
            except Exception as error:
                print(f"The figure could not be drawn: {error}", file=sys.stderr)
            pyplot.close(number)

    def take(self) -> list:
        """What was shown since the last time."""
        shown, self.shown, self.room = self.shown, [], MAX_TEXT
        return shown

    def _add(self, item):
        if len(self.shown) < MAX_PICTURES and (type(item) is str or max(item.shape) <= MAX_SIDE):
            self.shown.append(item)
            self.room -= len(item) if type(item) is str else 0


class Shell:
    """What `get_ipython()` gives: enough of IPython for the magics that notebooks use."""

    def __init__(self, display: Display, allow: list):
        self.display, self.user_ns = display, display.namespace
        self.packages = f"{', '.join(allow) or 'no other packages'} and Python's standard library"

    def run_line_magic(self, name: str, line: str, *_):
        if name in ("pip", "conda", "mamba", "uv"):
            self.system("install")
        elif name in ("time", "timeit"):
            self._timed(line)
        elif name not in ("matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision", "pylab"):
            print(f"%{name} does nothing {GRADED}.", file=sys.stderr)

    def run_cell_magic(self, name: str, line: str, body: str):
        if name in ("time", "timeit", "capture", "prun"):
            self._timed(body)
        else:
            print(f"A cell that begins with %%{name} is not run {GRADED}.", file=sys.stderr)

    def system(self, command: str):
        if "install" in command:
            print(f"Nothing can be installed {GRADED}. This assignment can use {self.packages}.")
        else:
            print(f"!{command[:200]}: there are no other programs {GRADED}.", file=sys.stderr)

    def getoutput(self, command: str, *_, **__) -> list:
        self.system(command)
        return []

    def _timed(self, source: str):
        start = time.perf_counter()
        error = self.display.execute(source, "<cell: timed>")
        print(f"Wall time: {(time.perf_counter() - start) * 1e3:.3g} ms")
        if error is not None:
            raise error


class NotAllowed(importlib.abc.MetaPathFinder):
    """The last of all finders: says why an import fails."""

    def __init__(self, packages: str):
        self.packages = packages

    def find_spec(self, name, path=None, target=None):
        if path is None or name.startswith("course_lib."):
            raise ModuleNotFoundError(f"{name!r} is not available {GRADED}: this assignment can use {self.packages}.",
                                      name=name)
        return None


class Rich:
    """Stands in for `IPython.display.HTML` and its kin: shown as text."""

    def __init__(self, data=None, *_, **__):
        self.data = data

    def __repr__(self):
        return str(self.data)


def furnish(display: Display, allow: list):
    """Give the process what a notebook expects to find."""
    shell = Shell(display, allow)
    builtins.get_ipython, builtins.display, builtins.input = lambda: shell, display.show, _input
    builtins.exit = builtins.quit = sys.exit
    package, rich = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    package.__path__, package.display = [], rich
    package.version_info, package.get_ipython = (9, 0, 0), lambda: None  # Matplotlib asks for both
    rich.display, rich.clear_output = display.show, lambda *_, **__: None
    for name in ("HTML", "Markdown", "Latex", "Math", "Image", "SVG", "Audio", "Video", "IFrame", "JSON", "Pretty"):
        setattr(rich, name, type(name, (Rich,), {}))
    sys.modules.update({"IPython": package, "IPython.display": rich})
    sys.meta_path.append(NotAllowed(shell.packages))


def place(error: BaseException) -> str:
    """Where in the student's cells an exception came from, innermost last."""
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell"):
        return f"{error.filename[1:-1]}, line {error.lineno}: {(error.text or '').strip()}"
    found = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell")]
    return "\n".join(f"{one.filename[1:-1]}, line {one.lineno}, in {one.name}: {one.line}" for one in found[-5:])


def plain(value):
    """TensorFlow's tensors and variables as arrays; anything else as it is."""
    if type(value) in (list, tuple):
        return type(value)(plain(item) for item in value)
    if type(value).__module__.partition(".")[0] in ("tensorflow", "keras") and hasattr(value, "numpy"):
        return np.array(value.numpy())
    return value


def silence():
    """Nothing that graded calls print is kept."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _flush():
    """Have what was printed arrive with its own cell.

    The streams are the student's: replaced by anything, closed, or full. What they raise then is not the cell's error,
    and it must not end the process that has to answer for the cell.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S110
            pass


def _input(prompt=""):
    raise EOFError(f"input() has nobody to ask {GRADED}: write the value into the cell.")
