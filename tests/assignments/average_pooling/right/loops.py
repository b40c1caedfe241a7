"""Window by window, number by number, without padding anything."""
import numpy as np


def both(v):
    return (v, v) if isinstance(v, (int, np.integer)) else v


def spans(n, k, s, padding):
    """The cells of each window that lie inside the image, with their place in the window."""
    if padding == "valid":
        starts = [i * s for i in range((n - k) // s + 1)]
    else:
        count = (n + s - 1) // s
        before = max((count - 1) * s + k - n, 0) // 2
        starts = [i * s - before for i in range(count)]
    return [[(h, h - start) for h in range(max(start, 0), min(start + k, n))] for start in starts]


def geometry(x, pool_size, strides, padding):
    kh, kw = both(pool_size)
    sh, sw = (kh, kw) if strides is None else both(strides)
    return spans(x.shape[1], kh, sh, padding), spans(x.shape[2], kw, sw, padding)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    y = np.zeros((x.shape[0], len(rows), len(columns), x.shape[3]), x.dtype if x.dtype.kind == "f" else float)
    for n in range(x.shape[0]):
        for i, down in enumerate(rows):
            for j, across in enumerate(columns):
                for c in range(x.shape[3]):
                    total, count = 0.0, 0
                    for h, _ in down:
                        for w, _ in across:
                            total += float(x[n, h, w, c])
                            count += 1
                    y[n, i, j, c] = total / count
    return y


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    dx = np.zeros(x.shape)
    for n in range(x.shape[0]):
        for i, down in enumerate(rows):
            for j, across in enumerate(columns):
                for c in range(x.shape[3]):
                    share = dy[n, i, j, c] / (len(down) * len(across))
                    for h, _ in down:
                        for w, _ in across:
                            dx[n, h, w, c] += share
    return dx


def smallest(x, n, down, across, c):
    where = None
    for h, _ in down:
        for w, _ in across:
            if where is None or x[n, h, w, c] < x[n, where[0], where[1], c]:
                where = (h, w)
    return where


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    y = np.empty((x.shape[0], len(rows), len(columns), x.shape[3]), x.dtype)
    for n, i, j, c in np.ndindex(y.shape):
        h, w = smallest(x, n, rows[i], columns[j], c)
        y[n, i, j, c] = x[n, h, w, c]
    return y


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    rows, columns = geometry(x, pool_size, strides, padding)
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        h, w = smallest(x, n, rows[i], columns[j], c)
        dx[n, h, w, c] += dy[n, i, j, c]
    return dx


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    rows, columns = geometry(x, weights.shape, strides, padding)
    y = np.zeros((x.shape[0], len(rows), len(columns), x.shape[3]))
    for n, i, j, c in np.ndindex(y.shape):
        total = count = 0.0
        for h, a in rows[i]:
            for w, b in columns[j]:
                total += weights[a, b] * x[n, h, w, c]
                count += weights[a, b]
        y[n, i, j, c] = total / count
    return y


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    rows, columns = geometry(x, weights.shape, strides, padding)
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        count = sum(weights[a, b] for _, a in rows[i] for _, b in columns[j])
        for h, a in rows[i]:
            for w, b in columns[j]:
                dx[n, h, w, c] += dy[n, i, j, c] * weights[a, b] / count
    return dx
