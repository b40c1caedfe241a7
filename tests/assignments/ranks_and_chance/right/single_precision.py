"""Single precision; a loop over windows with heapq and bisect; annealing for the search."""
import bisect
import heapq
import itertools

import numpy as np

single = np.float32


def spans(n, k, s, padding):
    count = -(-n // s) if padding == "same" else 1 + (n - k) // s
    lead = max((count - 1) * s + k - n, 0) // 2 if padding == "same" else 0
    return [range(max(0, i * s - lead), min(n, i * s - lead + k)) for i in range(count)]


def two(v):
    return (int(v), int(v)) if np.isscalar(v) else tuple(int(a) for a in v)


class Windows:
    def __init__(self, x, pool_size, strides, padding):
        k = two(pool_size)
        s = k if strides is None else two(strides)
        self.x = x.astype(single)
        self.axes = [spans(x.shape[a + 1], k[a], s[a], padding) for a in (0, 1)]
        self.shape = (x.shape[0], len(self.axes[0]), len(self.axes[1]), x.shape[3])

    def __iter__(self):
        for at in np.ndindex(*self.shape):
            n, i, j, c = at
            yield at, [(self.x[n, h, w, c], (n, h, w, c)) for h in self.axes[0][i] for w in self.axes[1][j]]

    def forward(self, rule):
        y = np.zeros(self.shape, single)
        for at, cells in self:
            y[at] = rule(cells)
        return y

    def backward(self, dy, rule):
        dx = np.zeros(self.x.shape, single)
        for at, cells in self:
            for share, place in rule(at, cells):
                dx[place] += single(share) * single(dy[at])
        return dx


def weigh(weights):
    def order(cells):
        return heapq.nsmallest(len(cells), enumerate(cells), key=lambda e: (-e[1][0], e[0]))

    def shares(cells):
        w = np.asarray(weights[: len(cells)], single)
        return w / w.sum(dtype=single)

    def value(cells):
        return sum(a * e[1][0] for a, e in zip(shares(cells), order(cells)))

    def slope(_, cells):
        return [(a, e[1][1]) for a, e in zip(shares(cells), order(cells))]

    return value, slope


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return Windows(x, pool_size, strides, padding).forward(weigh([1] * k + [0] * 50)[0])


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return Windows(x, pool_size, strides, padding).backward(dy, weigh([1] * k + [0] * 50)[1])


def powers(alpha):
    return list(itertools.accumulate(range(50), lambda w, _: w * (1 - alpha), initial=1.0))


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return Windows(x, pool_size, strides, padding).forward(weigh(powers(alpha))[0])


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return Windows(x, pool_size, strides, padding).backward(dy, weigh(powers(alpha))[1])


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return Windows(x, pool_size, strides, padding).forward(weigh(list(weights))[0])


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return Windows(x, pool_size, strides, padding).backward(dy, weigh(list(weights))[1])


def evolve_weights(fitness, size, rng):
    crowd = [(fitness(w), w) for w in rng.dirichlet(np.full(size, 0.7), 24)]
    history = []
    for turn in range(70):
        crowd.sort(key=lambda e: e[0], reverse=True)
        history.append(float(crowd[0][0]))
        crowd = crowd[:8]
        for _ in range(16):
            (_, a), (_, b) = (crowd[i] for i in rng.choice(8, 2))
            t = rng.uniform()
            w = np.maximum(t * a + (1 - t) * b + rng.normal(0, 0.08, size), 0)
            w = w / w.sum() if w.sum() else np.full(size, 1 / size)
            crowd.append((fitness(w), w))
    top = max(crowd, key=lambda e: e[0])
    return np.asarray(top[1]), history + [float(top[0])]


def pick(cells, u):
    total = sum(a for a, _ in cells)
    if not total:
        return None
    edges = list(itertools.accumulate(float(a) / float(total) for a, _ in cells))
    return cells[min(bisect.bisect_right(edges, u), len(cells) - 1)]


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    if x.min() < 0:
        raise ValueError("negative")
    windows = Windows(x, pool_size, strides, padding)
    if not training:
        return windows.forward(lambda cells: sum(a * a for a, _ in cells) / (sum(a for a, _ in cells) or 1))
    u = rng.random(windows.shape)
    y = np.zeros(windows.shape, single)
    for at, cells in windows:
        hit = pick(cells, u[at])
        y[at] = hit[0] if hit else 0
    return y


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    windows = Windows(x, pool_size, strides, padding)
    u = rng.random(windows.shape) if training else None

    def rule(at, cells):
        if training:
            hit = pick(cells, u[at])
            return [(1, hit[1])] if hit else []
        total = sum(a for a, _ in cells)
        if not total:
            return []
        y = sum(a * a for a, _ in cells) / total
        return [((2 * a - y) / total, place) for a, place in cells]

    return windows.backward(dy, rule)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    q, r = divmod(n, out)
    if mode == "random":
        sizes = [q + 1] * r + [q] * (out - r)
        return np.array([0, *itertools.accumulate(sizes[i] for i in rng.permutation(out))], dtype=np.int32)
    while True:
        u = 1 - rng.random()
        b = [0, *(int(np.ceil(n / out * (i + u))) - 1 for i in range(1, out)), n]
        if {t - s for s, t in itertools.pairwise(b)} <= {q, q + 1}:
            return np.array(b, dtype=np.int32)


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    def reduced(y, seq, axis):
        top = np.maximum.reduceat(y, seq[:-1], axis=axis)
        if overlapping and len(seq) > 2:
            first = np.take(y, seq[1:-1], axis=axis)
            head = np.maximum(np.take(top, range(len(seq) - 2), axis=axis), first)
            top = np.concatenate([head, np.take(top, [-1], axis=axis)], axis=axis)
        return top

    return reduced(reduced(x.astype(single), row_seq, 1), col_seq, 2)
