"""Poolings whose output size is given, not their window: global ones."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import as_gradient, as_input, as_number, as_real, gradient_dtype, working_dtype
from ..windows import by_blocks
from .weighted import as_power


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
    dx = np.empty(x.shape, gradient_dtype(x))
    dx[...] = _global_gradient(dy, x, keepdims).reshape(_global_shape(x, True)) / math.prod(x.shape[1:-1])
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
    return _share_among_ties(_global_gradient(dy, x, keepdims), _flat(x)).reshape(x.shape)


def global_lp_pool(x, p=2, keepdims=False) -> np.ndarray:
    """Power mean of the absolute values: `y[n, c] = mean(|x[n, ..., c]| ** p) ** (1 / p)`.

    From the mean of |x| at `p=1` it rises to the largest |x| at `p=inf`.

    Args:
        x, keepdims: as for `global_average_pool`.
        p: a number from 1 to infinity.

    Returns, errors: as `global_average_pool`, and `p` below 1 is a ValueError.

    Source: Sermanet, Chintala and LeCun 2012 (arXiv:1204.3968). ONNX `GlobalLpPool` sums instead: times `L ** (1/p)`.

    >>> global_lp_pool([[[3], [-4], [0], [0]]])
    array([[2.5]])
    """
    x, p = as_input(x), as_power(p)
    return _power_means(x, np.abs, p).reshape(_global_shape(x, keepdims))


def global_lp_pool_backward(dy, x, p=2, keepdims=False) -> np.ndarray:
    """Gradient of `global_lp_pool`: `dy * sign(x) * (|x| / y) ** (p - 1) / L`, and 0 where `y` is 0.

    At `p=inf` it is shared equally by the tied largest |x|. Args, returns, errors: as the other global gradients.

    >>> global_lp_pool_backward([[1.0]], [[[3.0], [-4.0], [0.0], [0.0]]])[0, :, 0]
    array([ 0.3, -0.4,  0. ,  0. ])
    """
    x, p = as_input(x), as_power(p)
    dy, flat = _global_gradient(dy, x, keepdims), _flat(x).astype(working_dtype(x))
    size = np.abs(flat)
    dx = _share_among_ties(dy, size) if np.isinf(p) else dy * _power_slope(size, _power_mean(size, p), p)
    return (dx * np.sign(flat)).reshape(x.shape).astype(gradient_dtype(x), copy=False)


def gem_pool(x, p=3, eps=1e-6, keepdims=False) -> np.ndarray:
    """Generalised mean: `y[n, c] = mean(max(x[n, ..., c], eps) ** p) ** (1 / p)`.

    `p=1` is the mean of the clamped values, `p=inf` their maximum.

    Args:
        x, keepdims: as for `global_average_pool`.
        p: a positive number, or `(C,)` of them, one a channel.
        eps: positive; smaller values count as this.

    Returns, errors: as `global_average_pool`, and ValueError for `p` or `eps` that is not positive.

    Source: Radenovic, Tolias and Chum 2019 (arXiv:1711.02512); their PyTorch layer.

    >>> gem_pool([[[1.0], [2.0]]], p=1)
    array([[1.5]])
    """
    x = as_input(x)
    p = _as_gem_power(p, x)
    eps = _as_eps(eps)
    return _power_means(x, lambda cells: np.maximum(cells, eps), p).reshape(_global_shape(x, keepdims))


def gem_pool_backward(dy, x, p=3, eps=1e-6, keepdims=False) -> np.ndarray:
    """Gradient of `gem_pool` in `x`: `dy * (x / y) ** (p - 1) / L`, and 0 where `x < eps`.

    (In `p` it is `dy * (y / p**2) * (log(L / sum(x**p)) + p * sum(x**p * log(x)) / sum(x**p))`.)
    Args, returns, errors: as the other global gradients.

    >>> gem_pool_backward([[1.0]], [[[1.0], [-2.0]]], p=1)[0, :, 0]
    array([0.5, 0. ])
    """
    x = as_input(x)
    p, eps = _as_gem_power(p, x), _as_eps(eps)
    dy, flat = _global_gradient(dy, x, keepdims), _flat(x).astype(working_dtype(x))
    clamped = np.maximum(flat, eps)
    slope = _power_slope(clamped, _power_mean(clamped, p), p)
    if np.isinf(p).any():
        slope = np.where(np.isinf(p), _share_among_ties(np.ones_like(dy), clamped), slope)
    return np.where(flat < eps, 0, dy * slope).reshape(x.shape).astype(gradient_dtype(x), copy=False)


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1])


def _global_shape(x: np.ndarray, keepdims: bool) -> tuple[int, ...]:
    return (x.shape[0], *((1,) * (x.ndim - 2) if keepdims else ()), x.shape[-1])


def _global_gradient(dy, x, keepdims) -> np.ndarray:
    return as_gradient(dy, _global_shape(x, keepdims)).reshape(x.shape[0], 1, x.shape[-1])


def _share_among_ties(dy, flat):
    tied = flat == flat.max(1, keepdims=True)
    return (tied * (dy / np.maximum(tied.sum(1, keepdims=True), 1))).astype(gradient_dtype(flat), copy=False)


def _power_means(x, prepare, p):
    """`_power_mean` of the prepared cells, a few images at a time."""
    def of_few(x):
        return _power_mean(prepare(_flat(x).astype(working_dtype(x), copy=False)), p)

    return by_blocks(of_few, x, dtype=gradient_dtype(x))


def _power_mean(size, p):
    """`mean(size ** p) ** (1 / p)` over axis 1, kept; the largest value is taken out so that no power overflows."""
    top = size.max(1, keepdims=True)
    scale = np.where((top > 0) & np.isfinite(top), top, 1)
    root = np.mean((size / scale) ** p, 1, keepdims=True) ** (1 / np.asarray(p, size.dtype))
    return np.where(np.isinf(top), top, scale * root).astype(size.dtype, copy=False)


def _power_slope(size, y, p):
    """Derivative of `_power_mean` in `size` where that is positive, 0 where `y` is."""
    finite = np.where(np.isinf(p), 1, p)
    return np.where(y > 0, (size / np.where(y > 0, y, 1)) ** (finite - 1), 0).astype(size.dtype) / size.shape[1]


def _as_gem_power(p, x):
    p = as_real(p, "p")
    if p.shape not in ((), x.shape[-1:]) or not (p > 0).all():
        raise ValueError(f"p must be a positive number or one for each of the {x.shape[-1]} channels, got {p!r}")
    return p.astype(working_dtype(x)) if p.ndim else float(p)


def _as_eps(eps) -> float:
    return float(as_number(eps, "eps", "a positive number", lambda eps: eps > 0))
