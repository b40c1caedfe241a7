"""Layers that take the extreme or the mean of each window."""

from __future__ import annotations

from course_lib.layers import functional
from course_lib.layers.base import WindowedPooling, by_rank


class MaxPooling(WindowedPooling):
    """Largest cell of each window.

    Output size: `course_lib.output_size` along each spatial axis.

    Args:
        pool_size, strides, padding, dilation, ceil_mode: the windows, as `course_lib.max_pool` takes them.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *spatial, channels)`; sizes may be unknown.

    Output shape:
        `(batch, *pooled, channels)`.

    The gradient goes to the first of tied cells in row-major order, in every rank. A NaN in a window gives NaN,
    which TensorFlow's kernel, and so Keras' layer of the same name, passes over.

    >>> import numpy as np
    >>> MaxPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-1.0]]]])).numpy().tolist()
    [[[[3.0]]]]
    """

    def call(self, inputs):
        return functional.max_pool(inputs, **self.window)


class MinPooling(WindowedPooling):
    """Smallest cell of each window; Keras has no such layer.

    Arguments, shapes, ties and NaN: as `MaxPooling2D`.

    >>> import numpy as np
    >>> MinPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-1.0]]]])).numpy().tolist()
    [[[[-1.0]]]]
    """

    def call(self, inputs):
        return functional.min_pool(inputs, **self.window)


class AveragePooling(WindowedPooling):
    """Mean of the real cells of each window.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        count_include_pad: divide by the cells on the padding too, as PyTorch does unless told otherwise.

    Integers give float64, where Keras' layer of the same name raises.

    >>> import numpy as np
    >>> AveragePooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-1.0]]]])).numpy().tolist()
    [[[[1.25]]]]
    """

    arguments = (*WindowedPooling.arguments, "count_include_pad")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, count_include_pad=False, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.count_include_pad = count_include_pad

    def call(self, inputs):
        return functional.average_pool(inputs, **self.window, count_include_pad=self.count_include_pad)


MaxPooling1D, MaxPooling2D, MaxPooling3D = by_rank(MaxPooling)
MinPooling1D, MinPooling2D, MinPooling3D = by_rank(MinPooling)
AveragePooling1D, AveragePooling2D, AveragePooling3D = by_rank(AveragePooling)
