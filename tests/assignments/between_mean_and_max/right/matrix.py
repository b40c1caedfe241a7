"""Which cell lies in which window, as one boolean matrix; windows and the image flattened to vectors."""
import numpy as np


def where_of(x, size, strides, padding):
    """Index (windows, cells): the flattened place of each cell, or the number of places for one outside."""
    names = np.arange(x.shape[1] * x.shape[2], dtype=float).reshape(1, x.shape[1], x.shape[2], 1)
    found = cut(names, size, strides, padding, x.shape[1] * x.shape[2])
    return found[0, :, :, :, 0].astype(int).reshape(-1, found.shape[3]), found.shape[1:3]


def gather(x, index, fill):
    flat = x.reshape(len(x), -1, x.shape[3]).astype(float)
    return np.concatenate([flat, np.full((len(x), 1, x.shape[3]), fill)], axis=1)[:, index]


def shaped(y, x, out):
    return y.reshape(len(x), *out, x.shape[3])


def spread(parts, x, index):
    total = np.zeros((len(x), x.shape[1] * x.shape[2] + 1, x.shape[3]))
    for k in range(index.shape[1]):
        for window in range(index.shape[0]):
            total[:, index[window, k]] += parts[:, window, k]
    return total[:, :-1].reshape(x.shape)


def flat(dy, x):
    return dy.reshape(len(x), -1, 1, x.shape[3])


def real(index, x):
    return (index < x.shape[1] * x.shape[2])[None, :, :, None]


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    index, out = where_of(x, pool_size, strides, padding)
    powers = np.abs(gather(x, index, 0)) ** p
    return shaped((powers.sum(2) / real(index, x).sum(2)) ** (1 / p), x, out)


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    index, _ = where_of(x, pool_size, strides, padding)
    a, y = gather(x, index, 0), flat(lp_pool2d(x, pool_size, strides, padding, p), x)
    ratio = np.divide(np.abs(a), y, out=np.zeros(a.shape), where=y != 0)
    return spread(flat(dy, x) * np.sign(a) * ratio ** (p - 1) / real(index, x).sum(2, keepdims=True), x, index)


def softmax(logits, index):
    g = gather(logits, index, -np.inf)
    e = np.exp(g - g.max(2, keepdims=True))
    return e / e.sum(2, keepdims=True)


def by_logits(x, logits, pool_size, strides=None, padding="valid"):
    index, out = where_of(x, pool_size, strides, padding)
    return shaped(np.einsum("nokc,nokc->noc", softmax(logits, index), gather(x, index, 0)), x, out)


def by_logits_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    index, _ = where_of(x, pool_size, strides, padding)
    w, y = softmax(logits, index) * flat(dy, x), flat(by_logits(x, logits, pool_size, strides, padding), x)
    return spread(w, x, index), spread(w * (gather(x, index, 0) - y), x, index)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return by_logits(x, x, pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    a, b = by_logits_backward(dy, x, x, pool_size, strides, padding)
    return a + b


def mix(x, index, share):
    a = gather(x, index, -np.inf)
    inside = real(index, x)
    mean = np.where(inside, a, 0).sum(2) / inside.sum(2)
    return share * a.max(2) + (1 - share) * mean


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    index, out = where_of(x, pool_size, strides, padding)
    return shaped(mix(x, index, share), x, out)


def mix_parts(x, index, share):
    a, inside = gather(x, index, -np.inf), real(index, x)
    order = np.cumsum(a == a.max(2, keepdims=True), axis=2)
    first = (order == 1) & (a == a.max(2, keepdims=True))
    return share * first + (1 - share) * inside / inside.sum(2, keepdims=True)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    index, _ = where_of(x, pool_size, strides, padding)
    return spread(flat(dy, x) * mix_parts(x, index, share), x, index)


def opening(x, index, gate):
    return 1 / (1 + np.exp(-np.einsum("nokc,k->noc", gather(x, index, 0), gate.ravel())))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    index, out = where_of(x, gate.shape, strides, padding)
    return shaped(mix(x, index, opening(x, index, gate)), x, out)


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    index, _ = where_of(x, gate.shape, strides, padding)
    s = opening(x, index, gate)
    d = flat(dy, x)[:, :, 0] * (mix(x, index, 1.0 - 1e-12) - mix(x, index, 0.0)) * s * (1 - s)
    parts = flat(dy, x) * mix_parts(x, index, s[:, :, None]) + d[:, :, None] * gate.reshape(1, 1, -1, 1)
    return spread(parts, x, index), np.einsum("noc,nokc->k", d, gather(x, index, 0)).reshape(gate.shape)


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return by_logits(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return by_logits_backward(dy, x, logits, pool_size, strides, padding)
