"""Numerical gradients: the definition that every analytic gradient is held against."""

from __future__ import annotations

import numpy as np


def numerical_gradient(function, x, dy=None, *, step=1e-5) -> np.ndarray:
    """Gradient of `sum(dy * function(x))` by central differences.

    `dx[i] = sum(dy * (function(x + step e_i) - function(x - step e_i))) / (2 step)`: right up to rounding and a
    term in `step**2` where `function` is smooth. At a kink, a tied maximum for instance, it gives the mean of
    the two one-sided slopes and says nothing about a convention.

    Args:
        function: from an array of the shape of `x` to an array (or a number).
        x: where to differentiate; computed in float64.
        dy: weights of the output, of its shape; `None` means ones.
        step: distance of the two points from `x`.

    Returns:
        float64 array of the shape of `x`, from two calls of `function` for each of its cells.

    Raises:
        ValueError: `dy` does not have the shape of the output.

    >>> numerical_gradient(lambda x: x ** 2, [1.0, 3.0]).round(6)
    array([2., 6.])
    """
    x = np.array(x, np.float64)
    y = np.asarray(function(x.copy()))
    dy = np.ones(y.shape) if dy is None else np.asarray(dy, np.float64)
    if dy.shape != y.shape:
        raise ValueError(f"dy must have the output's shape {y.shape}, got {dy.shape}")
    dx = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        ends = []
        for end in (step, -step):
            moved = x.copy()
            moved[index] += end
            ends.append(np.asarray(function(moved), np.float64))
        dx[index] = np.sum(dy * (ends[0] - ends[1])) / (2 * step)
    return dx


def relative_error(actual, expected) -> float:
    """Largest difference between two arrays, relative to the largest value of either (0 for two zero arrays).

    Raises:
        ValueError: the shapes differ.

    >>> relative_error([1.0, 2.0], [1.0, 2.5])
    0.2
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape:
        raise ValueError(f"shapes differ: {actual.shape} and {expected.shape}")
    if actual.size == 0:
        return 0.0
    scale = max(np.abs(actual).max(), np.abs(expected).max())
    return float(np.abs(actual - expected).max() / scale) if scale else 0.0
