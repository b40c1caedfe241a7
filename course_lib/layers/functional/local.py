"""Extremes and averages of windows, and of whole maps."""

from __future__ import annotations

import tensorflow as tf

from course_lib.layers.engine import (
    Geometry,
    as_floats,
    as_input,
    cells,
    counts,
    differentiable,
    program,
    spread,
    unconverted,
)


@unconverted
def max_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Largest cell of each window: `course_lib.max_pool` on TensorFlow.

    It keeps the reference's conventions where TensorFlow's kernel has others: a NaN in a window gives NaN, a
    window of `-inf` gives `-inf`, and in three dimensions too the gradient goes to the first of tied cells.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        pool_size, strides, padding, dilation, ceil_mode: as for the reference.

    Returns:
        `(N, *O, C)` of the dtype of `x`.

    Raises:
        TypeError, ValueError: as the reference, wherever the sizes are known while tracing.

    >>> max_pool([[[1.0], [3.0], [2.0], [-1.0]]], 2).numpy()[0, :, 0]
    array([3., 2.], dtype=float32)
    """
    x = as_input(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    return differentiable(_extreme, _extreme_backward, [x], geometry, tf.greater_equal)


@unconverted
def min_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Smallest cell of each window: `course_lib.min_pool` on TensorFlow, which has no such kernel.

    Arguments, returns, errors and conventions: as `max_pool`.

    >>> min_pool([[[1.0], [3.0], [2.0], [-1.0]]], 2).numpy()[0, :, 0]
    array([ 1., -1.], dtype=float32)
    """
    x = as_input(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    return differentiable(_extreme, _extreme_backward, [x], geometry, tf.less_equal)


@unconverted
def average_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, count_include_pad=False
):
    """Mean of each window: `course_lib.average_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        count_include_pad: divide by the cells on the padding too.

    Returns:
        `(N, *O, C)`; float64 for integers, which TensorFlow's own kernel refuses.

    Raises:
        TypeError, ValueError: as `max_pool`.

    >>> average_pool([[[1.0], [3.0], [2.0], [-1.0]]], 2).numpy()[0, :, 0]
    array([2. , 0.5], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    return differentiable(_average, _average_backward, [x], geometry, count_include_pad)


def first_extreme(x, geometry, wins):
    """Extreme of each window and its place there: `(N, *O, C)` and the same in uint8 or int32.

    `wins(a, b)` says whether `a`, met earlier, stays when `b` comes; so the first of equals does. The first NaN
    stays against everything.
    """
    index = tf.uint8 if geometry.size <= 256 else tf.int32
    best, *rest = cells(x, geometry, identity(x.dtype, wins))
    place = tf.zeros_like(best, index)
    for offset, cell in enumerate(rest, start=1):
        stays = wins(best, cell) | is_nan(best)
        best, place = tf.where(stays, best, cell), tf.where(stays, place, tf.constant(offset, index))
    return best, place


def identity(dtype, wins):
    """The value against which everything wins."""
    low, high = (-float("inf"), float("inf")) if dtype.is_floating else (dtype.min, dtype.max)
    return low if wins is tf.greater_equal else high


def is_nan(x):
    return tf.math.is_nan(x) if x.dtype.is_floating else tf.constant(False)


def _extreme(x, geometry, wins):
    return first_extreme(x, geometry, wins)[0]


def _extreme_place(x, geometry, wins):
    return first_extreme(x, geometry, wins)[1]


def _extreme_backward(dy, x, geometry, wins):
    if geometry.disjoint:
        return program(_extreme_gradient, geometry, wins)(dy, x)
    # Apart, or XLA would search each window again for every cell that it covers.
    return program(_routed, geometry)(dy, program(_extreme_place, geometry, wins)(x), x)


def _extreme_gradient(dy, x, geometry, wins):
    return _routed(dy, _extreme_place(x, geometry, wins), x, geometry)


def _routed(dy, place, x, geometry):
    """All of each window's gradient to the cell at `place`."""
    zero = tf.zeros((), dy.dtype)
    return spread(lambda offset, g, p: tf.where(p == tf.cast(offset, p.dtype), g, zero), x, geometry, dy, place)


def _average(x, geometry, count_include_pad):
    return tf.add_n(cells(x, geometry)) / counts(x, geometry, count_include_pad)


def _average_backward(dy, x, geometry, count_include_pad):
    return program(_average_gradient, geometry, count_include_pad)(dy, x)


def _average_gradient(dy, x, geometry, count_include_pad):
    return spread(lambda offset, share: share, x, geometry, dy / counts(x, geometry, count_include_pad))
