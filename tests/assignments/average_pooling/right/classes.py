"""A base class that knows windows; pooling, weights and minima are small subclasses. Single precision inside gradients."""
import numpy as np


class Pool:
    def __init__(self, size, strides, padding):
        self.size = (size, size) if np.isscalar(size) else tuple(size)
        self.strides = self.size if strides is None else (strides, strides) if np.isscalar(strides) else tuple(strides)
        self.padding = padding

    def starts(self, n, axis):
        k, s = self.size[axis], self.strides[axis]
        if self.padding == "valid":
            return range(0, n - k + 1, s)
        total = max((-(-n // s) - 1) * s + k - n, 0)
        return range(-(total // 2), n - total // 2, s)

    def windows(self, x):
        for i, top in enumerate(self.starts(x.shape[1], 0)):
            for j, left in enumerate(self.starts(x.shape[2], 1)):
                rows = slice(max(top, 0), min(top + self.size[0], x.shape[1]))
                columns = slice(max(left, 0), min(left + self.size[1], x.shape[2]))
                inner = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
                yield i, j, (slice(None), rows, columns), inner

    def forward(self, x):
        shape = (len(x), len(self.starts(x.shape[1], 0)), len(self.starts(x.shape[2], 1)), x.shape[3])
        y = np.empty(shape, x.dtype if x.dtype.kind == "f" else np.float64)
        for i, j, where, inner in self.windows(x):
            y[:, i, j] = self.reduce(x[where], inner)
        return y

    def backward(self, dy, x):
        dx = np.zeros(x.shape, np.float32)
        for i, j, where, inner in self.windows(x):
            dx[where] += self.share(x[where], inner) * dy[:, i, j][:, None, None]
        return dx


class Average(Pool):
    def reduce(self, part, inner):
        return part.mean(axis=(1, 2))

    def share(self, part, inner):
        return np.full(part.shape, 1 / (part.shape[1] * part.shape[2]))


class Minimum(Pool):
    def reduce(self, part, inner):
        return part.min(axis=(1, 2))

    def share(self, part, inner):
        flat = part.reshape(len(part), -1, part.shape[3])
        return np.eye(flat.shape[1])[flat.argmin(1)].swapaxes(1, 2).reshape(part.shape)


class Weighted(Pool):
    def __init__(self, weights, strides, padding):
        super().__init__(weights.shape, strides, padding)
        self.weights = weights

    def reduce(self, part, inner):
        return (self.share(part, inner) * part).sum(axis=(1, 2))

    def share(self, part, inner):
        real = self.weights[inner]
        return (real / real.sum())[None, :, :, None]


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return Average(pool_size, strides, padding).forward(x)


def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return Average(pool_size, strides, padding).backward(dy, x)


def min_pool2d(x, pool_size, strides=None, padding="valid"):
    return Minimum(pool_size, strides, padding).forward(x)


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return Minimum(pool_size, strides, padding).backward(dy, x)


def weighted_pool2d(x, weights, strides=None, padding="valid"):
    return Weighted(weights, strides, padding).forward(x)


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    return Weighted(weights, strides, padding).backward(dy, x)
