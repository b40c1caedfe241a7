"""A sorting network over the cells of the window (odd-even transposition), carrying ranks along; masked by counts."""
import numpy as np


def cells_of(x, *where):
    a = cut(x, *where, -np.inf)
    real = np.isfinite(a)
    return a, real


def network(a):
    """Sorted copy (largest first) and the places it came from, by exchanging neighbours."""
    a = np.moveaxis(a, 3, 0).copy()
    where = np.broadcast_to(np.arange(len(a)).reshape(-1, *[1] * (a.ndim - 1)), a.shape).copy()
    for turn in range(len(a)):
        for i in range(turn % 2, len(a) - 1, 2):
            swap = a[i + 1] > a[i]
            a[i], a[i + 1] = np.where(swap, a[i + 1], a[i]), np.where(swap, a[i], a[i + 1])
            where[i], where[i + 1] = np.where(swap, where[i + 1], where[i]), np.where(swap, where[i], where[i + 1])
    return np.moveaxis(a, 0, 3), np.moveaxis(where, 0, 3)


def shares(real, weights):
    m = real.sum(axis=3, keepdims=True)
    k = np.arange(real.shape[3])[:, None]
    w = np.where(k < m, np.asarray(weights, float)[: real.shape[3], None], 0)
    return w / w.sum(axis=3, keepdims=True)


def pooled(x, weights, *where):
    a, real = cells_of(x, *where)
    s, _ = network(a)
    return np.sum(np.where(np.isfinite(s), s, 0) * shares(real, weights), axis=3)


def pulled(dy, x, weights, *where):
    a, real = cells_of(x, *where)
    _, order = network(a)
    w = shares(real, weights) * dy[:, :, :, None]
    back = np.zeros(a.shape)
    for r in range(a.shape[3]):
        back += (np.arange(a.shape[3])[:, None] == order[:, :, :, r : r + 1]) * w[:, :, :, r : r + 1]
    return paste(back, x, *where)


def long(head):
    return np.concatenate([head, np.zeros(64)])


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return pooled(x, long(np.ones(k)), pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return pulled(dy, x, long(np.ones(k)), pool_size, strides, padding)


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return pooled(x, (1 - alpha) ** np.arange(64), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return pulled(dy, x, (1 - alpha) ** np.arange(64), pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return pooled(x, weights, pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return pulled(dy, x, weights, pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    """(mu, lambda) in logits: weights are a softmax, so they are always allowed."""
    def weights_of(z):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    centre, sigma = np.zeros(size), 1.0
    best, score, history = None, -np.inf, []
    for _ in range(60):
        z = centre + sigma * rng.standard_normal((24, size))
        values = np.array([fitness(w) for w in weights_of(z)])
        elite = z[np.argsort(values)[::-1][:6]]
        if values.max() > score:
            score, best = values.max(), weights_of(z[values.argmax()])
        history.append(score)
        centre = elite.mean(axis=0)
        sigma = max(0.93 * sigma, 0.05)
    return best, np.array(history)


def stochastic(x, where):
    if not np.all(x >= 0):
        raise ValueError("all numbers must be at least zero")
    a = cut(x, *where, 0.0)
    t = a.sum(axis=3, keepdims=True)
    return a, np.divide(a, t, out=np.zeros_like(a), where=t > 0), t


def hit(p, rng):
    shape = p.shape[:3] + p.shape[4:]
    u = rng.random(shape)
    c = p.cumsum(axis=3)
    reached = (c > u[:, :, :, None]).astype(int)
    return np.diff(reached, axis=3, prepend=0)


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    a, p, _ = stochastic(x, (pool_size, strides, padding))
    return np.einsum("nijkc,nijkc->nijc", a, hit(p, rng) if training else p)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    a, p, t = stochastic(x, (pool_size, strides, padding))
    if training:
        s = hit(p, rng)
    else:
        y = (a * p).sum(axis=3, keepdims=True)
        s = np.divide(2 * a - y, t, out=np.zeros_like(a), where=t > 0)
    return paste(s * dy[:, :, :, None], x, pool_size, strides, padding)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    low, alpha = int(n / out), n / out
    while True:
        if mode == "random":
            cuts = np.concatenate([[0], np.cumsum(low + (rng.random(out) < alpha - low)), ])
        else:
            u = rng.uniform(0, 1)
            cuts = np.array([0] + [int(np.ceil(alpha * (i + u))) - 1 for i in range(1, out)] + [n])
        if cuts[-1] == n and set(np.diff(cuts).tolist()) <= {low, low + 1}:
            return cuts


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    h, w = np.arange(x.shape[1]), np.arange(x.shape[2])
    def member(seq, at):
        lo, hi = np.asarray(seq[:-1])[:, None], np.asarray(seq[1:])[:, None]
        return (at >= lo) & (at <= hi if overlapping else at < hi)
    inside = member(row_seq, h)[:, None, :, None] & member(col_seq, w)[None, :, None, :]
    return np.where(inside[None, ..., None], x[:, None, None], -np.inf).max(axis=(3, 4))
