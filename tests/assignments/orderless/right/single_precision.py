"""Everything in single precision."""
import numpy as np

single = np.float32


def intermap_pool(x, group_size):
    x = x.astype(single)
    if x.shape[3] / group_size != x.shape[3] // group_size:
        raise ValueError
    return np.maximum.reduceat(x, np.arange(0, x.shape[3], group_size), axis=3)


def intermap_pool_backward(dy, x, group_size):
    y = np.repeat(intermap_pool(x, group_size), group_size, axis=3)
    hit = (x.astype(single) == y).reshape(*x.shape[:3], -1, group_size)
    hit = hit & (np.cumsum(hit, axis=4) == 1)
    return hit.reshape(x.shape) * np.repeat(dy.astype(single), group_size, axis=3)


def parts(x):
    X = x.astype(single).reshape(len(x), -1, x.shape[3])
    return X, np.matmul(X.transpose(0, 2, 1), X)


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    b = parts(x)[1]
    if signed_sqrt:
        b = np.copysign(np.sqrt(np.fabs(b)), b)
    if l2:
        b = b / np.maximum(np.sqrt(np.sum(b * b, axis=(1, 2), keepdims=True)), single(1e-20))
    return b.reshape(len(x), -1)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    X, b = parts(x)
    C = x.shape[3]
    g = dy.astype(single).reshape(-1, C, C)
    if l2:
        y = bilinear_pool(x, signed_sqrt=signed_sqrt).reshape(-1, C, C)
        n = np.sqrt(np.sum(np.abs(b) if signed_sqrt else b * b, axis=(1, 2), keepdims=True))
        g = (g - y * np.sum(y * g, axis=(1, 2), keepdims=True)) / n
    if signed_sqrt:
        with np.errstate(divide="ignore", invalid="ignore"):
            g = np.where(b != 0, g / (2 * np.sqrt(np.abs(b))), single(0))
    return (X @ (g + g.transpose(0, 2, 1))).reshape(x.shape)


def compact_bilinear_pool(x, dim, hashes, signs):
    X = x.astype(single).reshape(len(x), -1, x.shape[3])
    P = [np.eye(dim, dtype=single)[h] * s[:, None].astype(single) for h, s in zip(hashes, signs)]
    spectrum = np.fft.rfft(X @ P[0]) * np.fft.rfft(X @ P[1])
    return np.fft.irfft(spectrum.sum(1), n=dim)


def vlad_pool(x, centres):
    X, c = x.astype(single).reshape(len(x), -1, x.shape[3]), centres.astype(single)
    d = (X**2).sum(2)[..., None] - 2 * X @ c.T + (c**2).sum(1)
    owner = np.eye(len(c), dtype=single)[d.argmin(2)]
    total = owner.transpose(0, 2, 1) @ X - owner.sum(1)[..., None] * c
    return total.reshape(len(x), -1)


def superpixel_pool2d(x, labels, segments=None):
    S = segments or labels.max() + 1
    flat = labels + S * np.arange(len(x))[:, None, None]
    out = np.zeros((len(x) * S, x.shape[3]), single)
    np.add.at(out, flat, x.astype(single))
    n = np.bincount(flat.ravel(), minlength=len(x) * S).astype(single)
    return (out / np.where(n, n, single(1))[:, None]).reshape(len(x), S, -1)


def attention_pool(x, w, v):
    X = x.astype(single).reshape(len(x), -1, x.shape[3])
    s = np.tanh(X @ w.astype(single).T) @ v.astype(single)
    a = np.exp(s - s.max(1)[:, None])
    return np.einsum("nl,nlc->nc", a, X) / a.sum(1)[:, None]
