"""Weighted means of one window: by power (Lp), by given weights, by information, by softmax."""

from __future__ import annotations

import functools
import math

import numpy as np
import tensorflow as tf

from course_lib.layers.engine import (
    Geometry,
    Rule,
    as_floats,
    cells,
    counts,
    differentiable,
    dims,
    program,
    real,
    spread,
    unconverted,
)
from course_lib.layers.functional.local import any_of, first_extreme, largest, to_place
from course_lib.pooling.weighted import as_power


@unconverted
def lp_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, p=2, normalized=True):
    """Power mean of the absolute values of each window: `course_lib.lp_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        p: a number from 1 to infinity.
        normalized: `False` gives the norm, a sum instead of the mean.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers. Where a value is 0 its gradient is 0.

    Raises:
        TypeError, ValueError: as `max_pool`, and for `p` below 1.

    >>> lp_pool([[[3.0], [-4.0]]], p=1).numpy()
    array([[[3.5]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    power = as_power(p)
    return LARGEST_SIZE(geometry, [x]) if math.isinf(power) else LP(geometry, [x], power, bool(normalized))


@unconverted
def weighted_pool(x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Mean of each window with given weights: `course_lib.weighted_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        weights: of the window's shape, or that and `C`; not negative, which is not checked. Differentiable.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers; 0 where no positive weight met a cell.

    Raises:
        TypeError, ValueError: as `max_pool`, and for weights of another shape.

    >>> weighted_pool([[[1.0], [5.0]]], [3.0, 1.0]).numpy()
    array([[[2.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    weights = tf.cast(tf.convert_to_tensor(weights), x.dtype)
    if tuple(weights.shape) not in (geometry.pool, (*geometry.pool, x.shape[-1])):
        raise ValueError(
            f"weights must have the window's shape {geometry.pool}, or {(*geometry.pool, x.shape[-1])}, "
            f"got {tuple(weights.shape)}"
        )
    return WEIGHTED(geometry, [x, tf.reshape(weights, [geometry.size, -1])])


@unconverted
def information_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Mean of each window weighted by the information of its cells: `course_lib.information_pool` on TensorFlow.

    Args, errors: as `max_pool`.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers; NaN for a window with a negative cell, which the
        reference refuses.

    >>> information_pool([[[1.0], [1.0], [4.0], [0.0]]]).numpy()[0, :, 0]
    array([1., 4.], dtype=float32)
    """
    x = as_floats(x)
    return INFORMATION(Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode), [x])


@unconverted
def soft_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Mean of each window weighted by the softmax of its own values: `course_lib.soft_pool` on TensorFlow.

    Args, errors: as `max_pool`.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers.

    >>> soft_pool([[[2.0], [2.0]]]).numpy()
    array([[[2.]]], dtype=float32)
    """
    x = as_floats(x)
    return SOFT(Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode), [x])


@unconverted
def lip_pool(x, logits, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Mean of each window weighted by the softmax of given logits: `course_lib.lip_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        logits: of the shape of `x`. Differentiable.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as `max_pool`, and for logits of another shape.

    >>> lip_pool([[[1.0], [5.0]]], [[[0.0], [0.0]]]).numpy()
    array([[[3.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    logits = tf.cast(tf.convert_to_tensor(logits), x.dtype)
    if not logits.shape.is_compatible_with(x.shape):
        raise ValueError(f"logits must have the shape of x, {x.shape}, got {logits.shape}")
    return differentiable(_lip, _lip_backward, [x, logits], geometry)


def reciprocal(total):
    """`1 / total`, and 0 for 0."""
    return tf.where(total == 0, tf.zeros((), total.dtype), 1 / tf.where(total == 0, tf.ones((), total.dtype), total))


def at_offset(table, offset):
    """Row of `table`, `(cells, ...)`, for every offset of a block; its last axis is the channels'."""
    return tf.gather(table, np.maximum(offset, 0)[..., 0])


def _raised(size, p):
    """`size ** p` for `size >= 0`, by products where `p` is a small integer."""
    if not isinstance(p, int) or p > 8:
        # XLA vectorises exponential and logarithm, but not the power.
        power = tf.exp(tf.constant(p, size.dtype) * tf.math.log(size))
        return tf.where(size == 0, tf.zeros((), size.dtype), power)
    if p == 0:
        return tf.ones_like(size)
    half = _raised(size, p // 2) if p > 1 else tf.ones((), size.dtype)
    return half * half * size if p % 2 else half * half


def _lp(x, geometry, p, normalized):
    m = counts(x, geometry)
    sizes = [tf.abs(cell) for cell in cells(x, geometry)]
    top = largest(sizes)
    # The largest cell is taken out of the power, so that none overflows and the largest does not vanish.
    scale = tf.where((top > 0) & tf.math.is_finite(top), top, tf.ones((), x.dtype))
    total = tf.add_n([_raised(size / scale, p) for size in sizes]) / (m if normalized else 1)
    root = {1: tf.identity, 2: tf.sqrt}.get(p, lambda t: tf.pow(t, tf.constant(1 / p, x.dtype)))(total)
    y = tf.where(tf.math.is_inf(top), top, scale * root)
    return y, (y, m)


def _lp_term(offset, dy, cell, measured, geometry, p, normalized):
    y, m = measured
    ratio = tf.abs(cell) / tf.where(y > 0, y, tf.ones((), y.dtype))
    slope = tf.sign(cell) * _raised(ratio, p - 1) / (m if normalized else 1)
    return tf.where(y > 0, dy * slope, tf.zeros((), dy.dtype))


LP = Rule(_lp, _lp_term)


def _largest_size(x, geometry):
    top, place = first_extreme(tf.abs(x), geometry, tf.greater_equal)
    return tf.maximum(top, 0), (place,)


LARGEST_SIZE = Rule(
    _largest_size, lambda offset, dy, cell, measured, *_: to_place(offset, dy, *measured) * tf.sign(cell)
)


def _weighted(x, weights, geometry):
    zero = tf.zeros((), x.dtype)
    met = tf.add_n([tf.where(r, w, zero) for r, w in zip(real(x, geometry), tf.unstack(weights), strict=True)])
    per_met = reciprocal(met)
    y = tf.add_n([w * cell for w, cell in zip(tf.unstack(weights), cells(x, geometry), strict=True)]) * per_met
    return y, (tf.broadcast_to(per_met, [1, *dims(y)[1:-1], per_met.shape[-1]]),)


def _weighted_term(offset, dy, cell, measured, weights, geometry):
    return dy * measured[0] * at_offset(weights, offset)


def _weighted_collect(dy, x, weights, geometry):
    y, (per_met,) = _weighted(x, weights, geometry)
    share, axes = dy * per_met, list(range(geometry.rank + 1))
    zero = tf.zeros((), x.dtype)
    gradient = tf.stack([
        tf.reduce_sum(tf.where(r, share * (cell - y), zero), axes)
        for r, cell in zip(real(x, geometry), cells(x, geometry), strict=True)
    ])
    return (gradient if weights.shape[-1] != 1 else tf.reduce_sum(gradient, -1, keepdims=True),)


WEIGHTED = Rule(_weighted, _weighted_term, _weighted_collect)


def _entropy(p):
    return -p * tf.math.log(tf.where(p > 0, p, tf.ones((), p.dtype)))


def _by_p(p, a, y, per_information):
    return -(tf.math.log(tf.where(p > 0, p, tf.ones((), p.dtype))) + 1) * (a - y) * per_information


def _information(x, geometry):
    window = cells(x, geometry)
    total = tf.add_n(window)
    per_total = reciprocal(total)
    entropies = [_entropy(cell * per_total) for cell in window]
    information = tf.add_n(entropies)
    per_information = reciprocal(information)
    weighted = tf.add_n([h * cell for h, cell in zip(entropies, window, strict=True)])
    y = tf.where(information > 0, weighted * per_information, total)
    lost = tf.add_n([p * _by_p(p, a, y, per_information) for p, a in ((a * per_total, a) for a in window)])
    return not_negative(y, window), (y, per_total, per_information, lost)


def _information_term(offset, dy, cell, measured, geometry):
    y, per_total, per_information, lost = measured
    p, zero = cell * per_total, tf.zeros((), dy.dtype)
    direct = tf.where(per_information > 0, _entropy(p) * per_information, tf.cast(cell > 0, dy.dtype))
    through = (_by_p(p, cell, y, per_information) - lost) * per_total
    return dy * (direct + tf.where(cell > 0, through, zero))


INFORMATION = Rule(_information, _information_term)


def not_negative(y, window):
    """`y`, and NaN where a cell of the window is negative."""
    negative = any_of([cell < 0 for cell in window])
    return tf.where(negative, tf.constant(math.nan, y.dtype), y)


def _softmax_mean(values, logits, reals):
    """Shift and reciprocal sum of the softmax of each window, and the mean that it weighs."""
    # A maximum may lose a NaN; the sums below do not.
    top = functools.reduce(tf.maximum, logits)
    zero = tf.zeros((), top.dtype)
    shift = tf.where(tf.math.is_inf(top), zero, top)
    weights = [tf.where(r, tf.exp(logit - shift), zero) for logit, r in zip(logits, reals, strict=True)]
    per_total = reciprocal(tf.add_n(weights))
    # A weight of 0 silences its value, minus infinity included.
    mean = tf.add_n([tf.where(w > 0, w * v, w) for w, v in zip(weights, values, strict=True)]) * per_total
    return top, shift, per_total, mean


def _soft(x, geometry):
    window = cells(x, geometry, -math.inf)
    top, shift, per_total, mean = _softmax_mean(window, window, [True] * len(window))
    met = True if geometry.inside(x) else any_of(real(x, geometry))
    return tf.where(tf.math.is_inf(top) & met, top, mean), (shift, per_total, mean)


def _soft_term(offset, dy, cell, measured, geometry):
    shift, per_total, mean = measured
    return dy * tf.exp(cell - shift) * per_total * (1 + cell - mean)


SOFT = Rule(_soft, _soft_term)


def _lip_measured(x, logits, geometry):
    return _softmax_mean(cells(x, geometry), cells(logits, geometry, -math.inf), [True] * geometry.size)[1:]


def _lip(x, logits, geometry):
    return _lip_measured(x, logits, geometry)[2]


def _lip_backward(dy, x, logits, geometry):
    measured = program(_lip_measured, geometry, narrow=False)(x, logits)
    return program(_lip_spread, geometry)(dy, measured, x, logits)


def _lip_spread(dy, measured, x, logits, geometry):
    def weight(values, own):
        g, shift, per_total, _ = values
        return g * tf.exp(own[1] - shift) * per_total

    values, own = [dy, *measured], [x, logits]
    dx = spread(lambda _, values, own: weight(values, own), geometry, values, own)
    dlogits = spread(lambda _, values, own: weight(values, own) * (own[0] - values[3]), geometry, values, own)
    return dx, dlogits
