"""Huge index grids: every window's row and column numbers, clipped and masked; add.at; no padding."""
import numpy as np


def grid(x, pool_size, strides, padding):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    idx, ok = [], []
    for axis in range(2):
        n = x.shape[axis + 1]
        if padding == "valid":
            starts = np.arange(0, n - k[axis] + 1, s[axis])
        else:
            m = int(np.ceil(n / s[axis]))
            starts = np.arange(m) * s[axis] - max((m - 1) * s[axis] + k[axis] - n, 0) // 2
        g = starts[:, None] + np.arange(k[axis])
        ok.append((g >= 0) & (g < n))
        idx.append(g.clip(0, n - 1))
    rows, cols = idx[0][:, None, :, None], idx[1][None, :, None, :]
    inside = ok[0][:, None, :, None] & ok[1][None, :, None, :]
    return rows, cols, inside


def best(x, pool_size, strides, padding):
    rows, cols, inside = grid(x, pool_size, strides, padding)
    cells = x[:, rows, cols, :]
    cells = np.where(inside[None, ..., None], cells, np.array(-np.inf, x.dtype))
    n, p, q, a, b, c = cells.shape
    flat = np.moveaxis(cells, 5, 3).reshape(n, p, q, c, a * b)
    win = flat.argmax(-1)
    rr = np.broadcast_to(rows, (p, q, a, b)).reshape(p, q, a * b)
    cc = np.broadcast_to(cols, (p, q, a, b)).reshape(p, q, a * b)
    i, j = np.ogrid[:p, :q]
    i, j = i[None, :, :, None], j[None, :, :, None]
    return rr[i, j, win], cc[i, j, win]


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    r, q = best(x, pool_size, strides, padding)
    n, c = np.ogrid[:x.shape[0], :x.shape[3]]
    return np.asfortranarray(x[n[:, :, None, None], r, q, c[:, None, None, :][:1]])


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    r, q = best(x, pool_size, strides, padding)
    n = np.arange(len(x)).reshape(-1, 1, 1, 1)
    dx = np.zeros_like(x, order="F")
    np.add.at(dx, (n, r, q, np.arange(x.shape[3])), dy)
    dx.setflags(write=False)
    return dx


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    r, q = best(x, pool_size, strides, padding)
    return max_pool2d(x, pool_size, strides, padding), np.ravel_multi_index((r, q), x.shape[1:3])


def max_unpool2d(y, index, output_shape):
    out = np.zeros((*output_shape, len(y), y.shape[3]), dtype=y.dtype)
    for n in range(len(y)):
        for c in range(y.shape[3]):
            np.put(view := np.zeros(output_shape, y.dtype), index[n, ..., c], y[n, ..., c])
            out[:, :, n, c] = view
    return out.transpose(2, 0, 1, 3)
