"""np.add.at, np.unique and sorting; logarithms for the softmax."""
import numpy as np


def intermap_pool(x, group_size):
    if x.shape[3] != x.shape[3] // group_size * group_size:
        raise ValueError(f"{x.shape[3]} / {group_size}")
    return np.sort(x.reshape(*x.shape[:3], -1, group_size), axis=-1)[..., -1].copy()


def intermap_pool_backward(dy, x, group_size):
    n, h, w, j = np.indices(dy.shape)
    dx = np.zeros(x.shape)
    channel = j * group_size + x.reshape(*dy.shape, group_size).argmax(-1)
    np.add.at(dx, (n, h, w, channel), dy)
    return dx


def matrix(x):
    return np.stack([np.tensordot(one, one, ((0, 1), (0, 1))) for one in x])


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    y = matrix(x).reshape(len(x), x.shape[3] ** 2)
    if signed_sqrt:
        y = y / np.sqrt(np.where(y == 0, 1, np.abs(y)))
    if l2:
        y = y / np.sqrt(np.maximum((y**2).sum(1), np.finfo(float).tiny))[:, None]
    return y


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    b = matrix(x).reshape(len(x), -1)
    safe = np.where(b == 0, 1, np.abs(b))
    y = b / np.sqrt(safe) if signed_sqrt else b
    g = np.array(dy, float)
    if l2:
        size2 = np.maximum((y**2).sum(1, keepdims=True), np.finfo(float).tiny)
        g = g / np.sqrt(size2) - y * (y * g).sum(1, keepdims=True) / size2**1.5
    if signed_sqrt:
        g = np.where(b == 0, 0, 0.5 * g / np.sqrt(safe))
    g = g.reshape(len(x), x.shape[3], -1)
    g = g + np.transpose(g, (0, 2, 1))
    return np.matmul(x, g[:, None])


def compact_bilinear_pool(x, dim, hashes, signs):
    def sketch(k):
        y = np.zeros((*x.shape[:3], dim))
        np.add.at(y, (..., hashes[k]), signs[k] * x)
        return y

    a, b = sketch(0), sketch(1)
    return sum((a * np.roll(b[..., ::-1], k + 1, axis=-1)).sum((1, 2, 3))[:, None] * (np.arange(dim) == k) for k in range(dim))


def vlad_pool(x, centres):
    difference = x[..., None, :] - centres
    k = np.linalg.norm(difference, axis=-1).round(12).argmin(-1)
    y = np.zeros((len(x), *centres.shape))
    n = np.broadcast_to(np.arange(len(x))[:, None, None], k.shape)
    np.add.at(y, (n, k), x - centres[k])
    return y.reshape(len(x), -1)


def superpixel_pool2d(x, labels, segments=None):
    s = labels.max() + 1 if segments is None else segments
    total, count = np.zeros((len(x), s, x.shape[3])), np.zeros((len(x), s, 1))
    n = np.arange(len(x))[:, None, None]
    np.add.at(total, (n, labels), x)
    np.add.at(count, (n, labels), 1)
    return np.divide(total, count, out=np.zeros(total.shape), where=count > 0)


def attention_pool(x, w, v):
    flat = x.reshape(len(x), -1, x.shape[3])
    scores = np.tanh(np.matmul(flat, np.transpose(w))) @ v
    log_weights = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return np.sum(np.exp(log_weights)[..., None] * flat, axis=1)
