"""Mixtures of the maximum and the mean of one window."""

from __future__ import annotations

import tensorflow as tf

from course_lib.layers.engine import Geometry, Rule, as_floats, cells, counts, unconverted
from course_lib.layers.functional.local import first_extreme, to_place
from course_lib.layers.functional.weighted import at_offset


@unconverted
def mixed_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, share=0.5):
    """A share of the maximum and the rest of the mean of each window: `course_lib.mixed_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        share: a number, or `(C,)` of them. Differentiable.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as `max_pool`, and for a share of another shape.

    >>> mixed_pool([[[1.0], [3.0]]], share=0.25).numpy()
    array([[[2.25]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    share = tf.cast(tf.convert_to_tensor(share), x.dtype)
    if tuple(share.shape) not in ((), (x.shape[-1],)):
        raise ValueError(f"share must be a number or one for each of the {x.shape[-1]} channels, got {share.shape}")
    return MIXED(geometry, [x, share])


@unconverted
def gated_pool(x, gate, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Maximum and mean of each window, mixed by a gate that looks at it: `course_lib.gated_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        gate: of the window's shape. Differentiable.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as `max_pool`, and for a gate of another shape.

    >>> gated_pool([[[1.0], [3.0]]], [0.0, 0.0]).numpy()
    array([[[2.5]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    gate = tf.cast(tf.convert_to_tensor(gate), x.dtype)
    if tuple(gate.shape) != geometry.pool:
        raise ValueError(f"gate must have the window's shape {geometry.pool}, got {tuple(gate.shape)}")
    return GATED(geometry, [x, gate])


def _largest_and_mean(x, geometry):
    """Both, the place of the largest and the number of cells."""
    largest, place = first_extreme(x, geometry, tf.greater_equal)
    m = counts(x, geometry)
    return largest, tf.add_n(cells(x, geometry)) / m, place, m


def _mix(largest, mean, share):
    # A share of 0 or 1 leaves out the other even where it is infinite, as a window that meets no cell is.
    zero = tf.zeros((), mean.dtype)
    return tf.where(share == 0, zero, share * largest) + tf.where(share == 1, zero, (1 - share) * mean)


def _mixed(x, share, geometry):
    largest, mean, place, m = _largest_and_mean(x, geometry)
    return _mix(largest, mean, share), (place, m)


def _mixed_term(offset, dy, cell, measured, share, geometry):
    place, m = measured
    return to_place(offset, dy * share, place) + dy * (1 - share) / m


def _mixed_collect(dy, x, share, geometry):
    largest, mean, _, _ = _largest_and_mean(x, geometry)
    return (tf.reduce_sum(dy * (largest - mean), list(range(geometry.rank + 2 - share.shape.rank))),)


MIXED = Rule(_mixed, _mixed_term, _mixed_collect)


def _gated_parts(x, gate, geometry):
    largest, mean, place, m = _largest_and_mean(x, geometry)
    weights = tf.unstack(tf.reshape(gate, [-1]))
    opening = tf.sigmoid(tf.add_n([w * cell for w, cell in zip(weights, cells(x, geometry), strict=True)]))
    return largest, mean, place, m, opening


def _gated(x, gate, geometry):
    largest, mean, place, m, opening = _gated_parts(x, gate, geometry)
    return _mix(largest, mean, opening), (place, m, opening, (largest - mean) * opening * (1 - opening))


def _gated_term(offset, dy, cell, measured, gate, geometry):
    place, m, opening, slope = measured
    through = dy * slope * at_offset(tf.reshape(gate, [-1, 1]), offset)
    return to_place(offset, dy * opening, place) + dy * (1 - opening) / m + through


def _gated_collect(dy, x, gate, geometry):
    through = dy * _gated(x, gate, geometry)[1][3]
    return (tf.reshape(tf.stack([tf.reduce_sum(through * cell) for cell in cells(x, geometry)]), gate.shape),)


GATED = Rule(_gated, _gated_term, _gated_collect)
