"""NaN marks what is not there; one function turns slopes back to pictures. Logs and exponentials where others take powers."""
import numpy as np


def windows(x, *where):
    return cut(x, *where, np.nan)


def back(slope, dy, x, *where):
    return paste(np.nan_to_num(slope * dy[..., None, :]), x, *where)


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    a = np.abs(windows(x, pool_size, strides, padding))
    top = np.nanmax(a, axis=-2, keepdims=True)
    scaled = a / np.where(top > 0, top, 1)
    return (top * np.nanmean(scaled**p, axis=-2, keepdims=True) ** (1 / p))[..., 0, :]


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    a = windows(x, pool_size, strides, padding)
    y = lp_pool2d(x, pool_size, strides, padding, p)[..., None, :]
    count = np.sum(a == a, axis=-2, keepdims=True)
    with np.errstate(all="ignore"):
        slope = np.sign(a) * np.exp((p - 1) * (np.log(np.abs(a)) - np.log(y))) / count
    slope[np.broadcast_to(y == 0, slope.shape)] = 0
    if p == 1:
        slope = np.sign(a) / count
    return back(slope, dy, x, pool_size, strides, padding)


def log_weights(g):
    top = np.nanmax(g, axis=-2, keepdims=True)
    return g - top - np.log(np.nansum(np.exp(g - top), axis=-2, keepdims=True))


def by_logits(x, logits, pool_size, strides=None, padding="valid"):
    w = np.exp(log_weights(windows(logits, pool_size, strides, padding)))
    return np.nansum(w * windows(x, pool_size, strides, padding), axis=-2)


def by_logits_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    where = (pool_size, strides, padding)
    w = np.exp(log_weights(windows(logits, *where)))
    y = by_logits(x, logits, *where)[..., None, :]
    return back(w, dy, x, *where), back(w * (windows(x, *where) - y), dy, x, *where)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return by_logits(x, x.copy(), pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    a = windows(x, pool_size, strides, padding)
    w = np.exp(log_weights(a))
    return back(w + w * (a - np.nansum(w * a, axis=-2, keepdims=True)), dy, x, pool_size, strides, padding)


def blend(a, s):
    return np.nanmean(a, axis=-2) + s * (np.nanmax(a, axis=-2) - np.nanmean(a, axis=-2))


def blend_slope(a, s):
    first = np.zeros(a.shape)
    np.put_along_axis(first, np.nanargmax(a, axis=-2)[..., None, :], 1, axis=-2)
    return s * first + (1 - s) * (a == a) / np.sum(a == a, axis=-2, keepdims=True)


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    return blend(windows(x, pool_size, strides, padding), share)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return back(blend_slope(windows(x, pool_size, strides, padding), share), dy, x, pool_size, strides, padding)


def sigmoid(a, gate):
    z = np.nansum(a * gate.ravel()[:, None], axis=-2)
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    a = windows(x, gate.shape, strides, padding)
    return blend(a, sigmoid(a, gate))


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    where = (gate.shape, strides, padding)
    a = windows(x, *where)
    s = sigmoid(a, gate)
    rise = (blend(a, 1) - blend(a, 0)) * s * (1 - s)
    dx = back(blend_slope(a, s[..., None, :]) + rise[..., None, :] * gate.ravel()[:, None] * (a == a), dy, x, *where)
    return dx, np.nansum((dy * rise)[..., None, :] * a, axis=(0, 1, 2, 4)).reshape(gate.shape)


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return by_logits(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return by_logits_backward(dy, x, logits, pool_size, strides, padding)
