"""Window by window in plain Python: lists, sorted, and running sums."""
import math

import numpy as np


def pair(v):
    return tuple(v) if isinstance(v, (tuple, list)) else (v, v)


def windows(x, pool_size, strides, padding):
    """Every (image, down, across, channel) with its real cells [(value, row, column)], row by row."""
    k = pair(pool_size)
    s = k if strides is None else pair(strides)
    starts = []
    for axis in (0, 1):
        n = x.shape[axis + 1]
        if padding == "valid":
            starts.append([i * s[axis] for i in range((n - k[axis]) // s[axis] + 1)])
        else:
            count = math.ceil(n / s[axis])
            before = max((count - 1) * s[axis] + k[axis] - n, 0) // 2
            starts.append([i * s[axis] - before for i in range(count)])
    for n in range(x.shape[0]):
        for i, top in enumerate(starts[0]):
            for j, left in enumerate(starts[1]):
                for c in range(x.shape[3]):
                    yield (n, i, j, c), [
                        (float(x[n, h, w, c]), h, w) for h in range(top, top + k[0]) for w in range(left, left + k[1])
                        if 0 <= h < x.shape[1] and 0 <= w < x.shape[2]]


def gather(x, pool_size, strides, padding, f):
    found = {at: f(cells) for at, cells in windows(x, pool_size, strides, padding)}
    y = np.zeros(tuple(1 + max(at[axis] for at in found) for axis in range(4)))
    for at, value in found.items():
        y[at] = value
    return y


def descending(cells):
    return sorted(cells, key=lambda cell: -cell[0])


def normal(weights):
    return [w / sum(weights) for w in weights]


def by_rank(x, weights, *where):
    def f(cells):
        return sum(w * cell[0] for w, cell in zip(normal(weights[: len(cells)]), descending(cells)))

    return gather(x, *where, f)


def by_rank_backward(dy, x, weights, *where):
    dx = np.zeros(x.shape)
    for (n, i, j, c), cells in windows(x, *where):
        for w, (_, h, v) in zip(normal(weights[: len(cells)]), descending(cells)):
            dx[n, h, v, c] += w * dy[n, i, j, c]
    return dx


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return by_rank(x, [1.0] * k + [0.0] * 99, pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return by_rank_backward(dy, x, [1.0] * k + [0.0] * 99, pool_size, strides, padding)


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return by_rank(x, [alpha * (1 - alpha) ** r for r in range(99)], pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return by_rank_backward(dy, x, [alpha * (1 - alpha) ** r for r in range(99)], pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return by_rank(x, weights.tolist(), pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return by_rank_backward(dy, x, weights.tolist(), pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    """One parent, one child; the child takes over when it is better. The step shrinks."""
    best = np.full(size, 1 / size)
    score = fitness(best)
    history = [score]
    for step in range(1500):
        child = np.abs(best + rng.normal(scale=0.2 * 0.997**step, size=size))
        child = child / child.sum()
        value = fitness(child)
        if value > score:
            best, score = child, value
        history.append(score)
    return best, history


def checked(x):
    if x.min() < 0:
        raise ValueError("x must not be negative")
    return x


def pick(cells, u):
    total, reached = sum(cell[0] for cell in cells), 0.0
    for cell in cells:
        reached += cell[0]
        if total > 0 and reached / total > u:
            return cell
    return None


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    def expected(cells):
        total = sum(a for a, _, _ in cells)
        return sum(a * a for a, _, _ in cells) / total if total else 0.0

    y = gather(checked(x), pool_size, strides, padding, expected)
    if training:
        u = rng.random(y.shape)
        for at, cells in windows(x, pool_size, strides, padding):
            drawn = pick(cells, u[at])
            y[at] = drawn[0] if drawn else 0.0
    return y


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    dx = np.zeros(x.shape)
    u = rng.random(dy.shape) if training else None
    for at, cells in windows(checked(x), pool_size, strides, padding):
        total = sum(a for a, _, _ in cells)
        if total == 0:
            continue
        if training:
            _, h, w = pick(cells, u[at])
            dx[at[0], h, w, at[3]] += dy[at]
        else:
            y = sum(a * a for a, _, _ in cells) / total
            for a, h, w in cells:
                dx[at[0], h, w, at[3]] += dy[at] * (2 * a - y) / total
    return dx


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    if mode == "random":
        long_ones = set(rng.choice(out, size=n % out, replace=False).tolist())
        b = [0]
        for i in range(out):
            b.append(b[-1] + n // out + (i in long_ones))
        return np.array(b)
    for _ in range(10000):
        u = rng.random()
        b = [0] + [math.ceil(n / out * (i + u)) - 1 for i in range(1, out)] + [n]
        if all(n // out <= q - p <= n // out + 1 for p, q in zip(b, b[1:])):
            return np.array(b)


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    y = np.zeros((len(x), len(row_seq) - 1, len(col_seq) - 1, x.shape[3]))
    for n, i, j, c in np.ndindex(y.shape):
        y[n, i, j, c] = max(
            x[n, h, w, c]
            for h in range(row_seq[i], min(row_seq[i + 1] + overlapping, x.shape[1]))
            for w in range(col_seq[j], min(col_seq[j + 1] + overlapping, x.shape[2])))
    return y
