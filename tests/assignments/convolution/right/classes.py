"""A layer class that remembers its input, in single precision; the functions only call it."""
import numpy as np


class Axis:
    def __init__(self, n, k, s, padding):
        self.n, self.k, self.s, self.padding = n, k, s, padding

    @property
    def count(self):
        if self.padding == "same":
            return (self.n + self.s - 1) // self.s
        if self.k > self.n:
            raise ValueError(f"window of {self.k} on {self.n}")
        return (self.n - self.k + self.s) // self.s

    @property
    def margins(self):
        if self.padding == "valid":
            return 0, 0
        need = max(0, self.s * (self.count - 1) + self.k - self.n)
        return need >> 1, need - (need >> 1)


class Conv:
    def __init__(self, kernel, strides=1, padding="valid"):
        self.kernel = np.asarray(kernel, np.float32)
        self.strides = (strides,) * 2 if isinstance(strides, (int, np.integer)) else tuple(strides)
        self.padding = padding

    def __call__(self, x):
        self.axes = [Axis(n, k, s, self.padding) for n, k, s in zip(x.shape[1:3], self.kernel.shape, self.strides)]
        self.x = np.pad(x.astype(np.float32), [(0, 0), *(a.margins for a in self.axes), (0, 0)])
        y = np.zeros((len(x), *(a.count for a in self.axes), self.kernel.shape[3]), np.float32)
        for i, j, window in self.windows():
            y[:, i, j] = np.tensordot(self.x[window], self.kernel, 3)
        return y

    def windows(self):
        down, across = self.axes
        for i in range(down.count):
            for j in range(across.count):
                yield i, j, np.s_[:, i * down.s : i * down.s + down.k, j * across.s : j * across.s + across.k]

    def gradients(self, dy):
        dx, dkernel = np.zeros_like(self.x), np.zeros_like(self.kernel)
        for i, j, window in self.windows():
            dx[window] += np.einsum("nf,abcf->nabc", dy[:, i, j], self.kernel)
            dkernel += np.einsum("nf,nabc->abcf", dy[:, i, j], self.x[window])
        (top, _), (left, _) = (a.margins for a in self.axes)
        return dx[:, top : top + self.axes[0].n, left : left + self.axes[1].n], dkernel


def pool_output_size(n, pool, stride, padding="valid"):
    return Axis(n, pool, stride, padding).count


def pool_padding(n, pool, stride, padding="valid"):
    return Axis(n, pool, stride, padding).margins


def conv2d(x, kernel, strides=1, padding="valid"):
    return Conv(kernel, strides, padding)(x)


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    layer = Conv(kernel, strides, padding)
    layer(x)
    return layer.gradients(dy)


def conv_transpose2d(x, kernel, strides=1):
    layer = Conv(kernel.transpose(0, 1, 3, 2), strides)
    size = ((n - 1) * s + k for n, s, k in zip(x.shape[1:3], layer.strides, kernel.shape))
    layer(np.zeros((len(x), *size, kernel.shape[3])))
    return layer.gradients(x)[0]
