"""Low-pass before subsampling (blur), or cut the spectrum (spectral): both are one matrix along each axis."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from course_lib.arguments import as_int, per_axis
from course_lib.layers.engine import as_floats, dims, program, unconverted
from course_lib.layers.functional.local import max_pool


@unconverted
def blur_pool(x, filter_size=3, strides=2):
    """Binomial blur of every channel, then every `strides`-th position: `course_lib.blur_pool`.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        filter_size: cells of the filter.
        strides: one for all spatial axes or one for each.

    Returns:
        `(N, *ceil(spatial / strides), C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference, wherever the sizes are known while tracing.

    >>> blur_pool([[[0.0], [0.0], [4.0], [0.0], [0.0]]]).numpy()[0, :, 0]
    array([0., 2., 0.], dtype=float32)
    """
    x = as_floats(x)
    f = as_int(filter_size, "filter_size")
    strides = per_axis(strides, x.shape.rank - 2, "strides")
    for i, n in enumerate(x.shape[1:-1]):
        if n is not None and n <= f // 2:
            raise ValueError(f"filter_size {f} needs more than {f // 2} cells to mirror, spatial axis {i} has {n}")
    return program(_blur, f, strides)(x)


@unconverted
def max_blur_pool(x, pool_size=2, filter_size=3, strides=2):
    """`max_pool` at stride 1, then `blur_pool`: `course_lib.max_blur_pool`.

    Args, returns, errors: as `max_pool` and `blur_pool`.

    >>> max_blur_pool([[[0.0], [0.0], [4.0], [0.0], [0.0]]]).numpy()[0, :, 0]
    array([2., 3.], dtype=float32)
    """
    return blur_pool(max_pool(x, pool_size, 1), filter_size, strides)


@unconverted
def spectral_pool(x, output_size):
    """Keep the lowest frequencies: `course_lib.spectral_pool`.

    Args:
        x: as for `blur_pool`.
        output_size: frequencies kept, at most the size of the axis; one for all spatial axes or one for each.

    Returns:
        `(N, *output_size, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference, wherever the sizes are known while tracing.

    >>> spectral_pool([[[1.0], [2.0], [6.0]]], 1).numpy()
    array([[[3.]]], dtype=float32)
    """
    x = as_floats(x)
    sizes = per_axis(output_size, x.shape.rank - 2, "output_size")
    if any(n is not None and o > n for o, n in zip(sizes, x.shape[1:-1], strict=True)):
        raise ValueError(f"output_size must be at most the spatial shape {x.shape[1:-1]}, got {sizes}")
    return program(_spectral, sizes)(x)


def along(matrix, x, axis):
    """An axis of `x` multiplied by a `(new, old)` matrix."""
    shape = dims(x)
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    y = tf.matmul(matrix, tf.reshape(x, [before, shape[axis], after]))
    return tf.reshape(y, [*shape[:axis], dims(matrix)[0], *shape[axis + 1 :]])


def _blur(x, f, strides):
    weights = [math.comb(f - 1, k) / 2 ** (f - 1) for k in range(f)]
    for axis, stride in enumerate(strides, start=1):
        n = dims(x)[axis]
        places = tf.range(-(-n // stride)) * stride - (f - 1) // 2
        matrix = 0
        for k, weight in enumerate(weights):
            cell = tf.abs(places + k)
            # The border is a mirror that does not repeat the edge.
            matrix += weight * tf.one_hot(tf.where(cell < n, cell, 2 * (n - 1) - cell), n, dtype=x.dtype)
        x = along(matrix, x, axis)
    return x


def _spectral(x, sizes):
    """Transform, crop and transform back are one complex matrix along each axis; here in its two real parts."""
    imaginary = None
    for axis, out in enumerate(sizes, start=1):
        n = dims(x)[axis]
        cosine, sine = _low_frequencies(n, out, x.dtype)
        first = along(cosine, x, axis)
        if imaginary is not None:
            first -= along(sine, imaginary, axis)
        if axis < len(sizes):
            second = along(sine, x, axis)
            imaginary = second if imaginary is None else second + along(cosine, imaginary, axis)
        x = first
    return x


def _low_frequencies(n, out, dtype):
    """Real and imaginary part of `sum_k exp(2 pi i k (j / out - c / n)) / n` over the `out` lowest frequencies."""
    frequency = np.arange(out) - out // 2
    cell = tf.cast(tf.range(n), tf.float64)
    turns = (np.arange(out) / out)[:, None] - cell / tf.cast(n, tf.float64)
    angle = 2 * math.pi * frequency[:, None, None] * turns
    scale = 1 / tf.cast(n, tf.float64)
    real, imaginary = tf.reduce_sum(tf.cos(angle), 0) * scale, tf.reduce_sum(tf.sin(angle), 0) * scale
    return tf.cast(real, dtype), tf.cast(imaginary, dtype)
