"""Golden values for the pooling playground: what its arithmetic in the browser must come to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import course_lib
from course_lib.figures.playground import arguments_of, pool, read

NOT_NEGATIVE = ("information_pool", "stochastic_pool")
# Every pooling of the playground, with settings of its own arguments.
VARIANTS = {
    "max_pool": [""],
    "min_pool": [""],
    "average_pool": ["", "count_include_pad=true"],
    "weighted_pool": ["", "pool_size=2,3&weights=0,1,2,0,0,0.5"],
    "information_pool": [""],
    "lp_pool": ["p=1", "p=3", "p=2.5&normalized=false", "p=20"],
    "soft_pool": [""],
    "lip_pool": ["", "beta=0", "beta=20", "beta=0.5"],
    "mixed_pool": ["", "share=0.25", "share=1", "share=0"],
    "gated_pool": ["", "gate=-0.35"],
    "avg_topk_pool": ["", "k=1", "k=3", "k=12"],
    "rank_average_pool": ["", "t=1", "t=3"],
    "rank_weighted_pool": ["", "alpha=0.3", "alpha=1", "alpha=0.8&normalize=false"],
    "ordinal_pool": ["", "pool_size=3,1&weights=0,0.3,2", "pool_size=2&weights=0,0,0,1"],
    "stochastic_pool": [""],
    "blur_pool": ["", "filter_size=1", "filter_size=2", "filter_size=5"],
    "max_blur_pool": ["", "filter_size=2", "filter_size=4"],
    "global_average_pool": [""],
    "global_max_pool": [""],
    "global_lp_pool": ["p=2", "p=1", "p=5.5"],
    "gem_pool": ["", "p=1", "p=6.5"],
    "adaptive_average_pool": ["", "output_size=1", "output_size=2,5", "output_size=7"],
    "adaptive_max_pool": ["", "output_size=1", "output_size=2,5", "output_size=7"],
}


# Dilated, the window steps over the only cell of this map.
NO_CELL = "x=5&pool_size=2&strides=1&padding=same&dilation=2"


def document() -> dict:
    """What the browser's check reads: the cases, and the titles that the catalogue gives the poolings."""
    return {"titles": {name: course_lib.by_name(name).title for name in VARIANTS}, "cases": list(cases())}


def cases(draws: int = 6) -> Iterator[dict]:
    """Situations with their output and gradient, or with the name of the error that the reference raises.

    Every pooling with arguments of its own has them varied; windows, strides, padding and dilation are drawn,
    with a fixed seed, on maps with ties and negative numbers, and on maps of many digits.
    """
    rng = np.random.default_rng(7)
    for name, variants in VARIANTS.items():
        yield _worked(f"pooling={name}", rng)
        for draw in range(draws):
            x = _drawn_map(rng, draw, name in NOT_NEGATIVE)
            variant = variants[draw % len(variants)]
            parts = [f"pooling={name}", "x=" + _written(x), *_drawn_geometry(rng, name, variant), variant]
            yield _worked("&".join(filter(None, parts)), rng)
        if "padding" in arguments_of(name):
            yield _worked(f"pooling={name}&{NO_CELL}", rng)


def _drawn_map(rng, draw: int, not_negative: bool) -> np.ndarray:
    shape = rng.integers(4, 9, 2)
    x = rng.integers(-3, 5, shape) if draw % 2 else rng.normal(0, 3, shape).round(3)
    return np.abs(x) if not_negative and draw else x


def _drawn_geometry(rng, name: str, variant: str) -> list[str]:
    choices = {
        "pool_size": _written(rng.integers(1, 4, (1, 2))),
        "strides": _written(rng.integers(1, 4, (1, 2))),
        "padding": rng.choice(["valid", "same", "same_lower"]),
        "dilation": _written(rng.choice([1, 1, 2], (1, 2))),
        "ceil_mode": rng.choice(["true", "false"]),
    }
    return [f"{key}={value}" for key, value in choices.items() if key in arguments_of(name) and key not in variant]


def _written(values: np.ndarray) -> str:
    return ";".join(",".join(f"{v:g}" for v in row) for row in values)


def _worked(text: str, rng) -> dict:
    situation = read(text)
    try:
        shape = pool(situation)[0].shape
    except (TypeError, ValueError) as error:
        return {"state": text, "error": type(error).__name__}
    situation.dy = rng.integers(-4, 5, shape) / 2
    y, dx = pool(situation)
    return {"state": f"{text}&dy={_written(situation.dy)}", "y": _plain(y), "dx": _plain(dx)}


def _plain(values: np.ndarray) -> list:
    # JSON has no infinities.
    return [[v if np.isfinite(v) else str(v) for v in row] for row in values.tolist()]
