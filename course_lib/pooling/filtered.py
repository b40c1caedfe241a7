"""Pooling as a question of signals: low-pass before subsampling (blur), or cut the spectrum (spectral)."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import as_gradient, as_input, as_int, gradient_dtype, per_axis, working_dtype
from ..windows import by_blocks
from .bins import apply_along
from .local import max_pool, max_pool_backward


def blur_pool(x, filter_size=3, strides=2) -> np.ndarray:
    """Binomial blur of every channel, then every `strides`-th position: subsampling without aliasing.

    The filter along each axis is a row of Pascal's triangle over its sum (`[1, 2, 1] / 4` for 3); the border
    is mirrored without repeating the edge, `(f - 1) // 2` cells before and the rest of `f - 1` after.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        filter_size: cells of the filter; the mirror must fit, so every axis needs more than `f // 2` cells.
        strides: one for all spatial axes or one for each.

    Returns:
        `(N, *ceil(spatial / strides), C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, for sizes that are not positive integers, and for an axis too
            short to mirror.

    Source: Zhang 2019 (arXiv:1904.11486) and its package (which takes filter 4 by default).

    >>> blur_pool([[[0.0], [0.0], [4.0], [0.0], [0.0]]])[0, :, 0]
    array([0., 2., 0.])
    """
    x = as_input(x)
    matrices = _blurs(x.shape, filter_size, strides)
    return apply_along(matrices, x.astype(working_dtype(x), copy=False)).astype(gradient_dtype(x), copy=False)


def blur_pool_backward(dy, x, filter_size=3, strides=2) -> np.ndarray:
    """Gradient of `blur_pool`: the transposed map, so a mirrored cell pays into the cell it mirrors.

    Args:
        dy: gradient of the output.
        x, filter_size, strides: as for `blur_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> blur_pool_backward(np.ones((1, 2, 1)), np.zeros((1, 3, 1)))[0, :, 0]
    array([0.5, 1. , 0.5])
    """
    x = as_input(x)
    matrices = _blurs(x.shape, filter_size, strides)
    dy = as_gradient(dy, (x.shape[0], *(len(m) for m in matrices), x.shape[-1]))
    back = apply_along([m.T for m in matrices], dy.astype(working_dtype(x), copy=False))
    return back.astype(gradient_dtype(x), copy=False)


def max_blur_pool(x, pool_size=2, filter_size=3, strides=2) -> np.ndarray:
    """`max_pool` at stride 1, then `blur_pool`: the anti-aliased form of a strided max pooling.

    Args:
        x: as for `max_pool`.
        pool_size: window of the maximum.
        filter_size, strides: as for `blur_pool`.

    Returns, errors: as `max_pool` and `blur_pool`.

    Source: Zhang 2019 (arXiv:1904.11486).

    >>> max_blur_pool([[[0.0], [0.0], [4.0], [0.0], [0.0]]])[0, :, 0]
    array([2., 3.])
    """
    return by_blocks(lambda x: blur_pool(max_pool(x, pool_size, 1), filter_size, strides), as_input(x))


def max_blur_pool_backward(dy, x, pool_size=2, filter_size=3, strides=2) -> np.ndarray:
    """Gradient of `max_blur_pool`: through the blur, then to the first largest cell of each window.

    Args, returns, errors: as `blur_pool_backward` and `max_blur_pool`.

    >>> max_blur_pool_backward(np.ones((1, 2, 1)), [[[0.0], [1.0], [4.0], [3.0], [0.0]]])[0, :, 0]
    array([0.  , 0.5 , 1.25, 0.25, 0.  ])
    """
    x = as_input(x)
    return max_pool_backward(blur_pool_backward(dy, max_pool(x, pool_size, 1), filter_size, strides), x, pool_size, 1)


def spectral_pool(x, output_size) -> np.ndarray:
    """Keep the lowest frequencies: `y = real(ifft(crop(fftshift(fft(x)))))`, scaled so that the mean stays.

    Where an even number of frequencies is kept, the lowest negative one has no partner and the inverse is complex;
    its real part is taken.

    Args:
        x: as for `max_pool`.
        output_size: frequencies kept, at most the size of the axis; one for all spatial axes or one for each.

    Returns:
        `(N, *output_size, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for sizes that do not fit.

    Source: Rippel, Snoek and Adams 2015 (arXiv:1506.03767), who scale by the square root and treat the unpaired
    frequencies of both ends alike.

    >>> spectral_pool([[[1.0], [2.0], [6.0]]], 1)
    array([[[3.]]])
    """
    x = as_input(x)
    sizes, axes = _as_output_size(output_size, x), tuple(range(1, x.ndim - 1))
    scale = math.prod(sizes) / math.prod(x.shape[1:-1])

    def keep_low(x):
        spectrum = np.fft.fftshift(np.fft.fftn(x.astype(working_dtype(x), copy=False), axes=axes), axes=axes)
        kept = np.fft.ifftshift(spectrum[_centre(x.shape, sizes)], axes=axes)
        return np.fft.ifftn(kept, axes=axes).real * scale

    return by_blocks(keep_low, x, dtype=gradient_dtype(x))


def spectral_pool_backward(dy, x, output_size) -> np.ndarray:
    """Gradient of `spectral_pool`: the spectrum of `dy`, padded with zeros to the size of `x`.

    Args, returns, errors: as `blur_pool_backward` and `spectral_pool`.

    >>> spectral_pool_backward([[[3.0]]], np.zeros((1, 3, 1)), 1)[0, :, 0]
    array([1., 1., 1.])
    """
    x = as_input(x)
    sizes, axes = _as_output_size(output_size, x), tuple(range(1, x.ndim - 1))
    dy = as_gradient(dy, (x.shape[0], *sizes, x.shape[-1])).astype(working_dtype(x), copy=False)
    kept = np.fft.fftshift(np.fft.fftn(dy, axes=axes), axes=axes)
    spectrum = np.zeros(x.shape, kept.dtype)
    spectrum[_centre(x.shape, sizes)] = kept
    dx = np.fft.ifftn(np.fft.ifftshift(spectrum, axes=axes), axes=axes).real
    return dx.astype(gradient_dtype(x), copy=False)


def shift_consistency(fn, x, shifts) -> np.ndarray:
    """How little a function's output changes when its input is shifted: `1 - |fn(S x) - fn(x)| / |fn(x)|`.

    1 means unchanged; `S` rolls the image around its border, so that no content is lost. For a map of positions
    this measures invariance; compose `fn` with a global pooling or a classifier to measure their output.

    Args:
        fn: from an array of the shape of `x` to an array whose first axis is the batch.
        x: `(N, *spatial, C)`.
        shifts: for each measurement a shift, an integer for all spatial axes or one for each.

    Returns:
        float64 array `(len(shifts), N)`. Where `fn(x)` is 0 it is 1 if nothing changed, else `-inf`.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for shifts that are not integers.

    Source: the relative change of features; Zhang 2019 (arXiv:1904.11486) measures agreeing predictions.

    >>> x = np.arange(8.0).reshape(1, 8, 1)
    >>> shift_consistency(lambda a: a.mean(1), x, [1, 2])[:, 0]
    array([1., 1.])
    """
    x = as_input(x)
    axes = tuple(range(1, x.ndim - 1))
    before = np.asarray(fn(x), np.float64).reshape(x.shape[0], -1)
    size = np.linalg.norm(before, axis=1)
    rows = []
    for shift in shifts:
        steps = per_axis(shift, len(axes), "shifts", least=-(2**31))
        change = np.asarray(fn(np.roll(x, steps, axes)), np.float64).reshape(x.shape[0], -1) - before
        moved = np.linalg.norm(change, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append(np.where(moved == 0, 1.0, 1 - moved / size))
    return np.array(rows).reshape(-1, x.shape[0])


def _blurs(shape, filter_size, strides) -> list[np.ndarray]:
    """For each spatial axis the `(new, old)` matrix of mirror, filter and stride."""
    f = as_int(filter_size, "filter_size")
    strides = per_axis(strides, len(shape) - 2, "strides")
    weights = np.array([math.comb(f - 1, k) for k in range(f)]) / 2 ** (f - 1)
    matrices = []
    for i, (n, s) in enumerate(zip(shape[1:-1], strides, strict=True)):
        if n <= f // 2:
            raise ValueError(f"filter_size {f} needs more than {f // 2} cells to mirror, spatial axis {i} has {n}")
        matrix = np.zeros((-(-n // s), n))
        for k, weight in enumerate(weights):
            cells = np.abs(np.arange(len(matrix)) * s + k - (f - 1) // 2)
            np.add.at(matrix, (np.arange(len(matrix)), np.where(cells < n, cells, 2 * (n - 1) - cells)), weight)
        matrices.append(matrix)
    return matrices


def _as_output_size(output_size, x) -> tuple[int, ...]:
    sizes = per_axis(output_size, x.ndim - 2, "output_size")
    if any(o > n for o, n in zip(sizes, x.shape[1:-1], strict=True)):
        raise ValueError(f"output_size must be at most the spatial shape {x.shape[1:-1]}, got {sizes}")
    return sizes


def _centre(shape, sizes):
    """The lowest frequencies of a shifted spectrum, whose frequency 0 is at `n // 2`."""
    starts = [n // 2 - o // 2 for n, o in zip(shape[1:-1], sizes, strict=True)]
    return (slice(None), *(slice(start, start + o) for start, o in zip(starts, sizes, strict=True)))
