"""For each row of the catalogue that has a functional form: inputs and arguments to try it on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from course_lib.layers.engine import Geometry


@dataclass
class Case:
    """`function(*arrays, **how)`; the gradient is compared for the first `differentiable` arrays."""

    arrays: tuple
    how: dict = field(default_factory=dict)
    differentiable: int = 1


def halves(*shape, seed=0):
    """Half-integers of both signs: many ties, and sums that every dtype holds exactly."""
    return np.random.default_rng(seed).integers(-4, 5, shape) / 2.0


def reals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


GEOMETRIES = [
    ((4, 6), {"pool_size": 2}),
    ((5, 7), {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}),
    ((9,), {"pool_size": 3, "strides": 2, "padding": "same_lower", "dilation": 2}),
    ((4, 5, 3), {"pool_size": 2, "strides": (2, 1, 3), "padding": ((0, 1), (1, 0), (1, 1)), "ceil_mode": True}),
]


def windowed(make=halves, *more, differentiable=1, **how):
    """The geometries above; `more` are functions of the window's shape that make further inputs."""
    cases = []
    for spatial, geometry in GEOMETRIES:
        window = Geometry.of(len(spatial), **geometry).pool
        arrays = (make(2, *spatial, 3), *(further(window) for further in more))
        cases.append(Case(arrays, {**geometry, **how}, differentiable))
    return cases


def maps(make=halves, **how):
    return [Case((make(2, *spatial, 3),), how) for spatial in ((4, 6), (7,), (2, 3, 4))]


CASES = {
    "max_pool": windowed(),
    "min_pool": windowed(),
    "average_pool": [*windowed(), *windowed(count_include_pad=True)],
    "global_average_pool": [*maps(), *maps(keepdims=True)],
    "global_max_pool": [*maps(), *maps(keepdims=True)],
}
