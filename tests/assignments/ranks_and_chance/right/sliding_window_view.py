"""sliding_window_view over an image padded with minus infinity; np.add.at for the way back."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class View:
    def __init__(self, x, pool_size, strides, padding, fill=-np.inf):
        self.k = (pool_size,) * 2 if np.isscalar(pool_size) else tuple(pool_size)
        self.s = self.k if strides is None else (strides,) * 2 if np.isscalar(strides) else tuple(strides)
        self.pads = [(0, 0)] * 4
        if padding == "same":
            for a in (0, 1):
                n = x.shape[a + 1]
                t = max((-(-n // self.s[a]) - 1) * self.s[a] + self.k[a] - n, 0)
                self.pads[a + 1] = (t // 2, t - t // 2)
        self.x = x
        self.padded = np.pad(x.astype(float), self.pads, constant_values=fill)
        windows = sliding_window_view(self.padded, self.k, (1, 2))[:, :: self.s[0], :: self.s[1]]
        self.a = windows.reshape(*windows.shape[:4], -1)

    def scatter(self, parts):
        total = np.zeros(self.padded.shape)
        n, i, j, c, k = np.indices(parts.shape, sparse=True)
        np.add.at(total, (n, i * self.s[0] + k // self.k[1], j * self.s[1] + k % self.k[1], c), parts)
        (top, _), (left, _) = self.pads[1:3]
        return total[:, top : top + self.x.shape[1], left : left + self.x.shape[2]]


def weigh(view, weights):
    order = np.argsort(-view.a, axis=-1, kind="mergesort")
    ordered = np.take_along_axis(view.a, order, -1)
    w = weights[: ordered.shape[-1]] * (ordered > -np.inf)
    return order, np.where(ordered > -np.inf, ordered, 0), w / w.sum(-1, keepdims=True)


def forward(x, weights, *where):
    _, a, w = weigh(View(x, *where), weights)
    return np.einsum("nijck,nijck->nijc", a, w)


def backward(dy, x, weights, *where):
    view = View(x, *where)
    order, _, w = weigh(view, weights)
    back = np.argsort(order, axis=-1)
    return view.scatter(np.take_along_axis(w, back, -1) * dy[..., None])


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return forward(x, 1.0 * (np.arange(64) < k), pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return backward(dy, x, 1.0 * (np.arange(64) < k), pool_size, strides, padding)


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return forward(x, (1 - alpha) ** np.arange(64), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return backward(dy, x, (1 - alpha) ** np.arange(64), pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return forward(x, weights, pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return backward(dy, x, weights, pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    """Differential evolution, kept on the simplex."""
    people = rng.dirichlet(np.ones(size), 15)
    scores = np.array([fitness(w) for w in people])
    history = [scores.max()]
    for _ in range(45):
        for i in range(len(people)):
            a, b, c = people[rng.choice(len(people), 3, replace=False)]
            trial = np.where(rng.random(size) < 0.7, a + 0.6 * (b - c), people[i])
            trial = np.maximum(trial, 0) + 1e-12
            trial = trial / trial.sum()
            value = fitness(trial)
            if value >= scores[i]:
                people[i], scores[i] = trial, value
        history.append(scores.max())
    return people[scores.argmax()], np.array(history)


def prepare(x, *where):
    if x.size and x.min() < 0:
        raise ValueError("stochastic pooling of negative numbers")
    view = View(x, *where, fill=0.0)
    total = view.a.sum(-1, keepdims=True)
    return view, np.where(total > 0, view.a / np.where(total > 0, total, 1), 0), total


def pick(p, u):
    past = np.sum(np.cumsum(p, -1) <= u[..., None], -1, keepdims=True)
    return (np.arange(p.shape[-1]) == past).astype(float)


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    view, p, _ = prepare(x, pool_size, strides, padding)
    if training:
        return np.sum(view.a * pick(p, rng.random(p.shape[:-1])), -1)
    return np.sum(view.a * p, -1)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    view, p, total = prepare(x, pool_size, strides, padding)
    if training:
        return view.scatter(pick(p, rng.random(dy.shape)) * (total > 0) * dy[..., None])
    y = np.sum(view.a * p, -1, keepdims=True)
    return view.scatter(np.where(total > 0, (2 * view.a - y) / np.where(total > 0, total, 1), 0) * dy[..., None])


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    base, rest = divmod(n, out)
    if mode == "random":
        ends = np.zeros(out, int)
        ends[rng.permutation(out)[:rest]] = 1
        return np.hstack([0, np.cumsum(base + ends)])
    for u in rng.random(10000):
        b = np.ceil((np.arange(out + 1) + u) * (n / out)).astype(int) - 1
        b[0], b[-1] = 0, n
        if ((np.diff(b) - base) // 2 == 0).all():
            return b


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    y = np.full((len(x), len(row_seq) - 1, len(col_seq) - 1, x.shape[3]), -np.inf)
    for h in range(x.shape[1]):
        for w in range(x.shape[2]):
            i = np.searchsorted(row_seq, h, side="right") - 1
            j = np.searchsorted(col_seq, w, side="right") - 1
            shared_row = [i - 1] if overlapping and i > 0 and row_seq[i] == h else []
            shared_column = [j - 1] if overlapping and j > 0 and col_seq[j] == w else []
            for r in [i, *shared_row]:
                for c in [j, *shared_column]:
                    y[:, r, c] = np.maximum(y[:, r, c], x[:, h, w])
    return y
