"""Slices of the image, window by window, all images and channels at once; gradients by finite windows of the same form."""
import numpy as np


def tiles(x, size, strides, padding):
    k = np.broadcast_to(size, 2).tolist()
    s = k if strides is None else np.broadcast_to(strides, 2).tolist()
    starts = []
    for a in (0, 1):
        n = x.shape[a + 1]
        if padding == "same":
            need = max((-(-n // s[a]) - 1) * s[a] + k[a] - n, 0)
            starts.append([i * s[a] - need // 2 for i in range(-(-n // s[a]))])
        else:
            starts.append(list(range(0, n - k[a] + 1, s[a])))
    for i, top in enumerate(starts[0]):
        for j, left in enumerate(starts[1]):
            rows, columns = (max(top, 0), min(top + k[0], x.shape[1])), (max(left, 0), min(left + k[1], x.shape[2]))
            inner = np.s_[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]
            yield i, j, np.s_[:, rows[0] : rows[1], columns[0] : columns[1]], inner


def rows_of(part):
    return part.reshape(part.shape[0], -1, part.shape[3])


def build(x, size, strides, padding, f):
    pieces = {(i, j): f(rows_of(x[at]), at, inner) for i, j, at, inner in tiles(x, size, strides, padding)}
    down, across = (1 + max(key[a] for key in pieces) for a in (0, 1))
    return np.stack([np.stack([pieces[i, j] for j in range(across)], 1) for i in range(down)], 1)


def unbuild(dy, x, size, strides, padding, f):
    dx = np.zeros(x.shape)
    for i, j, at, inner in tiles(x, size, strides, padding):
        part = x[at]
        dx[at] += (f(rows_of(part), at, inner) * dy[:, i, j][:, None]).reshape(part.shape)
    return dx


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    return build(x, pool_size, strides, padding, lambda a, *_: (np.abs(a) ** p).mean(1) ** (1 / p))


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    def f(a, *_):
        y = (np.abs(a) ** p).mean(1, keepdims=True) ** (1 / p)
        y[y == 0] = 1
        return np.sign(a) * (np.abs(a) / y) ** (p - 1) / a.shape[1]

    return unbuild(dy, x, pool_size, strides, padding, f)


def softmax(g):
    e = np.exp(g - g.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return build(x, pool_size, strides, padding, lambda a, *_: np.average(a, axis=1, weights=softmax(a)))


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    def f(a, *_):
        w = softmax(a)
        return w * (1 + a - np.sum(w * a, axis=1, keepdims=True))

    return unbuild(dy, x, pool_size, strides, padding, f)


def both(a, share):
    return share * a.max(1) + (1 - share) * a.mean(1)


def both_slope(a, share):
    return share * np.eye(a.shape[1])[a.argmax(1)].swapaxes(1, 2) + (1 - share) / a.shape[1]


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    return build(x, pool_size, strides, padding, lambda a, *_: both(a, share))


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return unbuild(dy, x, pool_size, strides, padding, lambda a, *_: both_slope(a, share))


def sigmoid(a, gate, inner):
    return 1 / (1 + np.exp(-np.tensordot(a, gate[inner].ravel(), (1, 0))))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    return build(x, gate.shape, strides, padding, lambda a, _, inner: both(a, sigmoid(a, gate, inner)))


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    dgate = np.zeros(gate.shape)
    for i, j, at, inner in tiles(x, gate.shape, strides, padding):
        a = rows_of(x[at])
        s = sigmoid(a, gate, inner)
        d = dy[:, i, j] * (a.max(1) - a.mean(1)) * s * (1 - s)
        dgate[inner] += np.einsum("nc,nkc->k", d, a).reshape(gate[inner].shape)

    def f(a, _, inner):
        s = sigmoid(a, gate, inner)[:, None]
        rise = (a.max(1, keepdims=True) - a.mean(1, keepdims=True)) * s * (1 - s)
        return both_slope(a, s) + rise * gate[inner].reshape(1, -1, 1)

    return unbuild(dy, x, gate.shape, strides, padding, f), dgate


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return build(x, pool_size, strides, padding, lambda a, at, _: (softmax(rows_of(logits[at])) * a).sum(1))


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    def numbers(a, at, _):
        return softmax(rows_of(logits[at]))

    def importances(a, at, _):
        w = softmax(rows_of(logits[at]))
        return w * (a - (w * a).sum(1, keepdims=True))

    return [unbuild(dy, x, pool_size, strides, padding, f) for f in (numbers, importances)]
