"""First along rows, then along columns (forward); edge padding for the values; lexsort for winners."""
import numpy as np


def setup(x, pool_size, strides):
    k = (pool_size,) * 2 if isinstance(pool_size, (int, np.integer)) else tuple(pool_size)
    s = k if strides is None else (strides,) * 2 if isinstance(strides, (int, np.integer)) else tuple(strides)
    return k, s


def starts(n, k, s, padding):
    if padding == "valid":
        return np.arange(0, n - k + 1, s)
    m = (n + s - 1) // s
    return np.arange(m) * s - max((m - 1) * s + k - n, 0) // 2


def along(x, axis, k, s, padding):
    pieces = []
    n = x.shape[axis]
    for a in starts(n, k, s, padding):
        pieces.append(np.take(x, range(max(a, 0), min(a + k, n)), axis=axis).max(axis=axis, keepdims=True))
    return np.concatenate(pieces, axis=axis)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    k, s = setup(x, pool_size, strides)
    return along(along(x, 2, k[1], s[1], padding), 1, k[0], s[0], padding)


def ranked(x):
    """Each plane's cells as ranks: largest value first, ties by position. No two alike."""
    h, w = x.shape[1:3]
    flat = x.reshape(len(x), h * w, -1)
    order = np.argsort(-flat, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(h * w)[None, :, None], axis=1)
    return -rank.reshape(x.shape).astype(float), order


def winners(x, pool_size, strides, padding):
    rank, order = ranked(x)
    top = (-max_pool2d(rank, pool_size, strides, padding)).astype(int)
    return np.take_along_axis(order, top.reshape(len(x), -1, x.shape[3]), axis=1).reshape(top.shape)


def largest_and_places(x, pool_size, strides, padding):
    where = winners(x, pool_size, strides, padding)
    y = np.take_along_axis(x.reshape(len(x), -1, x.shape[3]), where.reshape(len(x), -1, x.shape[3]), axis=1)
    return y.reshape(where.shape), where


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    where = winners(x, pool_size, strides, padding)
    one_hot = np.eye(x.shape[1] * x.shape[2])[where]
    dx = np.tensordot(np.ones(1), np.einsum("nijc,nijcp->npc", dy, one_hot)[None], axes=(0, 0))
    return dx.reshape(x.shape)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    return largest_and_places(x, pool_size, strides, padding)


def max_unpool2d(y, index, output_shape):
    h, w = output_shape
    one_hot = np.eye(h * w, dtype=bool)[index]
    written = np.where(one_hot, y[..., None], -np.inf).max(axis=(1, 2))
    return np.where(np.isinf(written), 0, written).transpose(0, 2, 1).reshape(len(y), h, w, -1).astype(y.dtype)
