"""Comparisons whose messages a student can act on. Needs NumPy only.

The visible tests of an assignment, `course check` and the hidden tests of the grader all compare through these
functions, so a wrong answer is explained in the same words everywhere. Every check is strict about what was
returned before it looks at the numbers: a list, a scalar or a complex array is not a real array, even where
NumPy would compare them as equal.

A graded function may run in another process. Such a function carries an attribute `changed_arguments`: after
each call, the names or positions of the arguments that the call changed (empty if none). It may also have a method
`results(cases)`, an iterator over what it makes of each case: so many calls can cross in one message.

>>> import numpy as np
>>> check_array(np.array([1.0, 2.0]), [1.0, 2.0])
>>> check_array(np.array([1.0, 2.5]), [1.0, 2.0], what="my_pool(x)")
Traceback (most recent call last):
    ...
course_lib.testing.Mismatch: my_pool(x): 1 of 2 values differs.
  at [1]: expected 2.0, got 2.5
expected:
[1. 2.]
got:
[1.  2.5]
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

__all__ = [
    "Mismatch", "case", "check_arguments_kept", "check_array", "check_cases", "check_dtype_kept",
    "check_integer", "check_raises", "check_repeatable", "part", "random_image", "show_maps", "show_window",
]

_SMALL = 6  # arrays up to this many rows and columns are shown whole
_KINDS = {"b": "booleans", "i": "integers", "u": "integers", "f": "real numbers", "c": "complex numbers"}


class Mismatch(AssertionError):
    """What was returned is not what was asked for; the message says how.

    `index` is that of the first value that differs, `None` where shapes or types do.
    """

    def __init__(self, message: str, index: tuple[int, ...] | None = None):
        super().__init__(message)
        self.index = index


class case:
    """The arguments of one call: `case(x, 3, strides=2)`.

    Arrays and random generators are copied whenever they are handed out: every call meets the same ones.
    """

    def __init__(self, *args, **kwargs):
        self._args, self._kwargs = args, kwargs

    @property
    def size(self) -> int:
        """Number of array elements in the arguments; checks try small cases first."""
        return sum(np.size(value) for value in self._values() if isinstance(value, np.ndarray))

    def call(self, function: Callable):
        args = [_fresh(value) for value in self._args]
        return function(*args, **{name: _fresh(value) for name, value in self._kwargs.items()})

    def describe(self, function: Callable) -> str:
        """The call as a student would type it, with small arrays shown below it."""
        names, shown = [], []
        for name, value in _named(self):
            text = f"<array {value.shape}>" if isinstance(value, np.ndarray) else _short(value)
            names.append(text if isinstance(name, int) else f"{name}={text}")
            if isinstance(value, np.ndarray) and value.size <= 4 * _SMALL * _SMALL:
                shown.append(f"{_argument(name)}{_picture(value)}")
        return "\n".join([f"{_name(function)}({', '.join(names)})", *shown])

    def _values(self):
        return [*self._args, *self._kwargs.values()]


def random_image(rng: np.random.Generator, *shape: int, low: int = -9, dtype=np.float64) -> np.ndarray:
    """Whole numbers from `low` to 9 as floats: many ties, exact in every float type."""
    return rng.integers(low, 10, shape).astype(dtype)


def check_array(actual, expected, *, what: str = "the result", rtol: float = 1e-6, atol: float = 1e-8) -> None:
    """Raise `Mismatch` unless `actual` is an array of the expected shape, kind of number and values.

    Single and double precision count as the same kind (see `check_dtype_kept`); NaN equals NaN.
    """
    expected = np.asarray(expected)
    if type(actual) is not np.ndarray:
        raise Mismatch(f"{what}: expected a NumPy array, got {_type(actual)}.")
    if actual.shape != expected.shape:
        raise Mismatch(f"{what}: expected shape {expected.shape}, got {actual.shape}.")
    if _KINDS.get(actual.dtype.kind) != _KINDS.get(expected.dtype.kind):
        raise Mismatch(f"{what}: expected {_KINDS[expected.dtype.kind]} ({expected.dtype}), got {actual.dtype}.")
    if np.array_equal(actual, expected):
        return  # the usual case, many times faster than what follows
    wrong = ~np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise Mismatch(_difference(actual, expected, wrong, index, what), index)


def check_integer(actual, expected: int, *, what: str = "the result") -> None:
    """Raise `Mismatch` unless `actual` is the expected whole number, as an `int` and not a float or a boolean."""
    if isinstance(actual, (bool, np.bool_)) or not isinstance(actual, (int, np.integer)):
        raise Mismatch(f"{what}: expected the integer {expected}, got {_type(actual)} {_short(actual)}.")
    if actual != expected:
        raise Mismatch(f"{what}: expected {expected}, got {actual}.")


def check_cases(function: Callable, oracle: Callable, cases: Iterable[case], *, explain: Callable | None = None,
                rtol: float = 1e-6, atol: float = 1e-8) -> None:
    """Compare `function` with `oracle` on every case, smallest first, and stop at the first difference.

    Of a tuple each value is compared. `explain(index, *args, **kwargs)` gives a line about the first value that differs
    (see `show_window`).
    """
    ordered = sorted(_some(cases), key=lambda one: one.size)
    first, results = None, _results(function, [*ordered, ordered[0]])
    for one in ordered:
        expected = one.call(oracle)
        with _explained(one, function, explain):
            actual = next(results)
            _check_result(actual, expected, rtol=rtol, atol=atol)
        first = expected if first is None else first
    again = next(results)
    try:
        _check_result(again, first, rtol=rtol, atol=atol)
    except Mismatch:
        raise _changed_its_mind(function, ordered[0]) from None


def _some(cases: Iterable[case]) -> list[case]:
    """The cases as a list; a check of none would pass whatever the function does."""
    cases = list(cases)
    if not cases:
        raise ValueError("a check needs at least one case")
    return cases


def _check_result(actual, expected, **tolerances) -> None:
    if not isinstance(expected, tuple):
        check_array(actual, expected, **tolerances)
        return
    for number, (one, wanted) in enumerate(zip(_values(actual, len(expected)), expected)):
        try:
            check_array(one, wanted, what=f"value {number + 1} of the result", **tolerances)
        except Mismatch as error:
            raise Mismatch(str(error)) from None  # its index is none of the result as a whole


def check_repeatable(function: Callable, one: case) -> None:
    """Raise `Mismatch` if the same call gives a different answer the second time."""
    first = copy.deepcopy(one.call(function))
    if not np.array_equal(first, one.call(function), equal_nan=True):
        raise _changed_its_mind(function, one)


def _changed_its_mind(function: Callable, one: case) -> Mismatch:
    return Mismatch(f"{one.describe(function)}\nThe same call gave a different answer the second time.")


def check_arguments_kept(function: Callable, *cases: case) -> None:
    """Raise `Mismatch` if a call changes an array that it was given."""
    watched = [_Watched(*one._args, **one._kwargs) for one in _some(cases)]
    for one, _ in zip(watched, _results(function, watched), strict=True):
        changed = getattr(function, "changed_arguments", None)
        changed = one.changed() if changed is None else changed
        if changed:
            raise Mismatch(f"{one.describe(function)}\nThe call changed {', '.join(map(_argument, changed))}. "
                           "Work on a copy, or build a new array: the caller still needs its own.")


class _Watched(case):
    """A case that remembers what it handed out last."""

    def call(self, function: Callable):
        self._given = {name: _fresh(value) for name, value in _named(self)}
        return function(*[self._given[i] for i in range(len(self._args))],
                        **{name: self._given[name] for name in self._kwargs})

    def changed(self) -> list[int | str]:
        """Names or positions of the arrays that the last call changed."""
        return [name for name, value in _named(self)
                if isinstance(value, np.ndarray) and not _identical(self._given[name], value)]


def check_dtype_kept(function: Callable, *cases: case) -> None:
    """Raise `Mismatch` unless every result has the dtype of the first array argument."""
    for one, result in zip(_some(cases), _results(function, cases), strict=True):
        dtype = next(value.dtype for value in one._values() if isinstance(value, np.ndarray))
        with _explained(one, function):
            if not isinstance(result, np.ndarray):
                raise Mismatch(f"expected a NumPy array, got {_type(result)}.")
            if result.dtype != dtype:
                raise Mismatch(f"the input is {dtype}, so the result should be {dtype}; it is {result.dtype}.")


def check_raises(exception: type[BaseException], function: Callable, one: case) -> None:
    """Raise `Mismatch` unless the call raises `exception`."""
    try:
        result = one.call(function)
    except exception:
        return
    raise Mismatch(f"{one.describe(function)}\nExpected {exception.__name__}, but the call returned {_short(result)}.")


class part:
    """A function that returns several values, as one that returns the value at `number` alone, or some of them.

    >>> part(divmod, 1)(17, 5), part(divmod, 1, 0)(17, 5)
    (2, (2, 3))
    """

    def __init__(self, function: Callable, number: int, *more: int):
        self._function, self._numbers = function, (number, *more)
        self.__name__ = f"{_name(function)}[{', '.join(map(str, self._numbers))}]"

    def __call__(self, *args, **kwargs):
        return self._chosen(self._function(*args, **kwargs))

    @property
    def changed_arguments(self):
        return getattr(self._function, "changed_arguments", None)

    def results(self, cases: Iterable[case]) -> Iterator:
        return map(self._chosen, _results(self._function, cases))

    def _chosen(self, result):
        result = _values(result, max(self._numbers) + 1)
        chosen = tuple(result[number] for number in self._numbers)
        return chosen if len(chosen) > 1 else chosen[0]


def show_window(index, x, pool_size, strides=None, padding="valid", **_) -> str:
    """The cells of a two-dimensional pooling's window that lie inside the image, for the output at `index`."""
    from course_lib.windows import lay

    n, *place, c = index
    bounds = []
    for axis, o in zip(lay(x.shape, pool_size, strides, padding).axes, place):
        start = o * axis.stride - axis.before
        bounds.append((max(start, 0), min(start + axis.extent, axis.size)))
    (top, bottom), (left, right) = bounds
    return (f"its window: rows {top} to {bottom - 1}, columns {left} to {right - 1} of the input\n"
            f"{x[n, top:bottom, left:right, c]}")


def show_maps(**maps) -> None:
    """Draw small maps side by side with their numbers, the first channel of the first image of each. Needs Matplotlib.

    Names become titles: `show_maps(image=x, its_maxima=max_pool2d(x, 2))`.
    """
    import matplotlib.pyplot as plt

    planes = {name.replace("_", " "): np.asarray(x)[0, :, :, 0] for name, x in maps.items()}
    widths = [max(plane.shape[1], 2) for plane in planes.values()]
    size = (0.55 * sum(widths) + 1, 0.55 * max(len(p) for p in planes.values()) + 0.5)
    _, axes = plt.subplots(1, len(planes), figsize=size,
                           width_ratios=widths, layout="constrained", squeeze=False)
    for axis, (title, plane) in zip(axes[0], planes.items()):
        axis.imshow(plane, cmap="Blues", vmax=plane.max() + np.ptp(plane) + 1e-9)
        for (row, column), value in np.ndenumerate(plane):
            axis.text(column, row, f"{value:.3g}", ha="center", va="center")
        axis.set_title(title, fontsize="medium")
        axis.set(xticks=[], yticks=[], anchor="N")
    plt.show()


def _results(function: Callable, cases: Iterable[case]) -> Iterator:
    """What the function makes of each case, in its own way or one call after another."""
    return function.results(cases) if hasattr(function, "results") else (one.call(function) for one in cases)


def _values(result, least: int):
    if not isinstance(result, (tuple, list)):
        raise Mismatch(f"expected a tuple, got {_type(result)}.")
    if len(result) < least:
        raise Mismatch(f"expected a tuple of at least {least} values, got {len(result)}.")
    return result


class _explained:
    """Put the call in front of a mismatch that happens inside."""

    def __init__(self, one: case, function: Callable, explain: Callable | None = None):
        self._one, self._function, self._explain = one, function, explain

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Mismatch):
            lines = [self._one.describe(self._function), str(error)]
            if self._explain and error.index is not None:
                lines.append(self._one.call(functools.partial(self._explain, error.index)))
            raise Mismatch("\n".join(lines), error.index) from None


def _named(one: case):
    """The arguments with their names: a position, or a keyword."""
    return [*enumerate(one._args), *one._kwargs.items()]


def _argument(name: int | str) -> str:
    return f"argument {name + 1}" if isinstance(name, int) else f"`{name}`"


def _fresh(value):
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    return copy.deepcopy(value) if isinstance(value, np.random.Generator) else value


def _identical(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _name(function: Callable) -> str:
    return getattr(function, "__name__", "the function")


def _type(value) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _short(value) -> str:
    if isinstance(value, np.random.Generator):
        return "<rng>"
    text = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _difference(actual, expected, wrong, index: tuple[int, ...], what: str) -> str:
    count = int(wrong.sum())
    lines = [f"{what}: {count} of {wrong.size} values differ{'s' if count == 1 else ''}.",
             f"  at {list(index)}: expected {expected[index]}, got {actual[index]}"]
    if expected.ndim == 4 and np.array_equal(actual, expected.swapaxes(1, 2)):
        lines.append("  (rows and columns are exchanged)")
    return "\n".join([*lines, f"expected{_picture(expected, index)}", f"got{_picture(actual, index)}"])


def _picture(array: np.ndarray, index: tuple[int, ...] | None = None) -> str:
    """One image of a batch (that of `index`, else the first), as far as it is small."""
    note, plane = "", array
    if array.ndim == 4:
        n, c = (index[0], index[3]) if index else (0, 0)
        plane, note = array[n, :, :, c], f" [{n}, :, :, {c}]" if array.size > array[0, :, :, 0].size else ""
    if plane.ndim > 2 or plane.size == 0 or max(plane.shape, default=1) > 2 * _SMALL:
        return f"{note}: an array of shape {array.shape}"
    return f"{note}:\n{plane}"
