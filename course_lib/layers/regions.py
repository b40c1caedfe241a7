"""Layers that pool given regions, or put pooled values back."""

from __future__ import annotations

import tensorflow as tf

from course_lib.arguments import as_int, per_axis
from course_lib.layers import functional
from course_lib.layers.base import Pooling, WindowedPooling, by_rank, serializable
from course_lib.layers.sized import SizedPooling


class RegionPooling(Pooling):
    """Common to the poolings of boxes."""

    arguments = ("output_size", "spatial_scale")

    def __init__(self, output_size, spatial_scale=1.0, **kwargs):
        # A half type would move the regions: only the images are cast to the layer's dtype.
        super().__init__(autocast=False, **kwargs)
        self.output_size = per_axis(output_size, 2, "output_size")
        self.spatial_scale = float(spatial_scale)

    def compute_output_shape(self, input_shape):
        images, rois = input_shape
        return (rois[0], *self.output_size, images[-1])


@serializable
class RoIMaxPooling2D(RegionPooling):
    """Largest value in each bin of each region, on a region rounded to whole cells.

    Call it on `[images, rois]`.

    Args:
        output_size: bins, one number or `(rows, columns)`.
        spatial_scale: cells of the map for a unit of the regions' coordinates.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, height, width, channels)`, and `(regions, 5)`: batch index, x1, y1, x2, y2 of each region.

    Output shape:
        `(regions, *output_size, channels)`.

    >>> import numpy as np
    >>> image, rois = np.arange(24.0).reshape(1, 4, 6, 1), np.array([[0.0, 0.0, 0.0, 5.0, 3.0]])
    >>> RoIMaxPooling2D(3)([image, rois]).numpy()[0, 0, :, 0].tolist()
    [7.0, 9.0, 11.0]
    """

    def call(self, inputs):
        images, rois = inputs
        return functional.roi_max_pool(tf.cast(images, self.compute_dtype), rois, self.output_size, self.spatial_scale)


@serializable
class RoIAlign2D(RegionPooling):
    """Mean (or maximum) of bilinear samples in each bin of each region, nothing rounded.

    Call it on `[images, rois]`. Arguments and shapes as `RoIMaxPooling2D`, and:

    Args:
        sampling_ratio: samples along each axis of a bin; 0 means as many as the bin has cells, rounded up.
        aligned: subtract half a cell from the coordinates.
        mode: `"average"`, `"max"` or `"corner_max"`; see `course_lib.roi_align`.

    >>> import numpy as np
    >>> image, rois = np.arange(4.0).reshape(1, 1, 4, 1), np.array([[0.0, 0.0, 0.0, 4.0, 1.0]])
    >>> RoIAlign2D((1, 2), aligned=False)([image, rois]).numpy()[0, 0, :, 0].tolist()
    [1.0, 2.75]
    """

    arguments = (*RegionPooling.arguments, "sampling_ratio", "aligned", "mode")

    def __init__(
        self, output_size, spatial_scale=1.0, *, sampling_ratio=2, aligned=True, mode="average", **kwargs
    ):
        super().__init__(output_size, spatial_scale, **kwargs)
        self.sampling_ratio, self.aligned, self.mode = as_int(sampling_ratio, "sampling_ratio", 0), aligned, mode

    def call(self, inputs):
        images, rois = inputs
        return functional.roi_align(
            tf.cast(images, self.compute_dtype), rois, self.output_size, self.spatial_scale, self.sampling_ratio,
            self.aligned, self.mode,
        )


@serializable
class SuperpixelPooling(Pooling):
    """Mean (or maximum) of each segment of a label map.

    Call it on `[images, labels]`.

    Args:
        segments: number of segments; labels run from 0 to below it, others are left out.
        mode: `"mean"` or `"max"`.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *spatial, channels)` and `(batch, *spatial)`, whole numbers.

    Output shape:
        `(batch, segments, channels)`; 0 for a segment without a cell.

    >>> import numpy as np
    >>> image, labels = np.array([[[1.0], [3.0], [8.0]]]), np.array([[0, 0, 2]])
    >>> SuperpixelPooling(3)([image, labels]).numpy()[0, :, 0].tolist()
    [2.0, 0.0, 8.0]
    """

    arguments = ("segments", "mode")

    def __init__(self, segments, mode="mean", **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.segments, self.mode = as_int(segments, "segments"), mode
        if mode not in ("mean", "max"):
            raise ValueError(f'mode must be "mean" or "max", got {mode!r}')

    def compute_output_shape(self, input_shape):
        images, _ = input_shape
        return (images[0], self.segments, images[-1])

    def call(self, inputs):
        images, labels = inputs
        return functional.superpixel_pool(tf.cast(images, self.compute_dtype), whole(labels), self.segments, self.mode)


class MaxUnpooling(SizedPooling):
    """Each value at its index, zeros elsewhere: the way back from `functional.max_pool_argmax`.

    Call it on `[values, index]`.

    Args:
        output_size: the spatial shape to return.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *pooled, channels)` twice; the second holds whole numbers, into the flattened spatial axes.

    Output shape:
        `(batch, *output_size, channels)`.

    >>> import numpy as np
    >>> MaxUnpooling1D(4)([np.array([[[3.0], [5.0]]]), np.array([[[1], [3]]])]).numpy()[0, :, 0].tolist()
    [0.0, 3.0, 0.0, 5.0]
    """

    arity = 2

    def __init__(self, output_size, **kwargs):
        super().__init__(output_size, autocast=False, **kwargs)

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape(input_shape[0])

    def call(self, inputs):
        values, index = inputs
        return functional.max_unpool(tf.cast(values, self.compute_dtype), whole(index), self.output_size)


class AverageUnpooling(WindowedPooling):
    """Each value into every cell of its window, the mean where windows overlap.

    Args:
        output_size: the spatial shape to return.
        pool_size, strides, padding, dilation, ceil_mode: of the pooling to undo.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, *output_size, channels)`.

    >>> import numpy as np
    >>> AverageUnpooling1D(5)(np.array([[[3.0], [5.0]]])).numpy()[0, :, 0].tolist()
    [3.0, 3.0, 5.0, 5.0, 0.0]
    """

    arguments = ("output_size", *WindowedPooling.arguments)

    def __init__(self, output_size, pool_size=2, strides=None, padding="valid", **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.output_size = per_axis(output_size, self.rank, "output_size")

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.output_size, input_shape[-1])

    def call(self, inputs):
        return functional.average_unpool(inputs, **self.window, output_shape=self.output_size)


def whole(numbers):
    """Whole numbers, which come as floats from an input layer that was not told a dtype, as integers."""
    return tf.cast(numbers, tf.int32) if numbers.dtype.is_floating else numbers


MaxUnpooling1D, MaxUnpooling2D, MaxUnpooling3D = by_rank(MaxUnpooling)
AverageUnpooling1D, AverageUnpooling2D, AverageUnpooling3D = by_rank(AverageUnpooling)
