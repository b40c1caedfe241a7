"""For each row of the catalogue some calls to try it on: `(x, further positional arguments, keyword arguments)`.

`x` holds distinct float64 values; where a function takes none below zero, or draws, the call says so.
"""

import numpy as np
from definition import distinct

import course_lib
from course_lib.catalogue import CATALOGUE

SEED = np.random.default_rng(7)
IMAGE = distinct(1, (2, 5, 6, 2))
LINE = distinct(2, (2, 9, 2))
CUBE = distinct(3, (1, 4, 5, 3, 2))
POSITIVE = [np.abs(x) + 0.1 for x in (IMAGE, LINE, CUBE)]

GEOMETRIES = [
    (IMAGE, (), {}),
    (IMAGE, (3, 2, "same"), {}),
    (IMAGE, ((2, 3), (1, 2), "same_lower"), {}),
    (IMAGE, (3, (3, 2), ((1, 2), (0, 1))), {"ceil_mode": True}),
    (LINE, (3, 1), {"dilation": 2}),
    (LINE, (2, 3), {"ceil_mode": True}),
    (CUBE, (2, 1, "same"), {}),
]


def windowed(positive=False, first=None, **how):
    """Calls over `GEOMETRIES`; `first(x, pool)` makes the argument before the geometry."""
    calls = []
    for x, geometry, more in GEOMETRIES:
        if positive:
            x = np.abs(x) + 0.1
        arguments = geometry
        if first is not None:
            pool = geometry[0] if geometry else 2
            pool = (pool,) * (x.ndim - 2) if isinstance(pool, int) else pool
            arguments = (first(x, pool), *(geometry or (2,)))
        calls.append((x, arguments, {**more, **{k: v(x) if callable(v) else v for k, v in how.items()}}))
    return calls


def drawn(row, calls):
    """The same calls in training, with the uniform numbers given."""
    trained = []
    for x, arguments, how in calls:
        shape = course_lib.average_pool(x, *arguments, **{k: v for k, v in how.items() if k != "alpha"}).shape
        trained.append((x, arguments, {**how, "training": True, "rng": np.random.default_rng(5).random(shape)}))
    return trained


def over(*arguments, xs=(IMAGE, LINE, CUBE), **how):
    return [(x, arguments, how) for x in xs]


def convolutions(transposed=False):
    calls = []
    for x, kernel, how in [
        (IMAGE, (3, 2, 2, 4), {"bias": SEED.standard_normal(4)}),
        (IMAGE, (3, 3, 1, 4), {"strides": 2, "padding": "same", "groups": 2}),
        (LINE, (3, 2, 3), {"padding": ((2, 1),), "dilation": 2}),
        (CUBE, (2, 3, 2, 2, 2), {"padding": "same_lower", "strides": (2, 1, 1)}),
    ]:
        bias = how.pop("bias", None)
        calls.append((x, (SEED.standard_normal(kernel), bias), how))
    return calls


ROIS = np.array([[0, 0, 0, 5, 3], [1, 1.2, 0.7, 3.9, 4.6], [0, -2, 2, 9, 9], [1, 4, 4, 2, 1]])
_STOCHASTIC, _RANK_STOCHASTIC = windowed(positive=True), windowed(alpha=0.3)
_INDEX = np.stack([np.random.default_rng(s).integers(0, 30, (2, 3, 2)) for s in (1, 2)], axis=-1).reshape(2, 3, 2, 2)

CALLS = {
    "conv": convolutions(),
    "conv_transpose": convolutions(),
    "max_pool": windowed(),
    "min_pool": windowed(),
    "average_pool": windowed() + windowed(count_include_pad=True),
    "mixed_pool": windowed(share=0.3) + windowed(share=np.array([0.0, 1.2])),
    "gated_pool": windowed(first=lambda x, pool: np.random.default_rng(3).standard_normal(pool) / 5),
    "lp_pool": windowed() + windowed(p=3.5, normalized=False) + windowed(p=np.inf) + windowed(p=1),
    "weighted_pool": windowed(first=lambda x, pool: np.random.default_rng(3).random(pool))
    + windowed(first=lambda x, pool: np.random.default_rng(3).random((*pool, 2))),
    "information_pool": windowed(positive=True),
    "soft_pool": windowed(),
    "lip_pool": windowed(first=lambda x, pool: np.random.default_rng(3).standard_normal(x.shape)),
    "avg_topk_pool": windowed() + windowed(k=1),
    "rank_average_pool": windowed() + windowed(t=2),
    "rank_weighted_pool": windowed() + windowed(alpha=0.3, normalize=False),
    "rank_stochastic_pool": _RANK_STOCHASTIC + drawn("rank_stochastic_pool", _RANK_STOCHASTIC),
    "ordinal_pool": windowed(first=lambda x, pool: np.random.default_rng(3).random(np.prod(pool))),
    "stochastic_pool": _STOCHASTIC + drawn("stochastic_pool", _STOCHASTIC),
    "global_average_pool": over() + over(True),
    "global_max_pool": over() + over(True),
    "global_lp_pool": over() + over(3.5, True) + over(np.inf),
    "gem_pool": over() + over(np.array([2.0, 4.0]), xs=POSITIVE) + over(np.inf, keepdims=True),
    "adaptive_average_pool": over(3) + over((4, 7), xs=[IMAGE]) + over(1),
    "adaptive_max_pool": over(3) + over((4, 7), xs=[IMAGE]) + over(1),
    "fractional_max_pool": over(([0, 2, 3, 5], [0, 1, 3, 4, 6]), xs=[IMAGE])
    + over(([0, 1, 3, 4, 6, 7, 9],), True, xs=[LINE]),
    "fractional_average_pool": over(([0, 2, 3, 5], [0, 1, 3, 4, 6]), xs=[IMAGE])
    + over(([0, 1, 3, 4, 6, 7, 9],), True, xs=[LINE]),
    "spatial_pyramid_pool": over() + over((3, 1), "average"),
    "pixel_pyramid_pool": over((3, 1)) + over(xs=[IMAGE]),
    "blur_pool": over() + over(4, 1) + over(2, (1, 2), xs=[IMAGE]),
    "max_blur_pool": over() + over(2, 2, 1),
    "spectral_pool": over(3) + over((4, 1), xs=[IMAGE]) + over((5, 6), xs=[IMAGE]),
    "roi_max_pool": over(ROIS, (2, 3), xs=[IMAGE]) + over(ROIS, 2, 0.5, xs=[IMAGE]),
    "roi_align": over(ROIS, (2, 3), xs=[IMAGE]) + over(ROIS, 2, 0.5, 0, False, xs=[IMAGE])
    + over(ROIS, 2, 0.7, 3, True, "max", xs=[IMAGE]) + over(ROIS, 2, 0.7, 2, True, "corner_max", xs=[IMAGE]),
    "superpixel_pool": [(x, (np.random.default_rng(4).integers(0, 4, x.shape[:-1]), 6), {"mode": mode})
                        for x in (IMAGE, LINE, CUBE) for mode in ("mean", "max")],
    "max_unpool": [(distinct(5, (2, 3, 2, 2)), (_INDEX, (5, 6)), {})],
    "average_unpool": [
        (distinct(5, (2, 2, 3, 2)), (), {"output_shape": (5, 6)}),
        (distinct(6, (2, 3, 3, 1)), (3, 2, "same"), {"output_shape": (2, 5, 6, 1)}),
    ],
    "bilinear_pool": over() + over(signed_sqrt=False) + over(l2=False),
    "compact_bilinear_pool": over(7) + over(6, method="random_maclaurin", seed=3),
    "vlad_pool": over(np.array([[0.0, 1.01], [3.02, -2.0], [-4.0, 0.53]])),
    "mop_pool": over(np.array([[0.0, 1.0], [3.0, -2.0]]), (3, 2)),
    "attention_pool": over(SEED.standard_normal((3, 2)) / 5, SEED.standard_normal(3)),
    "intermap_pool": over(2) + over(2, "average") + over(1),
}
EVERY = [(row, *call) for row in CATALOGUE for call in CALLS[row.name]]
ONE_EACH = [(row, *CALLS[row.name][0]) for row in CATALOGUE]
NAMES = [row.name for row, *_ in ONE_EACH]


def forward_and_gradient(row, x, arguments, how, dy=None):
    """`y`, the gradient in `x`, and all gradients."""
    y = row.forward(x, *arguments, **how)
    gradients = row.backward(np.ones(y.shape) if dy is None else dy, x, *arguments, **how)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    return y, gradients[0], gradients
