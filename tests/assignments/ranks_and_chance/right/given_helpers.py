"""With `cut` and `paste` as given; ranks found by counting who is larger."""
import numpy as np


def ranks(x, *where):
    """For every cell its rank from 0, the number of real cells of its window, and the cells."""
    a = cut(x, *where, np.nan)
    real = ~np.isnan(a)
    k = a.shape[3]
    r = np.zeros(a.shape, int)
    for i in range(k):
        for j in range(k):
            larger = a[:, :, :, j] > a[:, :, :, i]
            earlier = (a[:, :, :, j] == a[:, :, :, i]) & (j < i)
            r[:, :, :, i] += larger | earlier
    return r, real, np.where(real, a, 0)


def mean_by_rank(x, weights, *where):
    r, real, a = ranks(x, *where)
    w = np.asarray(weights, float)[r] * real
    w = w / w.sum(axis=3, keepdims=True)
    return (w * a).sum(axis=3)


def mean_by_rank_backward(dy, x, weights, *where):
    r, real, _ = ranks(x, *where)
    v = np.asarray(weights, float)[r] * real
    v = v / v.sum(axis=3, keepdims=True)
    return paste(v * dy[:, :, :, None], x, *where)


def size(pool_size):
    return int(np.prod(pool_size)) if np.ndim(pool_size) else int(pool_size) ** 2


def top(pool_size, k):
    return [1.0] * k + [0.0] * (size(pool_size) - k)


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return mean_by_rank(x, top(pool_size, k), pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return mean_by_rank_backward(dy, x, top(pool_size, k), pool_size, strides, padding)


def falling(pool_size, alpha):
    return [alpha * (1 - alpha) ** r for r in range(size(pool_size))]


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return mean_by_rank(x, falling(pool_size, alpha), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return mean_by_rank_backward(dy, x, falling(pool_size, alpha), pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return mean_by_rank(x, weights, pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return mean_by_rank_backward(dy, x, weights, pool_size, strides, padding)


def on_simplex(w):
    w = np.clip(w, 0, None)
    return w / w.sum() if w.sum() > 0 else np.full(len(w), 1 / len(w))


def evolve_weights(fitness, size, rng):
    people = [rng.dirichlet(np.ones(size)) for _ in range(16)]
    history = []
    for _ in range(30):
        people.sort(key=fitness, reverse=True)
        history.append(fitness(people[0]))
        children = []
        for _ in range(11):
            mother, father = people[rng.integers(10)], people[rng.integers(10)]
            mix = rng.random()
            child = mix * mother + (1 - mix) * father + 0.05 * rng.standard_normal(size)
            children.append(on_simplex(child))
        people = people[:5] + children
    people.sort(key=fitness, reverse=True)
    history.append(fitness(people[0]))
    return people[0], np.array(history)


def probabilities(x, *where):
    if (x < 0).any():
        raise ValueError("negative number")
    a = cut(x, *where, 0.0)
    total = a.sum(axis=3, keepdims=True)
    return a, np.where(total > 0, total, 1.0), a / np.where(total > 0, total, 1.0)


def draw(p, rng):
    u = rng.random((p.shape[0], p.shape[1], p.shape[2], p.shape[4]))
    above = np.cumsum(p, axis=3) > u[:, :, :, None, :]
    before = np.concatenate([np.zeros_like(above[:, :, :, :1]), above[:, :, :, :-1]], axis=3)
    return above & ~before


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    a, _, p = probabilities(x, pool_size, strides, padding)
    if training:
        return (a * draw(p, rng)).sum(axis=3)
    return (p * a).sum(axis=3)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    a, total, p = probabilities(x, pool_size, strides, padding)
    if training:
        s = draw(p, rng)
    else:
        s = (2 * a - (p * a).sum(axis=3, keepdims=True)) / total
    return paste(s * dy[:, :, :, None], x, pool_size, strides, padding)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    alpha, small = n / out, n // out
    if mode == "random":
        lengths = np.array([small + 1] * (n - out * small) + [small] * (out - n + out * small))
        rng.shuffle(lengths)
        return np.append(0, np.cumsum(lengths))
    lengths = np.zeros(out)
    while lengths.min() < small or lengths.max() > small + 1:
        u = rng.random()
        b = np.ceil(alpha * (np.arange(out + 1) + u)).astype(int) - 1
        b[0], b[-1] = 0, n
        lengths = np.diff(b)
    return b


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    more = 1 if overlapping else 0
    y = np.zeros((x.shape[0], len(row_seq) - 1, len(col_seq) - 1, x.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            part = x[:, row_seq[i] : row_seq[i + 1] + more, col_seq[j] : col_seq[j + 1] + more]
            y[:, i, j] = part.max(axis=(1, 2))
    return y
