"""How a trained network takes small changes of its input."""

from __future__ import annotations

import keras
import numpy as np

from .training import predict


def shift_consistency(model: keras.Model, x: np.ndarray, pixels: int) -> float:
    """Share of predictions that stay when the image moves by so many pixels, mean over the four directions.

    The border that a move uncovers is reflected, for the unmoved image as for the moved ones.

    Raises:
        ValueError: `pixels` is less than 1.
    """
    if pixels < 1:
        raise ValueError(f"pixels must be at least 1, got {pixels}")
    height, width = x.shape[1:3]
    wide = np.pad(x, ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0)), mode="reflect")
    still = predict(model, x).argmax(1)
    moves = ((0, pixels), (2 * pixels, pixels), (pixels, 0), (pixels, 2 * pixels))
    kept = [
        np.mean(predict(model, wide[:, top:top + height, left:left + width]).argmax(1) == still)
        for top, left in moves
    ]
    return float(np.mean(kept))


def noisy_accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray, sigma: float, *, seed: int = 0) -> float:
    """Accuracy when every value gets Gaussian noise of deviation `sigma` (of 255), the same for every model."""
    noise = np.random.default_rng(seed).normal(scale=sigma, size=x.shape)
    noisy = np.clip(np.round(x + noise), 0, 255).astype(x.dtype)
    return float(np.mean(predict(model, noisy).argmax(1) == y))
