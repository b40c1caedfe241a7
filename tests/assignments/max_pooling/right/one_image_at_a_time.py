"""One image and one channel at a time: a plain matrix in, a plain matrix out; sparse sums for the way back."""
import itertools

import numpy as np


def per_plane(function, *arrays):
    """function on the planes of arrays; its results stacked to arrays again."""
    batch, channels = arrays[0].shape[0], arrays[0].shape[3]
    planes = [[np.asarray(function(*(a[n, :, :, c] for a in arrays))) for c in range(channels)] for n in range(batch)]
    return np.array(planes).transpose(0, 2, 3, 1)


def corners(n, k, s, padding):
    if padding == "same":
        many = (n + s - 1) // s
        return np.arange(many) * s - max(s * (many - 1) + k - n, 0) // 2
    return np.arange(0, n - k + 1, s)


def both(value):
    return (value, value) if type(value) is int else value


def winners(plane, k, s, padding):
    """Row and column of the winner of each window: two matrices of integers."""
    tops, lefts = (corners(plane.shape[a], k[a], s[a], padding) for a in (0, 1))
    rows = np.zeros((len(tops), len(lefts)), dtype=int)
    columns = np.zeros((len(tops), len(lefts)), dtype=int)
    for (i, top), (j, left) in itertools.product(enumerate(tops), enumerate(lefts)):
        cells = itertools.product(range(max(0, top), min(top + k[0], plane.shape[0])),
                                  range(max(0, left), min(left + k[1], plane.shape[1])))
        rows[i, j], columns[i, j] = max(cells, key=lambda cell: plane[cell])
    return rows, columns


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    k = both(pool_size)
    s = k if strides is None else both(strides)
    return per_plane(lambda plane: plane[winners(plane, k, s, padding)], x)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    k = both(pool_size)
    s = k if strides is None else both(strides)

    def one(slope, plane):
        rows, columns = winners(plane, k, s, padding)
        flat = np.bincount((rows * plane.shape[1] + columns).ravel(), weights=slope.ravel(), minlength=plane.size)
        return flat.reshape(plane.shape)

    return per_plane(one, dy, x) if dy.size else np.zeros(x.shape)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    k = both(pool_size)
    s = k if strides is None else both(strides)
    places = per_plane(lambda plane: np.ravel_multi_index(winners(plane, k, s, padding), plane.shape), x)
    return [max_pool2d(x, pool_size, strides, padding), places]


def max_unpool2d(y, index, output_shape):
    def one(values, places):
        plane = np.zeros(output_shape, y.dtype)
        plane.flat[places.ravel()] = values.ravel()
        return plane

    return per_plane(one, y, index)
