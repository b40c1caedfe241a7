"""For each layer: a way to make it, inputs, and the values that the NumPy reference gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

import course_lib
from course_lib import layers

SPATIAL = {1: (7,), 2: (6, 5), 3: (4, 5, 3)}


@dataclass
class Sample:
    name: str
    function: Callable
    how: dict = field(default_factory=dict)
    shapes: tuple = ((2, 6, 5, 4),)
    needs_sizes: bool = False  # spatial sizes must be known when the layer is built
    compiles: bool = True  # works inside jit_compile=True
    extra: Callable = lambda layer: ()  # weights that the reference takes as arrays

    @property
    def id(self):
        return f"{self.name}-{'-'.join(map(str, self.how.values()))}" if self.how else self.name

    def layer(self, **more):
        return getattr(layers, self.name)(**self.how, **more)

    def arrays(self):
        return [np.random.default_rng(i).standard_normal(s).astype("float32") for i, s in enumerate(self.shapes)]

    def inputs(self):
        arrays = self.arrays()
        return arrays[0] if len(arrays) == 1 else arrays

    def unknown(self, array):
        """Shape of a Keras input for this array, without what may be unknown."""
        return array.shape[1:] if self.needs_sizes else (*[None] * (array.ndim - 2), array.shape[-1])

    def expected(self, layer, inputs):
        arrays = inputs if isinstance(inputs, list) else [inputs]
        weights = [np.asarray(tf.cast(w, tf.float32)) for w in self.extra(layer)]
        return self.function(*arrays, *weights, **self.how)


def ranked(name, function, *hows, **more):
    """The layers of all ranks, each with the first arguments; the others in two dimensions."""
    every = [Sample(f"{name}{r}D", function, hows[0], ((2, *SPATIAL[r], 4),), **more) for r in (1, 2, 3)]
    return [*every, *(Sample(f"{name}2D", function, how, **more) for how in hows[1:])]


OVERLAPPING = {"pool_size": (3, 2), "strides": 2, "padding": "same"}
EXPLICIT = {"pool_size": 2, "strides": 1, "padding": ((1, 0), (0, 1)), "dilation": 2, "ceil_mode": True}

SAMPLES = [
    *ranked("MaxPooling", course_lib.max_pool, {}, OVERLAPPING, EXPLICIT),
    *ranked("MinPooling", course_lib.min_pool, {}, OVERLAPPING),
    *ranked("AveragePooling", course_lib.average_pool, {}, OVERLAPPING, {**EXPLICIT, "count_include_pad": True}),
    *ranked("GlobalAveragePooling", course_lib.global_average_pool, {}, {"keepdims": True}),
    *ranked("GlobalMaxPooling", course_lib.global_max_pool, {}, {"keepdims": True}),
]
