"""Averages by two running sums of a padded image; minima by -(max) with nan; weights by explicit matrices per axis cell."""
import math
from typing import NamedTuple

import numpy as np


class Plan(NamedTuple):
    lo: list
    hi: list
    raw: list


def plan(n, k, s, padding):
    if padding == "same":
        m = math.ceil(n / s)
        off = max((m - 1) * s + k - n, 0) // 2
    else:
        m, off = (n - k) // s + 1, 0
    raw = [i * s - off for i in range(m)]
    return Plan([max(r, 0) for r in raw], [min(r + k, n) for r in raw], raw)


def plans(x, pool_size, strides, padding):
    k = np.ones(2, int) * np.asarray(pool_size)
    s = k if strides is None else np.ones(2, int) * np.asarray(strides)
    return plan(x.shape[1], int(k[0]), int(s[0]), padding), plan(x.shape[2], int(k[1]), int(s[1]), padding)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    down, across = plans(x, pool_size, strides, padding)
    table = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    np.cumsum(np.cumsum(x, axis=1, dtype=float), axis=2, out=table[:, 1:, 1:])
    a, b = np.array(down.lo)[:, None], np.array(down.hi)[:, None]
    c, d = np.array(across.lo)[None], np.array(across.hi)[None]
    total = table[:, b, d] - table[:, a, d] - table[:, b, c] + table[:, a, c]
    result = total / ((b - a) * (d - c))[None, :, :, None]
    return result.astype(x.dtype) if issubclass(x.dtype.type, np.floating) else result


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    down, across = plans(x, pool_size, strides, padding)
    # The gradient of two running sums is two running sums of differences.
    diff = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    for i, (a, b) in enumerate(zip(down.lo, down.hi)):
        for j, (c, d) in enumerate(zip(across.lo, across.hi)):
            g = dy[:, i, j] / ((b - a) * (d - c))
            diff[:, a, c] += g
            diff[:, a, d] -= g
            diff[:, b, c] -= g
            diff[:, b, d] += g
    return diff.cumsum(1).cumsum(2)[:, :-1, :-1]


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    down, across = plans(x, pool_size, strides, padding)
    rows = [np.minimum.reduce(x[:, a:b], axis=1) for a, b in zip(down.lo, down.hi)]
    rows = np.stack(rows, axis=1)
    return np.stack([rows[:, :, c:d].min(2) for c, d in zip(across.lo, across.hi)], axis=2)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    down, across = plans(x, pool_size, strides, padding)
    dx = np.zeros(x.shape, np.result_type(dy, np.float32))
    N, C = np.ogrid[: x.shape[0], : x.shape[3]]
    for i, (a, b) in enumerate(zip(down.lo, down.hi)):
        for j, (c, d) in enumerate(zip(across.lo, across.hi)):
            flat = x[:, a:b, c:d].reshape(len(x), -1, x.shape[3])
            h, w = np.divmod(flat.argmin(1), d - c)
            dx[N, a + h, c + w, C] += dy[:, i, j]
    return dx


def spread(n, k, pl):
    """(windows, k, n): which cell of the image is the window's cell."""
    m = np.zeros((len(pl.raw), k, n))
    for o, r in enumerate(pl.raw):
        for t in range(k):
            if 0 <= r + t < n:
                m[o, t, r + t] = 1
    return m


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    down, across = plans(x, weights.shape, strides, padding)
    A, B = spread(x.shape[1], weights.shape[0], down), spread(x.shape[2], weights.shape[1], across)
    K = np.einsum("oah,pbw,ab->ophw", A, B, weights)
    K = K / K.sum(axis=(2, 3), keepdims=True)
    return np.tensordot(x, K, axes=((1, 2), (2, 3))).transpose(0, 2, 3, 1)


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    down, across = plans(x, weights.shape, strides, padding)
    A, B = spread(x.shape[1], weights.shape[0], down), spread(x.shape[2], weights.shape[1], across)
    K = np.einsum("oah,pbw,ab->ophw", A, B, weights)
    K = K / K.sum(axis=(2, 3), keepdims=True)
    return np.tensordot(dy, K, axes=((1, 2), (0, 1))).transpose(0, 2, 3, 1)
