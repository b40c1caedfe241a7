"""One axis at a time: the maximum over a window is the maximum of row maxima. Recursion instead of loops."""
import functools

import numpy as np


def starts(n, k, s, padding):
    if padding == "valid":
        return list(range(0, n - k + 1, s))
    count = -(-n // s)
    return [i * s - max((count - 1) * s + k - n, 0) // 2 for i in range(count)]


def best(items):
    return items[0] if len(items) == 1 else np.maximum(items[0], best(items[1:]))


def along(x, axis, k, s, padding):
    n = x.shape[axis]
    return np.stack([best([x.take(h, axis) for h in range(max(a, 0), min(a + k, n))])
                     for a in starts(n, k, s, padding)], axis)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    return functools.reduce(lambda z, a: along(z, a + 1, int(k[a]), int(s[a]), padding), (0, 1), x)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    dx = np.zeros(x.shape)
    rows, columns = (starts(x.shape[a + 1], int(k[a]), int(s[a]), padding) for a in (0, 1))
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            window = x[:, max(top, 0) : top + k[0], max(left, 0) : left + k[1], :]
            flat = window.reshape(len(x), -1, x.shape[3])
            first = (np.cumsum(flat == flat.max(1, keepdims=True), axis=1) == 1) & (flat == flat.max(1, keepdims=True))
            share = (first * dy[:, i, j][:, None]).reshape(window.shape)
            dx[:, max(top, 0) : top + k[0], max(left, 0) : left + k[1], :] += share
    return dx


def first_best(pairs):
    """The better of the first candidate and the best of the rest; the first one where they tie."""
    if len(pairs) == 1:
        return pairs[0]
    (value, place), (other, elsewhere) = pairs[0], first_best(pairs[1:])
    keep = value >= other
    return np.where(keep, value, other), np.where(keep, place, elsewhere)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    k = np.broadcast_to(pool_size, 2)
    s = k if strides is None else np.broadcast_to(strides, 2)
    height, width = x.shape[1:3]
    numbers = np.broadcast_to(np.arange(height * width).reshape(1, height, width, 1), x.shape)
    values, places = [], []
    for top in starts(height, int(k[0]), int(s[0]), padding):
        for left in starts(width, int(k[1]), int(s[1]), padding):
            cells = [(x[:, h, w], numbers[:, h, w]) for h in range(max(top, 0), min(top + k[0], height))
                     for w in range(max(left, 0), min(left + k[1], width))]
            value, place = first_best(cells)
            values.append(value)
            places.append(place)
    shape = (len(x), len(starts(height, int(k[0]), int(s[0]), padding)), -1, x.shape[3])
    return np.stack(values, 1).reshape(shape), np.stack(places, 1).reshape(shape)


def put(x, entries):
    if entries:
        (n, h, w, c), value = entries[0]
        x[n, h, w, c] = value
        put(x, entries[1:])
    return x


def max_unpool2d(y, index, output_shape):
    x = np.zeros((len(y), *output_shape, y.shape[3]), y.dtype)
    for n in range(len(y)):
        for c in range(y.shape[3]):
            places = [divmod(int(place), output_shape[1]) for place in index[n, :, :, c].ravel()]
            put(x, [((n, h, w, c), value) for (h, w), value in zip(places, y[n, :, :, c].ravel())])
    return x
