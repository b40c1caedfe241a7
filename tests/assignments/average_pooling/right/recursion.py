"""One plane at a time, sums by halving; the gradient through a list of contributions."""
import numpy as np


def numbers(v):
    return [v, v] if isinstance(v, int) else [int(one) for one in v]


def starts(n, k, s, padding):
    if padding == "valid":
        return [i for i in range(0, n, s) if i + k <= n]
    count = -(-n // s)
    return [i * s - max((count - 1) * s + k - n, 0) // 2 for i in range(count)]


def windows(shape, k, strides, padding):
    """Every window as a list of (row, column, place in the window), and its position."""
    s = k if strides is None else numbers(strides)
    for i, top in enumerate(starts(shape[0], k[0], s[0], padding)):
        for j, left in enumerate(starts(shape[1], k[1], s[1], padding)):
            yield i, j, [(top + a, left + b, (a, b)) for a in range(k[0]) for b in range(k[1])
                         if 0 <= top + a < shape[0] and 0 <= left + b < shape[1]]


def total(values):
    if len(values) < 3:
        return sum(values)
    return total(values[: len(values) // 2]) + total(values[len(values) // 2 :])


def pooled(x, k, strides, padding, reduce, dtype):
    result = {}
    for i, j, cells in windows(x.shape[1:3], k, strides, padding):
        result[i, j] = reduce([x[:, h, w].astype(dtype) for h, w, _ in cells], [place for _, _, place in cells])
    rows, columns = 1 + max(i for i, _ in result), 1 + max(j for _, j in result)
    return np.array([[result[i, j] for j in range(columns)] for i in range(rows)]).transpose(2, 0, 1, 3).astype(dtype)


def floating(x):
    return x.dtype if x.dtype.kind == "f" else np.float64


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return pooled(x, numbers(pool_size), strides, padding, lambda v, _: total(v) / len(v), floating(x))


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    return pooled(x, numbers(pool_size), strides, padding, lambda v, _: np.minimum.reduce(v), x.dtype)


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    def mean(values, places):
        return total([weights[p] * v for v, p in zip(values, places)]) / total([float(weights[p]) for p in places])

    return pooled(x, list(weights.shape), strides, padding, mean, floating(x))


def scattered(dy, x, k, strides, padding, share):
    dx = np.zeros(x.shape)
    for i, j, cells in windows(x.shape[1:3], k, strides, padding):
        for (h, w, _), part in zip(cells, share(cells)):
            dx[:, h, w] += dy[:, i, j] * part
    return dx


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return scattered(dy, x, numbers(pool_size), strides, padding, lambda cells: [1 / len(cells)] * len(cells))


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    def share(cells):
        return np.array([weights[p] for _, _, p in cells]) / total([float(weights[p]) for _, _, p in cells])

    return scattered(dy, x, list(weights.shape), strides, padding, share)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    def share(cells):
        values = np.array([x[:, h, w] for h, w, _ in cells])
        return np.arange(len(cells))[:, None, None] == values.argmin(0)

    return scattered(dy, x, numbers(pool_size), strides, padding, share)
