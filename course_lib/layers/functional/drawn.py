"""Stochastic pooling, and the uniform numbers of all poolings that draw."""

from __future__ import annotations

import keras
import tensorflow as tf

from course_lib.layers.engine import Geometry, Rule, as_floats, cells, dims, unconverted
from course_lib.layers.functional.local import to_place
from course_lib.layers.functional.weighted import not_negative, reciprocal


@unconverted
def stochastic_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, training=False, rng=None
):
    """One cell of each window, drawn with `p = a / sum(a)`, or the expectation: `course_lib.stochastic_pool`.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        training: draw.
        rng: a `keras.random.SeedGenerator`, or the uniform numbers themselves, `(N, *O, C)` in [0, 1).

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers; NaN for a window with a negative cell, which the
        reference refuses.

    Raises:
        TypeError, ValueError: as `max_pool`, and for training without `rng`.

    Inside a model compiled by XLA the numbers are drawn by XLA, which on a CPU is some eighty times slower.

    >>> stochastic_pool([[[1.0], [3.0]]], training=True, rng=[[[0.2]]]).numpy()
    array([[[1.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    if not training:
        return EXPECTED(geometry, [x])
    return DRAWN(geometry, [x, as_uniforms(rng, x, geometry)])


def as_uniforms(rng, x, geometry) -> tf.Tensor:
    """One number in [0, 1) for each output."""
    if rng is None:
        raise ValueError("rng must be a keras.random.SeedGenerator or the drawn uniform numbers when training")
    batch, *sizes, channels = dims(x)
    shape = [batch, *geometry.lay(sizes).out, channels]
    # Half types have too few numbers in [0, 1) to draw from.
    dtype = tf.float64 if x.dtype == tf.float64 else tf.float32
    if isinstance(rng, keras.random.SeedGenerator):
        return keras.random.uniform(shape, dtype=dtype.name, seed=rng)
    uniforms = tf.cast(tf.convert_to_tensor(rng), dtype)
    if not uniforms.shape.is_compatible_with([n if isinstance(n, int) else None for n in shape]):
        raise ValueError(f"rng must be a keras.random.SeedGenerator or numbers of shape {shape}, got {uniforms.shape}")
    return uniforms


def _drawn(x, uniforms, geometry):
    window = cells(x, geometry)
    # Added in the order of the draw, so that the last cumulative sum is this one to the last bit.
    total = window[0]
    for cell in window[1:]:
        total = total + cell
    # Rounding must not push the threshold up to the total, which no cumulative sum exceeds.
    threshold = tf.minimum(uniforms * total, tf.math.nextafter(total, tf.zeros_like(total)))
    reached, zero = tf.zeros_like(total), tf.zeros((), x.dtype)
    pending = tf.ones_like(total, tf.bool)
    y, place = tf.where(tf.math.is_nan(total), total, zero), tf.fill(tf.shape(total), geometry.size)
    for offset, cell in enumerate(window):
        reached = reached + cell
        hit = (reached > threshold) & pending
        y, place = tf.where(hit, cell, y), tf.where(hit, offset, place)
        pending = pending & tf.logical_not(hit)
    return not_negative(y, window), (tf.cast(place, tf.uint8) if geometry.size < 256 else place,)


DRAWN = Rule(_drawn, lambda offset, dy, cell, measured, *_: to_place(offset, dy, *measured))


def _expected(x, geometry):
    window = cells(x, geometry)
    per_total = reciprocal(tf.add_n(window))
    y = tf.add_n([cell * per_total * cell for cell in window])
    return not_negative(y, window), (y, per_total)


def _expected_term(offset, dy, cell, measured, geometry):
    y, per_total = measured
    return dy * per_total * (2 * cell - y)


EXPECTED = Rule(_expected, _expected_term)
