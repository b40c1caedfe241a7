"""Fractional poolings: bins of one or two cells, drawn anew at every training step."""

from __future__ import annotations

import keras
import tensorflow as tf

from course_lib.layers import functional
from course_lib.layers.base import by_rank
from course_lib.layers.engine import dims
from course_lib.layers.sized import SizedPooling


class FractionalMaxPooling(SizedPooling):
    """Largest value of each of `output_size` bins whose sizes differ by one; their order is drawn in training.

    One sequence of bins an axis serves the whole batch. Afterwards the sequence of `u = 1/2` is used; the paper
    averages the predictions of several draws instead, which are `call(x, training=True)`.

    Args:
        output_size: number of bins, one for all spatial axes or one for each; usually `n / 2 < output_size <= n`.
        overlapping: let each bin include the first cell of the next.
        seed: an integer or None; two layers with the same seed draw the same.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, *output_size, channels)`.

    >>> import numpy as np
    >>> FractionalMaxPooling1D(2)(np.array([[[1.0], [5.0], [2.0]]])).numpy()[0, :, 0].tolist()
    [5.0, 2.0]
    """

    arguments = ("output_size", "overlapping", "seed")
    pool = staticmethod(functional.fractional_max_pool)

    def __init__(self, output_size, *, overlapping=False, seed=None, **kwargs):
        super().__init__(output_size, **kwargs)
        self.overlapping, self.seed = bool(overlapping), seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        if any(n is not None and out > n for n, out in zip(input_shape[1:-1], self.output_size, strict=True)):
            raise ValueError(
                f"output_size must be at most the spatial shape {input_shape[1:-1]}, got {self.output_size}"
            )
        super().build(input_shape)

    def call(self, inputs, training=False):
        u = keras.random.uniform((self.rank,), seed=self.seed_generator) if training else tf.fill([self.rank], 0.5)
        cuts = [
            fractional_cuts(n, out, u[i], bool(training))
            for i, (n, out) in enumerate(zip(dims(inputs)[1:-1], self.output_size, strict=True))
        ]
        return self.pool(inputs, cuts, self.overlapping)


class FractionalAveragePooling(FractionalMaxPooling):
    """Mean of each of `output_size` bins whose sizes differ by one; their order is drawn in training.

    Arguments and shapes as `FractionalMaxPooling2D`.

    >>> import numpy as np
    >>> FractionalAveragePooling1D(2)(np.array([[[1.0], [5.0], [2.0]]])).numpy()[0, :, 0].tolist()
    [3.0, 2.0]
    """

    pool = staticmethod(functional.fractional_average_pool)


def fractional_cuts(n, out, u, scaled):
    """`course_lib.fractional_sequence` for a tensor `u`: `ceil(n / out * (i + u)) - 1` with the ends 0 and `n`.

    With `scaled` the number comes from [0, 1) and is first brought into the range in which no bin is a cell longer
    than the rest, as the reference does when it draws.
    """
    cells = tf.cast(n, tf.float64)
    ratio, short = cells / out, tf.cast(n // out, tf.float64)
    u = tf.cast(u, tf.float64)
    if scaled:
        u *= tf.minimum(tf.minimum((short + 2) / ratio - 1, (cells + 1 - short) / ratio - (out - 1)), 1.0)
    inner = tf.cast(tf.math.ceil(ratio * (tf.range(1, out, dtype=tf.float64) + u)), tf.int32) - 1
    return tf.concat([[0], inner, [n]], 0)


FractionalMaxPooling1D, FractionalMaxPooling2D, FractionalMaxPooling3D = by_rank(FractionalMaxPooling)
FractionalAveragePooling1D, FractionalAveragePooling2D, FractionalAveragePooling3D = by_rank(FractionalAveragePooling)
