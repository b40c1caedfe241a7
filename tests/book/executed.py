"""A page's cells run one after the other, with every call of a function of the library written down."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import os
import re
import sys
import warnings
from dataclasses import dataclass, field

import numpy as np
from book_pages import BOOK
from chapters import CELL, TEXTS
from IPython.display import Markdown

import course_lib
from course_lib.catalogue import CATALOGUE
from course_lib.figures import Picture

sys.path.append(str(BOOK / "_ext"))
COMPARED = ("assert_allclose", "assert_array_equal")
NUMBER = re.compile(r"[-−]?\d+(?:\.\d*)?(?:e[-+]?\d+)?")


@dataclass
class Cell:
    """Where a cell begins in the page's text, what it shows, and the calls made in it."""

    start: int
    shown: str
    calls: list[tuple[str, tuple]] = field(default_factory=list)

    def results(self, name: str) -> list[np.ndarray]:
        return [result for called, results in self.calls if called == name for result in results]


@functools.cache
def run(page: str) -> list[Cell]:
    """Run a page as the build does: one namespace, in the page's folder."""
    import execution
    import tensorflow as tf

    os.environ.update(execution.KERNEL)
    cells: list[Cell] = []
    kept = [(course_lib, name, getattr(course_lib, name)) for name in (*_spied(), "relative_error")]
    kept += [(np.testing, name, getattr(np.testing, name)) for name in COMPARED]
    folder = os.getcwd()
    namespace = {"__name__": "__page__"}
    try:
        # The layers' own tests compile them; here it would take minutes, and change no number.
        tf.config.run_functions_eagerly(True)
        os.chdir((BOOK / page).parent)
        for module, name, function in kept:
            setattr(module, name, _recorded(name, function, cells))
        for found in CELL.finditer(TEXTS[page]):
            cells.append(Cell(found.start(), ""))
            cells[-1].shown = _execute(found["code"], namespace)
    finally:
        tf.config.run_functions_eagerly(False)
        os.chdir(folder)
        for module, name, function in kept:
            setattr(module, name, function)
    return cells


def shows(shown: str, values: np.ndarray) -> bool:
    """Is every value among the numbers shown, as exactly as they are written?"""
    numbers = [_read(text) for text in NUMBER.findall(shown)]
    return all(any(abs(value - number) <= slack for number, slack in numbers) for value in np.ravel(values))


def _read(text: str) -> tuple[float, float]:
    """A number as shown, and half a unit of its last digit."""
    text = text.replace("−", "-")
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.partition(".")[2])
    # Eight digits are what NumPy shows of an array at most.
    return float(text), 0.501 * 10.0 ** (int(exponent or 0) - (digits if "." in mantissa else 9))


def _spied() -> list[str]:
    return [name for row in CATALOGUE for name in (row.name, f"{row.name}_backward")]


def _recorded(name, function, cells):
    @functools.wraps(function)
    def recorded(*args, **kwargs):
        result = function(*args, **kwargs)
        if name == "relative_error":
            seen = (*args[:2], result)
        elif name in COMPARED:
            # With a tensor first, the comparison is one with TensorFlow.
            seen = args[1:2] if hasattr(args[0], "numpy") else ()
        else:
            seen = result if isinstance(result, tuple) else (result,)
        cells[-1].calls.append((name, tuple(map(np.asarray, seen))))
        return result

    return recorded


def _execute(code: str, namespace: dict) -> str:
    """What the cell prints, and the value of its last expression as a reader sees it."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        exec(compile(tree, "<cell>", "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
            if value is not None:
                out.write(_as_read(value))
    return out.getvalue()


def _as_read(value) -> str:
    if isinstance(value, Picture):
        return value.alt
    return value.data if isinstance(value, Markdown) else repr(value)
