"""Four loops and plain Python, window by window, without padding anything."""
import numpy as np


def spans(n, k, s, padding):
    """First and last row of every window, clipped to the image."""
    if padding == "valid":
        return [(i * s, i * s + k) for i in range((n - k) // s + 1)]
    count = (n + s - 1) // s
    before = max((count - 1) * s + k - n, 0) // 2
    return [(max(i * s - before, 0), min(i * s - before + k, n)) for i in range(count)]


def geometry(x, pool_size, strides, padding):
    kh, kw = (pool_size, pool_size) if isinstance(pool_size, int) else pool_size
    sh, sw = (kh, kw) if strides is None else (strides, strides) if isinstance(strides, int) else strides
    return spans(x.shape[1], kh, sh, padding), spans(x.shape[2], kw, sw, padding)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    y = np.empty((x.shape[0], len(rows), len(columns), x.shape[3]), x.dtype)
    for n in range(x.shape[0]):
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                for c in range(x.shape[3]):
                    best = x[n, top, left, c]
                    for h in range(top, bottom):
                        for w in range(left, right):
                            if x[n, h, w, c] > best:
                                best = x[n, h, w, c]
                    y[n, i, j, c] = best
    return y


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                for c in range(x.shape[3]):
                    where = (top, left)
                    for h in range(top, bottom):
                        for w in range(left, right):
                            if x[n, h, w, c] > x[n, where[0], where[1], c]:
                                where = (h, w)
                    dx[n, where[0], where[1], c] += dy[n, i, j, c]
    return dx


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    y = np.empty((x.shape[0], len(rows), len(columns), x.shape[3]), x.dtype)
    index = np.zeros(y.shape, int)
    for n in range(x.shape[0]):
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                for c in range(x.shape[3]):
                    best, place = x[n, top, left, c], top * x.shape[2] + left
                    for h in range(top, bottom):
                        for w in range(left, right):
                            if x[n, h, w, c] > best:
                                best, place = x[n, h, w, c], h * x.shape[2] + w
                    y[n, i, j, c], index[n, i, j, c] = best, place
    return y, index


def max_unpool2d(y, index, output_shape):
    rows, columns = output_shape
    x = np.zeros((y.shape[0], rows, columns, y.shape[3]), y.dtype)
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for c in range(y.shape[3]):
                    place = int(index[n, i, j, c])
                    x[n, place // columns, place % columns, c] = y[n, i, j, c]
    return x
