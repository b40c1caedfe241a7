"""One axis at a time: the maximum over a window is the maximum of row maxima. Recursion instead of loops."""
import functools

import numpy as np


def starts(n, k, s, padding):
    if padding == "valid":
        return list(range(0, n - k + 1, s))
    count = -(-n // s)
    return [i * s - max((count - 1) * s + k - n, 0) // 2 for i in range(count)]


def best(items):
    return items[0] if len(items) == 1 else np.maximum(items[0], best(items[1:]))


def along(x, axis, k, s, padding):
    n = x.shape[axis]
    return np.stack([best([x.take(h, axis) for h in range(max(a, 0), min(a + k, n))])
                     for a in starts(n, k, s, padding)], axis)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    return functools.reduce(lambda z, a: along(z, a + 1, int(k[a]), int(s[a]), padding), (0, 1), x)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    dx = np.zeros(x.shape)
    rows, columns = (starts(x.shape[a + 1], int(k[a]), int(s[a]), padding) for a in (0, 1))
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            window = x[:, max(top, 0) : top + k[0], max(left, 0) : left + k[1], :]
            flat = window.reshape(len(x), -1, x.shape[3])
            first = (np.cumsum(flat == flat.max(1, keepdims=True), axis=1) == 1) & (flat == flat.max(1, keepdims=True))
            share = (first * dy[:, i, j][:, None]).reshape(window.shape)
            dx[:, max(top, 0) : top + k[0], max(left, 0) : left + k[1], :] += share
    return dx
