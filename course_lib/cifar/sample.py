"""A small image set drawn by code, for where CIFAR-10 is not at hand. It is not CIFAR-10, nor like it.

Ten classes, five shapes each in two textures, on plain ground. Place, size, turn, colours, light and noise say
nothing of the class: a network has to find a shape and a texture somewhere in the image.
"""

from __future__ import annotations

import numpy as np

from .data import Images

_SHAPES = ("disc", "square", "triangle", "ring", "cross")
_TEXTURES = ("striped", "checked")
SAMPLE_CLASSES = tuple(f"{texture} {shape}" for shape in _SHAPES for texture in _TEXTURES)
_SIZE = 32


def load_sample(train: int = 4000, test: int = 1000, *, seed: int = 0) -> Images:
    """Draw the set: the same `seed` and counts give the same pixels.

    Args:
        train, test: how many images; classes take turns, so their counts differ by one at most.
        seed: of the nuisances, a non-negative integer.

    Returns:
        Images `(N, 32, 32, 3)` uint8, labels `(N,)` int64 from 0 to 9, the classes' names.

    Raises:
        ValueError: a count is less than 1, or `seed` is negative.

    >>> images = load_sample(20, 10)
    >>> images.classes[images.y_train[1]], images.x_train.dtype
    ('checked disc', dtype('uint8'))
    """
    if train < 1 or test < 1:
        raise ValueError(f"train and test must be at least 1, got {train} and {test}")
    rng = np.random.default_rng([seed, 2])
    x_train, y_train = _draw(train, rng)
    x_test, y_test = _draw(test, rng)
    source = f"drawn by course_lib.cifar.load_sample({train}, {test}, seed={seed}); not CIFAR-10"
    return Images(x_train, y_train, x_test, y_test, SAMPLE_CLASSES, source)


def _draw(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count) % len(SAMPLE_CLASSES)
    shape, texture = np.divmod(labels, len(_TEXTURES))
    u, v = _own_axes(count, rng)
    inside = np.empty((count, _SIZE, _SIZE), np.float32)
    for k, distance in enumerate((_disc, _square, _triangle, _ring, _cross)):
        chosen = shape == k
        inside[chosen] = _smooth(-distance(u[chosen], v[chosen]))
    figure = _pattern(u, v, texture[:, None, None], rng)
    paint, ground = _colours(count, rng)
    light = 1 + _slope(count, rng)
    body = paint[:, 0] * figure[..., None] + paint[:, 1] * (1 - figure[..., None])
    picture = (inside[..., None] * body + (1 - inside[..., None]) * ground) * light[..., None]
    picture += rng.standard_normal(picture.shape, np.float32) * _uniform(rng, 0.02, 0.14, (count, 1, 1, 1))
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8), labels.astype(np.int64)


def _uniform(rng, low, high, shape):
    # Single precision halves the time; pixels have eight bits.
    return rng.uniform(low, high, shape).astype(np.float32)


def _own_axes(count, rng):
    """Each pixel in its image's own frame, where the shape is upright, in the middle, and of size one."""
    y, x = np.mgrid[:_SIZE, :_SIZE].astype(np.float32) - (_SIZE - 1) / 2
    each = (count, 1, 1)
    radius, turn = _uniform(rng, 7, 12, each), _uniform(rng, -np.pi, np.pi, each)
    x, y = x - _uniform(rng, -5, 5, each), y - _uniform(rng, -5, 5, each)
    return (np.cos(turn) * x + np.sin(turn) * y) / radius, (np.cos(turn) * y - np.sin(turn) * x) / radius


def _disc(u, v):
    return np.hypot(u, v) - 0.9


def _square(u, v):
    return np.maximum(abs(u), abs(v)) - 0.8


def _triangle(u, v):
    return np.maximum(-v - 0.6, np.maximum(0.866 * u + 0.5 * v, -0.866 * u + 0.5 * v) - 0.6)


def _ring(u, v):
    return abs(np.hypot(u, v) - 0.75) - 0.25


def _cross(u, v):
    u, v = abs(u), abs(v)
    return np.maximum(np.maximum(u, v) - 1, np.minimum(u, v) - 0.3)


def _smooth(depth):
    return np.clip(0.5 + 5 * depth, 0, 1)


def _pattern(u, v, checked, rng):
    """0 or 1 with soft edges: stripes, or stripes crossed with stripes."""
    count = len(u)
    frequency, phase = _uniform(rng, 6, 9, (count, 1, 1)), _uniform(rng, 0, 2 * np.pi, (2, count, 1, 1))
    first, second = np.sin(frequency * u + phase[0]), np.sin(frequency * v + phase[1])
    return np.clip(0.5 + 2 * np.where(checked, first * second, first), 0, 1)


def _colours(count, rng):
    """Two paints and a ground, a dark paint always with a light one."""
    paint = np.stack([_uniform(rng, 0, 0.45, (count, 3)), _uniform(rng, 0.55, 1, (count, 3))], axis=1)
    swapped = rng.random(count) < 0.5
    paint[swapped] = paint[swapped, ::-1]
    return paint[:, :, None, None], _uniform(rng, 0.1, 0.9, (count, 1, 1, 3))


def _slope(count, rng):
    """Light that falls off across the image."""
    y, x = np.mgrid[:_SIZE, :_SIZE].astype(np.float32) / _SIZE - 0.5
    a, b = _uniform(rng, -0.4, 0.4, (2, count, 1, 1))
    return a * x + b * y
