"""`numpy.ma`: what pads an image is masked, and so are the cells that lost."""
import numpy as np
import numpy.ma as ma


def sizes(x, pool_size, strides, padding):
    k = np.array([pool_size] * 2 if np.isscalar(pool_size) else pool_size)
    s = k if strides is None else np.array([strides] * 2 if np.isscalar(strides) else strides)
    n = np.array(x.shape[1:3])
    if padding == "valid":
        return k, s, 1 + (n - k) // s, np.zeros(2, int), np.zeros(2, int)
    o = np.ceil(n / s).astype(int)
    total = np.maximum((o - 1) * s + k - n, 0)
    return k, s, o, total // 2, total - total // 2


def padded(values, before, after):
    pads = [(0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)]
    real = np.pad(np.ones(values.shape, bool), pads)
    return ma.array(np.pad(values, pads), mask=~real)


def windows(x, pool_size, strides, padding):
    """Output position and window, as a masked array (batch, rows, columns, channels), and its top left corner."""
    k, s, o, before, after = sizes(x, pool_size, strides, padding)
    whole = padded(x, before, after)
    for i, j in np.ndindex(*o):
        top, left = (i, j) * s
        yield (i, j), whole[:, top : top + k[0], left : left + k[1]], (top - before[0], left - before[1])


def places(x, pool_size, strides, padding):
    """Where each window's first largest cell lies, row * width + column."""
    index = np.empty((len(x), *sizes(x, pool_size, strides, padding)[2], x.shape[3]), np.int64)
    for (i, j), window, (top, left) in windows(x, pool_size, strides, padding):
        flat = window.reshape(len(x), -1, x.shape[3]).filled(-np.inf).argmax(axis=1)
        index[:, i, j] = (top + flat // window.shape[2]) * x.shape[2] + left + flat % window.shape[2]
    return index


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    o = sizes(x, pool_size, strides, padding)[2]
    y = np.empty((len(x), *o, x.shape[3]), x.dtype)
    for (i, j), window, _ in windows(x, pool_size, strides, padding):
        y[:, i, j] = window.max(axis=(1, 2)).filled()
    return y


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    index = places(x, pool_size, strides, padding)
    flat = np.zeros((len(x), x.shape[1] * x.shape[2], x.shape[3]))
    for n, i, j, c in np.ndindex(*dy.shape):
        flat[n, index[n, i, j, c], c] += dy[n, i, j, c]
    return flat.reshape(x.shape)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    return max_pool2d(x, pool_size, strides, padding), places(x, pool_size, strides, padding)


def max_unpool2d(y, index, output_shape):
    out = ma.masked_all((len(y), output_shape[0] * output_shape[1], y.shape[3]), y.dtype)
    for n, c in np.ndindex(len(y), y.shape[3]):
        out[n, index[n, ..., c].ravel(), c] = y[n, ..., c].ravel()
    return out.filled(0).reshape(len(y), *output_shape, y.shape[3])
