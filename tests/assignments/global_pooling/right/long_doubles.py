"""Tensor contractions, long doubles for large powers, views and read-only broadcasts as results."""
import numpy as np


def global_average_pool2d(x, keepdims=False):
    work = x if np.issubdtype(x.dtype, np.inexact) else x.astype(np.double)
    m = x.shape[1] * x.shape[2]
    y = np.tensordot(np.ones((x.shape[1], x.shape[2]), work.dtype), work, axes=([0, 1], [1, 2])) / work.dtype.type(m)
    return y[:, None, None] if keepdims else y


def global_max_pool2d(x, keepdims=False):
    y = np.sort(x.transpose(0, 3, 1, 2).reshape(x.shape[0], x.shape[3], -1))[..., -1]
    return y[:, np.newaxis, np.newaxis, :] if keepdims else y


def global_average_pool2d_backward(dy, x, keepdims=False):
    small = np.reshape(dy, (x.shape[0], 1, 1, x.shape[3])) / float(x[0, :, :, 0].size)
    return np.broadcast_to(small, x.shape)


def global_max_pool2d_backward(dy, x, keepdims=False):
    small = np.reshape(dy, (x.shape[0], 1, 1, x.shape[3]))
    wins = np.less_equal(global_max_pool2d(x, True), x)
    return np.where(wins, small / np.count_nonzero(wins, axis=(1, 2), keepdims=True), 0.0)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    big = np.where(x < eps, eps, x).astype(np.longdouble)
    y = np.power(np.power(big, p).mean(axis=(1, 2)), 1 / np.longdouble(p))
    y = y.astype(np.float64)
    return y[:, None, None, :] if keepdims else y


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    y = gem_pool2d(x, p, eps, keepdims=True)
    g = np.power(np.where(x < eps, eps, x) / y, p - 1) / (x.shape[1] * x.shape[2])
    g = g * (dy if keepdims else dy[:, None, None, :])
    g[x < eps] = 0
    return np.asfortranarray(g)
