"""Layers whose output size is given, not their window."""

from __future__ import annotations

from course_lib.layers import functional
from course_lib.layers.base import Pooling, by_rank


class GlobalPooling(Pooling):
    """Common to the poolings of whole maps."""

    arguments = ("keepdims",)

    def __init__(self, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.keepdims = keepdims

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *([1] * self.rank if self.keepdims else []), input_shape[-1])


class GlobalAveragePooling(GlobalPooling):
    """Mean over all positions of each map.

    Args:
        keepdims: keep the spatial axes with size 1.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *spatial, channels)`; sizes may be unknown.

    Output shape:
        `(batch, channels)`, or `(batch, 1, ..., channels)`.

    >>> import numpy as np
    >>> GlobalAveragePooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-1.0]]]])).numpy().tolist()
    [[1.25]]
    """

    def call(self, inputs):
        return functional.global_average_pool(inputs, self.keepdims)


class GlobalMaxPooling(GlobalPooling):
    """Largest value over all positions of each map; tied positions share the gradient equally.

    Arguments and shapes: as `GlobalAveragePooling2D`.

    >>> import numpy as np
    >>> GlobalMaxPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-1.0]]]])).numpy().tolist()
    [[3.0]]
    """

    def call(self, inputs):
        return functional.global_max_pool(inputs, self.keepdims)


GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D = by_rank(GlobalAveragePooling)
GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D = by_rank(GlobalMaxPooling)
