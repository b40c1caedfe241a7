"""Poolings over bins that fill the input: adaptive, fractional, and the two pyramids."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from course_lib.arguments import as_int, per_axis
from course_lib.layers.engine import as_floats, as_input, dims, unconverted
from course_lib.layers.functional.bins import AxisBins, bin_maxima, bin_means, even_bins
from course_lib.layers.functional.local import max_pool


@unconverted
def adaptive_average_pool(x, output_size):
    """Mean of each of `output_size` bins along every spatial axis: `course_lib.adaptive_average_pool`.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        output_size: number of bins, one for all spatial axes or one for each.

    Returns:
        `(N, *output_size, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference.

    >>> adaptive_average_pool([[[1.0], [2.0], [6.0]]], 2).numpy()[0, :, 0]
    array([1.5, 4. ], dtype=float32)
    """
    x = as_floats(x)
    return bin_means(x, _even(x, output_size))


@unconverted
def adaptive_max_pool(x, output_size):
    """Largest value of each bin: `course_lib.adaptive_max_pool`.

    Args, returns, errors: as `adaptive_average_pool`; the dtype of `x` is kept. One output cell is as good as any
    other number of them (Keras' layer of this name then aborts the process).

    >>> adaptive_max_pool([[[1.0], [2.0], [6.0]]], 2).numpy()[0, :, 0]
    array([2., 6.], dtype=float32)
    """
    x = as_input(x)
    return bin_maxima(x, _even(x, output_size))


@unconverted
def fractional_max_pool(x, sequences, overlapping=False):
    """Largest value of each bin between given boundaries: `course_lib.fractional_max_pool`.

    Args:
        x: as for `adaptive_max_pool`.
        sequences: for each spatial axis increasing boundaries from 0 to its size, arrays or integer tensors; checked
            where their values are known while tracing. Bins may be drawn anew at every step without recompiling, as
            long as none is longer than the first call's by more than a cell.
        overlapping: let each bin include the first cell of the next.

    Returns:
        `(N, *O, C)` of the dtype of `x`.

    Raises:
        TypeError, ValueError: as the reference.

    >>> fractional_max_pool([[[1.0], [5.0], [2.0], [4.0], [3.0]]], [[0, 2, 3, 5]]).numpy()[0, :, 0]
    array([5., 2., 4.], dtype=float32)
    """
    x = as_input(x)
    return bin_maxima(x, _cut(x, sequences, overlapping))


@unconverted
def fractional_average_pool(x, sequences, overlapping=False):
    """Mean of each bin between given boundaries: `course_lib.fractional_average_pool`.

    Args, returns, errors: as `fractional_max_pool`; float64 for integers.

    >>> fractional_average_pool([[[1.0], [5.0], [2.0], [4.0], [3.0]]], [[0, 2, 3, 5]]).numpy()[0, :, 0]
    array([3. , 2. , 3.5], dtype=float32)
    """
    x = as_floats(x)
    return bin_means(x, _cut(x, sequences, overlapping))


@unconverted
def spatial_pyramid_pool(x, levels=(1, 2, 4), mode="max"):
    """Adaptive pooling to several grids, flattened and joined: `course_lib.spatial_pyramid_pool`.

    Args:
        x: as for `adaptive_max_pool`.
        levels: bins along every spatial axis at each level.
        mode: `"max"` or `"average"`.

    Returns:
        `(N, C * sum(l ** rank))`, in the reference's order.

    Raises:
        TypeError, ValueError: as the reference.

    >>> spatial_pyramid_pool([[[1.0], [2.0], [6.0], [3.0]]], (1, 2)).numpy()
    array([[6., 2., 6.]], dtype=float32)
    """
    x = as_input(x)
    if mode not in ("max", "average"):
        raise ValueError(f'mode must be "max" or "average", got {mode!r}')
    pool = adaptive_max_pool if mode == "max" else adaptive_average_pool
    batch, *sizes, channels = dims(x)
    return tf.concat([
        tf.reshape(pool(x, level), [batch, level ** len(sizes) * channels]) for level in as_sizes(levels, "levels")
    ], 1)


@unconverted
def pixel_pyramid_pool(x, sizes=(27, 9, 3, 1)):
    """Max pooling at stride 1 with several windows, side by side in the channels: `course_lib.pixel_pyramid_pool`.

    Args:
        x: as for `max_pool`.
        sizes: window of each level, along every spatial axis.

    Returns:
        `(N, *spatial, C * len(sizes))` of the dtype of `x`.

    Raises:
        TypeError, ValueError: as the reference.

    >>> pixel_pyramid_pool([[[0.0], [1.0], [0.0], [0.0]]], (3, 1)).numpy()[0].tolist()
    [[1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    """
    x = as_input(x)
    return tf.concat([max_pool(x, size, 1, "same") for size in as_sizes(sizes, "sizes")], -1)


def as_sizes(sizes, name) -> tuple[int, ...]:
    if np.ndim(sizes) != 1 or len(sizes) == 0:
        raise ValueError(f"{name} must be a sequence of one or more integers, got {sizes!r}")
    return tuple(as_int(size, name) for size in sizes)


def _even(x, output_size):
    outs = per_axis(output_size, x.shape.rank - 2, "output_size")
    return [even_bins(n, out, axis) for axis, (n, out) in enumerate(zip(dims(x)[1:-1], outs, strict=True), start=1)]


def _cut(x, sequences, overlapping):
    sizes = dims(x)[1:-1]
    if len(sequences) != len(sizes):
        raise ValueError(
            f"sequences must hold one sequence for each of the {len(sizes)} spatial axes, got {len(sequences)}"
        )
    bins = []
    for axis, (n, sequence) in enumerate(zip(sizes, sequences, strict=True), start=1):
        cuts = tf.convert_to_tensor(sequence)
        if not cuts.dtype.is_integer:
            raise TypeError(f"sequences must hold integers, got dtype {cuts.dtype.name}")
        if cuts.shape.rank != 1 or cuts.shape[0] is None or cuts.shape[0] < 2:
            raise ValueError(f"sequences must hold vectors of two or more boundaries, got shape {cuts.shape}")
        known = tf.get_static_value(cuts)
        out = cuts.shape[0] - 1
        # The steps of a fractional sequence differ by one, but a large `u` lengthens the first by another.
        depth = -(-n // out) + 1 if isinstance(n, int) else None
        if known is not None:
            if known[0] != 0 or (isinstance(n, int) and known[-1] != n) or (np.diff(known) < 1).any():
                raise ValueError(f"sequences must increase from 0 to {n}, got {known.tolist()}")
            depth = max(depth or 0, int(np.diff(known).max()))
        stops = tf.minimum(cuts[1:] + 1, n) if overlapping else cuts[1:]
        bins.append((AxisBins(axis, depth and depth + overlapping, 1 + overlapping), cuts[:-1], stops))
    return bins
