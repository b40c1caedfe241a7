"""For each row of the catalogue that has a functional form: inputs and arguments to try it on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from course_lib.layers.engine import Geometry
from course_lib.windows import lay


@dataclass
class Case:
    """`function(*arrays, **how)`; the gradient is compared for the first `differentiable` arrays.

    `batched` are the arrays whose first axis is the batch of the result.
    """

    arrays: tuple
    how: dict = field(default_factory=dict)
    differentiable: int = 1
    batched: tuple = (0,)


def halves(*shape, seed=0):
    """Half-integers of both signs: many ties, and sums that every dtype holds exactly."""
    return np.random.default_rng(seed).integers(-4, 5, shape) / 2.0


def reals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


GEOMETRIES = [
    ((4, 6), {"pool_size": 2}),
    ((5, 7), {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}),
    ((9,), {"pool_size": 3, "strides": 2, "padding": "same_lower", "dilation": 2}),
]
# Compiled even where the others are not, and slow to compile: the engine's own tests go through many volumes.
VOLUME = ((4, 5, 3), {"pool_size": 2, "strides": (2, 1, 3), "padding": ((0, 1), (1, 0), (1, 1)), "ceil_mode": True})


def windowed(make=halves, *more, differentiable=1, volume=False, **how):
    """The geometries above; `more` are functions of the window's shape that make further inputs."""
    cases = []
    for spatial, geometry in [*GEOMETRIES, *([VOLUME] if volume else [])]:
        window = Geometry.of(len(spatial), **geometry).pool
        arrays = (make(2, *spatial, 3), *(further(window) for further in more))
        cases.append(Case(arrays, {**geometry, **how}, differentiable))
    return cases


def maps(make=halves, **how):
    return [Case((make(2, *spatial, 3),), how) for spatial in ((4, 6), (7,), (2, 3, 4))]


def positive_weights(shape):
    return np.random.default_rng(3).integers(0, 4, shape) / 2.0


def labels(below, *shape):
    return np.random.default_rng(1).integers(0, below, shape)


CUTS = [np.array([0, 1, 3, 5, 7]), np.array([0, 3, 4, 6, 8, 10])]
ROIS = np.array([[0, 0, 0, 11, 7], [1, 3, 2, 5, 3], [1, -4, 5, 30, 9], [0, 6.5, 1.25, 9, 12], [1, 40, 40, 50, 50.0]])


def drawing(make, **how):
    """Not training, and training with numbers drawn here."""
    cases = windowed(make, **how)
    for case in windowed(make, training=True, **how):
        geometry = {name: value for name, value in case.how.items() if name not in ("training", *how)}
        out = lay(case.arrays[0].shape, **geometry).out
        case.how["rng"] = np.random.default_rng(5).random((2, *out, 3))
        cases.append(case)
    return cases


def positive(*shape, seed=0):
    """Half-integers with zeros among them."""
    return np.maximum(halves(*shape, seed=seed), 0)


CASES = {
    "max_pool": windowed(volume=True),
    "min_pool": windowed(),
    "average_pool": [*windowed(volume=True), *windowed(count_include_pad=True)],
    "lp_pool": [
        *windowed(), *windowed(p=3, normalized=False), *windowed(reals, p=2.5), *windowed(p=1), *windowed(p=np.inf)
    ],
    "weighted_pool": [*windowed(halves, positive_weights), *windowed(halves, lambda w: positive_weights((*w, 3)))],
    "information_pool": windowed(positive),
    "soft_pool": windowed(),
    "lip_pool": [Case((c.arrays[0], reals(*c.arrays[0].shape)), c.how, 2, (0, 1)) for c in windowed()],
    "mixed_pool": [*windowed(share=0.25), *windowed(share=np.array([0.0, 1.0, 0.25]))],
    "gated_pool": windowed(halves, lambda w: reals(*w), differentiable=2),
    "avg_topk_pool": [*windowed(), *windowed(k=1)],
    "rank_average_pool": windowed(),
    "rank_weighted_pool": [*windowed(), *windowed(alpha=0.2, normalize=False)],
    "ordinal_pool": windowed(halves, lambda w: np.arange(np.prod(w)) ** 1.5),
    "rank_stochastic_pool": drawing(halves, alpha=0.3),
    "stochastic_pool": drawing(positive),
    "adaptive_average_pool": [
        *maps(output_size=2), *maps(output_size=3), Case((reals(1, 3, 5, 2),), {"output_size": (5, 7)})
    ],
    "adaptive_max_pool": [
        *maps(output_size=2), *maps(output_size=1), Case((halves(1, 3, 5, 2),), {"output_size": (5, 7)})
    ],
    "fractional_max_pool": [
        Case((halves(2, 7, 10, 3),), {"sequences": CUTS, "overlapping": o}) for o in (False, True)
    ],
    "fractional_average_pool": [
        Case((reals(2, 7, 10, 3),), {"sequences": CUTS, "overlapping": o}) for o in (False, True)
    ],
    "spatial_pyramid_pool": [*maps(levels=(1, 2)), *maps(reals, levels=(3, 1), mode="average")],
    "pixel_pyramid_pool": maps(sizes=(5, 3, 1))[:2],
    "blur_pool": [*maps(reals, filter_size=3), Case((reals(2, 6, 7, 3),), {"filter_size": 4, "strides": (1, 3)})],
    "max_blur_pool": [Case((halves(2, 6, 7, 3),), {"filter_size": f}) for f in (3, 5)],
    "spectral_pool": [*maps(reals, output_size=2), Case((reals(2, 6, 7, 3),), {"output_size": (4, 3)})],
    "roi_max_pool": [
        Case((halves(2, 6, 7, 3), ROIS), {"output_size": size, "spatial_scale": 0.5}, batched=(1,))
        for size in (2, (3, 4))
    ],
    "roi_align": [
        Case((reals(2, 6, 7, 3), ROIS), {"output_size": (2, 3), "spatial_scale": 0.5, **how}, batched=(1,)) for how in (
            {}, {"aligned": False, "sampling_ratio": 0}, {"mode": "max"}, {"mode": "corner_max", "sampling_ratio": 1}
        )
    ],
    "superpixel_pool": [
        Case((halves(2, 4, 6, 3), labels(5, 2, 4, 6)), {"segments": 7, "mode": mode}, batched=(0, 1))
        for mode in ("mean", "max")
    ],
    "max_unpool": [Case((halves(2, 2, 3, 3), labels(24, 2, 2, 3, 3)), {"output_shape": (4, 6)}, batched=(0, 1))],
    "average_unpool": [
        Case((reals(2, 2, 3, 3),), {"output_shape": (5, 6)}),
        Case((reals(2, 3, 3, 3),), {"pool_size": 3, "strides": 2, "padding": "same", "output_shape": (5, 6)}),
    ],
    "bilinear_pool": [*maps(), *maps(signed_sqrt=False, l2=False)],
    "compact_bilinear_pool": [*maps(dim=5), *maps(dim=4, method="random_maclaurin", seed=3)],
    "vlad_pool": [Case((reals(2, 4, 6, 3), reals(5, 3, seed=1)))],
    "mop_pool": [Case((reals(2, 4, 6, 3), reals(5, 3, seed=1)), {"levels": ((4, 4), (2, 3))})],
    "attention_pool": [Case((reals(2, 4, 6, 3), reals(5, 3, seed=1), reals(5, seed=2)), differentiable=3)],
    "intermap_pool": [Case((halves(2, 4, 6, 6),), {"group_size": 3, "mode": mode}) for mode in ("max", "average")],
    "global_lp_pool": [*maps(), *maps(p=1, keepdims=True), *maps(p=2.5), *maps(p=np.inf)],
    "gem_pool": [*maps(reals), *maps(reals, p=np.array([1.0, 2.5, np.inf]))],
    "global_average_pool": [*maps(), *maps(keepdims=True)],
    "global_max_pool": [*maps(), *maps(keepdims=True)],
}
