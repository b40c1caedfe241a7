"""A class of windows with a weight for every cell; poolings differ in the weights. Single precision."""
import numpy as np


class Windows:
    def __init__(self, x, *where):
        self.x, self.where = x, where
        self.cells = cut(x.astype(np.float32), *where, np.nan)
        self.real = ~np.isnan(self.cells)
        self.values = np.where(self.real, self.cells, np.float32(0))

    def ranks(self):
        order = np.argsort(np.where(self.real, -self.cells, np.inf), axis=3, kind="stable")
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(order.shape[3])[None, None, None, :, None], axis=3)
        return ranks

    def weights(self, by_rank):
        w = np.asarray(by_rank, np.float32)[self.ranks()] * self.real
        return w / w.sum(3, keepdims=True)

    def mean(self, w):
        return (w * self.values).sum(3)

    def back(self, dy, w):
        return paste(dy[:, :, :, None] * w, self.x, *self.where)


class Falling:
    def __init__(self, alpha):
        self.alpha = alpha

    def __array__(self, dtype=None, copy=None):
        return np.array([self.alpha * (1 - self.alpha) ** r for r in range(50)], dtype)


def first(k):
    return [1] * k + [0] * 50


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    w = Windows(x, pool_size, strides, padding)
    return w.mean(w.weights(first(k)))


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    w = Windows(x, pool_size, strides, padding)
    return w.back(dy, w.weights(first(k)))


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    w = Windows(x, pool_size, strides, padding)
    return w.mean(w.weights(Falling(alpha)))


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    w = Windows(x, pool_size, strides, padding)
    return w.back(dy, w.weights(Falling(alpha)))


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    w = Windows(x, pool_size, strides, padding)
    return w.mean(w.weights(weights))


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    w = Windows(x, pool_size, strides, padding)
    return w.back(dy, w.weights(weights))


class Genetic:
    def __init__(self, fitness, size, rng):
        self.fitness, self.rng = fitness, rng
        self.people = np.concatenate([np.eye(size), rng.dirichlet(np.ones(size), 16)])
        self.history = []

    def step(self):
        scores = np.array([self.fitness(w) for w in self.people])
        self.people = self.people[np.argsort(-scores)]
        self.history.append(float(scores.max()))
        parents = self.people[:6]
        mixed = self.rng.dirichlet(np.ones(6), 16) @ parents
        noisy = np.abs(mixed + self.rng.normal(size=mixed.shape) * 0.04)
        self.people = np.concatenate([parents, noisy / noisy.sum(1, keepdims=True)])


def evolve_weights(fitness, size, rng):
    search = Genetic(fitness, size, rng)
    for _ in range(60):
        search.step()
    return search.people[0], search.history


class Stochastic(Windows):
    def __init__(self, x, *where):
        if (x < 0).any():
            raise ValueError("x is negative somewhere")
        super().__init__(x, *where)
        self.values = self.values.astype(np.float64)
        self.total = self.values.sum(3, keepdims=True)
        self.p = self.values / np.where(self.total == 0, 1, self.total)

    def drawn(self, rng):
        u = rng.random(self.p[:, :, :, 0].shape)[:, :, :, None]
        c = self.p.cumsum(3)
        return ((c > u) & (c - self.p <= u)) * (self.p > 0)


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    s = Stochastic(x, pool_size, strides, padding)
    return s.mean(s.drawn(rng) if training else s.p)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    s = Stochastic(x, pool_size, strides, padding)
    if training:
        return s.back(dy, s.drawn(rng))
    return s.back(dy, (2 * s.p - s.mean(s.p)[:, :, :, None] / np.where(s.total == 0, 1, s.total)))


class Cuts:
    def __init__(self, n, out):
        self.n, self.out, self.low = n, out, n // out

    def allowed(self, b):
        return all(d in (self.low, self.low + 1) for d in np.diff(b))

    def pseudorandom(self, rng):
        b = [0, 10**6]
        while not self.allowed(b):
            u = 1 - rng.random()
            b = np.ceil(self.n / self.out * (np.arange(self.out + 1) + u)).astype(np.int64) - 1
            b[0] = 0
            b[self.out] = self.n
        return b

    def random(self, rng):
        d = np.repeat([self.low, self.low + 1], [self.out - self.n % self.out, self.n % self.out])
        return np.concatenate([[0], rng.permuted(d).cumsum()])


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    return getattr(Cuts(n, out), mode)(rng)


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    label = []
    for seq in (row_seq, col_seq):
        cells = np.arange(seq[-1])
        label.append((cells >= seq[:-1, None]) & (cells < seq[1:, None] + overlapping))
    member = label[0][:, None, :, None] & label[1][None, :, None, :]
    return np.where(member[None, ..., None], x[:, None, None], -np.inf).max((3, 4))
