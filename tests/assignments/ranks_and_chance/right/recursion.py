"""Recursion: merge sort by hand, draws by walking down the window, cuts by splitting."""
import numpy as np


def merge(a, b):
    """Two descending lists of (value, place) into one; equal values keep the smaller place first."""
    if not a or not b:
        return a or b
    if a[0][0] > b[0][0] or (a[0][0] == b[0][0] and a[0][1] < b[0][1]):
        return [a[0], *merge(a[1:], b)]
    return [b[0], *merge(a, b[1:])]


def descend(cells):
    if len(cells) < 2:
        return cells
    half = len(cells) // 2
    return merge(descend(cells[:half]), descend(cells[half:]))


def vectors(x, *where):
    cells = cut(x, *where)
    for n, i, j, c in np.ndindex(*cells.shape[:3], cells.shape[4]):
        v = cells[n, i, j, :, c]
        yield (n, i, j, c), [(float(a), k) for k, a in enumerate(v) if a == a]


def shape_of(x, *where):
    cells = cut(x, *where)
    return (*cells.shape[:3], cells.shape[4]), cells.shape


def pool(x, f, *where):
    y = np.zeros(shape_of(x, *where)[0])
    for at, cells in vectors(x, *where):
        y[at] = f(cells, at)
    return y


def back(dy, x, f, *where):
    slope = np.zeros(shape_of(x, *where)[1])
    for (n, i, j, c), cells in vectors(x, *where):
        for k, part in f(cells, (n, i, j, c)):
            slope[n, i, j, k, c] = part * dy[n, i, j, c]
    return paste(slope, x, *where)


def weigh(weights):
    def f(cells, at):
        w = weights(len(cells))
        return sum(p * a for p, (a, _) in zip(w, descend(cells))) / sum(w)

    return f


def share(weights):
    def f(cells, at):
        w = weights(len(cells))
        return [(k, p / sum(w)) for p, (_, k) in zip(w, descend(cells))]

    return f


def ones(k):
    return lambda m: [1.0] * min(k, m) + [0.0] * (m - k)


def powers(alpha):
    return lambda m: [alpha] if m == 1 else [*powers(alpha)(m - 1), alpha * (1 - alpha) ** (m - 1)]


def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    return pool(x, weigh(ones(k)), pool_size, strides, padding)


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    return back(dy, x, share(ones(k)), pool_size, strides, padding)


def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    return pool(x, weigh(powers(alpha)), pool_size, strides, padding)


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    return back(dy, x, share(powers(alpha)), pool_size, strides, padding)


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    return pool(x, weigh(lambda m: list(weights[:m])), pool_size, strides, padding)


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    return back(dy, x, share(lambda m: list(weights[:m])), pool_size, strides, padding)


def evolve_weights(fitness, size, rng):
    def improve(best, left, history):
        if left == 0:
            return best, np.array(history)
        rivals = [np.abs(best + rng.normal(0, 0.02 + 0.002 * left, size)) for _ in range(20)]
        best = max([best, *(r / r.sum() for r in rivals)], key=fitness)
        return improve(best, left - 1, [*history, fitness(best)])

    start = np.ones(size) / size
    return improve(start, 70, [fitness(start)])


def guard(x):
    if (np.sign(x) == -1).any():
        raise ValueError("negative")


def walk(cells, u, total):
    (a, k), rest = cells[0], cells[1:]
    return (a, k) if not rest or u < a / total else walk(rest, u - a / total, total)


def draw(cells, u):
    living = [cell for cell in cells if cell[0] > 0]
    return walk(living, u, sum(a for a, _ in living)) if living else (0.0, 0)


def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    guard(x)
    if training:
        u = rng.random(shape_of(x, pool_size, strides, padding)[0])
        return pool(x, lambda cells, at: draw(cells, u[at])[0], pool_size, strides, padding)
    return pool(x, lambda cells, _: sum(a * a for a, _ in cells) / (sum(a for a, _ in cells) or 1.0), pool_size, strides, padding)


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    guard(x)
    u = rng.random(dy.shape) if training else None

    def f(cells, at):
        total = sum(a for a, _ in cells)
        if total == 0:
            return []
        if training:
            return [(draw(cells, u[at])[1], 1.0)]
        y = sum(a * a for a, _ in cells) / total
        return [(k, (2 * a - y) / total) for a, k in cells]

    return back(dy, x, f, pool_size, strides, padding)


def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    low, long_bins = n // out, n % out
    if mode == "random":
        def cut_off(cells, bins, longs):
            if bins == 0:
                return []
            is_long = rng.random() < longs / bins
            size = low + is_long
            return [size, *cut_off(cells - size, bins - 1, longs - is_long)]

        return np.cumsum([0, *cut_off(n, out, long_bins)])
    u = rng.random()
    inner = [int(-(-(n * (i + u)) // out)) - 1 for i in range(1, out)]
    b = np.array([0, *inner, n])
    if np.diff(b).min() < low or np.diff(b).max() > low + 1:
        return fractional_sequence(n, out, mode=mode, rng=rng)
    return b


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    def largest(part):
        if part.shape[1] > 1:
            return np.maximum(largest(part[:, :1]), largest(part[:, 1:]))
        if part.shape[2] > 1:
            return np.maximum(largest(part[:, :, :1]), largest(part[:, :, 1:]))
        return part[:, 0, 0]

    return np.stack([np.stack([largest(x[:, row_seq[i] : row_seq[i + 1] + overlapping, col_seq[j] : col_seq[j + 1] + overlapping])
                               for j in range(len(col_seq) - 1)], 1) for i in range(len(row_seq) - 1)], 1)
