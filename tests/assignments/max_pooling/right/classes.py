"""A small class that knows its windows; the functions only call it. Prints and warns, as people do."""
import warnings
from dataclasses import dataclass

import numpy as np


@dataclass
class Axis:
    n: int
    k: int
    s: int
    padding: str

    @property
    def count(self) -> int:
        return 1 + (self.n - self.k) // self.s if self.padding == "valid" else int(np.ceil(self.n / self.s))

    def window(self, i: int) -> slice:
        before = 0 if self.padding == "valid" else max((self.count - 1) * self.s + self.k - self.n, 0) // 2
        start = i * self.s - before
        return slice(max(start, 0), min(start + self.k, self.n))


class MaxPool:
    def __init__(self, pool_size, strides, padding):
        pair = lambda v: (v, v) if isinstance(v, (int, np.integer)) else v
        self.k, self.s, self.padding = pair(pool_size), pair(strides if strides is not None else pool_size), padding

    def axes(self, x):
        return [Axis(x.shape[a + 1], self.k[a], self.s[a], self.padding) for a in (0, 1)]

    def windows(self, x):
        down, across = self.axes(x)
        for i in range(down.count):
            for j in range(across.count):
                yield i, j, (slice(None), down.window(i), across.window(j))

    def forward(self, x):
        down, across = self.axes(x)
        out = np.zeros((x.shape[0], down.count, across.count, x.shape[-1]), dtype=x.dtype)
        for i, j, where in self.windows(x):
            out[:, i, j] = x[where].max(axis=(1, 2))
        return out

    def backward(self, dy, x):
        warnings.warn("taking the slow road", stacklevel=2)
        dx = np.zeros_like(x, dtype=np.result_type(x, dy))
        for i, j, where in self.windows(x):
            part, target = x[where], dx[where]
            for n in range(x.shape[0]):
                for c in range(x.shape[-1]):
                    h, w = np.unravel_index(np.argmax(part[n, :, :, c]), part.shape[1:3])
                    target[n, h, w, c] += dy[n, i, j, c]
        return dx


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    print("pooling", x.shape)
    return MaxPool(pool_size, strides, padding).forward(x)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return MaxPool(pool_size, strides, padding).backward(dy, x)


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    pooling = MaxPool(pool_size, strides, padding)
    y = pooling.forward(x)
    index = np.empty(y.shape, dtype=np.int32)
    for i, j, (_, rows, columns) in pooling.windows(x):
        for n in range(x.shape[0]):
            for c in range(x.shape[-1]):
                part = x[n, rows, columns, c]
                h, w = np.unravel_index(part.argmax(), part.shape)
                index[n, i, j, c] = (h + rows.start) * x.shape[2] + (w + columns.start)
    return y, index


class Places:
    """Maxima with their addresses in the image."""

    def __init__(self, y, index):
        self.entries = [(where, index[where], y[where]) for where in np.ndindex(y.shape)]

    def fill(self, image, columns):
        for (n, _, _, c), place, value in self.entries:
            image[n, place // columns, place % columns, c] = value
        return image


def max_unpool2d(y, index, output_shape):
    blank = np.zeros((y.shape[0], *output_shape, y.shape[-1]), dtype=y.dtype)
    return Places(y, index).fill(blank, output_shape[1])
