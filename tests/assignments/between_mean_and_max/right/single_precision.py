"""Single precision throughout; logaddexp and nan-functions; given helpers."""
import warnings

import numpy as np

single = np.float32


def windows(x, size, strides, padding):
    return cut(np.asarray(x, single), size, strides, padding).astype(single)


def back(cells, x, *where):
    return paste(np.nan_to_num(cells), x, *where).astype(single)


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    a = np.abs(windows(x, pool_size, strides, padding))
    top = np.nanmax(a, axis=3)
    scaled = a / np.where(top == 0, 1, top)[:, :, :, None]
    return top * np.nanmean(scaled ** single(p), axis=3) ** single(1 / p)


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    a = windows(x, pool_size, strides, padding)
    y = lp_pool2d(x, pool_size, strides, padding, p)[..., None, :]
    m = np.isfinite(a).sum(axis=3, keepdims=True)
    with np.errstate(all="ignore"):
        slope = np.sign(a) * (np.abs(a) / y) ** single(p - 1) / m
    slope = np.where(y == 0, single(0), slope)
    return back(slope * dy.astype(single)[..., None, :], x, pool_size, strides, padding)


def weights(logits, size, strides, padding):
    a = windows(logits, size, strides, padding)
    e = np.exp(a - np.nanmax(a, axis=3, keepdims=True))
    return e / np.nansum(e, axis=3, keepdims=True)


def by_logits(x, logits, pool_size, strides=None, padding="valid"):
    return np.nansum(weights(logits, pool_size, strides, padding) * windows(x, pool_size, strides, padding), axis=3)


def by_logits_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    where = pool_size, strides, padding
    w = weights(logits, *where) * dy.astype(single)[..., None, :]
    y = by_logits(x, logits, *where)[..., None, :]
    return back(w, x, *where), back(w * (windows(x, *where) - y), x, *where)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return by_logits(x, x, pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    a, b = by_logits_backward(dy, x, x, pool_size, strides, padding)
    return a + b


def pair_of(x, *where):
    a = windows(x, *where)
    return np.nanmax(a, axis=3), np.nanmean(a, axis=3), a


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    top, mean, _ = pair_of(x, pool_size, strides, padding)
    return mean + (top - mean) * single(share) if np.isscalar(share) else mean + (top - mean) * share


def spread(a, share):
    order = np.argsort(np.where(np.isnan(a), np.inf, -a), axis=3, kind="stable")[:, :, :, :1]
    first = np.zeros_like(a)
    np.put_along_axis(first, order, 1, axis=3)
    real = ~np.isnan(a)
    return share * first + (1 - share) * real / real.sum(axis=3, keepdims=True)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    a = windows(x, pool_size, strides, padding)
    return back(spread(a, share) * dy[..., None, :], x, pool_size, strides, padding)


def gate_share(a, gate):
    z = np.nansum(a * gate.astype(single).reshape(-1, 1), axis=3)
    return np.where(z > 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    top, mean, a = pair_of(x, gate.shape, strides, padding)
    s = gate_share(a, gate)
    return s * top + (1 - s) * mean


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    where = gate.shape, strides, padding
    top, mean, a = pair_of(x, *where)
    s = gate_share(a, gate)
    d = (dy * (top - mean) * s * (1 - s))[..., None, :]
    dx = back(spread(a, s[..., None, :]) * dy[..., None, :] + d * gate.reshape(-1, 1), x, *where)
    return [dx, np.nansum(d * a, axis=(0, 1, 2, 4)).reshape(gate.shape)]


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return by_logits(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return by_logits_backward(dy, x, logits, pool_size, strides, padding)
