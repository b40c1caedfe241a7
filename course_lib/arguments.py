"""What the functions ask of their arguments, and in which dtype they work.

Every check names the argument, what was expected and what came.
"""

from __future__ import annotations

import numbers
import operator

import numpy as np


def as_int(value, name: str, least: int = 1) -> int:
    """`value` as an int of at least `least`, or an error that names it."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def as_number(value, name: str, wanted: str, valid):
    """`value` if it is a real number for which `valid` holds; an error says what was `wanted`."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not valid(value):
        raise (ValueError if real else TypeError)(f"{name} must be {wanted}, got {value!r}")
    return value


def as_choice(value, name: str, *choices: str) -> str:
    """`value` if it is one of the words."""
    if not isinstance(value, str) or value not in choices:
        *words, last = (f'"{choice}"' for choice in choices)
        raise ValueError(f"{name} must be {', '.join(words)} or {last}, got {value!r}")
    return value


def per_axis(value, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """One integer for each spatial axis, from one for all or from a sequence."""
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{name} must be an integer or {rank} integers, got {value!r}")
    if np.ndim(value) == 0:
        return (as_int(value, name, least),) * rank
    if len(value) != rank:
        raise ValueError(f"{name} must be an integer or {rank} integers, one a spatial axis, got {value!r}")
    return tuple(as_int(v, name, least) for v in value)


def as_real(x, name: str = "x") -> np.ndarray:
    """`x` as an array of integers or floats."""
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold integers or floats, got dtype {x.dtype}")
    return x


def as_input(x, name: str = "x") -> np.ndarray:
    """`x` as `(batch, *spatial, channels)` with one to three spatial axes, none of them empty."""
    x = as_real(x, name)
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            f"{name} must have shape (batch, *spatial, channels) with 1, 2 or 3 spatial axes, got shape {x.shape}"
        )
    if 0 in x.shape[1:-1]:
        raise ValueError(f"{name} must have at least one cell on each spatial axis, got shape {x.shape}")
    return x


def as_matching(value, shape: tuple[int, ...], name: str, wanted: str = "shape") -> np.ndarray:
    """An array argument of exactly the given shape."""
    value = as_real(value, name)
    if value.shape != tuple(shape):
        raise ValueError(f"{name} must have {wanted} {tuple(shape)}, got {value.shape}")
    return value


def as_gradient(dy, shape: tuple[int, ...], name: str = "dy") -> np.ndarray:
    """`dy` as an array of exactly the shape of the output it belongs to."""
    return as_matching(dy, shape, name, "the output's shape")


def gradient_dtype(x: np.ndarray) -> np.dtype:
    """Means and gradients have the dtype of their input; those of integers are float64."""
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def working_dtype(x: np.ndarray) -> np.dtype:
    """Sums run in float32 for float16, in float64 for integers, else in the dtype of `x`."""
    return np.result_type(gradient_dtype(x), np.float32)


def lowest(dtype: np.dtype):
    """The identity of a maximum: every value of the dtype is at least this."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def highest(dtype: np.dtype):
    """The identity of a minimum."""
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max
