"""Positions flattened to one axis; matrix products and masks."""
import numpy as np


def flatten(x):
    return x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3])


def intermap_pool(x, group_size):
    if x.shape[-1] % group_size:
        raise ValueError("channels do not divide")
    grouped = x.reshape(*x.shape[:-1], x.shape[-1] // group_size, group_size)
    return grouped.max(axis=-1)


def intermap_pool_backward(dy, x, group_size):
    members = x.reshape(*x.shape[:-1], x.shape[-1] // group_size, group_size)
    first = members.argmax(axis=-1)[..., None]
    di = np.zeros(members.shape)
    np.put_along_axis(di, first, dy[..., None], axis=-1)
    return di.reshape(x.shape)


def gram(x):
    a = flatten(x)
    return (np.swapaxes(a, 1, 2) @ a).reshape(len(x), -1)


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    b = gram(x)
    if signed_sqrt:
        b = np.sign(b) * np.sqrt(np.abs(b))
    if l2:
        length = np.linalg.norm(b, axis=1, keepdims=True)
        b = b / np.where(length > 0, length, 1)
    return b


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    s = gram(x)
    r = np.sign(s) * np.sqrt(np.abs(s)) if signed_sqrt else s
    g = dy.astype(float)
    if l2:
        n = np.linalg.norm(r, axis=1, keepdims=True)
        n = np.where(n > 0, n, 1)
        u = r / n
        g = (g - u * (u * g).sum(axis=1, keepdims=True)) / n
    if signed_sqrt:
        slope = np.divide(0.5, np.abs(r), out=np.zeros_like(r), where=r != 0)
        g = g * slope
    m = g.reshape(len(x), x.shape[3], x.shape[3])
    return (flatten(x) @ (m + m.swapaxes(1, 2))).reshape(x.shape)


def compact_bilinear_pool(x, dim, hashes, signs):
    a = flatten(x)
    first, second = np.zeros((*a.shape[:2], dim)), np.zeros((*a.shape[:2], dim))
    for c in range(a.shape[2]):
        first[:, :, hashes[0, c]] += signs[0, c] * a[:, :, c]
        second[:, :, hashes[1, c]] += signs[1, c] * a[:, :, c]
    mixed = np.fft.fft(first, axis=2) * np.fft.fft(second, axis=2)
    sketch = np.fft.ifft(mixed, axis=2).real
    return sketch.sum(axis=1)


def vlad_pool(x, centres):
    a = flatten(x)
    apart = a[:, :, None, :] - centres
    nearest = (apart**2).sum(axis=3).argmin(axis=2)
    y = np.zeros((len(x), *centres.shape))
    for k in range(len(centres)):
        y[:, k] = (apart[:, :, k] * (nearest == k)[:, :, None]).sum(axis=1)
    return y.reshape(len(x), -1)


def superpixel_pool2d(x, labels, segments=None):
    size = int(labels.max()) + 1 if segments is None else segments
    y = np.zeros((len(x), size, x.shape[3]))
    for n in range(len(x)):
        for s in range(size):
            mask = labels[n] == s
            if mask.any():
                y[n, s] = x[n][mask].mean(axis=0)
    return y


def attention_pool(x, w, v):
    a = flatten(x)
    scores = np.tanh(a @ w.T) @ v
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    return (weights[:, :, None] * a).sum(axis=1)
