"""Extremes and averages of windows, and of whole maps."""

from __future__ import annotations

import functools

import tensorflow as tf

from course_lib.layers.engine import (
    Geometry,
    Rule,
    as_floats,
    as_input,
    cells,
    counts,
    real,
    unconverted,
)

MANY_CELLS = 16


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
    return _pooled_by(EXTREME, geometry, x, tf.greater_equal)


@unconverted
def min_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Smallest cell of each window: `course_lib.min_pool` on TensorFlow, which has no such kernel.

    Arguments, returns, errors and conventions: as `max_pool`.

    >>> min_pool([[[1.0], [3.0], [2.0], [-1.0]]], 2).numpy()[0, :, 0]
    array([ 1., -1.], dtype=float32)
    """
    x = as_input(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _pooled_by(EXTREME, geometry, x, tf.less_equal)


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
    return _pooled_by(AVERAGE, geometry, x, bool(count_include_pad))


def _pooled_by(rule, geometry, x, *static):
    """One program for a small window; for a large one an axis at a time, which is `k + k` cells instead of `k * k`.

    The last axis goes first: then an earlier column wins within a row, and an earlier row after that, which is the
    first of tied cells in row-major order. A mean of means is the mean, for the windows are products of intervals.
    """
    if geometry.size <= MANY_CELLS:
        return rule(geometry, [x], *static)
    for axis in reversed(range(geometry.rank)):
        x = rule(geometry.along(axis), [x], *static)
    return x


def first_extreme(x, geometry, wins):
    """Extreme of each window and its place there: `(N, *O, C)` and the same in uint8 or int32.

    `wins(a, b)` says whether `a`, met earlier, stays when `b` comes; so the first of equals does. The first NaN
    stays against everything.
    """
    index = tf.uint8 if geometry.size <= 256 else tf.int32
    best, *rest = cells(x, geometry, identity(x.dtype, wins))
    met, *reals = real(x, geometry)
    place = tf.zeros_like(best, index)
    for offset, (cell, exists) in enumerate(zip(rest, reals, strict=True), start=1):
        stays = wins(best, cell) | is_nan(best)
        if exists is not True:
            # Only a cell of the input stands against another, be it as low as what fills the padding.
            stays, met = stays & met | ~exists, met | exists
        best, place = tf.where(stays, best, cell), tf.where(stays, place, tf.constant(offset, index))
    return best, place


def identity(dtype, wins):
    """The value against which everything wins."""
    low, high = (-float("inf"), float("inf")) if dtype.is_floating else (dtype.min, dtype.max)
    return low if wins is tf.greater_equal else high


def is_nan(x):
    return tf.math.is_nan(x) if x.dtype.is_floating else tf.constant(False)


def largest(window):
    """Largest of a list of arrays, cell by cell; a NaN stays."""
    best, *rest = window
    for cell in rest:
        best = tf.where((best >= cell) | is_nan(best), best, cell)
    return best


def any_of(conditions):
    return functools.reduce(tf.logical_or, conditions)


def _extreme(x, geometry, wins):
    best, place = first_extreme(x, geometry, wins)
    return best, (place,)


def to_place(offset, dy, place):
    """All of a window's gradient to the cell at `place`."""
    return tf.where(place == tf.cast(offset, place.dtype), dy, tf.zeros((), dy.dtype))


EXTREME = Rule(_extreme, lambda offset, dy, cell, measured, *_: to_place(offset, dy, *measured))


def _average(x, geometry, count_include_pad):
    m = counts(x, geometry, count_include_pad)
    return tf.add_n(cells(x, geometry)) / m, (m,)


AVERAGE = Rule(_average, lambda offset, dy, cell, measured, *_: dy / measured[0])
