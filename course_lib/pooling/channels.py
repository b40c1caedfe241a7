"""Inter-map pooling: windows over the channels instead of over positions."""

from __future__ import annotations

import functools

import numpy as np

from ..arguments import as_choice, as_gradient, as_input, as_int, gradient_dtype, working_dtype


def intermap_pool(x, group_size, mode="max") -> np.ndarray:
    """Largest value (or mean) of each group of consecutive channels, position by position.

    `y[..., j] = max(x[..., j * group_size : (j + 1) * group_size])`. The maximum is maxout without its weights.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        group_size: channels in a group; it must divide C.
        mode: `"max"` or `"average"`.

    Returns:
        `(N, *spatial, C / group_size)`; a maximum in the dtype of `x`, a mean of integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, a group size that does not divide C, and another mode.

    Source: Lee et al. 2016 (arXiv:1606.03207); maxout, Goodfellow et al. 2013.

    >>> intermap_pool([[[0, 1, 5, 3]]], 2)
    array([[[1, 5]]])
    """
    x, groups = _groups(x, group_size, mode)
    members = np.moveaxis(groups, -1, 0)
    # Member by member: NumPy reduces a last axis of a few cells many times slower.
    if mode == "max":
        return functools.reduce(np.maximum, members, members[0].copy())
    total = functools.reduce(np.add, members[1:], members[0].astype(working_dtype(x)))
    return (total / len(members)).astype(gradient_dtype(x), copy=False)


def intermap_pool_backward(dy, x, group_size, mode="max") -> np.ndarray:
    """Gradient of `intermap_pool`: `dy` to the first largest channel of each group, or shared by all.

    Args:
        dy: gradient of the output.
        x, group_size, mode: as for `intermap_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> intermap_pool_backward([[[1.0, 1.0]]], [[[1.0, 1.0, 5.0, 3.0]]], 2)
    array([[[1., 0., 1., 0.]]])
    """
    x, groups = _groups(x, group_size, mode)
    dy = as_gradient(dy, groups.shape[:-1])[..., None]
    if mode == "max":
        share = np.arange(groups.shape[-1]) == groups.argmax(-1)[..., None]
    else:
        share = np.full(groups.shape, 1 / groups.shape[-1])
    return (dy * share).reshape(x.shape).astype(gradient_dtype(x), copy=False)


def _groups(x, group_size, mode):
    x, size = as_input(x), as_int(group_size, "group_size")
    if x.shape[-1] % size:
        raise ValueError(f"group_size must divide the {x.shape[-1]} channels, got {size}")
    as_choice(mode, "mode", "max", "average")
    return x, x.reshape(*x.shape[:-1], x.shape[-1] // size, size)
