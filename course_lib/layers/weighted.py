"""Layers of weighted means: by power, by given or learned weights, by information, by softmax."""

from __future__ import annotations

import keras

from course_lib.layers import functional
from course_lib.layers.base import WindowedPooling, by_rank
from course_lib.pooling.weighted import as_power


class LpPooling(WindowedPooling):
    """Power mean of the absolute values of each window, `mean(|a| ** p) ** (1 / p)`.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        p: from 1, the mean of |a|, to infinity, the largest |a|.
        normalized: `False` gives the norm, a sum instead of the mean, as PyTorch and ONNX have it.

    >>> import numpy as np
    >>> LpPooling2D(p=1)(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[2.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "p", "normalized")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, p=2, normalized=True, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.p, self.normalized = as_power(p), bool(normalized)

    def call(self, inputs):
        return functional.lp_pool(inputs, **self.window, p=self.p, normalized=self.normalized)


class WeightedPooling(WindowedPooling):
    """Mean of each window with weights that are learned: `sum(w * a) / sum(w)`. It begins as the average.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        per_channel: one set of weights a channel instead of one for all.
        weights_initializer, weights_regularizer, weights_constraint: of the weight `weights`, of the window's shape
            (and channels). The constraint must keep them from falling below 0.

    >>> import numpy as np
    >>> WeightedPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[1.0]]]]
    """

    arguments = (
        *WindowedPooling.arguments, "per_channel", "weights_initializer", "weights_regularizer", "weights_constraint",
    )

    def __init__(
        self, pool_size=2, strides=None, padding="valid", *, per_channel=False, weights_initializer="ones",
        weights_regularizer=None, weights_constraint="non_neg", **kwargs,
    ):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.per_channel = per_channel
        self.weights_initializer = keras.initializers.get(weights_initializer)
        self.weights_regularizer = keras.regularizers.get(weights_regularizer)
        self.weights_constraint = keras.constraints.get(weights_constraint)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="weights", shape=(*self.pool_size, *([input_shape[-1]] if self.per_channel else [])),
            initializer=self.weights_initializer, regularizer=self.weights_regularizer,
            constraint=self.weights_constraint,
        )
        super().build(input_shape)

    def call(self, inputs):
        return functional.weighted_pool(inputs, self.kernel, **self.window)


class InformationPooling(WindowedPooling):
    """Mean of each window weighted by the information of its cells; see `course_lib.information_pool`.

    For inputs that are not negative; a window with a negative cell gives NaN. Arguments and shapes as `MaxPooling2D`.

    >>> import numpy as np
    >>> InformationPooling2D()(np.array([[[[2.0], [2.0]], [[2.0], [2.0]]]])).numpy().tolist()
    [[[[2.0]]]]
    """

    def call(self, inputs):
        return functional.information_pool(inputs, **self.window)


class SoftPooling(WindowedPooling):
    """SoftPool: mean of each window weighted by the softmax of its own values.

    Arguments and shapes as `MaxPooling2D`.

    >>> import numpy as np
    >>> SoftPooling2D()(np.array([[[[2.0], [2.0]], [[2.0], [2.0]]]])).numpy().tolist()
    [[[[2.0]]]]
    """

    def call(self, inputs):
        return functional.soft_pool(inputs, **self.window)


class LIPPooling(WindowedPooling):
    """Local importance-based pooling: mean of each window weighted by the softmax of logits.

    The layer takes two inputs, `[x, logits]` of one shape, so that the network behind the logits is the model's own
    (the paper: a convolution, instance normalisation and 12 times a sigmoid). Arguments as `MaxPooling2D`.

    >>> import numpy as np
    >>> x = np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])
    >>> LIPPooling2D()([x, np.zeros_like(x)]).numpy().tolist()
    [[[[1.0]]]]
    """

    arity = 2

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape(input_shape[0])

    def call(self, inputs):
        x, logits = inputs
        return functional.lip_pool(x, logits, **self.window)


LpPooling1D, LpPooling2D, LpPooling3D = by_rank(LpPooling)
WeightedPooling1D, WeightedPooling2D, WeightedPooling3D = by_rank(WeightedPooling)
InformationPooling1D, InformationPooling2D, InformationPooling3D = by_rank(InformationPooling)
SoftPooling1D, SoftPooling2D, SoftPooling3D = by_rank(SoftPooling)
LIPPooling1D, LIPPooling2D, LIPPooling3D = by_rank(LIPPooling)
