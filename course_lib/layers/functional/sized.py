"""Poolings whose output size is given, not their window."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from course_lib.layers.engine import as_floats, as_input, differentiable, dims, program, unconverted
from course_lib.layers.functional.local import is_nan, largest
from course_lib.pooling.weighted import as_power

FOLDS = 16


@unconverted
def global_average_pool(x, keepdims=False):
    """Mean over all positions: `course_lib.global_average_pool` on TensorFlow.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        keepdims: keep the spatial axes with size 1.

    Returns:
        `(N, C)` or `(N, 1, ..., C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference, wherever the sizes are known while tracing.

    >>> global_average_pool([[[1.0], [3.0], [2.0], [6.0]]]).numpy()
    array([[3.]], dtype=float32)
    """
    return differentiable(_mean, _mean_backward, [as_floats(x)], keepdims)


@unconverted
def global_max_pool(x, keepdims=False):
    """Largest value over all positions: `course_lib.global_max_pool` on TensorFlow.

    Args, returns, errors: as `global_average_pool`; the dtype of `x` is kept. Tied positions share the gradient
    equally. A NaN in a map gives NaN, which TensorFlow's `reduce_max`, and so Keras' layer, passes over.

    >>> global_max_pool([[[1.0], [3.0], [2.0], [6.0]]]).numpy()
    array([[6.]], dtype=float32)
    """
    return differentiable(_max, _max_backward, [as_input(x)], keepdims)


def flat(x):
    """The positions of each map in one axis: `(N, L, C)`."""
    batch, *sizes, channels = dims(x)
    length = sizes[0]
    for n in sizes[1:]:
        length = length * n
    return tf.reshape(x, [batch, length, channels])


def _upstream(dy, x):
    """The gradient of a global pooling, beside the flat positions: `(N, 1, C)`."""
    return tf.reshape(dy, [dims(x)[0], 1, dims(x)[-1]])


def _global_shape(x, keepdims):
    batch, *sizes, channels = dims(x)
    return [batch, *([1] * len(sizes) if keepdims else []), channels]


def _mean(x, keepdims):
    return tf.reshape(tf.reduce_mean(flat(x), 1), _global_shape(x, keepdims))


def _mean_backward(dy, x, keepdims):
    return program(_mean_gradient)(dy, x)


def _mean_gradient(dy, x):
    share = _upstream(dy, x) / tf.cast(dims(flat(x))[1], dy.dtype)
    return tf.reshape(tf.broadcast_to(share, dims(flat(x))), dims(x))


def _max(x, keepdims):
    positions = flat(x)
    length = positions.shape[1] or 1
    # XLA's own maximum passes over NaN. Folding the map onto itself is as fast, where its size has small divisors.
    while parts := next((k for k in range(FOLDS, 1, -1) if length % k == 0), None):
        length //= parts
        batch, _, channels = dims(positions)
        positions = largest(tf.unstack(tf.reshape(positions, [batch, parts, length, channels]), axis=1))
    y = _from_ordered(tf.reduce_max(_ordered(positions), 1), x.dtype)
    return tf.reshape(y, _global_shape(x, keepdims))


def _ordered(x):
    """Floats as integers in the same order, with NaN above all."""
    if not x.dtype.is_floating:
        return x
    integer = tf.int64 if x.dtype == tf.float64 else tf.int32
    return tf.where(is_nan(x), tf.constant(integer.max), _flipped(tf.bitcast(x, integer)))


def _from_ordered(key, dtype):
    return tf.bitcast(_flipped(key), dtype) if dtype.is_floating else key


def _flipped(bits):
    """All bits but the sign turned over in negative numbers; twice gives the number back. The largest is a NaN's."""
    sign = tf.bitwise.right_shift(bits, tf.constant(8 * bits.dtype.size - 1, bits.dtype))
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.bitwise_and(sign, tf.constant(bits.dtype.max, bits.dtype)))


def _max_backward(dy, x, keepdims):
    return program(_max_gradient)(dy, x)


def _max_gradient(dy, x):
    return tf.reshape(_upstream(dy, x) * _tied_share(flat(x)), dims(x))


@unconverted
def global_lp_pool(x, p=2, keepdims=False):
    """Power mean of the absolute values over all positions: `course_lib.global_lp_pool` on TensorFlow.

    Args:
        x, keepdims: as for `global_average_pool`.
        p: a number from 1 to infinity.

    Returns, errors: as `global_average_pool`, and ValueError for `p` below 1.

    >>> global_lp_pool([[[3.0], [-4.0], [0.0], [0.0]]]).numpy()
    array([[2.5]], dtype=float32)
    """
    x = as_floats(x)
    return differentiable(_lp, _lp_backward, [x], as_power(p), keepdims)


@unconverted
def gem_pool(x, p=3, eps=1e-6, keepdims=False):
    """Generalised mean over all positions: `course_lib.gem_pool` on TensorFlow.

    Args:
        x, keepdims: as for `global_average_pool`.
        p: a positive number, or `(C,)` of them; not checked if it is a tensor. Differentiable.
        eps: positive; smaller values count as this.

    Returns, errors: as `global_average_pool`, and ValueError for `p` of another shape, `p` or `eps` not positive.

    >>> gem_pool([[[1.0], [2.0]]], p=1).numpy()
    array([[1.5]], dtype=float32)
    """
    x = as_floats(x)
    if not tf.is_tensor(p) and not (np.asarray(p) > 0).all():
        raise ValueError(f"p must be positive, got {p!r}")
    if not eps > 0:
        raise ValueError(f"eps must be a positive number, got {eps!r}")
    p = tf.cast(tf.convert_to_tensor(p), x.dtype)
    if tuple(p.shape) not in ((), (x.shape[-1],)):
        raise ValueError(f"p must be a positive number or one for each of the {x.shape[-1]} channels, got {p.shape}")
    return differentiable(_gem, _gem_backward, [x, p], float(eps), keepdims)


def _power_mean(sizes, p):
    """`mean(sizes ** p) ** (1 / p)` over the positions, kept; and the sizes in terms of the largest, to that power."""
    top = tf.reduce_max(sizes, 1, keepdims=True)
    scale = tf.where((top > 0) & tf.math.is_finite(top), top, tf.ones((), top.dtype))
    ratio = sizes / scale
    raised = tf.where(ratio == 0, tf.zeros((), top.dtype), tf.exp(p * tf.math.log(ratio)))
    y = scale * tf.pow(tf.reduce_mean(raised, 1, keepdims=True), 1 / p)
    return tf.where(tf.math.is_inf(top), top, y), ratio, raised


def _slope(sizes, y, p):
    """Derivative of the power mean in each size; 0 where it is 0."""
    ratio = sizes / tf.where(y > 0, y, tf.ones((), y.dtype))
    zero = tf.zeros((), y.dtype)
    at_zero = tf.where(p > 1, zero, tf.ones((), y.dtype))
    raised = tf.where(ratio == 0, at_zero, tf.exp((p - 1) * tf.math.log(ratio)))
    return tf.where(y > 0, raised, zero) / tf.cast(dims(sizes)[1], y.dtype)


def _tied_share(sizes):
    tied = tf.cast(sizes == tf.reduce_max(sizes, 1, keepdims=True), sizes.dtype)
    return tied / tf.maximum(tf.reduce_sum(tied, 1, keepdims=True), 1)


def _lp(x, p, keepdims):
    sizes = tf.abs(flat(x))
    if math.isinf(p):
        return _max(tf.abs(x), keepdims)
    return tf.reshape(_power_mean(sizes, tf.constant(p, x.dtype))[0], _global_shape(x, keepdims))


def _lp_backward(dy, x, p, keepdims):
    return program(_lp_gradient, p)(dy, x)


def _lp_gradient(dy, x, p):
    sizes, g = tf.abs(flat(x)), _upstream(dy, x)
    if math.isinf(p):
        slope = _tied_share(sizes)
    else:
        power = tf.constant(p, x.dtype)
        slope = _slope(sizes, _power_mean(sizes, power)[0], power)
    return tf.reshape(g * slope, dims(x)) * tf.sign(x)


def _gem(x, p, eps, keepdims):
    clamped = tf.maximum(flat(x), eps)
    return tf.reshape(_gem_value(clamped, p), _global_shape(x, keepdims))


def _gem_value(clamped, p):
    finite = tf.where(tf.math.is_inf(p), tf.ones((), p.dtype), p)
    return tf.where(
        tf.math.is_inf(p), tf.reduce_max(clamped, 1, keepdims=True), _power_mean(clamped, finite)[0]
    )


def _gem_backward(dy, x, p, eps, keepdims):
    return program(_gem_gradients, eps)(dy, x, p)


def _gem_gradients(dy, x, p, eps):
    positions, g = flat(x), _upstream(dy, x)
    clamped = tf.maximum(positions, eps)
    finite = tf.where(tf.math.is_inf(p), tf.ones((), p.dtype), p)
    y, ratio, raised = _power_mean(clamped, finite)
    slope = tf.where(tf.math.is_inf(p), _tied_share(clamped), _slope(clamped, y, finite))
    dx = tf.where(positions < eps, tf.zeros((), x.dtype), g * slope)
    mean = tf.reduce_mean(raised, 1, keepdims=True)
    logs = tf.reduce_mean(raised * tf.math.log(ratio), 1, keepdims=True) / mean
    dp = tf.reduce_sum(g * y * (logs / finite - tf.math.log(mean) / finite**2), list(range(3 - p.shape.rank)))
    return tf.reshape(dx, dims(x)), dp
