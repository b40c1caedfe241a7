"""Running means (Welford), heapq.nlargest, Counter of values, logaddexp."""
import collections
import functools
import heapq

import numpy as np


def maps(x):
    return {(n, c): x[n, ..., c].ravel().tolist() for n in range(len(x)) for c in range(x.shape[-1])}


def table(x, rule, keepdims, dtype):
    got = maps(x)
    y = np.array([[rule(got[n, c]) for c in range(x.shape[-1])] for n in range(len(x))], dtype=dtype)
    return y.reshape((len(x), 1, 1, x.shape[-1])) if keepdims else y


def running(values):
    mean = 0.0
    for k, v in enumerate(values, 1):
        mean += (v - mean) / k
    return mean


def global_average_pool2d(x, keepdims=False):
    return table(x, running, keepdims, x.dtype if x.dtype.kind not in "iu" else "float64")


def global_max_pool2d(x, keepdims=False):
    return table(x, lambda v: heapq.nlargest(1, v)[0], keepdims, x.dtype)


def fill(dy, x, share):
    dy = dy.reshape(x.shape[0], x.shape[-1])
    out = np.empty(x.shape, float)
    for (n, c), values in maps(x).items():
        out[n, ..., c] = np.reshape([share(v, values) * dy[n, c] for v in values], x.shape[1:3])
    return out


def global_average_pool2d_backward(dy, x, keepdims=False):
    return fill(dy, x, lambda v, values: 1.0 / len(values))


def global_max_pool2d_backward(dy, x, keepdims=False):
    def share(v, values):
        count = collections.Counter(values)
        top = max(count)
        return 1.0 / count[top] if v == top else 0.0

    return fill(dy, x, share)


def power_mean(values, p, eps):
    logs = [p * np.log(max(v, eps)) for v in values]
    return float(np.exp((functools.reduce(np.logaddexp, logs) - np.log(len(logs))) / p))


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    return table(x, lambda v: power_mean(v, p, eps), keepdims, float)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    return fill(dy, x, lambda v, values: 0.0 if v < eps else
                (max(v, eps) / power_mean(values, p, eps)) ** (p - 1) / len(values))
