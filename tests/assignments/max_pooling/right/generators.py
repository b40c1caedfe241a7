"""Generators of cells and functools.reduce, everything on lists; asarray at the very end."""
import functools
import itertools
import math

import numpy as np


def both(v):
    try:
        a, b = v
    except TypeError:
        a = b = v
    return a, b


def windows_of(length, k, s, padding):
    if padding.lower() == "same":
        m = math.ceil(length / s)
        first = -(max((m - 1) * s + k - length, 0) // 2)
    else:
        m, first = (length - k) // s + 1, 0
    for start in range(first, first + m * s, s):
        yield [i for i in range(start, start + k) if 0 <= i < length]


def walk(x, pool_size, strides, padding):
    (kh, kw) = both(pool_size)
    sh, sw = (kh, kw) if strides is None else both(strides)
    return list(windows_of(x.shape[1], kh, sh, padding)), list(windows_of(x.shape[2], kw, sw, padding))


def winner(plane, rows, columns):
    return functools.reduce(lambda a, b: b if plane[b] > plane[a] else a, itertools.product(rows, columns))


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    R, C = walk(x, pool_size, strides, padding)
    planes = [[[[x[(n, *winner(x[n, :, :, c], r, q), c)] for c in range(x.shape[3])] for q in C] for r in R]
              for n in range(x.shape[0])]
    return np.asarray(planes, dtype=x.dtype)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    R, C = walk(x, pool_size, strides, padding)
    w = x.shape[2]
    places = np.array([[[[winner(x[n, :, :, c], r, q) for c in range(x.shape[3])] for q in C] for r in R]
                       for n in range(x.shape[0])])
    return [max_pool2d(x, pool_size, strides, padding), (places @ [w, 1]).astype(np.uint16)]


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    R, C = walk(x, pool_size, strides, padding)
    dx = np.zeros(x.shape, dtype=np.float32)
    for n, c in np.ndindex(x.shape[0], x.shape[3]):
        for (i, r), (j, q) in itertools.product(enumerate(R), enumerate(C)):
            dx[(n, *winner(x[n, :, :, c], r, q), c)] += dy[n, i, j, c]
    return dx


def max_unpool2d(y, index, output_shape):
    rows, cols = output_shape
    known = {(n, int(index[n, i, j, c]), c): y[n, i, j, c] for n, i, j, c in np.ndindex(y.shape)}
    flat = [[[known.get((n, p, c), 0) for c in range(y.shape[3])] for p in range(rows * cols)] for n in range(len(y))]
    return np.array(flat, y.dtype).reshape((len(y), rows, cols, y.shape[3]))
