"""A walk over the cells of the window: strided slices of a padded image, and of a padded image of ones."""
import numpy as np


def slices(x, pool_size, strides, padding):
    k = np.zeros(2, int) + pool_size
    s = k if strides is None else np.zeros(2, int) + strides
    n = np.array(x.shape[1:3])
    count = (n - k) // s + 1 if padding == "valid" else -(-n // s)
    total = np.maximum((count - 1) * s + k - n, 0)
    before = total // 2
    after = total - before
    end = (count - 1) * s + 1
    cells = {(i, j): np.s_[:, i : i + end[0] : s[0], j : j + end[1] : s[1]] for i in range(k[0]) for j in range(k[1])}
    middle = np.s_[:, before[0] : before[0] + n[0], before[1] : before[1] + n[1]]
    return [(0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)], cells, middle


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    pads, cells, _ = slices(x, pool_size, strides, padding)
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    padded, ones = np.pad(x.astype(dtype), pads), np.pad(np.ones((1, *x.shape[1:3], 1)), pads)
    total = sum(padded[one] for one in cells.values())
    count = sum(ones[one] for one in cells.values())
    return (total / count).astype(dtype)


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    pads, cells, middle = slices(x, pool_size, strides, padding)
    ones = np.pad(np.ones((1, *x.shape[1:3], 1)), pads)
    share = dy / sum(ones[one] for one in cells.values())
    dx = np.pad(np.zeros(x.shape), pads)
    for one in cells.values():
        dx[one] += share
    return dx[middle]


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    pads, cells, _ = slices(x, pool_size, strides, padding)
    padded = np.pad(x, pads, constant_values=np.inf)
    stack = np.stack([padded[one] for one in cells.values()])
    return stack.min(axis=0)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    pads, cells, middle = slices(x, pool_size, strides, padding)
    padded = np.pad(x, pads, constant_values=np.inf)
    winner = np.stack([padded[one] for one in cells.values()]).argmin(axis=0)
    dx = np.zeros(padded.shape)
    for number, one in enumerate(cells.values()):
        dx[one] += dy * (winner == number)
    return dx[middle]


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    pads, cells, _ = slices(x, weights.shape, strides, padding)
    padded, real = np.pad(x, pads), np.pad(np.ones((1, *x.shape[1:3], 1)), pads)
    above = sum(weights[ij] * padded[one] for ij, one in cells.items())
    below = sum(weights[ij] * real[one] for ij, one in cells.items())
    return above / below


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    pads, cells, middle = slices(x, weights.shape, strides, padding)
    real = np.pad(np.ones((1, *x.shape[1:3], 1)), pads)
    below = sum(weights[ij] * real[one] for ij, one in cells.items())
    dx = np.pad(np.zeros(x.shape), pads)
    for ij, one in cells.items():
        dx[one] += dy * weights[ij] / below
    return dx[middle]
