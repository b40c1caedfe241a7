"""NumPy's window view, an argmax over the flattened window, and np.add.at."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def as_pair(v):
    return tuple(v) if isinstance(v, (tuple, list)) else (v, v)


def prepare(x, pool_size, strides, padding):
    k = as_pair(pool_size)
    s = k if strides is None else as_pair(strides)
    pads = [(0, 0)] * 4
    if padding == "same":
        for axis in (0, 1):
            n = x.shape[axis + 1]
            total = max((int(np.ceil(n / s[axis])) - 1) * s[axis] + k[axis] - n, 0)
            pads[axis + 1] = (total // 2, total - total // 2)
    padded = np.pad(x, pads, mode="constant", constant_values=np.finfo(x.dtype).min)
    windows = sliding_window_view(padded, k, axis=(1, 2))[:, :: s[0], :: s[1]]
    return windows.reshape(*windows.shape[:4], -1), pads, padded.shape, k, s


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return prepare(x, pool_size, strides, padding)[0].max(axis=-1)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    windows, pads, shape, k, s = prepare(x, pool_size, strides, padding)
    winner = windows.argmax(axis=-1)
    n, i, j, c = np.indices(winner.shape)
    dx = np.zeros(shape, x.dtype)
    np.add.at(dx, (n, i * s[0] + winner // k[1], j * s[1] + winner % k[1], c), dy)
    (_, _), (top, _), (left, _), _ = pads
    return dx[:, top : top + x.shape[1], left : left + x.shape[2], :].copy()


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    windows, pads, _, k, s = prepare(x, pool_size, strides, padding)
    winner = windows.argmax(axis=-1)
    _, i, j, _ = np.indices(winner.shape, sparse=True)
    rows = i * s[0] + winner // k[1] - pads[1][0]
    columns = j * s[1] + winner % k[1] - pads[2][0]
    return windows.max(axis=-1), rows * x.shape[2] + columns


def max_unpool2d(y, index, output_shape):
    out = np.zeros((y.shape[0], y.shape[3], output_shape[0] * output_shape[1]), dtype=y.dtype)
    for image, places, values in zip(out, index, y):
        for channel in range(y.shape[3]):
            image[channel, places[:, :, channel]] = values[:, :, channel]
    return np.moveaxis(out, 1, 2).reshape(y.shape[0], *output_shape, y.shape[3])
