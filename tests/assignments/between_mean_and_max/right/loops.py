"""Plain Python over every window and channel; each pooling is a formula on a list of numbers."""
import math

import numpy as np


def spans(n, k, s, padding):
    if padding == "valid":
        return [(i * s, 0, k) for i in range((n - k) // s + 1)]
    count = -(-n // s)
    before = max((count - 1) * s + k - n, 0) // 2
    return [(i * s - before, max(before - i * s, 0), min(k, n - i * s + before)) for i in range(count)]


def windows(x, size, strides, padding):
    """(image, down, across, channel) with the places of the window's real cells: in the image, and in the window."""
    k = size if isinstance(size, tuple) else (size, size)
    s = k if strides is None else strides if isinstance(strides, tuple) else (strides, strides)
    for i, (top, a0, a1) in enumerate(spans(x.shape[1], k[0], s[0], padding)):
        for j, (left, b0, b1) in enumerate(spans(x.shape[2], k[1], s[1], padding)):
            cells = [((top + a, left + b), (a, b)) for a in range(a0, a1) for b in range(b0, b1)]
            for n in range(x.shape[0]):
                for c in range(x.shape[3]):
                    yield (n, i, j, c), cells


def pool(x, size, strides, padding, formula):
    found = {where: formula([float(x[where[0], h, w, where[3]]) for (h, w), _ in cells], where, cells)
             for where, cells in windows(x, size, strides, padding)}
    y = np.zeros([1 + max(key[axis] for key in found) for axis in range(4)])
    for where, value in found.items():
        y[where] = value
    return y


def pull(dy, x, size, strides, padding, formula):
    dx = np.zeros(x.shape)
    for where, cells in windows(x, size, strides, padding):
        values = [float(x[where[0], h, w, where[3]]) for (h, w), _ in cells]
        for ((h, w), _), part in zip(cells, formula(values, where, cells)):
            dx[where[0], h, w, where[3]] += part * dy[where]
    return dx


def lp(v, p):
    return (sum(abs(a) ** p for a in v) / len(v)) ** (1 / p)


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    return pool(x, pool_size, strides, padding, lambda v, *_: lp(v, p))


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    def slope(v, *_):
        y = lp(v, p)
        return [0.0 if y == 0 or a == 0 else math.copysign((abs(a) / y) ** (p - 1), a) / len(v) for a in v]

    return pull(dy, x, pool_size, strides, padding, slope)


def softmax(v):
    e = [math.exp(a - max(v)) for a in v]
    return [one / sum(e) for one in e]


def dot(v, w):
    return sum(a * b for a, b in zip(v, w))


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, lambda v, *_: dot(v, softmax(v)))


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    def slope(v, *_):
        w = softmax(v)
        return [b * (1 + a - dot(v, w)) for a, b in zip(v, w)]

    return pull(dy, x, pool_size, strides, padding, slope)


def mix(v, share):
    return share * max(v) + (1 - share) * sum(v) / len(v)


def mix_slope(v, share):
    first = v.index(max(v))
    return [share * (i == first) + (1 - share) / len(v) for i in range(len(v))]


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    return pool(x, pool_size, strides, padding, lambda v, *_: mix(v, share))


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return pull(dy, x, pool_size, strides, padding, lambda v, *_: mix_slope(v, share))


def sigmoid(v, cells, gate):
    return 1 / (1 + math.exp(-dot(v, [gate[place] for _, place in cells])))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    return pool(x, gate.shape, strides, padding, lambda v, _, cells: mix(v, sigmoid(v, cells, gate)))


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    dgate = np.zeros(gate.shape)

    def slope(v, where, cells):
        s = sigmoid(v, cells, gate)
        d = (max(v) - sum(v) / len(v)) * s * (1 - s)
        for a, (_, place) in zip(v, cells):
            dgate[place] += dy[where] * d * a
        return [one + d * gate[place] for one, (_, place) in zip(mix_slope(v, s), cells)]

    return pull(dy, x, gate.shape, strides, padding, slope), dgate


def weights_of(logits, where, cells):
    return softmax([float(logits[where[0], h, w, where[3]]) for (h, w), _ in cells])


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, lambda v, where, cells: dot(v, weights_of(logits, where, cells)))


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    def by_logit(v, where, cells):
        w = weights_of(logits, where, cells)
        return [b * (a - dot(v, w)) for a, b in zip(v, w)]

    return (pull(dy, x, pool_size, strides, padding, lambda v, where, cells: weights_of(logits, where, cells)),
            pull(dy, x, pool_size, strides, padding, by_logit))
