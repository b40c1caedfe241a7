"""NumPy's masked arrays carry the padding; the gradient of a linear map is found by pooling unit images."""
import numpy as np
import numpy.ma as ma


def stacked(x, size, strides, padding):
    k = np.broadcast_to(size, (2,))
    s = k if strides is None else np.broadcast_to(strides, (2,))
    n = np.array(x.shape[1:3])
    if padding == "valid":
        out, before = (n - k) // s + 1, np.array([0, 0])
    else:
        out = -(-n // s)
        before = np.maximum((out - 1) * s + k - n, 0) // 2
    grids = [np.arange(out[i])[:, None] * s[i] + np.arange(k[i]) - before[i] for i in (0, 1)]
    outside = [(g < 0) | (g >= n[i]) for i, g in enumerate(grids)]
    rows, columns = (np.clip(g, 0, n[i] - 1) for i, g in enumerate(grids))
    cells = x[:, rows[:, None, :, None], columns[None, :, None, :]]
    mask = outside[0][:, None, :, None] | outside[1][None, :, None, :]
    return ma.masked_array(cells, np.broadcast_to(mask[None, ..., None], cells.shape))


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    floats = x if x.dtype.kind == "f" else x.astype("f8")
    return stacked(floats, pool_size, strides, padding).mean(axis=(3, 4)).filled(0).astype(floats.dtype)


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    return stacked(x, pool_size, strides, padding).min(axis=(3, 4)).filled(0)


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    cells = stacked(x, weights.shape, strides, padding)
    weight = ma.masked_array(np.broadcast_to(weights[None, None, None, :, :, None], cells.shape), cells.mask)
    return ((cells * weight).sum(axis=(3, 4)) / weight.sum(axis=(3, 4))).filled(0)


def adjoint(linear, dy, x):
    """<linear(e), dy> for each unit image e: a column of the transposed matrix."""
    size = x.shape[1] * x.shape[2]
    units = np.eye(size).reshape(size, x.shape[1], x.shape[2], 1)
    columns = linear(units)[..., 0]
    return np.einsum("pij,nijc->npc", columns, dy).reshape(x.shape)


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return adjoint(lambda u: average_pool2d(u, pool_size, strides, padding), dy, x)


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    return adjoint(lambda u: weighted_pool2d(u, weights, strides, padding), dy, x)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    names = np.arange(x[0, :, :, 0].size).reshape(1, x.shape[1], x.shape[2], 1)
    cells = stacked(x, pool_size, strides, padding)
    names = stacked(names, pool_size, strides, padding).data
    flat = cells.filled(np.inf).reshape(*cells.shape[:3], -1, cells.shape[5])
    winner = flat.argmin(axis=3)
    place = np.take_along_axis(np.broadcast_to(names.reshape(*names.shape[:3], -1, 1), flat.shape), winner[:, :, :, None], 3)
    dx = np.zeros((len(x), x.shape[1] * x.shape[2], x.shape[3]))
    n, _, _, c = np.indices(winner.shape)
    np.add.at(dx, (n, place[:, :, :, 0], c), dy)
    return dx.reshape(x.shape)
