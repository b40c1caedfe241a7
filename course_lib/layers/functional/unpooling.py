"""The way back up: where each maximum was, and putting pooled values back into a larger array."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from course_lib.arguments import as_int
from course_lib.layers.engine import (
    Geometry,
    aligned,
    as_floats,
    as_input,
    cells,
    differentiable,
    dims,
    program,
    real,
    spread,
    unconverted,
)
from course_lib.layers.functional.local import any_of, first_extreme, max_pool
from course_lib.layers.functional.weighted import reciprocal


@unconverted
def max_pool_argmax(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """`max_pool`, and where in the input each maximum was: `course_lib.max_pool_argmax`.

    Args, errors: as `max_pool`.

    Returns:
        `(y, index)`, both `(N, *O, C)`; `index` is int32, into the flattened spatial axes, and -1 where a window
        meets no cell. `tf.nn.max_pool_with_argmax` gives `index * C + c`, some twenty times slower.

    >>> max_pool_argmax([[[1.0], [3.0], [2.0], [5.0]]])[1].numpy()[0, :, 0]
    array([1, 3], dtype=int32)
    """
    x = as_input(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    y = max_pool(x, pool_size, strides, padding, dilation=dilation, ceil_mode=ceil_mode)
    return y, program(_index, geometry)(x)


@unconverted
def max_unpool(y, index, output_shape):
    """Each value at its index, zeros elsewhere: `course_lib.max_unpool`.

    Args:
        y: `(N, *O, C)`.
        index: ints of the same shape, into the flattened spatial axes. Values outside are not checked.
        output_shape: the spatial shape to return, or the whole shape with batch and channels.

    Returns:
        `(N, *spatial, C)` of the dtype of `y`. Of equal indices the last in row-major order stays.

    Raises:
        TypeError, ValueError: as the reference, but for the values of `index`.

    >>> max_unpool([[[3.0], [5.0]]], [[[1], [3]]], (4,)).numpy()[0, :, 0]
    array([0., 3., 0., 5.], dtype=float32)
    """
    y, index = as_input(y, "y"), tf.convert_to_tensor(index)
    if not index.dtype.is_integer:
        raise TypeError(f"index must hold integers, got dtype {index.dtype.name}")
    if not index.shape.is_compatible_with(y.shape):
        raise ValueError(f"index must have the shape of y, {y.shape}, got {index.shape}")
    spatial = as_spatial(output_shape, y)

    @tf.custom_gradient
    def unpool(y):
        owner, target = _owners(index, spatial, tf.size(y))
        kept = tf.gather(owner, target) == tf.range(tf.size(y))
        values = tf.concat([tf.reshape(y, [-1]), tf.zeros([1], y.dtype)], 0)
        placed = tf.gather(values, tf.where(owner < 0, tf.size(y), owner))

        def backward(dy):
            own = tf.gather(tf.reshape(dy, [-1]), target)
            return tf.reshape(tf.where(kept, own, tf.zeros((), dy.dtype)), tf.shape(y))

        batch, channels = dims(y)[0], dims(y)[-1]
        return tf.reshape(placed, [batch, *spatial, channels]), backward

    return unpool(y)


@unconverted
def average_unpool(
    y, pool_size=2, strides=None, padding="valid", *, output_shape, dilation=1, ceil_mode=False
):
    """Each value into every cell of its window, the mean where windows overlap: `course_lib.average_unpool`.

    Args:
        y: `(N, *O, C)`.
        pool_size, strides, padding, dilation, ceil_mode: of the pooling to undo.
        output_shape: the spatial shape to return, or the whole shape with batch and channels.

    Returns:
        `(N, *spatial, C)` of the dtype of `y`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference, wherever the sizes are known while tracing.

    >>> average_unpool([[[3.0], [5.0]]], output_shape=(5,)).numpy()[0, :, 0]
    array([3., 3., 5., 5., 0.], dtype=float32)
    """
    y = as_floats(y, "y")
    spatial = as_spatial(output_shape, y)
    geometry = Geometry.of(len(spatial), pool_size, strides, padding, dilation, ceil_mode)
    pooled = geometry.lay(spatial).out
    if not y.shape[1:-1].is_compatible_with(pooled):
        raise ValueError(f"output_shape {spatial} pools to {pooled}, but y has spatial shape {y.shape[1:-1]}")
    return differentiable(_spread_out, _spread_out_backward, [y], geometry, spatial)


def as_spatial(output_shape, y) -> tuple[int, ...]:
    """The spatial sizes in `output_shape`, which may come with batch and channels."""
    rank = y.shape.rank - 2
    sizes = (output_shape,) if np.ndim(output_shape) == 0 else tuple(output_shape)
    if len(sizes) == rank + 2 and sizes[-1] == y.shape[-1]:
        sizes = sizes[1:-1]
    if len(sizes) != rank:
        raise ValueError(f"output_shape must be {rank} spatial sizes, or those with batch and channels, got {sizes}")
    return tuple(as_int(size, "output_shape") for size in sizes)


def _index(x, geometry):
    place = tf.cast(first_extreme(x, geometry, tf.greater_equal)[1], tf.int32)
    axes = geometry.lay(dims(x)[1:-1]).axes
    index, inner = tf.zeros_like(place), geometry.size
    for i, a in enumerate(axes):
        inner //= a.pool
        first = aligned(tf.range(a.out) * a.stride - a.before, i + 1, x.shape.rank)
        index = index * a.size + first + (place // inner) % a.pool * a.dilation
    met = any_of(real(x, geometry))
    return tf.where(met, index, -1)


def _owners(index, spatial, size):
    """For each output the value that it shows, -1 for none, and for each value its output; all flat."""
    batch, *_, channels = dims(index)
    cells = math.prod(spatial)
    index = tf.reshape(tf.cast(index, tf.int32), [batch, -1, channels])
    target = tf.reshape((tf.range(batch)[:, None, None] * cells + index) * channels + tf.range(channels), [-1])
    return tf.math.unsorted_segment_max(tf.range(size), target, batch * cells * channels), target


def _like(y, spatial):
    return tf.zeros([dims(y)[0], *spatial, dims(y)[-1]], y.dtype)


def _per_time(y, geometry, spatial):
    """One over the number of windows that meet each cell, 0 for none."""
    single = tf.zeros([1, *spatial, 1], y.dtype)
    ones = tf.ones([1, *geometry.lay(spatial).out, 1], y.dtype)
    return reciprocal(spread(lambda _, values, __: values[0], geometry, [ones], [single]))


def _spread_out(y, geometry, spatial):
    like = _like(y, spatial)
    return spread(lambda _, values, __: values[0], geometry, [y], [like]) * _per_time(y, geometry, spatial)


def _spread_out_backward(dy, y, geometry, spatial):
    return program(_gathered, geometry, spatial)(dy)


def _gathered(dy, geometry, spatial):
    return tf.add_n(cells(dy * _per_time(dy, geometry, spatial), geometry))
