"""One class for every pooling that has a value and a slope on rows of real cells, in single precision."""
import numpy as np


class Between:
    """Subclasses give value(a) and slope(a) for a of shape (cells, anything)."""

    def __init__(self, size, strides, padding):
        self.where = size, strides, padding

    def split(self, x):
        cells = cut(np.asarray(x, np.float32), *self.where)
        return cells, np.isnan(cells[:1, :, :, :, :1])[0, :, :, :, 0]

    def __call__(self, x):
        cells, missing = self.split(x)
        y = np.empty((*cells.shape[:3], cells.shape[4]), np.float32)
        for i, j in np.ndindex(y.shape[1:3]):
            self.kept = ~missing[i, j]
            y[:, i, j] = self.value(cells[:, i, j, self.kept].swapaxes(0, 1), (i, j))
        return y

    def backward(self, dy, x):
        cells, missing = self.split(x)
        slope = np.zeros(cells.shape, np.float32)
        for i, j in np.ndindex(missing.shape[:2]):
            self.kept = ~missing[i, j]
            part = self.slope(cells[:, i, j, self.kept].swapaxes(0, 1), (i, j))
            slope[:, i, j, self.kept] = (part * dy[:, i, j]).swapaxes(0, 1)
        return paste(slope, x, *self.where)


class Lp(Between):
    p = 2.0

    def value(self, a, _):
        return np.mean(np.abs(a) ** self.p, 0) ** (1 / self.p)

    def slope(self, a, at):
        y = self.value(a, at)
        return np.where(y == 0, 0, np.sign(a) * (np.abs(a) / np.where(y == 0, 1, y)) ** (self.p - 1) / len(a))


class Lip(Between):
    logits = None
    by_logit = False

    def weights(self, a, at):
        g = a if self.logits is None else cut(self.logits, *self.where)[:, at[0], at[1], self.kept].swapaxes(0, 1)
        e = np.exp(g - g.max(0))
        return e / e.sum(0)

    def value(self, a, at):
        return np.sum(self.weights(a, at) * a, 0)

    def slope(self, a, at):
        w = self.weights(a, at)
        if self.logits is None:
            return w * (1 + a - np.sum(w * a, 0))
        return w * (a - np.sum(w * a, 0)) if self.by_logit else w


class Mixed(Between):
    share = 0.5
    gate = None

    def shares(self, a):
        if self.gate is None:
            return self.share
        return 1 / (1 + np.exp(-np.einsum("k,knc->nc", self.gate.ravel()[self.kept], a)))

    def value(self, a, _):
        s = self.shares(a)
        return s * a.max(0) + (1 - s) * a.mean(0)

    def slope(self, a, _):
        s = self.shares(a)
        first = np.arange(len(a))[:, None, None] == a.argmax(0)
        part = s * first + (1 - s) / len(a)
        if self.gate is not None:
            part = part + (a.max(0) - a.mean(0)) * s * (1 - s) * self.gate.ravel()[self.kept][:, None, None]
        return part


def make(kind, size, strides, padding, **settings):
    layer = kind(size, strides, padding)
    for name, value in settings.items():
        setattr(layer, name, value)
    return layer


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    return make(Lp, pool_size, strides, padding, p=p)(x)


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    return make(Lp, pool_size, strides, padding, p=p).backward(dy, x)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return make(Lip, pool_size, strides, padding)(x)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return make(Lip, pool_size, strides, padding).backward(dy, x)


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return make(Lip, pool_size, strides, padding, logits=logits)(x)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return tuple(make(Lip, pool_size, strides, padding, logits=logits, by_logit=b).backward(dy, x) for b in (False, True))


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    return make(Mixed, pool_size, strides, padding, share=share)(x)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return make(Mixed, pool_size, strides, padding, share=share).backward(dy, x)


def gated_pool2d(x, gate, strides=None, padding="valid"):
    return make(Mixed, gate.shape, strides, padding, gate=gate)(x)


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    layer = make(Mixed, gate.shape, strides, padding, gate=gate)
    dgate = np.zeros(gate.size)
    cells, missing = layer.split(x)
    for i, j in np.ndindex(missing.shape[:2]):
        layer.kept = ~missing[i, j]
        a = cells[:, i, j, layer.kept].swapaxes(0, 1)
        s = layer.shares(a)
        dgate[layer.kept] += np.einsum("nc,knc->k", dy[:, i, j] * (a.max(0) - a.mean(0)) * s * (1 - s), a)
    return layer.backward(dy, x), dgate.reshape(gate.shape)
