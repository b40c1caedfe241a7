"""Weighted means by rank: the cells of a window are ordered first, and the weight belongs to the place.

All are `y = sum_r w[r] * a_(r)` with `a_(1) >= a_(2) >= ...`. The order comes from a network of maxima and minima;
the gradient needs only each cell's rank, which is counted by comparing the cells of a window in pairs.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from course_lib.arguments import as_int
from course_lib.layers.engine import Geometry, Rule, as_floats, cells, counts, dims, real, unconverted
from course_lib.layers.functional.drawn import as_uniforms
from course_lib.layers.functional.local import any_of, is_nan, to_place
from course_lib.layers.functional.weighted import reciprocal
from course_lib.pooling.ranked import sorting_network


@unconverted
def avg_topk_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, k=2):
    """Plain mean of the `k` largest cells of each window: `course_lib.avg_topk_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        k: from 1 to the number of cells of a window.

    Returns:
        `(N, *O, C)` of the dtype of `x`, float64 for integers. NaN in a window gives NaN.

    Raises:
        TypeError, ValueError: as `max_pool`, and for `k` out of range.

    >>> avg_topk_pool([[[1.0], [4.0], [2.0]]], 3, k=2).numpy()
    array([[[3.]]], dtype=float32)
    """
    return _top_pool(x, (pool_size, strides, padding, dilation, ceil_mode), k, "k")


@unconverted
def rank_average_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, t=None):
    """Mean of the `t` largest cells of each window: `course_lib.rank_average_pool` on TensorFlow.

    Args, returns, errors: as `avg_topk_pool`; `t=None` means the median rank.

    >>> rank_average_pool([[[1.0], [4.0], [2.0]]], 3).numpy()
    array([[[3.]]], dtype=float32)
    """
    return _top_pool(x, (pool_size, strides, padding, dilation, ceil_mode), t, "t")


def _top_pool(x, window, k, name):
    x = as_floats(x)
    geometry = Geometry.over(x, *window)
    return TOP(geometry, [x], as_rank(k, name, geometry))


@unconverted
def rank_weighted_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5, normalize=True
):
    """Mean of each window with weights falling by rank: `course_lib.rank_weighted_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        alpha: above 0, at most 1.
        normalize: divide by the sum of the weights.

    Returns, errors: as `avg_topk_pool`, and ValueError for `alpha` out of range.

    >>> rank_weighted_pool([[[0.0], [3.0]]]).numpy()
    array([[[2.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    return BY_RANK(geometry, [x], Falling(as_alpha(alpha), bool(normalize)))


@unconverted
def ordinal_pool(x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Mean of each window with a given weight for each rank: `course_lib.ordinal_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        weights: as many as a window has cells, for the largest first; not negative and not all 0, which is not
            checked. Differentiable.

    Returns, errors: as `avg_topk_pool`, and ValueError for weights of another shape.

    >>> ordinal_pool([[[1.0], [4.0], [2.0]]], [0.0, 1.0, 0.0], 3).numpy()
    array([[[2.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    weights = tf.cast(tf.convert_to_tensor(weights), x.dtype)
    if tuple(weights.shape) != (geometry.size,):
        raise ValueError(f"weights must have shape {(geometry.size,)}, got {tuple(weights.shape)}")
    return ORDINAL(geometry, [x, weights])


@unconverted
def rank_stochastic_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5,
    training=False, rng=None,
):
    """One cell of each window, drawn by rank: `course_lib.rank_stochastic_pool` on TensorFlow.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        alpha: as for `rank_weighted_pool`, which this is when not training.
        training: draw.
        rng: as for `stochastic_pool`.

    Returns, errors: as `rank_weighted_pool`.

    >>> rank_stochastic_pool([[[0.0], [3.0]]], training=True, rng=[[[0.7]]]).numpy()
    array([[[0.]]], dtype=float32)
    """
    x = as_floats(x)
    geometry = Geometry.over(x, pool_size, strides, padding, dilation, ceil_mode)
    falling = Falling(as_alpha(alpha), True)
    if not training:
        return BY_RANK(geometry, [x], falling)
    return DRAWN_RANK(geometry, [x, as_uniforms(rng, x, geometry)], falling)


def as_rank(k, name, geometry) -> int:
    """A rank in the window, from 1; the median rank for None."""
    k = (geometry.size + 1) // 2 if k is None else as_int(k, name)
    if k > geometry.size:
        raise ValueError(f"{name} must be at most {geometry.size}, the cells of a window {geometry.pool}, got {k}")
    return k


def as_alpha(alpha) -> float:
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha must be above 0 and at most 1, got {alpha!r}")
    return float(alpha)


def descending(x, geometry, k):
    """The `k` largest cells of each window, the largest first; what lies outside the input comes last."""
    window = cells(x, geometry, -math.inf)
    for i, j, keep_high, keep_low in sorting_network(geometry.size, k):
        high = tf.maximum(window[i], window[j]) if keep_high else None
        window[j] = tf.minimum(window[i], window[j]) if keep_low else None
        window[i] = high
    return window[:k]


def with_nan(y, x, geometry):
    """`y`, and NaN where a window holds one: a network's maxima pass it on or lose it, depending on the order."""
    return tf.where(any_of([is_nan(cell) for cell in cells(x, geometry)]), tf.constant(math.nan, y.dtype), y)


def _top(x, geometry, k):
    values = descending(x, geometry, k)
    kept = tf.constant(k, x.dtype)
    if geometry.inside(x):
        y, least = tf.add_n(values) / kept, values[-1]
        kept = tf.ones([1, *dims(y)[1:-1], 1], x.dtype) * kept
    else:
        kept = tf.minimum(counts(x, geometry), kept)
        zero, least = tf.zeros((), x.dtype), values[0]
        for rank, value in enumerate(values[1:], start=1):
            least = tf.where(rank < kept, value, least)
        y = tf.add_n([tf.where(rank < kept, value, zero) for rank, value in enumerate(values)]) / kept
    return with_nan(y, x, geometry), (least, _last_kept(x, geometry, least, kept), kept)


def _last_kept(x, geometry, least, kept):
    """Offset of the last cell that is kept among those equal to the least kept one."""
    window = cells(x, geometry, -math.inf)
    left = kept - tf.add_n([tf.cast(cell > least, x.dtype) for cell in window])
    last = tf.zeros_like(least, tf.int32)
    for offset, (cell, exists) in enumerate(zip(window, real(x, geometry), strict=True)):
        tied = (cell == least) & exists
        last = tf.where(tied & (left > 0), offset, last)
        left -= tf.cast(tied, x.dtype)
    return tf.cast(last, tf.uint8) if geometry.size <= 256 else last


def _top_term(offset, dy, cell, measured, geometry, k):
    least, last, kept = measured
    chosen = (cell > least) | ((cell == least) & (tf.cast(offset, last.dtype) <= last))
    return tf.where(chosen, dy / kept, tf.zeros((), dy.dtype))


TOP = Rule(_top, _top_term)


@dataclass(frozen=True)
class Falling:
    """Weights `alpha * (1 - alpha) ** r`, for windows of `m` cells divided by the sum of the first `m` or not."""

    alpha: float
    normalize: bool

    def __call__(self, size, m):
        rest, zero = 1 - self.alpha, tf.zeros((), m.dtype)
        total = 1 - tf.pow(tf.constant(rest, m.dtype), m) if self.normalize else tf.ones((), m.dtype)
        return [tf.where(r < m, tf.constant(self.alpha * rest**r, m.dtype) / total, zero) for r in range(size)]


def _given(weights, m):
    """Given weights, for windows of `m` cells divided by the sum of the first `m`; the last alone if that is 0."""
    zero, one = tf.zeros((), m.dtype), tf.ones((), m.dtype)
    total = tf.add_n([tf.where(r < m, w, zero) for r, w in enumerate(tf.unstack(weights))])
    per_total = reciprocal(total)
    return [
        tf.where(total == 0, tf.where(r == m - 1, one, zero), tf.where(r < m, w * per_total, zero))
        for r, w in enumerate(tf.unstack(weights))
    ]


def _met(x, geometry):
    """Cells in each window: one number where all have as many."""
    return tf.constant(geometry.size, x.dtype) if geometry.inside(x) else counts(x, geometry)


def _weighed(values, weights):
    """`sum(w * v)`; a value that weighs nothing may be infinite."""
    zero = tf.zeros((), values[0].dtype)
    return tf.add_n([
        tf.where(w == 0, zero, w * tf.where(w == 0, zero, v)) for v, w in zip(values, weights, strict=True)
    ])


def _by_rank(x, geometry, falling):
    m = _met(x, geometry)
    y = _weighed(descending(x, geometry, geometry.size), falling(geometry.size, m))
    return with_nan(y, x, geometry), (*packed(ranks(x, geometry)), m + tf.zeros([1, *dims(y)[1:-1], 1], x.dtype))


def _by_rank_term(offset, dy, cell, measured, geometry, falling):
    *words, m = measured
    return dy * _chosen(unpacked(words, offset, geometry.size), falling(geometry.size, m))


BY_RANK = Rule(_by_rank, _by_rank_term)


def _ordinal(x, weights, geometry):
    m = _met(x, geometry)
    y = _weighed(descending(x, geometry, geometry.size), _given(weights, m))
    return with_nan(y, x, geometry), (*packed(ranks(x, geometry)), m + tf.zeros([1, *dims(y)[1:-1], 1], x.dtype))


def _ordinal_term(offset, dy, cell, measured, weights, geometry):
    *words, m = measured
    return dy * _chosen(unpacked(words, offset, geometry.size), _given(weights, m))


def _ordinal_collect(dy, x, weights, geometry):
    m = _met(x, geometry)
    values = descending(x, geometry, geometry.size)
    zero = tf.zeros((), x.dtype)
    total = tf.add_n([tf.where(r < m, w, zero) for r, w in enumerate(tf.unstack(weights))])
    share = dy * reciprocal(total)
    y = _weighed(values, _given(weights, m))
    return (tf.stack([tf.reduce_sum(tf.where(r < m, share * (v - y), zero)) for r, v in enumerate(values)]),)


ORDINAL = Rule(_ordinal, _ordinal_term, _ordinal_collect)


def _drawn_rank(x, uniforms, geometry, falling):
    m = _met(x, geometry)
    reached = itertools.accumulate(falling(geometry.size, m))
    rank = tf.add_n([tf.cast(uniforms >= sums, x.dtype) for sums in reached])
    rank = tf.minimum(rank, m - 1)
    zero = tf.zeros((), x.dtype)
    values = descending(x, geometry, geometry.size)
    y = tf.add_n([tf.where(rank == r, value, zero) for r, value in enumerate(values)])
    place = tf.add_n([
        tf.where(tf.cast(r, x.dtype) == rank, offset, 0) for offset, r in enumerate(ranks(x, geometry))
    ])
    return with_nan(y, x, geometry), (tf.cast(place, tf.uint8) if geometry.size <= 256 else place,)


DRAWN_RANK = Rule(_drawn_rank, lambda offset, dy, cell, measured, *_: to_place(offset, dy, *measured))


def ranks(x, geometry):
    """Rank of each cell within its window, from 0, offset by offset: how many cells come before it."""
    window, reals = cells(x, geometry, -math.inf), real(x, geometry)
    counted = [tf.zeros_like(window[0], tf.int32) for _ in window]
    for j in range(1, len(window)):
        for i in range(j):
            later = window[j] > window[i]
            counted[i] += tf.cast(later, tf.int32)
            counted[j] += tf.cast(tf.logical_not(later) & reals[i], tf.int32)
    return counted


def _layout(size):
    """Bits of a rank, ranks in a word, and the word's type."""
    bits = max(1, (size - 1).bit_length())
    for word in (tf.uint8, tf.uint16, tf.uint32):
        if bits * size <= 8 * word.size:
            return bits, size, word
    return bits, 64 // bits, tf.uint64


def packed(counted):
    """Small integers of all offsets in as few words as they fit: the gradient reads these, not the window."""
    bits, each, word = _layout(len(counted))
    words = []
    for start in range(0, len(counted), each):
        shifted = [
            tf.bitwise.left_shift(tf.cast(r, word), tf.constant(bits * i, word))
            for i, r in enumerate(counted[start : start + each])
        ]
        words.append(functools.reduce(tf.bitwise.bitwise_or, shifted))
    return words


def unpacked(words, offset, size):
    """The entry for each offset of a block."""
    bits, each, word = _layout(size)
    offset = np.maximum(offset, 0)
    chosen = words[0]
    for i, other in enumerate(words[1:], start=1):
        chosen = tf.where(offset // each == i, other, chosen)
    shift = tf.constant(bits * (offset % each), word)
    # One shape for both, for TensorFlow's own shift does not broadcast as XLA's does.
    chosen, shift = chosen + tf.zeros_like(shift), shift + tf.zeros_like(chosen)
    entry = tf.bitwise.bitwise_and(tf.bitwise.right_shift(chosen, shift), tf.constant(2**bits - 1, word))
    return tf.cast(entry, tf.int32)


def _chosen(rank, weights):
    """`weights[rank]`, cell by cell."""
    chosen = weights[0]
    for r, weight in enumerate(weights[1:], start=1):
        chosen = tf.where(rank == r, weight, chosen)
    return chosen
