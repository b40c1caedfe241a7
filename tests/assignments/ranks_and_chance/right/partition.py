"""NumPy's partition, sort and masked arrays where they fit; gradients through masks of chosen cells."""
import numpy as np
import numpy.ma as ma


def filled(x, where, fill):
    return np.moveaxis(cut(x, *where, fill), 3, -1)


def home(slope, dy, x, where):
    return paste(np.moveaxis(slope * dy[..., None], -1, 3), x, *where)


def counts(x, where):
    return np.sum(filled(np.ones(x.shape), where, 0), axis=-1)


def chosen(a, k):
    """The k largest, one after the other: a mask."""
    a = a.copy()
    mask = np.zeros(a.shape, bool)
    for _ in range(k):
        place = a.argmax(-1)[..., None]
        alive = np.take_along_axis(a, place, -1) > -np.inf
        np.put_along_axis(mask, place, np.take_along_axis(mask, place, -1) | alive, -1)
        np.put_along_axis(a, place, -np.inf, -1)
    return mask


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    where = (pool_size, strides, padding)
    a = -np.sort(-filled(x, where, -np.inf), axis=-1)[..., :k]
    return ma.masked_invalid(a).mean(axis=-1).filled(0)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    where = (pool_size, strides, padding)
    mask = chosen(filled(x, where, -np.inf), k)
    return home(mask / mask.sum(-1, keepdims=True), dy, x, where)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    where = (pool_size, strides, padding)
    a = ma.masked_invalid(-np.sort(-filled(x, where, -np.inf), axis=-1))
    return ma.average(a, axis=-1, weights=np.broadcast_to(weights, a.shape)).filled(0)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    where = (pool_size, strides, padding)
    a = filled(x, where, -np.inf)
    rank = np.argsort(np.argsort(-a, axis=-1, kind="stable"), axis=-1, kind="stable")
    w = np.asarray(weights)[rank] * (a > -np.inf)
    return home(w / w.sum(-1, keepdims=True), dy, x, where)


def steps(pool_size, alpha):
    k = np.broadcast_to(pool_size, 2)
    return (1 - alpha) ** np.arange(k[0] * k[1])


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return ordinal_pool2d(x, steps(pool_size, alpha), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return ordinal_pool2d_backward(dy, x, steps(pool_size, alpha), pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    known = {}

    def score(w):
        return known.setdefault(w.tobytes(), float(fitness(w)))

    people = list(rng.dirichlet([0.5] * size, 24))
    history = []
    for _ in range(45):
        people = sorted(people, key=score)[-6:]
        history.append(score(people[-1]))
        for _ in range(18):
            a, b = rng.choice(6, 2)
            take = rng.random(size) < 0.5
            child = np.where(take, people[a], people[b]) + rng.normal(0, 0.04, size)
            child = np.maximum(child, 0)
            people.append(child / child.sum())
    best = max(people, key=score)
    return best, np.array([*history, score(best)])


def shares(x, where):
    if np.any(x < 0):
        raise ValueError(f"minimum {x.min()}")
    a = filled(x, where, 0.0)
    total = a.sum(-1)
    return a, np.divide(a, total[..., None], out=np.zeros(a.shape), where=total[..., None] > 0), total


def hot(p, rng):
    u = rng.random(p.shape[:-1])
    passed = (np.cumsum(p, -1) <= u[..., None]).sum(-1)
    return (np.arange(p.shape[-1]) == passed[..., None]) & (p > 0)


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    a, p, _ = shares(x, (pool_size, strides, padding))
    return np.einsum("...k,...k->...", a, hot(p, rng).astype(float) if training else p)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    where = (pool_size, strides, padding)
    a, p, total = shares(x, where)
    if training:
        return home(hot(p, rng), dy, x, where)
    y = np.einsum("...k,...k->...", a, p)
    slope = np.divide(2 * a - y[..., None], total[..., None], out=np.zeros(a.shape), where=total[..., None] > 0)
    return home(slope, dy, x, where)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    lengths = n // out + (np.arange(out) < n % out).astype(int)
    if mode == "random":
        return np.cumsum(np.insert(rng.permutation(lengths), 0, 0))
    while True:
        b = np.ceil(n * (np.arange(out + 1) + rng.random()) / out - 1e-12).astype(int) - 1
        b[[0, out]] = 0, n
        if set(np.diff(b).tolist()) <= {n // out, n // out + 1}:
            return b


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    if not overlapping:
        return np.maximum.reduceat(np.maximum.reduceat(x, row_seq[:-1], axis=1), col_seq[:-1], axis=2)
    rows = [np.arange(a, min(b + 1, x.shape[1])) for a, b in zip(row_seq, row_seq[1:])]
    columns = [np.arange(a, min(b + 1, x.shape[2])) for a, b in zip(col_seq, col_seq[1:])]
    return np.array([[x[:, r][:, :, c].max((1, 2)) for c in columns] for r in rows]).transpose(2, 0, 1, 3)
