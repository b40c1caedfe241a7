"""Loops over images, channels and positions, and the math module."""
import math

import numpy as np


def each_map(x):
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            yield n, c, [float(x[n, h, w, c]) for h in range(x.shape[1]) for w in range(x.shape[2])]


def collect(x, reduce, keepdims, dtype):
    y = np.zeros((x.shape[0], x.shape[3]), dtype)
    for n, c, values in each_map(x):
        y[n, c] = reduce(values)
    return y[:, None, None, :] if keepdims else y


def scatter(dy, x, share):
    dy = np.squeeze(dy, (1, 2)) if dy.ndim == 4 else dy
    dx = np.zeros(x.shape)
    for n, c, values in each_map(x):
        for i, part in enumerate(share(values)):
            dx[n, i // x.shape[2], i % x.shape[2], c] = part * dy[n, c]
    return dx


def global_average_pool2d(x, keepdims=False):
    return collect(x, lambda v: sum(v) / len(v), keepdims, x.dtype if x.dtype.kind == "f" else float)


def global_max_pool2d(x, keepdims=False):
    return collect(x, max, keepdims, x.dtype)


def global_average_pool2d_backward(dy, x, keepdims=False):
    return scatter(dy, x, lambda v: [1 / len(v)] * len(v))


def global_max_pool2d_backward(dy, x, keepdims=False):
    return scatter(dy, x, lambda v: [(one == max(v)) / v.count(max(v)) for one in v])


def mean_power(values, p, eps):
    clamped = [max(v, eps) for v in values]
    top = max(clamped)
    return top * (sum(math.pow(v / top, p) for v in clamped) / len(values)) ** (1 / p)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    return collect(x, lambda v: mean_power(v, p, eps), keepdims, float)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    def share(values):
        y = mean_power(values, p, eps)
        return [(v / y) ** (p - 1) / len(values) if v > eps else 0.0 for v in values]

    return scatter(dy, x, share)
