"""Small layers that remember their input; mean and maximum as ends of one family. Some results in single precision."""
import numpy as np


class Global:
    def __call__(self, x, keepdims):
        self.x, self.keepdims = x, keepdims
        self.y = self.pool(x)
        return self.y if keepdims else self.y[:, 0, 0, :]

    def gradient(self, dy):
        return self.slope() * np.asarray(dy).reshape(self.y.shape)


class Average(Global):
    def pool(self, x):
        return x.mean((1, 2), keepdims=True)

    def slope(self):
        return np.full(self.x.shape, 1 / np.prod(self.x.shape[1:3]), np.float32)


class Maximum(Global):
    def pool(self, x):
        return x.max((1, 2), keepdims=True)

    def slope(self):
        hit = (self.x == self.y).astype(np.float32)
        return hit / hit.sum((1, 2), keepdims=True)


class Gem(Global):
    def __init__(self, p, eps):
        self.p, self.eps = p, eps

    def pool(self, x):
        self.lifted = np.maximum(x, self.eps)
        top = self.lifted.max((1, 2), keepdims=True)
        return top * ((self.lifted / top) ** self.p).mean((1, 2), keepdims=True) ** (1 / self.p)

    def slope(self):
        s = (self.lifted / self.y) ** (self.p - 1) / (self.x.shape[1] * self.x.shape[2])
        return np.where(self.x < self.eps, 0, s)


def global_average_pool2d(x, keepdims=False):
    return Average()(x, keepdims)


def global_max_pool2d(x, keepdims=False):
    return Maximum()(x, keepdims)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    return Gem(p, eps)(x, keepdims)


def run_back(layer, dy, x, keepdims):
    layer(x, keepdims)
    return layer.gradient(dy)


def global_average_pool2d_backward(dy, x, keepdims=False):
    return run_back(Average(), dy, x, keepdims)


def global_max_pool2d_backward(dy, x, keepdims=False):
    return run_back(Maximum(), dy, x, keepdims)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    return run_back(Gem(p, eps), dy, x, keepdims)
