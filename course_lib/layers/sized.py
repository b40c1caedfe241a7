"""Layers whose output size is given, not their window."""

from __future__ import annotations

import keras
import tensorflow as tf

from course_lib.arguments import per_axis
from course_lib.layers import functional
from course_lib.layers.base import Pooling, by_rank
from course_lib.layers.functional.adaptive import as_sizes
from course_lib.pooling.weighted import as_power


@keras.saving.register_keras_serializable("course_lib")
class AtLeastOne(keras.constraints.Constraint):
    """Keeps a weight at 1 or more."""

    def __call__(self, w):
        return keras.ops.maximum(w, 1.0)


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


class GlobalLpPooling(GlobalPooling):
    """Power mean of the absolute values over all positions of each map, `mean(|a| ** p) ** (1 / p)`.

    Arguments and shapes as `GlobalAveragePooling2D`, and:

    Args:
        p: from 1 to infinity.

    >>> import numpy as np
    >>> GlobalLpPooling2D()(np.array([[[[3.0], [-4.0]], [[0.0], [0.0]]]])).numpy().tolist()
    [[2.5]]
    """

    arguments = ("p", "keepdims")

    def __init__(self, p=2, keepdims=False, **kwargs):
        super().__init__(keepdims, **kwargs)
        self.p = as_power(p)

    def call(self, inputs):
        return functional.global_lp_pool(inputs, self.p, self.keepdims)


class GeMPooling(GlobalPooling):
    """Generalised mean over all positions of each map, with a power that is learned: from mean to maximum.

    `mean(max(a, eps) ** p) ** (1 / p)`. Arguments and shapes as `GlobalAveragePooling2D`, and:

    Args:
        p: where the weight `p` begins.
        eps: positive; smaller values count as this.
        per_channel: one power a channel instead of one for all.
        p_constraint: of the weight; it is kept at 1 or more unless told otherwise.

    >>> import numpy as np
    >>> GeMPooling2D(p=1)(np.array([[[[3.0], [5.0]], [[0.0], [0.0]]]])).numpy().round(3).tolist()
    [[2.0]]
    """

    arguments = ("p", "eps", "per_channel", "p_constraint", "keepdims")

    def __init__(
        self, p=3.0, eps=1e-6, *, per_channel=False, p_constraint="at_least_one", keepdims=False, **kwargs
    ):
        super().__init__(keepdims, **kwargs)
        self.p, self.eps, self.per_channel = float(p), float(eps), per_channel
        if not (self.p > 0 and self.eps > 0):
            raise ValueError(f"p and eps must be positive numbers, got p={p!r} and eps={eps!r}")
        at_least_one = p_constraint == "at_least_one"
        self.p_constraint = AtLeastOne() if at_least_one else keras.constraints.get(p_constraint)

    def build(self, input_shape):
        self.power = self.add_weight(
            name="p", shape=(input_shape[-1],) if self.per_channel else (),
            initializer=keras.initializers.Constant(self.p), constraint=self.p_constraint,
        )
        super().build(input_shape)

    def call(self, inputs):
        return functional.gem_pool(inputs, tf.convert_to_tensor(self.power), self.eps, self.keepdims)


class SizedPooling(Pooling):
    """Common to the poolings that are told their output size."""

    arguments = ("output_size",)

    def __init__(self, output_size, **kwargs):
        super().__init__(**kwargs)
        self.output_size = per_axis(output_size, self.rank, "output_size")

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.output_size, input_shape[-1])


class AdaptiveAveragePooling(SizedPooling):
    """Mean of each of `output_size` bins along every spatial axis, whatever the size of the input.

    Args:
        output_size: number of bins, one for all spatial axes or one for each.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *spatial, channels)`; sizes may be unknown.

    Output shape:
        `(batch, *output_size, channels)`.

    >>> import numpy as np
    >>> AdaptiveAveragePooling2D(1)(np.array([[[[3.0], [-4.0]], [[0.0], [0.0]]]])).numpy().tolist()
    [[[[-0.25]]]]
    """

    def call(self, inputs):
        return functional.adaptive_average_pool(inputs, self.output_size)


class AdaptiveMaxPooling(SizedPooling):
    """Largest value of each of `output_size` bins along every spatial axis; one cell is as good as any other number.

    Arguments and shapes as `AdaptiveAveragePooling2D`.

    >>> import numpy as np
    >>> AdaptiveMaxPooling2D(1)(np.array([[[[3.0], [-4.0]], [[0.0], [0.0]]]])).numpy().tolist()
    [[[[3.0]]]]
    """

    def call(self, inputs):
        return functional.adaptive_max_pool(inputs, self.output_size)


class SpectralPooling(SizedPooling):
    """The lowest frequencies of each map, as a smaller map of the same mean.

    Arguments and shapes as `AdaptiveAveragePooling2D`; no output may be larger than its input.

    >>> import numpy as np
    >>> SpectralPooling2D(1)(np.array([[[[3.0], [-4.0]], [[0.0], [0.0]]]])).numpy().tolist()
    [[[[-0.25]]]]
    """

    def call(self, inputs):
        return functional.spectral_pool(inputs, self.output_size)


class SpatialPyramidPooling(Pooling):
    """Adaptive pooling to several grids, flattened and joined: one length for images of any size.

    Args:
        levels: bins along every spatial axis at each level.
        mode: `"max"` or `"average"`.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, channels * sum(level ** rank))`.

    >>> import numpy as np
    >>> SpatialPyramidPooling2D((1, 2))(np.array([[[[3.0], [-4.0]], [[1.0], [0.0]]]])).numpy().tolist()
    [[3.0, 3.0, -4.0, 1.0, 0.0]]
    """

    arguments = ("levels", "mode")

    def __init__(self, levels=(1, 2, 4), mode="max", **kwargs):
        super().__init__(**kwargs)
        self.levels, self.mode = as_sizes(levels, "levels"), mode
        if mode not in ("max", "average"):
            raise ValueError(f'mode must be "max" or "average", got {mode!r}')

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1] * sum(level**self.rank for level in self.levels))

    def call(self, inputs):
        return functional.spatial_pyramid_pool(inputs, self.levels, self.mode)


class PixelPyramidPooling(Pooling):
    """Max pooling at stride 1 with several windows, side by side in the channels.

    Args:
        sizes: window of each level, along every spatial axis.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, *spatial, channels * len(sizes))`.

    >>> import numpy as np
    >>> PixelPyramidPooling2D((3, 1))(np.array([[[[3.0], [-4.0]]]])).numpy().tolist()
    [[[[3.0, 3.0], [3.0, -4.0]]]]
    """

    arguments = ("sizes",)

    def __init__(self, sizes=(27, 9, 3, 1), **kwargs):
        super().__init__(**kwargs)
        self.sizes = as_sizes(sizes, "sizes")

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] * len(self.sizes))

    def call(self, inputs):
        return functional.pixel_pyramid_pool(inputs, self.sizes)


GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D = by_rank(GlobalAveragePooling)
GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D = by_rank(GlobalMaxPooling)
GlobalLpPooling1D, GlobalLpPooling2D, GlobalLpPooling3D = by_rank(GlobalLpPooling)
GeMPooling1D, GeMPooling2D, GeMPooling3D = by_rank(GeMPooling)
AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D = by_rank(AdaptiveAveragePooling)
AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D = by_rank(AdaptiveMaxPooling)
SpectralPooling1D, SpectralPooling2D, SpectralPooling3D = by_rank(SpectralPooling)
SpatialPyramidPooling1D, SpatialPyramidPooling2D, SpatialPyramidPooling3D = by_rank(SpatialPyramidPooling)
PixelPyramidPooling1D, PixelPyramidPooling2D, PixelPyramidPooling3D = by_rank(PixelPyramidPooling)
