"""Averages are linear and fall apart into rows and columns: two small matrices. Minima by masks."""
import numpy as np


def membership(n, k, s, padding):
    """M[o, a, h] is 1 where window o has its cell a on h."""
    count = (n - k) // s + 1 if padding == "valid" else (n - 1) // s + 1
    before = 0 if padding == "valid" else max((count - 1) * s + k - n, 0) // 2
    cell = np.arange(count)[:, None] * s + np.arange(k) - before
    return (cell[:, :, None] == np.arange(n)).astype(float)


def two(x, k, strides, padding):
    k = np.broadcast_to(k, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    return [membership(x.shape[i + 1], int(k[i]), int(s[i]), padding) for i in (0, 1)]


def means(x, pool_size, strides, padding):
    for m in two(x, pool_size, strides, padding):
        m = m.sum(1)
        yield m / m.sum(1, keepdims=True)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    down, across = means(x, pool_size, strides, padding)
    y = np.einsum("ih,jw,nhwc->nijc", down, across, x)
    return y.astype(x.dtype) if x.dtype == np.float32 else y


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    down, across = means(x, pool_size, strides, padding)
    return np.einsum("ih,jw,nijc->nhwc", down, across, dy)


def inside(x, pool_size, strides, padding):
    """Boolean (i, j, h*w): does the window at i, j contain the cell?"""
    down, across = (m.sum(1) for m in two(x, pool_size, strides, padding))
    return (down[:, None, :, None] * across[None, :, None, :] > 0).reshape(len(down), len(across), -1)


def spread(x, pool_size, strides, padding):
    flat = x.reshape(len(x), 1, 1, -1, x.shape[3])
    return np.where(inside(x, pool_size, strides, padding)[None, ..., None], flat, np.inf)


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    return spread(x, pool_size, strides, padding).min(axis=3).astype(x.dtype)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    first = spread(x, pool_size, strides, padding).argmin(axis=3)
    hot = first[:, :, :, None, :] == np.arange(x.shape[1] * x.shape[2])[:, None]
    return np.einsum("nijpc,nijc->npc", hot.astype(float), dy).reshape(x.shape)


def shares(x, weights, strides, padding):
    down, across = two(x, weights.shape, strides, padding)
    full = np.einsum("iah,jbw,ab->ijhw", down, across, weights)
    return full / full.sum((2, 3), keepdims=True)


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    return np.einsum("ijhw,nhwc->nijc", shares(x, weights, strides, padding), x)


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    return np.einsum("ijhw,nijc->nhwc", shares(x, weights, strides, padding), dy)
