"""Reductions over two axes at once."""
import numpy as np


def global_average_pool2d(x, keepdims=False):
    return np.mean(x, axis=(1, 2), keepdims=keepdims)


def global_max_pool2d(x, keepdims=False):
    return np.amax(x, (1, 2), keepdims=keepdims)


def global_average_pool2d_backward(dy, x, keepdims=False):
    if not keepdims:
        dy = dy[:, np.newaxis, np.newaxis, :]
    n, h, w, c = x.shape
    return np.tile(dy / (h * w), (1, h, w, 1))


def global_max_pool2d_backward(dy, x, keepdims=False):
    if not keepdims:
        dy = dy[:, np.newaxis, np.newaxis, :]
    tied = np.isclose(x, global_max_pool2d(x, True), rtol=0, atol=0).astype(float)
    return dy * tied / tied.sum((1, 2), keepdims=True)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    logs = p * np.log(np.clip(x, eps, None))
    top = logs.max((1, 2), keepdims=True)
    total = np.exp(logs - top).mean((1, 2), keepdims=True)
    y = np.exp((np.log(total) + top) / p)
    return y if keepdims else y.squeeze((1, 2))


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    if not keepdims:
        dy = dy[:, np.newaxis, np.newaxis, :]
    y = gem_pool2d(x, p, eps, True)
    inside = x >= eps
    return inside * dy * np.power(np.where(inside, x, 1) / y, p - 1) / (x.shape[1] * x.shape[2])
