"""Layers that forget where: second-order statistics, residuals to a codebook, attention; and pooling over channels."""

from __future__ import annotations

import keras

from course_lib.arguments import as_int
from course_lib.layers import functional
from course_lib.layers.base import Pooling, serializable


@serializable
class BilinearPooling(Pooling):
    """Sum over positions of the outer product of the channels, its signed square root, normalised.

    Args:
        signed_sqrt: take the signed square root.
        l2: divide each image's vector by its Euclidean norm.
        data_format: only `"channels_last"`.

    Input shape:
        `(batch, *spatial, channels)`, with one, two or three spatial axes; sizes may be unknown.

    Output shape:
        `(batch, channels ** 2)`.

    >>> import numpy as np
    >>> BilinearPooling(signed_sqrt=False, l2=False)(np.array([[[0.0, 1.0], [2.0, 3.0]]])).numpy().tolist()
    [[4.0, 6.0, 6.0, 10.0]]
    """

    arguments = ("signed_sqrt", "l2")

    def __init__(self, *, signed_sqrt=True, l2=True, **kwargs):
        super().__init__(**kwargs)
        self.signed_sqrt, self.l2 = bool(signed_sqrt), bool(l2)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1] ** 2)

    def call(self, inputs):
        return functional.bilinear_pool(inputs, signed_sqrt=self.signed_sqrt, l2=self.l2)


@serializable
class CompactBilinearPooling(Pooling):
    """A random projection of bilinear pooling to `dim` numbers that keeps inner products in expectation.

    Args:
        dim: length of the result.
        method: `"tensor_sketch"` or `"random_maclaurin"`.
        seed: of the projection, which is `course_lib.compact_bilinear_pool`'s for the same seed.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, dim)`; input as `BilinearPooling`.

    >>> import numpy as np
    >>> CompactBilinearPooling(8)(np.ones((2, 3, 3, 4))).shape
    TensorShape([2, 8])
    """

    arguments = ("dim", "method", "seed")

    def __init__(self, dim, *, method="tensor_sketch", seed=0, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.method, self.seed = as_int(dim, "dim"), method, seed

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.dim)

    def call(self, inputs):
        return functional.compact_bilinear_pool(inputs, self.dim, method=self.method, seed=self.seed)


class CodebookPooling(Pooling):
    """Common to the poolings that keep centres as a weight, `centres`, `(clusters, channels)`."""

    def __init__(self, clusters, *, centres_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.clusters = as_int(clusters, "clusters")
        self.centres_initializer = keras.initializers.get(centres_initializer)

    def build(self, input_shape):
        self.centres = self.add_weight(
            name="centres", shape=(self.clusters, input_shape[-1]), initializer=self.centres_initializer
        )
        super().build(input_shape)


@serializable
class VLADPooling(CodebookPooling):
    """Residuals to the nearest of the centres, summed. The centres are learned; the assignments have no gradient.

    Args:
        clusters: number of centres.
        centres_initializer: of the weight `centres`; give k-means centres by `keras.initializers.Constant` or
            `set_weights`.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, clusters * channels)`; input as `BilinearPooling`.

    >>> import numpy as np
    >>> VLADPooling(1, centres_initializer="zeros")(np.array([[[1.0], [2.0], [9.0]]])).numpy().tolist()
    [[12.0]]
    """

    arguments = ("clusters", "centres_initializer")

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.clusters * input_shape[-1])

    def call(self, inputs):
        return functional.vlad_pool(inputs, self.centres)


@serializable
class MOPPooling(CodebookPooling):
    """Multi-scale orderless pooling: `VLADPooling` of the window means of each level, with the same centres.

    Args:
        clusters, centres_initializer: as for `VLADPooling`.
        levels: window of each level, along every spatial axis.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, len(levels) * clusters * channels)`; input as `BilinearPooling`.

    >>> import numpy as np
    >>> MOPPooling(1, (3, 1), centres_initializer="zeros")(np.array([[[1.0], [2.0], [9.0]]])).numpy().tolist()
    [[4.0, 12.0]]
    """

    arguments = ("clusters", "levels", "centres_initializer")

    def __init__(self, clusters, levels, **kwargs):
        super().__init__(clusters, **kwargs)
        self.levels = tuple(as_int(level, "levels") for level in levels)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.levels) * self.clusters * input_shape[-1])

    def call(self, inputs):
        return functional.mop_pool(inputs, self.centres, self.levels)


@serializable
class AttentionPooling(Pooling):
    """Mean over positions with learned weights, `softmax(v . tanh(w x))`.

    Args:
        units: rows of the weight `w`, `(units, channels)`, and length of the weight `v`.
        kernel_initializer: of both.
        kernel_regularizer: of both.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, channels)`; input as `BilinearPooling`.

    >>> import numpy as np
    >>> AttentionPooling(1, kernel_initializer="zeros")(np.array([[[1.0], [3.0]]])).numpy().tolist()
    [[2.0]]
    """

    arguments = ("units", "kernel_initializer", "kernel_regularizer")

    def __init__(self, units, *, kernel_initializer="glorot_uniform", kernel_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.units = as_int(units, "units")
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        both = {"initializer": self.kernel_initializer, "regularizer": self.kernel_regularizer}
        self.w = self.add_weight(name="w", shape=(self.units, input_shape[-1]), **both)
        self.v = self.add_weight(name="v", shape=(self.units,), **both)
        super().build(input_shape)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def call(self, inputs):
        return functional.attention_pool(inputs, self.w, self.v)


@serializable
class InterMapPooling(Pooling):
    """Largest value (or mean) of each group of consecutive channels, position by position.

    Args:
        group_size: channels in a group; it must divide their number.
        mode: `"max"` or `"average"`.
        data_format: only `"channels_last"`.

    Output shape:
        `(batch, *spatial, channels / group_size)`; input as `BilinearPooling`.

    >>> import numpy as np
    >>> InterMapPooling(2)(np.array([[[0.0, 1.0, 5.0, 3.0]]])).numpy().tolist()
    [[[1.0, 5.0]]]
    """

    arguments = ("group_size", "mode")

    def __init__(self, group_size, mode="max", **kwargs):
        super().__init__(**kwargs)
        self.group_size, self.mode = as_int(group_size, "group_size"), mode
        if mode not in ("max", "average"):
            raise ValueError(f'mode must be "max" or "average", got {mode!r}')

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // self.group_size)

    def call(self, inputs):
        return functional.intermap_pool(inputs, self.group_size, self.mode)
