"""Bins along each spatial axis, of any size and place: what adaptive, fractional, pyramid and RoI pooling share.

A pooling over bins is given by one pair `(starts, stops)` of integer arrays for each spatial axis; output `o` of
an axis sees the cells `starts[o] <= i < stops[o]`. Bins may overlap, and may be empty.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ..arguments import lowest
from ..windows import by_blocks

Bins = list[tuple[np.ndarray, np.ndarray]]


def fold_bins(x: np.ndarray, bins: Bins, combine: np.ufunc, identity, dtype=None) -> np.ndarray:
    """Every bin reduced by `combine`, axis by axis; an empty bin gives `identity`."""
    def fold(y):
        for axis, (starts, stops) in enumerate(bins, start=1):
            cells, y = y, np.full((*y.shape[:axis], len(starts), *y.shape[axis + 1:]), identity, dtype or x.dtype)
            place = (slice(None),) * axis
            for k, has in _depths(starts, stops):
                value = cells.take(starts[has] + k, axis)
                y[(*place, has)] = combine(y[(*place, has)], value) if k else value
        return y

    return by_blocks(fold, x)


def argmax_bins(x: np.ndarray, bins: Bins) -> tuple[np.ndarray, np.ndarray]:
    """Largest value of every bin and its index into the flattened spatial axes, among ties the first.

    The last axis is reduced first: an earlier column wins within a row, then an earlier row. An empty bin gives
    the least value and -1. A NaN counts as the largest.
    """
    spatial = x.shape[1:-1]
    y, index = x, np.arange(np.prod(spatial)).reshape(1, *spatial, 1)
    for axis in range(len(bins), 0, -1):
        starts, stops = bins[axis - 1]
        cells, where = y, index
        shape = (*cells.shape[:axis], len(starts), *cells.shape[axis + 1:])
        y, index = np.full(shape, lowest(x.dtype), x.dtype), np.full(shape, -1)
        place = (slice(None),) * axis
        for k, has in _depths(starts, stops):
            value, best = cells.take(starts[has] + k, axis), y[(*place, has)]
            better = ~(value <= best) & (best == best)
            if k == 0:
                better[...] = True
            y[(*place, has)] = np.where(better, value, best)
            index[(*place, has)] = np.where(better, where.take(starts[has] + k, axis), index[(*place, has)])
    return y, index


def _depths(starts, stops):
    """For each depth `k`, the bins that have a cell there."""
    sizes = stops - starts
    for k in range(sizes.max(initial=0)):
        has = np.flatnonzero(sizes > k)
        yield k, (slice(None) if len(has) == len(sizes) else has)


def bin_sizes(bins: Bins) -> np.ndarray:
    """Cells of every bin, `(*O, 1)`."""
    return math.prod(np.ix_(*(stops - starts for starts, stops in bins)))[..., None]


def bin_matrix(starts: np.ndarray, stops: np.ndarray, n: int) -> np.ndarray:
    """`(bins, n)` matrix of zeros and ones: which bin holds which cell."""
    cells = np.arange(n)
    return ((cells >= starts[:, None]) & (cells < stops[:, None])).astype(float)


def apply_along(matrices: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Each spatial axis of `x` multiplied by its `(new, old)` matrix.

    By definition `np.tensordot(matrix, x, (1, axis))`, but the matrices have a few entries in a row: each pass adds
    one entry of every row, and a NaN stays with the rows that meet it.
    """
    entries = [_entries(matrix, x.dtype, x.ndim - 1 - axis) for axis, matrix in enumerate(matrices, start=1)]

    def apply(y):
        for axis, (cells, weights) in enumerate(entries, start=1):
            taps = (weights[:, k] * y.take(cells[:, k], axis) for k in range(cells.shape[1]))
            y = functools.reduce(np.add, taps)
            # A row without entries is 0, also where it was 0 times a NaN.
            y[(slice(None),) * axis + (~weights.any(1).ravel(),)] = 0
        return y

    return by_blocks(apply, x)


def _entries(matrix: np.ndarray, dtype, trailing: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values of the entries of each row, as many as the fullest row has."""
    most = max((matrix != 0).sum(1).max(initial=0), 1)
    cells = np.argsort(matrix == 0, axis=1, kind="stable")[:, :most]
    weights = np.take_along_axis(matrix, cells, 1)
    # A row of fewer entries adds nothing, of a cell that it meets anyway.
    cells = np.where(weights == 0, cells[:, :1], cells)
    return cells, weights.astype(dtype).reshape(*weights.shape, *(1,) * trailing)


def scatter(values: np.ndarray, index: np.ndarray, shape: tuple[int, ...], dtype) -> np.ndarray:
    """Zeros of `shape` with every value added at its index into the flattened spatial axes; -1 adds nowhere."""
    flat, met = flat_index(index, shape), index >= 0
    total = np.bincount(flat[met], weights=np.broadcast_to(values, index.shape)[met], minlength=math.prod(shape))
    return total.reshape(shape).astype(dtype, copy=False)


def flat_index(index: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Each index into the flattened spatial axes as one into the whole array of `shape`, flattened."""
    images = np.arange(shape[0]).reshape(-1, *(1,) * (index.ndim - 1))
    return (images * math.prod(shape[1:-1]) + index) * shape[-1] + np.arange(shape[-1])
