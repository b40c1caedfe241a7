"""With `cut` and `paste` as given; a boolean array says which cells are real."""
import numpy as np


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    a = np.abs(cut(x, pool_size, strides, padding, 0.0))
    m = cut(np.ones(x.shape), pool_size, strides, padding, 0.0).sum(axis=3)
    lp_total = (a**p).sum(axis=3)
    return (lp_total / m) ** (1 / p)


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    a = cut(x, pool_size, strides, padding, 0.0)
    lp_m = cut(np.ones(x.shape), pool_size, strides, padding, 0.0).sum(axis=3)[:, :, :, None]
    y = lp_pool2d(x, pool_size, strides, padding, p)[:, :, :, None]
    safe = np.where(y > 0, y, 1.0)
    lp_slope = np.sign(a) * (np.abs(a) / safe) ** (p - 1) / lp_m
    return paste(lp_slope * dy[:, :, :, None] * (y > 0), x, pool_size, strides, padding)


def soft_weights(x, pool_size, strides, padding):
    a = cut(x, pool_size, strides, padding, -np.inf)
    e = np.exp(a - a.max(axis=3)[:, :, :, None])
    return e / e.sum(axis=3)[:, :, :, None]


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    w = soft_weights(x, pool_size, strides, padding)
    a = cut(x, pool_size, strides, padding, 0.0)
    return (w * a).sum(axis=3)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    w = soft_weights(x, pool_size, strides, padding)
    a = cut(x, pool_size, strides, padding, 0.0)
    y = soft_pool2d(x, pool_size, strides, padding)
    soft_slope = w * (1 + a - y[:, :, :, None])
    return paste(soft_slope * dy[:, :, :, None], x, pool_size, strides, padding)


def extremes(x, pool_size, strides, padding):
    a = cut(x, pool_size, strides, padding, -np.inf)
    real = a > -np.inf
    count = real.sum(axis=3)
    return a.max(axis=3), np.where(real, a, 0).sum(axis=3) / count, real, count


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    largest, mean, _, _ = extremes(x, pool_size, strides, padding)
    return share * largest + (1 - share) * mean


def winners(x, pool_size, strides, padding):
    a = cut(x, pool_size, strides, padding, -np.inf)
    first = np.zeros(a.shape)
    np.put_along_axis(first, a.argmax(axis=3)[:, :, :, None], 1.0, axis=3)
    return first


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    _, _, real, count = extremes(x, pool_size, strides, padding)
    mix_slope = share * winners(x, pool_size, strides, padding) + (1 - share) * real / count[:, :, :, None]
    return paste(mix_slope * dy[:, :, :, None], x, pool_size, strides, padding)


def opening(x, gate, strides, padding):
    a = cut(x, gate.shape, strides, padding, 0.0)
    z = (a * gate.reshape(-1)[:, None]).sum(axis=3)
    return 1 / (1 + np.exp(-z))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    largest, mean, _, _ = extremes(x, gate.shape, strides, padding)
    s = opening(x, gate, strides, padding)
    return s * largest + (1 - s) * mean


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    largest, mean, real, count = extremes(x, gate.shape, strides, padding)
    s = opening(x, gate, strides, padding)
    d = dy * (largest - mean) * s * (1 - s)
    mixture = s[:, :, :, None] * winners(x, gate.shape, strides, padding) + (1 - s)[:, :, :, None] * real / count[:, :, :, None]
    through = d[:, :, :, None] * gate.reshape(-1)[:, None]
    dx = paste(mixture * dy[:, :, :, None] + through, x, gate.shape, strides, padding)
    dgate = (d[:, :, :, None] * cut(x, gate.shape, strides, padding, 0.0)).sum(axis=(0, 1, 2, 4))
    return dx, dgate.reshape(gate.shape)


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    w_lip = soft_weights(logits, pool_size, strides, padding)
    return (w_lip * cut(x, pool_size, strides, padding, 0.0)).sum(axis=3)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    w_back = soft_weights(logits, pool_size, strides, padding) * dy[:, :, :, None]
    a = cut(x, pool_size, strides, padding, 0.0)
    lip_distance = a - lip_pool2d(x, logits, pool_size, strides, padding)[:, :, :, None]
    dx = paste(w_back, x, pool_size, strides, padding)
    return dx, paste(w_back * lip_distance, x, pool_size, strides, padding)
