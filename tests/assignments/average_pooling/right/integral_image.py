"""Averages from cumulative sums: the sum of any window is four look-ups. Weights as a sum of one-cell boxes."""
import numpy as np


def bounds(n, k, s, padding):
    if padding == "valid":
        start = np.arange(0, n - k + 1, s)
    else:
        count = -(-n // s)
        start = np.arange(count) * s - max((count - 1) * s + k - n, 0) // 2
    return np.clip(start, 0, n), np.clip(start + k, 0, n), start


def pair(v):
    return (int(v), int(v)) if np.ndim(v) == 0 else (int(v[0]), int(v[1]))


def setup(x, pool_size, strides, padding):
    k = pair(pool_size)
    s = k if strides is None else pair(strides)
    return bounds(x.shape[1], k[0], s[0], padding), bounds(x.shape[2], k[1], s[1], padding)


def counts(down, across):
    return np.outer(down[1] - down[0], across[1] - across[0])[None, :, :, None]


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    down, across = setup(x, pool_size, strides, padding)
    table = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    table[:, 1:, 1:] = x.astype(float).cumsum(1).cumsum(2)
    rows = table[:, down[1]] - table[:, down[0]]
    total = rows[:, :, across[1]] - rows[:, :, across[0]]
    return (total / counts(down, across)).astype(x.dtype if x.dtype.kind == "f" else float)


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    down, across = setup(x, pool_size, strides, padding)
    corners = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    share = dy / counts(down, across)
    for rows, a in ((down[0], 1), (down[1], -1)):
        for columns, b in ((across[0], 1), (across[1], -1)):
            np.add.at(corners, (slice(None), rows[:, None], columns[None, :]), a * b * share)
    return corners.cumsum(1).cumsum(2)[:, :-1, :-1]


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    down, across = setup(x, pool_size, strides, padding)
    rows = np.stack([x[:, a:b].min(1) for a, b in zip(*down[:2])], 1)
    return np.stack([rows[:, :, a:b].min(2) for a, b in zip(*across[:2])], 2)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    down, across = setup(x, pool_size, strides, padding)
    dx = np.zeros_like(x)
    for i, (top, bottom) in enumerate(zip(*down[:2])):
        for j, (left, right) in enumerate(zip(*across[:2])):
            part = x[:, top:bottom, left:right].transpose(0, 3, 1, 2).reshape(x.shape[0], x.shape[3], -1)
            h, w = np.divmod(part.argmin(-1), right - left)
            n, c = np.indices(h.shape)
            dx[n, top + h, left + w, c] += dy[:, i, j]
    return dx


def parts(x, weights, strides, padding):
    """For each window cell: its weight, and the rows and columns that it falls on (or is outside)."""
    down, across = setup(x, weights.shape, strides, padding)
    for (a, b), weight in np.ndenumerate(weights):
        rows, columns = down[2] + a, across[2] + b
        real = np.outer((rows >= 0) & (rows < x.shape[1]), (columns >= 0) & (columns < x.shape[2]))
        yield weight * real[None, :, :, None], np.ix_(rows % x.shape[1], columns % x.shape[2])


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    above = below = 0
    for weight, (rows, columns) in parts(x, weights, strides, padding):
        above = above + weight * x[:, rows, columns]
        below = below + weight
    return above / below


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    dx = np.zeros(x.shape)
    below = sum(weight for weight, _ in parts(x, weights, strides, padding))
    for weight, (rows, columns) in parts(x, weights, strides, padding):
        np.add.at(dx, (slice(None), rows, columns), dy * weight / below)
    return dx
