"""Layers whose weights belong to ranks: Avg-TopK, the rank-based poolings, ordinal pooling."""

from __future__ import annotations

import keras

from course_lib.layers import functional
from course_lib.layers.base import WindowedPooling, by_rank
from course_lib.layers.functional.ranked import as_alpha, as_rank


class AvgTopKPooling(WindowedPooling):
    """Plain mean of the `k` largest cells of each window.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        k: from 1, the maximum, to the number of cells of a window, the mean.

    >>> import numpy as np
    >>> AvgTopKPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[2.5]]]]
    """

    arguments = (*WindowedPooling.arguments, "k")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, k=2, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.k = as_rank(k, "k", self.geometry)

    def call(self, inputs):
        return functional.avg_topk_pool(inputs, **self.window, k=self.k)


class RankAveragePooling(WindowedPooling):
    """Mean of the `t` largest cells of each window.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        t: as `k` of `AvgTopKPooling2D`; `None` means the median rank.

    >>> import numpy as np
    >>> RankAveragePooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[2.5]]]]
    """

    arguments = (*WindowedPooling.arguments, "t")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, t=None, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.t = as_rank(t, "t", self.geometry)

    def call(self, inputs):
        return functional.rank_average_pool(inputs, **self.window, t=self.t)


class RankWeightedPooling(WindowedPooling):
    """Mean of each window with weights `alpha * (1 - alpha) ** rank`, the largest cell having rank 0.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        alpha: above 0, at most 1 (the maximum).
        normalize: divide by the sum of the weights.

    >>> import numpy as np
    >>> RankWeightedPooling2D(alpha=1)(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[3.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "alpha", "normalize")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, alpha=0.5, normalize=True, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.alpha, self.normalize = as_alpha(alpha), bool(normalize)

    def call(self, inputs):
        return functional.rank_weighted_pool(inputs, **self.window, alpha=self.alpha, normalize=self.normalize)


class RankStochasticPooling(WindowedPooling):
    """In training one cell of each window, drawn by rank; afterwards `RankWeightedPooling2D`.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        alpha: as for `RankWeightedPooling2D`.
        seed: an integer or None; two layers with the same seed draw the same.

    >>> import numpy as np
    >>> RankStochasticPooling2D()(np.array([[[[2.0], [2.0]], [[2.0], [2.0]]]]), training=True).numpy().tolist()
    [[[[2.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "alpha", "seed")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, alpha=0.5, seed=None, **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.alpha, self.seed = as_alpha(alpha), seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        rng = self.seed_generator if training else None
        return functional.rank_stochastic_pool(
            inputs, **self.window, alpha=self.alpha, training=bool(training), rng=rng
        )


@keras.saving.register_keras_serializable("course_lib")
class Simplex(keras.constraints.Constraint):
    """Keeps a weight on the simplex: not negative, with the sum 1."""

    def __call__(self, w):
        w = keras.ops.maximum(w, 0.0)
        total = keras.ops.sum(w)
        even = keras.ops.ones_like(w) / w.shape[0]
        return keras.ops.where(total > 0, w / keras.ops.where(total > 0, total, 1.0), even)


class OrdinalPooling(WindowedPooling):
    """Mean of each window with a learned weight for each rank. It begins as the average.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        ranks_initializer: of the weight `ranks`, one for each cell of a window, that of the largest first.
        ranks_constraint: it keeps to the simplex unless told otherwise; it must not let weights fall below 0.

    >>> import numpy as np
    >>> OrdinalPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[1.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "ranks_initializer", "ranks_constraint")

    def __init__(
        self, pool_size=2, strides=None, padding="valid", *, ranks_initializer=None, ranks_constraint="simplex",
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, **kwargs)
        even = keras.initializers.Constant(1 / self.geometry.size)
        self.ranks_initializer = keras.initializers.get(ranks_initializer or even)
        simplex = ranks_constraint == "simplex"
        self.ranks_constraint = Simplex() if simplex else keras.constraints.get(ranks_constraint)

    def build(self, input_shape):
        self.ranks = self.add_weight(
            name="ranks", shape=(self.geometry.size,), initializer=self.ranks_initializer,
            constraint=self.ranks_constraint,
        )
        super().build(input_shape)

    def call(self, inputs):
        return functional.ordinal_pool(inputs, self.ranks, **self.window)


AvgTopKPooling1D, AvgTopKPooling2D, AvgTopKPooling3D = by_rank(AvgTopKPooling)
RankAveragePooling1D, RankAveragePooling2D, RankAveragePooling3D = by_rank(RankAveragePooling)
RankWeightedPooling1D, RankWeightedPooling2D, RankWeightedPooling3D = by_rank(RankWeightedPooling)
RankStochasticPooling1D, RankStochasticPooling2D, RankStochasticPooling3D = by_rank(RankStochasticPooling)
OrdinalPooling1D, OrdinalPooling2D, OrdinalPooling3D = by_rank(OrdinalPooling)
