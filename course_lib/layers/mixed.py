"""Layers that mix the maximum and the mean of each window."""

from __future__ import annotations

import keras
import tensorflow as tf

from course_lib.layers import functional
from course_lib.layers.base import WindowedPooling, by_rank


@keras.saving.register_keras_serializable("course_lib")
class UnitInterval(keras.constraints.Constraint):
    """Keeps a weight between 0 and 1."""

    def __call__(self, w):
        return keras.ops.clip(w, 0.0, 1.0)


class MixedPooling(WindowedPooling):
    """A share of the maximum and the rest of the mean: `share * max(a) + (1 - share) * mean(a)`.

    The share is a weight (Lee et al.), or drawn in training (Yu et al.): then every call takes the maximum or the
    mean, each half of the time, and their average afterwards.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        share: where the weight begins, from 0 to 1.
        per_channel: one share a channel instead of one for all.
        drawn: draw; there is no weight then, and the share is 0.5.
        seed: of the draws, an integer or a `keras.random.SeedGenerator`.
        share_constraint: of the weight `share`.

    >>> import numpy as np
    >>> MixedPooling2D()(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[2.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "share", "per_channel", "drawn", "seed", "share_constraint")

    def __init__(
        self, pool_size=2, strides=None, padding="valid", *, share=0.5, per_channel=False, drawn=False, seed=None,
        share_constraint="unit_interval", **kwargs,
    ):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.share, self.per_channel, self.drawn, self.seed = float(share), per_channel, drawn, seed
        unit = share_constraint == "unit_interval"
        self.share_constraint = UnitInterval() if unit else keras.constraints.get(share_constraint)
        if drawn and (share != 0.5 or per_channel):
            raise ValueError("drawn=True draws the maximum or the mean evenly: leave share and per_channel alone")
        self.seed_generator = keras.random.SeedGenerator(seed) if drawn else None

    def build(self, input_shape):
        if not self.drawn:
            self.share_weight = self.add_weight(
                name="share", shape=(input_shape[-1],) if self.per_channel else (),
                initializer=keras.initializers.Constant(self.share), constraint=self.share_constraint,
            )
        super().build(input_shape)

    def call(self, inputs, training=False):
        if not self.drawn:
            share = self.share_weight
        elif training:
            share = tf.cast(keras.random.uniform((), seed=self.seed_generator) < 0.5, self.compute_dtype)
        else:
            share = 0.5
        return functional.mixed_pool(inputs, **self.window, share=share)


class GatedPooling(WindowedPooling):
    """Maximum and mean mixed by a gate that looks at the window, `s = sigmoid(sum(gate * a))`.

    Arguments and shapes as `MaxPooling2D`, and:

    Args:
        gate_initializer, gate_regularizer, gate_constraint: of the weight `gate`, of the window's shape: one for all
            channels and windows. It begins, as the authors', normal with deviation 0.1.

    >>> import numpy as np
    >>> GatedPooling2D(gate_initializer="zeros")(np.array([[[[1.0], [3.0]], [[2.0], [-2.0]]]])).numpy().tolist()
    [[[[2.0]]]]
    """

    arguments = (*WindowedPooling.arguments, "gate_initializer", "gate_regularizer", "gate_constraint")

    def __init__(
        self, pool_size=2, strides=None, padding="valid", *, gate_initializer=None, gate_regularizer=None,
        gate_constraint=None, **kwargs,
    ):
        super().__init__(pool_size, strides, padding, **kwargs)
        self.gate_initializer = keras.initializers.get(gate_initializer or keras.initializers.RandomNormal(stddev=0.1))
        self.gate_regularizer = keras.regularizers.get(gate_regularizer)
        self.gate_constraint = keras.constraints.get(gate_constraint)

    def build(self, input_shape):
        self.gate = self.add_weight(
            name="gate", shape=self.pool_size, initializer=self.gate_initializer,
            regularizer=self.gate_regularizer, constraint=self.gate_constraint,
        )
        super().build(input_shape)

    def call(self, inputs):
        return functional.gated_pool(inputs, self.gate, **self.window)


MixedPooling1D, MixedPooling2D, MixedPooling3D = by_rank(MixedPooling)
GatedPooling1D, GatedPooling2D, GatedPooling3D = by_rank(GatedPooling)
