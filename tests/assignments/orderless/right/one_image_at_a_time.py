"""Each function is written for one image's matrix of positions; a helper maps it over the batch."""
import numpy as np


def over(f, x, *others):
    return np.stack([f(x[n].reshape(-1, x.shape[3]), *(o[n] for o in others)) for n in range(len(x))])


def intermap_pool(x, group_size):
    channels = x.shape[-1]
    if channels % group_size:
        raise ValueError("no whole number of groups")
    return np.concatenate([x[..., i : i + group_size].max(-1, keepdims=True) for i in range(0, channels, group_size)], -1)


def intermap_pool_backward(dy, x, group_size):
    parts = []
    for j in range(dy.shape[-1]):
        members = x[..., j * group_size : (j + 1) * group_size]
        parts.append(np.eye(group_size)[members.argmax(-1)] * dy[..., j : j + 1])
    return np.concatenate(parts, -1)


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    def f(m):
        y = np.dot(m.T, m).ravel()
        y = np.where(y < 0, -1, 1) * np.sqrt(np.abs(y)) if signed_sqrt else y
        return y / np.sqrt(np.dot(y, y)) if l2 and y.any() else y

    return over(f, x)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    def f(m, g):
        b = np.dot(m.T, m).ravel()
        y = np.where(b < 0, -1, 1) * np.sqrt(np.abs(b)) if signed_sqrt else b
        if l2 and y.any():
            size = np.sqrt(np.dot(y, y))
            g = g / size - y * np.dot(y, g) / size**3
        if signed_sqrt:
            g = np.array([q / (2 * abs(r)) if r else 0 for q, r in zip(g, y)])
        g = g.reshape(m.shape[1], -1)
        return np.dot(m, g + g.T)

    return over(f, x, dy).reshape(x.shape)


def count_sketch(m, dim, h, s):
    """Rows of m, sketched."""
    return np.array([np.bincount(h, weights=row * s, minlength=dim) for row in m])


def compact_bilinear_pool(x, dim, hashes, signs):
    def f(m):
        spectra = [np.fft.rfft(count_sketch(m, dim, h, s)) for h, s in zip(hashes, signs)]
        return np.fft.irfft((spectra[0] * spectra[1]).sum(0), dim)

    return over(f, x)


def vlad_pool(x, centres):
    def f(m):
        names = [int(np.argmin([np.sum((row - c) ** 2) for c in centres])) for row in m]
        rows = np.zeros(centres.shape)
        for row, k in zip(m, names):
            rows[k] += row - centres[k]
        return rows.ravel()

    return over(f, x)


def superpixel_pool2d(x, labels, segments=None):
    s = labels.max() + 1 if segments is None else segments

    def f(m, names):
        names = names.ravel()
        counts = np.bincount(names, minlength=s)
        sums = np.stack([np.bincount(names, weights=m[:, c], minlength=s) for c in range(m.shape[1])], 1)
        return sums / np.maximum(counts, 1)[:, None]

    return over(f, x, labels)


def attention_pool(x, w, v):
    def f(m):
        scores = v @ np.tanh(w @ m.T)
        powers = np.exp(scores - scores.max())
        return powers @ m / powers.sum()

    return over(f, x)
