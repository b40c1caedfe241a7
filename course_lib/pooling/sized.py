"""Poolings whose output size is given, not their window: global ones."""

from __future__ import annotations

import math

import numpy as np

from ..windows import as_gradient, as_input, gradient_dtype, working_dtype


def global_average_pool(x, keepdims=False) -> np.ndarray:
    """Mean over all positions: `y[n, c] = mean(x[n, ..., c])`.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        keepdims: keep the spatial axes with size 1.

    Returns:
        `(N, C)`, or `(N, 1, ..., C)`, in the dtype of `x`, integers in float64. NaN in a map gives NaN.

    Raises:
        TypeError, ValueError: `x` is not real-valued, not of rank 3 to 5, or has an empty spatial axis.

    Source: Lin, Chen and Yan 2014 (arXiv:1312.4400); `keras.layers.GlobalAveragePooling2D`.

    >>> global_average_pool([[[1], [3], [2], [6]]])
    array([[3.]])
    """
    x = as_input(x)
    flat = _flat(x).astype(working_dtype(x), copy=False)
    # A product with a constant row is the mean, several times faster than NumPy sums over a middle axis.
    y = np.full((1, flat.shape[1]), 1 / flat.shape[1], flat.dtype) @ flat
    return y.reshape(_global_shape(x, keepdims)).astype(gradient_dtype(x), copy=False)


def global_average_pool_backward(dy, x, keepdims=False) -> np.ndarray:
    """Gradient of `global_average_pool`: every position receives `dy` divided by their number.

    Args:
        dy: gradient of the output, `(N, C)`, or `(N, 1, ..., C)` with `keepdims`.
        x, keepdims: as for `global_average_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> global_average_pool_backward([[1.0]], [[[1.0], [3.0], [2.0], [6.0]]])[0, :, 0]
    array([0.25, 0.25, 0.25, 0.25])
    """
    x = as_input(x)
    dy = as_gradient(dy, _global_shape(x, keepdims)).reshape(_global_shape(x, True))
    dx = np.empty(x.shape, gradient_dtype(x))
    dx[...] = dy / math.prod(x.shape[1:-1])
    return dx


def global_max_pool(x, keepdims=False) -> np.ndarray:
    """Largest value over all positions: `y[n, c] = max(x[n, ..., c])`.

    Args, returns, errors: as `global_average_pool`; the dtype of `x` is kept.

    Source: Oquab et al. 2015; `keras.layers.GlobalMaxPooling2D`.

    >>> global_max_pool([[[1], [3], [2], [6]]])
    array([[6]])
    """
    x = as_input(x)
    return _flat(x).max(1).reshape(_global_shape(x, keepdims))


def global_max_pool_backward(dy, x, keepdims=False) -> np.ndarray:
    """Gradient of `global_max_pool`: `dy` is shared equally by the tied largest positions (Keras, PyTorch `amax`).

    Args, returns, errors: as `global_average_pool_backward`.

    >>> global_max_pool_backward([[1.0]], [[[6.0], [3.0], [2.0], [6.0]]])[0, :, 0]
    array([0.5, 0. , 0. , 0.5])
    """
    x = as_input(x)
    dy = as_gradient(dy, _global_shape(x, keepdims)).reshape(x.shape[0], 1, x.shape[-1])
    flat = _flat(x)
    tied = flat == flat.max(1, keepdims=True)
    dx = tied * (dy / np.maximum(tied.sum(1, keepdims=True), 1))
    return dx.reshape(x.shape).astype(gradient_dtype(x), copy=False)


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1])


def _global_shape(x: np.ndarray, keepdims: bool) -> tuple[int, ...]:
    return (x.shape[0], *((1,) * (x.ndim - 2) if keepdims else ()), x.shape[-1])
