"""Masked arrays over the cells that `cut` gives; NumPy leaves the masked ones out by itself."""
import numpy as np
import numpy.ma as ma


def cells_of(x, *where):
    return ma.masked_invalid(cut(x, *where))


def plain(y):
    return ma.filled(y, 0.0)


def back(slope, dy, x, *where):
    return paste(plain(slope) * np.expand_dims(dy, 3), x, *where)


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    return plain(ma.mean(abs(cells_of(x, pool_size, strides, padding)) ** p, axis=3) ** (1 / p))


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    a = cells_of(x, pool_size, strides, padding)
    y = np.expand_dims(lp_pool2d(x, pool_size, strides, padding, p), 3)
    y = np.where(y == 0, np.inf, y)
    slope = np.sign(a) * (abs(a) / y) ** (p - 1) / ma.count(a, axis=3, keepdims=True) * (y < np.inf)
    return back(slope, dy, x, pool_size, strides, padding)


def weights(x, *where):
    a = cells_of(x, *where)
    e = np.exp(a - a.max(axis=3, keepdims=True))
    return e / e.sum(axis=3, keepdims=True)


def weighted(x, logits, *where):
    return plain((weights(logits, *where) * cells_of(x, *where)).sum(axis=3))


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return weighted(x, x, pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    a = cells_of(x, pool_size, strides, padding)
    y = soft_pool2d(x, pool_size, strides, padding)[:, :, :, None]
    return back(weights(x, pool_size, strides, padding) * (1 + a - y), dy, x, pool_size, strides, padding)


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    a = cells_of(x, pool_size, strides, padding)
    return plain(share * a.max(axis=3) + (1 - share) * a.mean(axis=3))


def slopes(a, share):
    hot = np.arange(a.shape[3])[None, None, None, :, None] == np.expand_dims(ma.argmax(a, axis=3, fill_value=-np.inf), 3)
    return ma.masked_array(share * hot, a.mask) + (1 - share) / ma.count(a, axis=3, keepdims=True)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return back(slopes(cells_of(x, pool_size, strides, padding), share), dy, x, pool_size, strides, padding)


def gate_share(a, gate):
    return 1 / (1 + np.exp(-plain((a * gate.reshape(1, 1, 1, -1, 1)).sum(axis=3))))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    a = cells_of(x, gate.shape, strides, padding)
    s = gate_share(a, gate)
    return plain(s * a.max(axis=3) + (1 - s) * a.mean(axis=3))


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    where = gate.shape, strides, padding
    a = cells_of(x, *where)
    s = gate_share(a, gate)[:, :, :, None]
    d = (a.max(axis=3, keepdims=True) - a.mean(axis=3, keepdims=True)) * s * (1 - s)
    dgate = plain((d * a * dy[:, :, :, None]).sum(axis=(0, 1, 2, 4)))
    return back(slopes(a, s) + d * gate.reshape(1, 1, 1, -1, 1), dy, x, *where), np.array(dgate).reshape(gate.shape)


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return weighted(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    where = pool_size, strides, padding
    w, a = weights(logits, *where), cells_of(x, *where)
    y = (w * a).sum(axis=3, keepdims=True)
    return back(w, dy, x, *where), back(w * (a - y), dy, x, *where)
