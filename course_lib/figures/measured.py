"""What the book measures of every windowed pooling alike: change under shifts, and the flow of gradients.

The poolings come from the catalogue; one that needs more than an image gets here what makes it typical.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from course_lib import blur_pool
from course_lib.catalogue import CATALOGUE, Pooling


@dataclass(frozen=True)
class Windowed:
    """A pooling of windows as functions of the image alone: `pool(x, size, strides)`, `back(dy, x, size, strides)`."""

    title: str
    pool: Callable
    back: Callable


def windowed() -> dict[str, Windowed]:
    """Every pooling of the catalogue that works on windows, by name.

    >>> windowed()["max_pool"].pool(np.array([[[1.0], [3.0]]]), 2)
    array([[[3.]]])
    """
    return {row.name: _bound(row) for row in CATALOGUE if _takes_windows(row)}


def blurred(pooling: Windowed, x: np.ndarray, size: int = 2) -> np.ndarray:
    """The anti-aliased form: the pooling at stride 1, then a blur that does the subsampling by 2."""
    return blur_pool(pooling.pool(x, size, 1))


def relative_change(pool: Callable, frames: Iterable[np.ndarray]) -> np.ndarray:
    """Mean over the images of `|pool(frame) - pool(first)| / |pool(first)|`, for every frame after the first.

    Args:
        pool: from `(N, H, W, C)` to an array with N first.
        frames: the same N images, as the camera moves.
    """
    first, *others = (np.asarray(pool(frame)).reshape(len(frame), -1) for frame in frames)
    length = np.linalg.norm(first, axis=1)
    return np.array([np.mean(np.linalg.norm(other - first, axis=1) / length) for other in others])


def crops(images: np.ndarray, most: int, axis: int = 2) -> list[np.ndarray]:
    """`most + 1` views of the images, each a pixel further along the axis: what leaves is gone, what enters is new."""
    size = images.shape[axis] - most
    return [np.take(images, np.arange(start, start + size), axis) for start in range(most + 1)]


def gradient_flow(pooling: Windowed, x: np.ndarray, dy: np.ndarray, size: int = 2) -> tuple[float, float]:
    """How much of a gradient arrives, and how widely it is spread.

    Returns:
        The length of the gradient in `x` for one of length 1; and the share of the cells that would have to share
        it equally to be as concentrated as it is, `sum(|dx|)**2 / (cells * sum(dx**2))`.
    """
    dx = pooling.back(dy, x, size)
    squares = np.sum(dx**2)
    return float(np.sqrt(squares / np.sum(dy**2))), float(np.sum(np.abs(dx)) ** 2 / (dx.size * squares))


def clouds(count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Random images with the spectrum of natural ones, falling as 1 / frequency: `(count, size, size, 1)`, above 0."""
    waves = np.fft.fft2(rng.normal(size=(count, size, size)), axes=(1, 2))
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size))
    images = np.fft.ifft2(waves / np.maximum(np.hypot(fy, fx), 1 / size), axes=(1, 2)).real
    return (images - images.min((1, 2), keepdims=True))[..., None] / images.std()


def _takes_windows(row: Pooling) -> bool:
    parameters = inspect.signature(row.forward).parameters
    return {"strides", "pool_size"} <= set(parameters) and not {"output_shape", "filter_size"} & set(parameters)


def _bound(row: Pooling) -> Windowed:
    own = _OWN.get(row.name, lambda x, size: {})

    def pool(x, size=2, strides=None):
        return row.forward(x, pool_size=size, strides=strides, **own(x, size))

    def back(dy, x, size=2, strides=None):
        dx = row.backward(dy, x, pool_size=size, strides=strides, **own(x, size))
        if row.name == "lip_pool":
            return dx[0] + _IMPORTANCE * dx[1]
        return dx[0] if isinstance(dx, tuple) else dx

    return Windowed(row.title, pool, back)


_IMPORTANCE = 2
# Weights that halve from the first corner; a gate that sees the mean; logits that favour large values; falling ranks.
_OWN = {
    "weighted_pool": lambda x, size: {"weights": np.outer(*[0.5 ** np.arange(size)] * 2)},
    "gated_pool": lambda x, size: {"gate": np.full((size, size), 1 / size**2)},
    "lip_pool": lambda x, size: {"logits": _IMPORTANCE * x},
    "ordinal_pool": lambda x, size: {"weights": np.arange(size**2, 0, -1)},
}
