"""Bins along an axis, of any size and place: what adaptive, fractional and pyramid poolings share.

Along one axis bin `i` sees the cells `starts[i] <= c < stops[i]`, with neither bound ever falling from one bin to
the next. The bounds are tensors, so that bins drawn anew at every step need no new program. A pooling over all axes
is one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from course_lib.layers.engine import aligned, differentiable, dims, program
from course_lib.layers.functional.local import is_nan


@dataclass(frozen=True)
class AxisBins:
    """What a program about bins must know of them; None where the graph does not know the size of the axis.

    axis: of the array.
    depth: cells in the largest bin, or more.
    reach: bins that a cell can be in, or more.
    """

    axis: int
    depth: int | None
    reach: int | None


def even_bins(n, out: int, axis: int):
    """The bins of adaptive pooling: `floor(i * n / out) <= c < ceil((i + 1) * n / out)`."""
    place = np.arange(out, dtype=np.int32)
    starts, stops = place * n // out, -(-(place + 1) * n // out)
    known = isinstance(n, int)
    depth = int((stops - starts).max()) if known else None
    return AxisBins(axis, depth, -(-out // n) + 1 if known else None), starts, stops


def bin_means(x, bins) -> tf.Tensor:
    """Mean of every bin; `bins` is a list of `(AxisBins, starts, stops)`."""
    for about, starts, stops in reversed(bins):
        x = differentiable(_mean, _mean_backward, [x, _bounds(starts, stops)], about)
    return x


def bin_maxima(x, bins) -> tf.Tensor:
    """Largest cell of every bin. The last axis goes first, so that ties go to the first in row-major order."""
    for about, starts, stops in reversed(bins):
        x = differentiable(_maximum, _maximum_backward, [x, _bounds(starts, stops)], about)
    return x


def _bounds(starts, stops):
    return tf.stack([tf.cast(starts, tf.int32), tf.cast(stops, tf.int32)])


def _repeat(times, body, state, largest):
    """`body(k, *state)` for `k` from 1 up to `times`, or where that is None up to the tensor `largest`."""
    if times is not None:
        for k in range(1, times):
            state = body(k, *state)
        return state
    return tf.while_loop(
        lambda k, *_: k < largest, lambda k, *state: (k + 1, *body(k, *state)), (tf.constant(1), *state)
    )[1:]


def _mean(x, bounds, about: AxisBins):
    starts, stops = tf.unstack(bounds)
    sizes = stops - starts
    zero = tf.zeros((), x.dtype)

    def add(k, total):
        cell = tf.gather(x, tf.minimum(starts + k, stops - 1), axis=about.axis)
        return (total + tf.where(aligned(k < sizes, about.axis, cell.shape.rank), cell, zero),)

    total, = _repeat(about.depth, add, (tf.gather(x, starts, axis=about.axis),), tf.reduce_max(sizes))
    return total / tf.cast(aligned(sizes, about.axis, total.shape.rank), x.dtype)


def _first_largest(x, bounds, about: AxisBins):
    """Largest cell of each bin, and its place there."""
    starts, stops = tf.unstack(bounds)

    def meet(k, best, place):
        # Past the end of its bin this meets the last cell again, which does not win against itself.
        cell = tf.gather(x, tf.minimum(starts + k, stops - 1), axis=about.axis)
        stays = (best >= cell) | is_nan(best)
        return tf.where(stays, best, cell), tf.where(stays, place, k)

    best = tf.gather(x, starts, axis=about.axis)
    return _repeat(about.depth, meet, (best, tf.zeros_like(best, tf.int32)), tf.reduce_max(stops - starts))


def _maximum(x, bounds, about):
    return _first_largest(x, bounds, about)[0]


def _place(x, bounds, about):
    return _first_largest(x, bounds, about)[1]


def _mean_backward(dy, x, bounds, about):
    return program(_mean_gradient, about)(dy, x, bounds), None


def _maximum_backward(dy, x, bounds, about):
    return program(_maximum_gradient, about)(dy, program(_place, about)(x, bounds), x, bounds), None


def _mean_gradient(dy, x, bounds, about):
    starts, stops = tf.unstack(bounds)
    share = dy / tf.cast(aligned(stops - starts, about.axis, dy.shape.rank), dy.dtype)
    return _to_cells(lambda bins, _: tf.gather(share, bins, axis=about.axis), x, bounds, about)


def _maximum_gradient(dy, place, x, bounds, about):
    starts = bounds[0]
    zero = tf.zeros((), dy.dtype)

    def won(bins, cells):
        here = aligned(cells - tf.gather(starts, bins), about.axis, dy.shape.rank)
        return tf.where(tf.gather(place, bins, axis=about.axis) == here, tf.gather(dy, bins, axis=about.axis), zero)

    return _to_cells(won, x, bounds, about)


def _to_cells(term, x, bounds, about: AxisBins):
    """For each cell the sum over the bins that hold it of `term(bin, cell)`, both vectors along the axis."""
    starts, stops = tf.unstack(bounds)
    cells = tf.range(dims(x)[about.axis])
    first = tf.searchsorted(stops, cells, side="right")
    last = tf.searchsorted(starts, cells, side="right") - 1
    zero = tf.zeros((), x.dtype)

    def add(t, total):
        bins = tf.minimum(first + t, tf.size(starts) - 1)
        return (total + tf.where(aligned(first + t <= last, about.axis, x.shape.rank), term(bins, cells), zero),)

    total, = _repeat(about.reach, add, add(0, tf.zeros_like(x)), tf.reduce_max(last - first) + 1)
    return total
