"""For each layer: a way to make it, inputs, and the values that the NumPy reference gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

import course_lib
from course_lib import layers

SPATIAL = {1: (7,), 2: (6, 5), 3: (4, 5, 3)}


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


def positive(*shape):
    return np.abs(normal(*shape))


@dataclass
class Sample:
    """`how` makes the layer, `theirs` are the reference's keyword arguments (the same unless given)."""

    name: str
    function: Callable
    how: dict = field(default_factory=dict)
    arrays: tuple = (normal(2, 6, 5, 4),)
    theirs: dict | None = None
    weights: tuple = ()  # attributes of the layer that the reference takes as arrays after the inputs
    by_name: dict = field(default_factory=dict)  # the same, as keyword arguments
    needs_sizes: bool = False  # spatial sizes must be known when the layer is built

    @property
    def id(self):
        return "-".join([self.name, *map(str, self.how.values())])

    def layer(self, **more):
        return getattr(layers, self.name)(**self.how, **more)

    def inputs(self):
        return self.arrays[0] if len(self.arrays) == 1 else list(self.arrays)

    def unknown(self, i):
        """Shape and dtype of a Keras input for an array, without what may be unknown."""
        array = self.arrays[i]
        if self.needs_sizes or array.ndim == 2:
            return array.shape[1:], array.dtype.name
        if array.ndim < self.arrays[0].ndim:
            return (None,) * (array.ndim - 1), array.dtype.name
        return (*[None] * (array.ndim - 2), array.shape[-1]), array.dtype.name

    def expected(self, layer):
        def value(attribute):
            return np.asarray(tf.cast(getattr(layer, attribute), tf.float32))

        named = {argument: value(attribute) for argument, attribute in self.by_name.items()}
        how = self.how if self.theirs is None else self.theirs
        return self.function(*self.arrays, *map(value, self.weights), **{**how, **named})


def ranked(name, function, *hows, make=normal, **more):
    """The layers of all ranks, each with the first arguments; the others in two dimensions."""
    every = [Sample(f"{name}{r}D", function, hows[0], (make(2, *SPATIAL[r], 4),), **more) for r in (1, 2, 3)]
    return [*every, *(Sample(f"{name}2D", function, how, (make(2, 6, 5, 4),), **more) for how in hows[1:])]


OVERLAPPING = {"pool_size": (3, 2), "strides": 2, "padding": "same"}
EXPLICIT = {"pool_size": 2, "strides": 1, "padding": ((1, 0), (0, 1)), "dilation": 2, "ceil_mode": True}
SHARE = {"share": "share_weight"}
ROIS = np.array([[0, 0, 0, 3, 3], [1, 1, 2, 4, 5]], "float32")
LABELS = np.random.default_rng(0).integers(0, 4, (2, 6, 5)).astype("int32")


def fractional(function):
    """The layers' sequences outside training are those of u = 1/2."""
    def pool(x, output_size, overlapping=False):
        cuts = [course_lib.fractional_sequence(n, output_size, rng=0.5) for n in x.shape[1:-1]]
        return function(x, cuts, overlapping)
    return pool


def switched(rank):
    pooled, index = course_lib.max_pool_argmax(normal(2, *SPATIAL[rank], 4))
    return pooled, index.astype("int32")


SAMPLES = [
    *ranked("MaxPooling", course_lib.max_pool, {}, OVERLAPPING, EXPLICIT),
    *ranked("MinPooling", course_lib.min_pool, {}, OVERLAPPING),
    *ranked("AveragePooling", course_lib.average_pool, {}, OVERLAPPING, {**EXPLICIT, "count_include_pad": True}),
    *ranked("LpPooling", course_lib.lp_pool, {}, {**OVERLAPPING, "p": 3.5, "normalized": False}),
    *ranked("WeightedPooling", course_lib.weighted_pool, {}, theirs={}, weights=("kernel",)),
    Sample(
        "WeightedPooling2D", course_lib.weighted_pool, {"per_channel": True},
        (positive(2, 6, 5, 4),), theirs={}, weights=("kernel",),
    ),
    *ranked("InformationPooling", course_lib.information_pool, {}, make=positive),
    *ranked("SoftPooling", course_lib.soft_pool, {}, OVERLAPPING),
    *(Sample(f"LIPPooling{r}D", course_lib.lip_pool, {}, (normal(2, *SPATIAL[r], 4), positive(2, *SPATIAL[r], 4)))
      for r in (1, 2, 3)),
    *ranked("MixedPooling", course_lib.mixed_pool, {"share": 0.25}, {"per_channel": True}, theirs={}, by_name=SHARE),
    Sample("MixedPooling2D", course_lib.mixed_pool, OVERLAPPING, by_name=SHARE),
    Sample("MixedPooling2D", course_lib.mixed_pool, {"drawn": True, "seed": 3}, theirs={}),
    *ranked("GatedPooling", course_lib.gated_pool, {}, theirs={}, weights=("gate",)),
    *ranked("AvgTopKPooling", course_lib.avg_topk_pool, {}, {**OVERLAPPING, "k": 3}),
    *ranked("RankAveragePooling", course_lib.rank_average_pool, {}),
    *ranked("RankWeightedPooling", course_lib.rank_weighted_pool, {}, {"alpha": 0.2, "normalize": False}),
    *ranked("RankStochasticPooling", course_lib.rank_stochastic_pool, {"alpha": 0.3}),
    *ranked("OrdinalPooling", course_lib.ordinal_pool, {}, theirs={}, weights=("ranks",)),
    *ranked("StochasticPooling", course_lib.stochastic_pool, {}, make=positive),
    *ranked("GlobalAveragePooling", course_lib.global_average_pool, {}, {"keepdims": True}),
    *ranked("GlobalMaxPooling", course_lib.global_max_pool, {}, {"keepdims": True}),
    *ranked("GlobalLpPooling", course_lib.global_lp_pool, {}, {"p": 4.5, "keepdims": True}),
    *ranked("GeMPooling", course_lib.gem_pool, {"p": 2.5}, {"per_channel": True}, theirs={}, by_name={"p": "power"}),
    *ranked("AdaptiveAveragePooling", course_lib.adaptive_average_pool, {"output_size": 2}),
    *ranked("AdaptiveMaxPooling", course_lib.adaptive_max_pool, {"output_size": 2}, {"output_size": 1}),
    *ranked("SpectralPooling", course_lib.spectral_pool, {"output_size": 2}),
    *ranked("SpatialPyramidPooling", course_lib.spatial_pyramid_pool, {"levels": (1, 2)}, {"mode": "average"}),
    *ranked("PixelPyramidPooling", course_lib.pixel_pyramid_pool, {"sizes": (3, 1)}, {}),
    *ranked("FractionalMaxPooling", fractional(course_lib.fractional_max_pool), {"output_size": 3}),
    *ranked(
        "FractionalAveragePooling", fractional(course_lib.fractional_average_pool),
        {"output_size": 3}, {"output_size": 4, "overlapping": True},
    ),
    *ranked("BlurPooling", course_lib.blur_pool, {}, {"filter_size": 4, "strides": (1, 3)}),
    *ranked("MaxBlurPooling", course_lib.max_blur_pool, {}),
    *(Sample(f"MaxUnpooling{r}D", lambda y, index, output_size: course_lib.max_unpool(y, index, output_size),
             {"output_size": SPATIAL[r]}, switched(r)) for r in (1, 2, 3)),
    *(Sample(f"AverageUnpooling{r}D", course_lib.average_unpool, {"output_size": SPATIAL[r]}, switched(r)[:1],
             theirs={"output_shape": SPATIAL[r]}) for r in (1, 2, 3)),
    Sample("RoIMaxPooling2D", course_lib.roi_max_pool, {"output_size": 2}, (normal(2, 6, 5, 4), ROIS)),
    Sample("RoIAlign2D", course_lib.roi_align, {"output_size": 2}, (normal(2, 6, 5, 4), ROIS)),
    Sample("RoIAlign2D", course_lib.roi_align, {"output_size": 2, "mode": "max"}, (normal(2, 6, 5, 4), ROIS)),
    Sample("SuperpixelPooling", course_lib.superpixel_pool, {"segments": 5}, (normal(2, 6, 5, 4), LABELS)),
    Sample(
        "SuperpixelPooling", course_lib.superpixel_pool, {"segments": 5, "mode": "max"}, (normal(2, 6, 5, 4), LABELS)
    ),
    Sample("BilinearPooling", course_lib.bilinear_pool),
    Sample("CompactBilinearPooling", course_lib.compact_bilinear_pool, {"dim": 6}),
    Sample("VLADPooling", course_lib.vlad_pool, {"clusters": 3}, theirs={}, weights=("centres",)),
    Sample(
        "MOPPooling", course_lib.mop_pool, {"clusters": 3, "levels": (3, 2)}, theirs={"levels": (3, 2)},
        weights=("centres",),
    ),
    Sample("AttentionPooling", course_lib.attention_pool, {"units": 3}, theirs={}, weights=("w", "v")),
    Sample("InterMapPooling", course_lib.intermap_pool, {"group_size": 2}),
]
