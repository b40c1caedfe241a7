"""Poolings whose output size is given, not their window."""

from __future__ import annotations

import tensorflow as tf

from course_lib.layers.engine import as_floats, as_input, differentiable, dims, program, unconverted
from course_lib.layers.functional.local import is_nan


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


def _global_shape(x, keepdims):
    batch, *sizes, channels = dims(x)
    return [batch, *([1] * len(sizes) if keepdims else []), channels]


def _mean(x, keepdims):
    return tf.reshape(tf.reduce_mean(flat(x), 1), _global_shape(x, keepdims))


def _mean_backward(dy, x, keepdims):
    return program(_mean_gradient)(dy, x)


def _mean_gradient(dy, x):
    share = tf.reshape(dy, _global_shape(x, True)) / tf.cast(dims(flat(x))[1], dy.dtype)
    return tf.broadcast_to(share, dims(x))


def _max(x, keepdims):
    y = tf.reduce_max(flat(x), 1)
    if x.dtype.is_floating:
        holds_nan = tf.reduce_any(is_nan(flat(x)), 1)
        y = tf.where(holds_nan, tf.constant(float("nan"), x.dtype), y)
    return tf.reshape(y, _global_shape(x, keepdims))


def _max_backward(dy, x, keepdims):
    return program(_max_gradient)(dy, x)


def _max_gradient(dy, x):
    positions = flat(x)
    tied = tf.cast(positions == tf.reduce_max(positions, 1, keepdims=True), dy.dtype)
    share = tf.reshape(dy, [dims(x)[0], 1, dims(x)[-1]]) / tf.maximum(tf.reduce_sum(tied, 1, keepdims=True), 1)
    return tf.reshape(tied * share, dims(x))
