"""apply_along_axis on the cells of each window: every pooling is a function of one vector."""
import numpy as np


def along(f, cells):
    return np.apply_along_axis(f, 3, cells)


def real(v):
    return v[~np.isnan(v)]


def ranked(v):
    return np.sort(real(v))[::-1]


def spread(v, parts):
    """Put parts, in order of rank, back on the vector's places."""
    out = np.zeros(len(v))
    places = [i for i in sorted(range(len(v)), key=lambda i: (-v[i], i)) if not np.isnan(v[i])] if not np.isnan(v).any() else \
        sorted(np.flatnonzero(~np.isnan(v)).tolist(), key=lambda i: (-v[i], i))
    out[places] = parts
    return out


def tops(m, k):
    k = min(m, k)
    return np.concatenate([np.full(k, 1 / k), np.zeros(m - k)])


def falls(m, alpha):
    w = alpha * (1 - alpha) ** np.arange(m)
    return w / w.sum()


def given(m, weights):
    return weights[:m] / np.sum(weights[:m])


def forward(x, where, weights):
    return along(lambda v: np.dot(ranked(v), weights(len(real(v)))), cut(x, *where))


def backward(dy, x, where, weights):
    slope = along(lambda v: spread(v, weights(len(real(v)))), cut(x, *where))
    return paste(slope * dy[:, :, :, None], x, *where)


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return forward(x, (pool_size, strides, padding), lambda m: tops(m, k))


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return backward(dy, x, (pool_size, strides, padding), lambda m: tops(m, k))


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return forward(x, (pool_size, strides, padding), lambda m: falls(m, alpha))


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return backward(dy, x, (pool_size, strides, padding), lambda m: falls(m, alpha))


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return forward(x, (pool_size, strides, padding), lambda m: given(m, weights))


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return backward(dy, x, (pool_size, strides, padding), lambda m: given(m, weights))


def evolve_weights(fitness, size, rng):
    """Random search, then ever smaller steps from the best so far."""
    best = max(rng.dirichlet(np.ones(size), 100), key=fitness)
    history = [fitness(best)]
    for width in np.geomspace(0.2, 0.005, 80):
        children = np.clip(best + rng.normal(0, width, (10, size)), 0, None)
        children = [c / c.sum() for c in children if c.sum() > 0]
        best = max([best, *children], key=fitness)
        history.append(fitness(best))
    return best, np.array(history)


def expectation(v):
    v = real(v)
    return 0.0 if v.sum() == 0 else float(np.sum(v * v) / np.sum(v))


def onehot(v, u):
    out = np.zeros(len(v))
    w = np.nan_to_num(v)
    if w.sum() > 0:
        out[np.flatnonzero(np.cumsum(w / w.sum()) > u)[0]] = 1
    return out


def draws(cells, rng):
    u = rng.random((*cells.shape[:3], cells.shape[4]))
    hot = np.zeros(cells.shape)
    for n, i, j, c in np.ndindex(u.shape):
        hot[n, i, j, :, c] = onehot(cells[n, i, j, :, c], u[n, i, j, c])
    return hot


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    if not (x >= 0).all():
        raise ValueError("only for x >= 0")
    cells = cut(x, pool_size, strides, padding)
    if not training:
        return along(expectation, cells)
    return np.nansum(cells * draws(cells, rng), axis=3)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    def slope(v):
        total = np.nansum(v)
        return np.zeros(len(v)) if total == 0 else np.nan_to_num((2 * v - expectation(v)) / total)

    cells = cut(x, pool_size, strides, padding)
    s = draws(cells, rng) if training else along(slope, cells)
    return paste(s * dy[:, :, :, None], x, pool_size, strides, padding)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    def once():
        if mode == "random":
            return np.concatenate(([0], np.cumsum(rng.permutation([n // out + (i < n % out) for i in range(out)]))))
        u = rng.random()
        return np.array([0, *(int(np.ceil(n / out * (i + u))) - 1 for i in range(1, out)), n])

    b = once()
    return b if set(np.diff(b)) <= {n // out, n // out + 1} else fractional_sequence(n, out, mode=mode, rng=rng)


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    extra = int(overlapping)
    rows = [x[:, a : b + extra].max(1) for a, b in zip(row_seq, row_seq[1:])]
    columns = [[r[:, a : b + extra].max(1) for a, b in zip(col_seq, col_seq[1:])] for r in rows]
    return np.array(columns).transpose(2, 0, 1, 3)
