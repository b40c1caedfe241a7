"""Layers that blur before they subsample."""

from __future__ import annotations

from course_lib.arguments import as_int, per_axis
from course_lib.layers import functional
from course_lib.layers.base import Pooling, by_rank


class BlurPooling(Pooling):
    """Binomial blur of every channel, then every `strides`-th position.

    Args:
        filter_size: cells of the filter, a row of Pascal's triangle; the border is mirrored.
        strides: one for all spatial axes or one for each.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, *ceil(spatial / strides), channels)`.

    >>> import numpy as np
    >>> BlurPooling1D()(np.array([[[0.0], [0.0], [4.0], [0.0], [0.0]]])).numpy()[0, :, 0].tolist()
    [0.0, 2.0, 0.0]
    """

    arguments = ("filter_size", "strides")

    def __init__(self, filter_size=3, strides=2, **kwargs):
        super().__init__(**kwargs)
        self.filter_size = as_int(filter_size, "filter_size")
        self.strides = per_axis(strides, self.rank, "strides")

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        return (batch, *(n and -(-n // s) for n, s in zip(sizes, self.strides, strict=True)), channels)

    def call(self, inputs):
        return functional.blur_pool(inputs, self.filter_size, self.strides)


class MaxBlurPooling(BlurPooling):
    """Max pooling at stride 1, then `BlurPooling2D`: the anti-aliased form of a strided max pooling.

    Args:
        pool_size: window of the maximum, one for all spatial axes or one for each.
        filter_size, strides, data_format: as for `BlurPooling2D`.

    Output shape:
        `(batch, *ceil((spatial - pool_size + 1) / strides), channels)`.

    >>> import numpy as np
    >>> MaxBlurPooling1D()(np.array([[[0.0], [0.0], [4.0], [0.0], [0.0]]])).numpy()[0, :, 0].tolist()
    [2.0, 3.0]
    """

    arguments = ("pool_size", *BlurPooling.arguments)

    def __init__(self, pool_size=2, filter_size=3, strides=2, **kwargs):
        super().__init__(filter_size, strides, **kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        inner = (n and n - k + 1 for n, k in zip(sizes, self.pool_size, strict=True))
        return super().compute_output_shape((batch, *inner, channels))

    def call(self, inputs):
        return functional.max_blur_pool(inputs, self.pool_size, self.filter_size, self.strides)


BlurPooling1D, BlurPooling2D, BlurPooling3D = by_rank(BlurPooling)
MaxBlurPooling1D, MaxBlurPooling2D, MaxBlurPooling3D = by_rank(MaxBlurPooling)
