"""Windows as a view, NaN where there is no number, and NumPy's functions that skip NaN."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def view(x, k, strides, padding):
    k = tuple(k) if np.ndim(k) else (k, k)
    s = k if strides is None else tuple(strides) if np.ndim(strides) else (strides, strides)
    pads = [(0, 0)] * 4
    for axis in (0, 1) if padding == "same" else ():
        n = x.shape[axis + 1]
        total = max((int(np.ceil(n / s[axis])) - 1) * s[axis] + k[axis] - n, 0)
        pads[axis + 1] = (total // 2, total - total // 2)
    padded = np.pad(x if x.dtype.kind == "f" else x.astype(float), pads, constant_values=np.nan)
    return sliding_window_view(padded, k, axis=(1, 2))[:, :: s[0], :: s[1]], pads, padded.shape, k, s


def back(dwindows, pads, shape, k, s, x):
    """Add cells of windows (n, i, j, c, a, b) to where they came from."""
    n, i, j, c, a, b = np.indices(dwindows.shape, sparse=True)
    dx = np.zeros(shape)
    np.add.at(dx, (n, i * s[0] + a, j * s[1] + b, c), dwindows)
    return dx[:, pads[1][0] : pads[1][0] + x.shape[1], pads[2][0] : pads[2][0] + x.shape[2]]


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return np.nanmean(view(x, pool_size, strides, padding)[0], axis=(-2, -1))


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    windows, *rest = view(np.zeros_like(x, dtype=float), pool_size, strides, padding)
    real = ~np.isnan(windows)
    return back(real * (dy / real.sum((-2, -1)))[..., None, None], *rest, x)


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    return np.nanmin(view(x, pool_size, strides, padding)[0], axis=(-2, -1))


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    windows, *rest = view(x, pool_size, strides, padding)
    flat = windows.reshape(*windows.shape[:4], -1)
    chosen = np.zeros(flat.shape)
    np.put_along_axis(chosen, np.nanargmin(flat, axis=-1)[..., None], dy[..., None], axis=-1)
    return back(chosen.reshape(windows.shape), *rest, x)


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    windows = view(x, weights.shape, strides, padding)[0]
    return np.nansum(windows * weights, axis=(-2, -1)) / np.sum(~np.isnan(windows) * weights, axis=(-2, -1))


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    windows, *rest = view(x, weights.shape, strides, padding)
    parts = ~np.isnan(windows) * weights
    return back(parts / parts.sum((-2, -1), keepdims=True) * dy[..., None, None], *rest, x)
