"""Slices, window by window, whole batches at once; lexsort, searchsorted, hill climbing by coordinates."""
import numpy as np


def tiles(x, pool_size, strides, padding):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    spans = []
    for a in (0, 1):
        n = x.shape[a + 1]
        count = (n - k[a]) // s[a] + 1 if padding == "valid" else -(-n // s[a])
        before = 0 if padding == "valid" else max((count - 1) * s[a] + k[a] - n, 0) // 2
        spans.append([(max(i * s[a] - before, 0), min(i * s[a] - before + k[a], n)) for i in range(count)])
    shape = (len(x), len(spans[0]), len(spans[1]), x.shape[3])
    return shape, [(i, j, np.s_[:, r[0] : r[1], c[0] : c[1]]) for i, r in enumerate(spans[0]) for j, c in enumerate(spans[1])]


def flat(part):
    return part.reshape(len(part), -1, part.shape[3])


def order(a):
    places = np.broadcast_to(np.arange(a.shape[1])[None, :, None], a.shape)
    return np.lexsort((places, -a), axis=1)


def pooled(x, f, *where):
    shape, all_tiles = tiles(x, *where)
    y = np.zeros(shape)
    for i, j, at in all_tiles:
        y[:, i, j] = f(flat(x[at]), i, j)
    return y


def returned(dy, x, f, *where):
    dx = np.zeros(x.shape)
    for i, j, at in tiles(x, *where)[1]:
        dx[at] += (f(flat(x[at]), i, j) * dy[:, i, j][:, None]).reshape(x[at].shape)
    return dx


def cut_weights(weights, m):
    return (weights[:m] / weights[:m].sum())[None, :, None]


def value(weights):
    return lambda a, i, j: np.sum(np.take_along_axis(a, order(a), 1) * cut_weights(weights, a.shape[1]), 1)


def slope(weights):
    def f(a, i, j):
        s = np.zeros(a.shape)
        np.put_along_axis(s, order(a), np.broadcast_to(cut_weights(weights, a.shape[1]), a.shape), 1)
        return s

    return f


def ones(k):
    return np.r_[np.ones(k), np.zeros(100)]


def geometric(alpha):
    return alpha * np.power(1 - alpha, np.arange(100.0))


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return pooled(x, value(ones(k)), pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return returned(dy, x, slope(ones(k)), pool_size, strides, padding)


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return pooled(x, value(geometric(alpha)), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return returned(dy, x, slope(geometric(alpha)), pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return pooled(x, value(weights), pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return returned(dy, x, slope(weights), pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    herd = rng.dirichlet(np.ones(size), size=30)
    history, best, score = [], None, -np.inf
    for generation in range(60):
        marks = np.fromiter((fitness(one) for one in herd), float)
        if marks.max() > score:
            best, score = herd[marks.argmax()].copy(), marks.max()
        history.append(score)
        chosen = herd[np.argsort(marks)[-10:]]
        noise = rng.normal(0, 0.3 / (1 + generation), (30, size))
        herd = np.abs(chosen[rng.integers(0, 10, 30)] * 0.5 + chosen[rng.integers(0, 10, 30)] * 0.5 + noise)
        herd /= herd.sum(1, keepdims=True)
    return best, np.array(history)


def nonnegative(x):
    if np.min(x) < 0:
        raise ValueError("need numbers of at least zero")


def draw(a, u):
    """One-hot (n, cells, c): the first cell at which the running share exceeds u."""
    hot = np.zeros(a.shape)
    for n, c in np.ndindex(u.shape):
        if a[n, :, c].sum() > 0:
            share = np.cumsum(a[n, :, c]) / a[n, :, c].sum()
            hot[n, np.searchsorted(share, u[n, c], side="right"), c] = 1
    return hot


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    nonnegative(x)
    where = pool_size, strides, padding
    if training:
        u = rng.random(tiles(x, *where)[0])
        return pooled(x, lambda a, i, j: (a * draw(a, u[:, i, j])).sum(1), *where)
    return pooled(x, lambda a, i, j: (a**2).sum(1) / np.maximum(a.sum(1), 1e-300), *where)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    nonnegative(x)
    if training:
        u = rng.random(dy.shape)
        return returned(dy, x, lambda a, i, j: draw(a, u[:, i, j]), pool_size, strides, padding)

    def f(a, i, j):
        total = a.sum(1, keepdims=True)
        safe = total + (total == 0)
        return 2 * a / safe - (a**2).sum(1, keepdims=True) / safe**2

    return returned(dy, x, f, pool_size, strides, padding)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    low = n // out
    if mode == "random":
        keys = rng.random(out)
        steps = np.full(out, low)
        steps[np.argsort(keys)[: n - low * out]] += 1
        return np.r_[0, steps.cumsum()]
    alpha = n / out
    u = rng.uniform(0, min((low + 2) / alpha - 1, (n + 1 - low) / alpha - (out - 1), 1))
    return np.r_[0, np.ceil(alpha * (np.arange(1, out) + u)).astype(int) - 1, n]


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    def bands(y, seq, axis):
        pieces = [y.take(range(a, min(b + bool(overlapping), seq[-1])), axis).max(axis) for a, b in zip(seq[:-1], seq[1:])]
        return np.stack(pieces, axis)

    return bands(bands(x, row_seq, 1), col_seq, 2)
