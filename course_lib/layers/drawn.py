"""Stochastic pooling as a layer."""

from __future__ import annotations

import keras

from course_lib.layers import functional
from course_lib.layers.base import WindowedPooling, by_rank


class StochasticPooling(WindowedPooling):
    """In training one cell of each window, drawn with `p = a / sum(a)`; afterwards the expectation, `sum(p * a)`.

    For inputs that are not negative; a window with a negative cell gives NaN.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        seed: an integer or None; two layers with the same seed draw the same.

    >>> import numpy as np
    >>> StochasticPooling2D()(np.array([[[[1.0], [3.0]], [[0.0], [0.0]]]])).numpy().tolist()
    [[[[2.5]]]]
    """

    arguments = (*WindowedPooling.arguments, "seed")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, seed=None, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        rng = self.seed_generator if training else None
        return functional.stochastic_pool(inputs, **self.window, training=bool(training), rng=rng)


StochasticPooling1D, StochasticPooling2D, StochasticPooling3D = by_rank(StochasticPooling)
