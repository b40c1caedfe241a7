"""NaN padding, sliding windows, the nan functions; gradients by numerical linearity (probing the forward)."""
import warnings

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pair(p):
    return tuple(np.broadcast_to(p, (2,)).tolist())


def cut(x, k, strides, padding):
    k = pair(k)
    s = k if strides is None else pair(strides)
    x = x.astype(np.float64)
    if padding == "same":
        pads = []
        for n, kk, ss in zip(x.shape[1:3], k, s):
            total = max((-(-n // ss) - 1) * ss + kk - n, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
    return sliding_window_view(x, k, axis=(1, 2))[:, :: s[0], :: s[1]]


def back(x, result):
    return result.astype(x.dtype) if x.dtype.kind == "f" else result


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return back(x, np.nanmean(cut(x, pool_size, strides, padding), axis=(-2, -1)))


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return back(x, np.nanmin(cut(x, pool_size, strides, padding), axis=(-2, -1)))


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    w = cut(x, weights.shape, strides, padding)
    real = ~np.isnan(w)
    return (np.where(real, w, 0) * weights).sum((-1, -2)) / (real * weights).sum((-1, -2))


def linear(dy, x, forward):
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(x.shape[1:3]):
        probe = np.zeros((1, *x.shape[1:3], 1))
        probe[0, i, j, 0] = 1.0
        dx[:, i, j, :] = (dy * forward(probe)).sum(axis=(1, 2))
    return dx


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return linear(dy, x, lambda e: average_pool2d(e, pool_size, strides, padding))


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    return linear(dy, x, lambda e: weighted_pool2d(e, weights, strides, padding))


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    place = np.arange(x.shape[1] * x.shape[2], dtype=float).reshape(1, *x.shape[1:3], 1)
    where, cells = cut(place, pool_size, strides, padding), cut(x, pool_size, strides, padding)
    cells = cells.reshape(*cells.shape[:4], -1)
    where = np.broadcast_to(where.reshape(*where.shape[:4], -1), cells.shape)
    best = np.nanargmin(cells, axis=-1)[..., None]
    where = np.take_along_axis(where, best, -1)[..., 0].astype(int)
    dx = np.zeros((len(x), x.shape[1] * x.shape[2], x.shape[3]))
    for index, g in np.ndenumerate(dy):
        dx[index[0], where[index], index[3]] += g
    return dx.reshape(x.shape)
