"""Poolings over bins that fill the input: adaptive, fractional, and the two pyramids."""

from __future__ import annotations

import numpy as np

from ..arguments import as_choice, as_gradient, as_input, as_int, gradient_dtype, lowest, per_axis, working_dtype
from ..windows import blocks
from .bins import Bins, apply_along, argmax_bins, bin_matrix, bin_sizes, fold_bins, scatter
from .local import max_pool, max_pool_backward


def adaptive_average_pool(x, output_size) -> np.ndarray:
    """Mean of each of `output_size` bins along every spatial axis.

    Bin `i` of `o` over `n` cells is `floor(i * n / o) <= cell < ceil((i + 1) * n / o)`: bins overlap where `o` does
    not divide `n`, and repeat where `o > n`. One bin is the global pooling.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        output_size: number of bins, one for all spatial axes or one for each.

    Returns:
        `(N, *output_size, C)` in the dtype of `x`, integers in float64. NaN in a bin gives NaN.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for sizes that are not positive integers.

    Source: `torch.nn.AdaptiveAvgPool2d`, `keras.layers.AdaptiveAveragePooling2D`.

    >>> adaptive_average_pool([[[1.0], [2.0], [6.0]]], 2)[0, :, 0]
    array([1.5, 4. ])
    """
    x = as_input(x)
    return _bin_means(x, _even_bins(x, output_size))


def adaptive_average_pool_backward(dy, x, output_size) -> np.ndarray:
    """Gradient of `adaptive_average_pool`: every cell of a bin of `m` receives `dy / m`, overlapping bins add up.

    Args:
        dy: gradient of the output.
        x, output_size: as for `adaptive_average_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> adaptive_average_pool_backward([[[1.0], [1.0]]], [[[1.0], [2.0], [6.0]]], 2)[0, :, 0]
    array([0.5, 1. , 0.5])
    """
    x = as_input(x)
    return _bin_means_backward(dy, x, _even_bins(x, output_size))


def adaptive_max_pool(x, output_size) -> np.ndarray:
    """Largest value of each bin; bins as for `adaptive_average_pool`.

    Args, returns, errors: as `adaptive_average_pool`; the dtype of `x` is kept.

    Source: `torch.nn.AdaptiveMaxPool2d`, `keras.layers.AdaptiveMaxPooling2D` (which aborts for a single output cell).

    >>> adaptive_max_pool([[[1], [2], [6]]], 2)[0, :, 0]
    array([2, 6])
    """
    x = as_input(x)
    return fold_bins(x, _even_bins(x, output_size), np.maximum, lowest(x.dtype))


def adaptive_max_pool_backward(dy, x, output_size) -> np.ndarray:
    """Gradient of `adaptive_max_pool`: `dy` to the first largest cell of each bin in row-major order.

    Args, returns, errors: as `adaptive_average_pool_backward`.

    >>> adaptive_max_pool_backward([[[1.0], [1.0]]], [[[1.0], [2.0], [2.0]]], 2)[0, :, 0]
    array([0., 2., 0.])
    """
    x = as_input(x)
    return _bin_maxima_backward(dy, x, _even_bins(x, output_size))


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None) -> np.ndarray:
    """Boundaries of `out` bins over `n` cells whose sizes are `floor(n / out)` or one more.

    `pseudorandom`: `b[i] = ceil(n / out * (i + u)) - 1` with one number `u`, drawn so that the first and last bin
    keep to those sizes. `random`: the sizes in random order.

    Args:
        n: cells.
        out: bins, from 1 to `n`; the ratio is usually between 1 and 2.
        mode: `"pseudorandom"` or `"random"`.
        rng: a `numpy.random.Generator`, or for the pseudorandom mode the number `u` itself, between 0 and 1 (then
            used as it is: a large one can make the first bin a cell longer).

    Returns:
        int array `(out + 1,)`, from 0 to `n`.

    Raises:
        TypeError, ValueError: for numbers out of range, another mode, or no `rng`.

    Source: Graham 2014 (arXiv:1412.6071); `tf.nn.fractional_max_pool`.

    >>> fractional_sequence(10, 6, rng=0.5)
    array([ 0,  2,  4,  5,  7,  9, 10])
    """
    n, out = as_int(n, "n"), as_int(out, "out")
    if out > n:
        raise ValueError(f"out must be at most n={n}, got {out}")
    as_choice(mode, "mode", "pseudorandom", "random")
    drawn = isinstance(rng, np.random.Generator)
    if not drawn and (mode == "random" or not isinstance(rng, (float, np.floating))):
        raise TypeError(f"rng must be a numpy.random.Generator (or, if pseudorandom, a float), got {rng!r}")
    ratio, short = n / out, n // out
    if mode == "random":
        sizes = np.full(out, short)
        sizes[: n - short * out] += 1
        return np.concatenate([[0], np.cumsum(rng.permutation(sizes))])
    if drawn:
        u = rng.uniform(0, min((short + 2) / ratio - 1, (n + 1 - short) / ratio - (out - 1), 1))
    elif 0 < rng < 1:
        u = float(rng)
    else:
        raise ValueError(f"rng must be between 0 and 1, got {rng!r}")
    boundaries = np.ceil(ratio * (np.arange(out + 1) + u)).astype(int) - 1
    boundaries[[0, -1]] = 0, n
    return boundaries


def fractional_max_pool(x, sequences, overlapping=False) -> np.ndarray:
    """Largest value of each bin between given boundaries.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        sequences: for each spatial axis increasing boundaries from 0 to its size, as `fractional_sequence` makes.
        overlapping: let each bin include the first cell of the next.

    Returns:
        `(N, *O, C)` in the dtype of `x`; an axis has one output fewer than boundaries.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for boundaries that do not cut up the input.

    Source: Graham 2014 (arXiv:1412.6071); equal to `tf.nn.fractional_max_pool` given the sequences it returns.

    >>> fractional_max_pool([[[1], [5], [2], [4], [3]]], [[0, 2, 3, 5]])[0, :, 0]
    array([5, 2, 4])
    """
    x = as_input(x)
    return fold_bins(x, _cut_bins(x, sequences, overlapping), np.maximum, lowest(x.dtype))


def fractional_max_pool_backward(dy, x, sequences, overlapping=False) -> np.ndarray:
    """Gradient of `fractional_max_pool`: `dy` to the first largest cell of each bin in row-major order.

    Args, returns, errors: as `adaptive_max_pool_backward` and `fractional_max_pool`.

    >>> fractional_max_pool_backward(np.ones((1, 2, 1)), [[[1.0], [5.0], [2.0]]], [[0, 1, 3]], True)[0, :, 0]
    array([0., 2., 0.])
    """
    x = as_input(x)
    return _bin_maxima_backward(dy, x, _cut_bins(x, sequences, overlapping))


def fractional_average_pool(x, sequences, overlapping=False) -> np.ndarray:
    """Mean of each bin between given boundaries.

    Args, errors: as `fractional_max_pool`.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64.

    Source: Graham 2014 (arXiv:1412.6071); `tf.nn.fractional_avg_pool`.

    >>> fractional_average_pool([[[1], [5], [2], [4], [3]]], [[0, 2, 3, 5]])[0, :, 0]
    array([3. , 2. , 3.5])
    """
    x = as_input(x)
    return _bin_means(x, _cut_bins(x, sequences, overlapping))


def fractional_average_pool_backward(dy, x, sequences, overlapping=False) -> np.ndarray:
    """Gradient of `fractional_average_pool`: every cell of a bin of `m` receives `dy / m`.

    Args, returns, errors: as `adaptive_average_pool_backward` and `fractional_max_pool`.

    >>> fractional_average_pool_backward(np.ones((1, 2, 1)), [[[1.0], [5.0], [2.0]]], [[0, 1, 3]])[0, :, 0]
    array([1. , 0.5, 0.5])
    """
    x = as_input(x)
    return _bin_means_backward(dy, x, _cut_bins(x, sequences, overlapping))


def spatial_pyramid_pool(x, levels=(1, 2, 4), mode="max") -> np.ndarray:
    """Adaptive pooling to several grids, flattened and joined: a vector of one length for images of any size.

    Args:
        x: as for `adaptive_max_pool`.
        levels: bins along every spatial axis at each level.
        mode: `"max"` or `"average"`.

    Returns:
        `(N, C * sum(l ** rank))`: levels in the given order, in each the bins in row-major order, channels fastest.
        dtype as the adaptive pooling.

    Raises:
        TypeError, ValueError: as `adaptive_max_pool`, for no levels, and for another mode.

    Source: He et al. 2014 (arXiv:1406.4729), with adaptive bins (theirs can leave a border out).

    >>> spatial_pyramid_pool([[[1], [2], [6], [3]]], (1, 2))
    array([[6, 2, 6]])
    """
    x, levels, pool, _ = _pyramid(x, levels, mode)
    width = x.shape[-1]
    return np.concatenate(
        [pool(x, level).reshape(x.shape[0], width * level ** (x.ndim - 2)) for level in levels], axis=1
    )


def spatial_pyramid_pool_backward(dy, x, levels=(1, 2, 4), mode="max") -> np.ndarray:
    """Gradient of `spatial_pyramid_pool`: the sum of the levels' gradients.

    Args, returns, errors: as `adaptive_max_pool_backward` and `spatial_pyramid_pool`.

    >>> spatial_pyramid_pool_backward([[1.0, 1.0, 1.0]], [[[1.0], [2.0], [6.0], [3.0]]], (1, 2))[0, :, 0]
    array([0., 1., 2., 0.])
    """
    x, levels, _, backward = _pyramid(x, levels, mode)
    rank, channels = x.ndim - 2, x.shape[-1]
    ends = np.cumsum([channels * level**rank for level in levels])
    dy = as_gradient(dy, (x.shape[0], int(ends[-1])))
    dx = np.zeros(x.shape, gradient_dtype(x))
    for level, part in zip(levels, np.split(dy, ends[:-1], axis=1), strict=True):
        dx += backward(part.reshape(x.shape[0], *(level,) * rank, channels), x, level)
    return dx


def pixel_pyramid_pool(x, sizes=(27, 9, 3, 1)) -> np.ndarray:
    """Max pooling at stride 1 with several windows, side by side in the channels: no loss of resolution.

    Args:
        x: as for `max_pool`.
        sizes: window of each level, along every spatial axis.

    Returns:
        `(N, *spatial, C * len(sizes))` in the dtype of `x`, levels in the given order.

    Raises:
        TypeError, ValueError: as `max_pool`, and for no sizes.

    Source: Park and Lee 2017 (arXiv:1709.06248).

    >>> pixel_pyramid_pool([[[0], [1], [0], [0]]], (3, 1))[0].tolist()
    [[1, 0], [1, 1], [1, 0], [0, 0]]
    """
    sizes = _as_sizes(sizes, "sizes")
    x = as_input(x)
    y = np.empty((*x.shape[:-1], len(sizes) * x.shape[-1]), x.dtype)
    for block in blocks(x):
        levels = [max_pool(x[block], size, 1, "same") if size > 1 else x[block] for size in sizes]
        np.concatenate(levels, -1, out=y[block])
    return y


def pixel_pyramid_pool_backward(dy, x, sizes=(27, 9, 3, 1)) -> np.ndarray:
    """Gradient of `pixel_pyramid_pool`: the sum of the levels' gradients.

    Args, returns, errors: as `max_pool_backward` and `pixel_pyramid_pool`.

    >>> pixel_pyramid_pool_backward(np.ones((1, 4, 2)), [[[0.0], [1.0], [0.0], [0.0]]], (3, 1))[0, :, 0]
    array([1., 4., 2., 1.])
    """
    x, sizes = as_input(x), _as_sizes(sizes, "sizes")
    dy = as_gradient(dy, (*x.shape[:-1], x.shape[-1] * len(sizes)))
    parts = np.split(dy, len(sizes), axis=-1)
    return sum(max_pool_backward(part, x, size, 1, "same") for part, size in zip(parts, sizes, strict=True))


def _pyramid(x, levels, mode):
    x, levels = as_input(x), _as_sizes(levels, "levels")
    if as_choice(mode, "mode", "max", "average") == "max":
        return x, levels, adaptive_max_pool, adaptive_max_pool_backward
    return x, levels, adaptive_average_pool, adaptive_average_pool_backward


def _as_sizes(sizes, name) -> tuple[int, ...]:
    if np.ndim(sizes) != 1 or len(sizes) == 0:
        raise ValueError(f"{name} must be a sequence of one or more integers, got {sizes!r}")
    return tuple(as_int(size, name) for size in sizes)


def _even_bins(x, output_size) -> Bins:
    sizes = per_axis(output_size, x.ndim - 2, "output_size")
    return [(np.arange(o) * n // o, -(-(np.arange(o) + 1) * n // o)) for n, o in zip(x.shape[1:-1], sizes, strict=True)]


def _cut_bins(x, sequences, overlapping) -> Bins:
    spatial = x.shape[1:-1]
    if len(sequences) != len(spatial):
        raise ValueError(f"sequences must hold one sequence for each of the {len(spatial)} spatial axes, "
                         f"got {len(sequences)}")
    bins = []
    for n, sequence in zip(spatial, sequences, strict=True):
        cuts = np.asarray(sequence)
        if cuts.dtype.kind not in "iu":
            raise TypeError(f"sequences must hold integers, got dtype {cuts.dtype}")
        if cuts.ndim != 1 or len(cuts) < 2 or cuts[0] != 0 or cuts[-1] != n or (np.diff(cuts.astype(int)) < 1).any():
            raise ValueError(f"sequences must increase from 0 to {n}, got {cuts.tolist()}")
        bins.append((cuts[:-1], np.minimum(cuts[1:] + 1, n) if overlapping else cuts[1:]))
    return bins


def _bin_means(x, bins: Bins) -> np.ndarray:
    dtype = working_dtype(x)
    y = fold_bins(x, bins, np.add, 0, dtype)
    y /= bin_sizes(bins).astype(dtype)
    return y.astype(gradient_dtype(x), copy=False)


def _bin_means_backward(dy, x, bins: Bins) -> np.ndarray:
    dy = as_gradient(dy, (x.shape[0], *(len(starts) for starts, _ in bins), x.shape[-1])).astype(working_dtype(x))
    back = [bin_matrix(starts, stops, n).T for (starts, stops), n in zip(bins, x.shape[1:-1], strict=True)]
    return apply_along(back, dy / bin_sizes(bins)).astype(gradient_dtype(x), copy=False)


def _bin_maxima_backward(dy, x, bins: Bins) -> np.ndarray:
    y, index = argmax_bins(x, bins)
    return scatter(as_gradient(dy, y.shape), index, x.shape, gradient_dtype(x))
