"""Weighted means by rank: the cells of a window are ordered first, and the weight belongs to the place.

Every function here is `y = sum_r w[r] * a_(r)` with `a_(1) >= a_(2) >= ...` and differs only in its weights, kept in
a table: row `m` holds those of a window with `m` cells inside the input. Among tied cells the earlier one, in
row-major order, has the smaller rank.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..arguments import as_gradient, as_int, as_matching, as_number, gradient_dtype, lowest, working_dtype
from ..windows import Windows, blocks, over
from .drawn import as_uniforms


def avg_topk_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, k=2) -> np.ndarray:
    """Plain mean of the `k` largest cells of each window: the maximum at `k=1`, the mean at `k=m`.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        k: from 1 to the number of cells of a window. A window cut short by the border takes what it has.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64. NaN in a window gives NaN.

    Raises:
        TypeError, ValueError: as `max_pool`, and for `k` out of range.

    Source: Ozdemir 2023 (Expert Systems with Applications 223, 119892); equal to `rank_average_pool`.

    >>> avg_topk_pool([[[1.0], [4.0], [2.0]]], 3, k=2)[0, 0]
    array([3.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank(x, laid, _top_table(laid, k, "k"))


def avg_topk_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, k=2):
    """Gradient of `avg_topk_pool`: `dy / k` to each of the `k` largest cells, among ties to the earliest.

    Args, returns, errors: as `max_pool_backward` and `avg_topk_pool`.

    >>> avg_topk_pool_backward([[[1.0]]], [[[2.0], [2.0], [2.0]]], 3, k=2)[0, :, 0]
    array([0.5, 0.5, 0. ])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank_backward(dy, x, laid, _top_table(laid, k, "k"))


def rank_average_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, t=None
) -> np.ndarray:
    """Mean of the `t` largest cells of each window.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        t: as `k` of `avg_topk_pool`; `None` means the median rank, `(m + 1) // 2` of `m` cells (the authors' 5 of 9).

    Returns, errors: as `avg_topk_pool`.

    Source: Shi, Ye and Wu 2016 (doi:10.1016/j.neunet.2016.07.003).

    >>> rank_average_pool([[[1.0], [4.0], [2.0]]], 3)[0, 0]
    array([3.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank(x, laid, _top_table(laid, (laid.cells + 1) // 2 if t is None else t, "t"))


def rank_average_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, t=None
):
    """Gradient of `rank_average_pool`: `dy / t` to each of the `t` largest cells, among ties to the earliest.

    The authors' code pays every cell tied with the last one, so that more than `dy` flows back.
    Args, returns, errors: as `max_pool_backward` and `rank_average_pool`.

    >>> rank_average_pool_backward([[[1.0]]], [[[1.0], [4.0], [2.0]]], 3)[0, :, 0]
    array([0. , 0.5, 0.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank_backward(dy, x, laid, _top_table(laid, (laid.cells + 1) // 2 if t is None else t, "t"))


def rank_weighted_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5, normalize=True
) -> np.ndarray:
    """Mean of each window with weights falling by rank: `w[r] = alpha * (1 - alpha) ** (r - 1)`.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        alpha: above 0, at most 1 (the maximum).
        normalize: divide by the sum of the weights; `False` reproduces the authors' code, whose weights sum to
            `1 - (1 - alpha) ** m`.

    Returns:
        as `avg_topk_pool`.

    Raises:
        TypeError, ValueError: as `max_pool`, and for `alpha` out of range.

    Source: Shi, Ye and Wu 2016 (doi:10.1016/j.neunet.2016.07.003).

    >>> rank_weighted_pool([[[0.0], [3.0]]])[0, 0]
    array([2.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank(x, laid, _falling_table(laid, alpha, normalize))


def rank_weighted_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5, normalize=True
):
    """Gradient of `rank_weighted_pool`: `dy * w[r]` to the cell of rank `r`, among ties the earlier has the smaller.

    Args, returns, errors: as `max_pool_backward` and `rank_weighted_pool`.

    >>> rank_weighted_pool_backward([[[3.0]]], [[[0.0], [3.0]]])[0, :, 0]
    array([1., 2.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank_backward(dy, x, laid, _falling_table(laid, alpha, normalize))


def ordinal_pool(x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Mean of each window with a given weight for each rank: `y = sum_r w[r] * a_(r) / sum_r w[r]`.

    One family that holds the maximum `(1, 0, ..., 0)`, the minimum `(0, ..., 0, 1)`, the mean, the median and both
    rank-based means. A window cut short by the border uses its first weights; if those are all 0, its last cell.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        weights: as many as a window has cells, for the largest first; finite, not negative, not all 0.

    Returns:
        as `avg_topk_pool`.

    Raises:
        TypeError, ValueError: as `max_pool`, and for other weights.

    Source: Deliege et al. 2021 (arXiv:2109.01561); ordered weighted averaging, Yager 1988.

    >>> ordinal_pool([[[1.0], [4.0], [2.0]]], [0, 1, 0], 3)[0, 0]
    array([2.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank(x, laid, _given_table(laid, weights))


def ordinal_pool_backward(dy, x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `ordinal_pool` in `x`: `dy * w[r] / sum(w)` to the cell of rank `r`.

    Args, returns, errors: as `max_pool_backward` and `ordinal_pool`; the weights are taken as given.

    >>> ordinal_pool_backward([[[1.0]]], [[[1.0], [4.0], [2.0]]], [0, 1, 0], 3)[0, :, 0]
    array([0., 0., 1.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _by_rank_backward(dy, x, laid, _given_table(laid, weights))


def rank_stochastic_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5,
    training=False, rng=None,
) -> np.ndarray:
    """One cell of each window, drawn by rank with the weights of `rank_weighted_pool`; that mean when not training.

    Unlike `stochastic_pool` it takes negative values.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        alpha: as for `rank_weighted_pool`.
        training: draw.
        rng: a `numpy.random.Generator`, which draws one uniform number for each output, or those numbers
            themselves, `(N, *O, C)` in [0, 1). Needed when training. The cell of rank `r` is taken where
            `w[1] + ... + w[r]` first exceeds the number.

    Returns:
        as `avg_topk_pool`.

    Raises:
        TypeError, ValueError: as `rank_weighted_pool`, and for training without `rng`.

    Source: Shi, Ye and Wu 2016. (Their sampler leaves an output unset with probability `(1 - alpha) ** m`.)

    >>> rank_stochastic_pool([[[0.0], [3.0]]], training=True, rng=[[[0.7]]])[0, 0]
    array([0.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    table = _falling_table(laid, alpha, True)
    if not training:
        return _by_rank(x, laid, table)
    rank = _drawn_ranks(as_uniforms(rng, laid.shape(x)), laid, table)
    y = np.empty(laid.shape(x), gradient_dtype(x))
    for outputs, inputs, some in laid.parts(x):
        drawn = np.zeros(y[outputs].shape, working_dtype(x))
        for r, value in enumerate(_descending(x[inputs], some, some.cells)):
            drawn = np.where((rank[outputs] == r) | np.isnan(value), value, drawn)
        y[outputs] = np.where(some.counts() > 0, drawn, 0)
    return y


def rank_stochastic_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, alpha=0.5,
    training=False, rng=None,
):
    """Gradient of `rank_stochastic_pool`: `dy` to the drawn cell, or as `rank_weighted_pool` when not training.

    The same numbers, or a generator in the same state as before the forward call, give the same draw.
    Args, returns, errors: as `max_pool_backward` and `rank_stochastic_pool`.

    >>> rank_stochastic_pool_backward([[[1.0]]], [[[0.0], [3.0]]], training=True, rng=[[[0.7]]])[0, :, 0]
    array([1., 0.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    table = _falling_table(laid, alpha, True)
    if not training:
        return _by_rank_backward(dy, x, laid, table)
    dy = as_gradient(dy, laid.shape(x))
    rank = _drawn_ranks(as_uniforms(rng, laid.shape(x)), laid, table)
    dx = np.zeros(x.shape, gradient_dtype(x))
    for block in blocks(x):
        ranks = _ranks(x[block], laid)
        for offset, outputs, inputs in laid:
            laid.add(dx[block], inputs, dy[block][outputs] * (ranks[offset] == rank[block])[outputs])
    return dx


def _top_table(laid: Windows, k, name) -> np.ndarray:
    k = as_int(k, name)
    if k > laid.cells:
        raise ValueError(f"{name} must be at most {laid.cells}, the cells of a window {laid.pool}, got {k}")
    m, r = np.arange(laid.cells + 1)[:, None], np.arange(laid.cells)
    return (r < np.minimum(m, k)) / np.maximum(np.minimum(m, k), 1)


def _falling_table(laid: Windows, alpha, normalize) -> np.ndarray:
    alpha = float(as_number(alpha, "alpha", "a number above 0 and at most 1", lambda alpha: 0 < alpha <= 1))
    weights = alpha * (1 - alpha) ** np.arange(laid.cells)
    return _cut_table(weights) if normalize else np.tri(laid.cells + 1, laid.cells, -1) * weights


def _given_table(laid: Windows, weights) -> np.ndarray:
    weights = as_matching(weights, (laid.cells,), "weights").astype(float)
    if not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
        raise ValueError(f"weights must be finite, not negative and not all 0, got {weights!r}")
    return _cut_table(weights)


def _cut_table(weights: np.ndarray) -> np.ndarray:
    """Row `m`: the first `m` weights, normalised; the last of them alone where they are all 0."""
    table = np.tri(len(weights) + 1, len(weights), -1) * weights
    for m in range(1, len(table)):
        if not table[m].any():
            table[m, m - 1] = 1
    return table / np.maximum(table.sum(1, keepdims=True), np.finfo(float).tiny)


def _by_rank(x, laid: Windows, table) -> np.ndarray:
    dtype = working_dtype(x)
    largest = int(np.flatnonzero(table.any(0)).max()) + 1

    def pool(cells, some):
        counts = some.counts()
        total = np.zeros(some.shape(cells), dtype)
        for r, value in enumerate(_descending(cells, some, largest)):
            if some.inside:
                total += dtype.type(table[-1, r]) * value
            else:
                weight = table[counts, r].astype(dtype)
                total += np.where(weight == 0, 0, weight * np.where(weight == 0, 0, value))
        return total

    return laid.pooled(x, pool)


def _by_rank_backward(dy, x, laid: Windows, table) -> np.ndarray:
    dy = as_gradient(dy, laid.shape(x))
    dx = np.zeros(x.shape, gradient_dtype(x))
    counts = laid.counts()
    weights = table.astype(working_dtype(x))
    for block in blocks(x):
        for (_, outputs, inputs), rank in zip(laid, _ranks(x[block], laid), strict=True):
            weight = weights[-1][rank] if laid.inside else weights[counts, rank]
            laid.add(dx[block], inputs, dy[block][outputs] * weight[outputs])
    return dx


def _drawn_ranks(uniforms, laid: Windows, table) -> np.ndarray:
    """The rank at which the cumulative weight first exceeds the number: how many sums it has reached."""
    sums = np.cumsum(table, 1)
    sums[np.arange(laid.cells) >= np.arange(laid.cells + 1)[:, None] - 1] = np.inf
    counts = laid.counts()
    rank = np.zeros(uniforms.shape, np.min_scalar_type(laid.cells))
    for r in range(laid.cells - 1):
        rank += uniforms >= (sums[-1, r] if laid.inside else sums[counts, r])
    return rank


def _descending(x, laid: Windows, k: int) -> list[np.ndarray]:
    """The `k` largest cells of each window, the largest first; padding counts as the least value.

    By definition `np.sort(laid.gather(x), axis=0)[::-1][:k]`. A network of maxima and minima does the same in a few
    large passes, and leaves out every exchange that the first `k` places do not depend on.
    """
    dtype = working_dtype(x)
    if laid.inside:
        cells = [x[inputs].astype(dtype, copy=False) for _, _, inputs in laid]
    else:
        cells = list(laid.gather(x, lowest(dtype), dtype))
    for i, j, keep_high, keep_low in sorting_network(laid.cells, k):
        high = np.maximum(cells[i], cells[j]) if keep_high else None
        cells[j] = np.minimum(cells[i], cells[j]) if keep_low else None
        cells[i] = high
    return cells[:k]


@lru_cache
def sorting_network(n: int, k: int) -> list[tuple[int, int, bool, bool]]:
    """Comparators `(i, j, keep_high, keep_low)` that bring the `k` largest of `n` values to the front, in order.

    Batcher's odd-even merge sort for any `n`, without the comparators that do not matter for the first `k`.

    >>> sorting_network(2, 1)
    [(0, 1, True, False)]
    """
    comparators = []
    p = 1
    while p < n:
        q = p
        while q >= 1:
            for start in range(q % p, n - q, 2 * q):
                for i in range(start, min(start + q, n - q)):
                    if i // (2 * p) == (i + q) // (2 * p):
                        comparators.append((i, i + q))
            q //= 2
        p *= 2
    needed, kept = set(range(k)), []
    for i, j in reversed(comparators):
        if i in needed or j in needed:
            kept.append((i, j, i in needed, j in needed))
            needed |= {i, j}
    return kept[::-1]


def _ranks(x, laid: Windows) -> np.ndarray:
    """Rank of every cell within its window, from 0: how many cells come before it. Shape `(cells, N, *O, C)`."""
    cells = laid.gather(x, lowest(x.dtype))
    ranks = np.zeros(cells.shape, np.min_scalar_type(laid.cells))
    real = None if laid.inside else laid.gather(np.ones((1, *x.shape[1:-1], 1), bool), False)
    for j in range(1, laid.cells):
        for i in range(j):
            later_wins = cells[j] > cells[i]
            ranks[i] += later_wins
            ranks[j] += ~later_wins if real is None else ~later_wins & real[i]
    return ranks
