"""Functions of one vector applied along axes; means by sorting labels; the softmax through averages with weights."""
import numpy as np


def intermap_pool(x, group_size):
    if x.shape[3] % group_size:
        raise ValueError("bad group size")
    return np.apply_along_axis(lambda v: v.reshape(-1, group_size).max(1), 3, x)


def intermap_pool_backward(dy, x, group_size):
    both = np.concatenate([x, dy], axis=3)

    def f(v):
        values, g = v[: x.shape[3]].reshape(-1, group_size), v[x.shape[3] :]
        out = np.zeros(values.shape)
        out[np.arange(len(g)), values.argmax(1)] = g
        return out.ravel()

    return np.apply_along_axis(f, 3, both)


def outer_sum(x):
    return np.apply_along_axis(lambda v: np.outer(v, v).ravel(), 3, x).sum(axis=(1, 2))


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    y = outer_sum(x)
    if signed_sqrt:
        y = np.where(y >= 0, np.sqrt(np.maximum(y, 0)), -np.sqrt(np.maximum(-y, 0)))
    if l2:
        y = np.apply_along_axis(lambda v: v / np.linalg.norm(v) if np.linalg.norm(v) > 0 else v, 1, y)
    return y


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    """The Jacobian of the last two steps, image by image, then the product rule."""
    b = outer_sum(x)
    c = x.shape[3]
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        jacobian = np.eye(c * c)
        r = b[n]
        if signed_sqrt:
            r = np.sign(b[n]) * np.sqrt(np.abs(b[n]))
            jacobian = np.diag([0.5 / abs(v) if v != 0 else 0.0 for v in r])
        if l2 and np.any(r):
            size = np.linalg.norm(r)
            jacobian = (np.eye(c * c) - np.outer(r, r) / size**2) / size @ jacobian
        g = (dy[n] @ jacobian).reshape(c, c)
        dx[n] = np.tensordot(x[n], g, (2, 0)) + np.tensordot(x[n], g, (2, 1))
    return dx


def compact_bilinear_pool(x, dim, hashes, signs):
    def f(v):
        a, b = (np.bincount(h, v * s, dim) for h, s in zip(hashes, signs))
        return np.array([np.dot(a, np.roll(b[::-1], k + 1)) for k in range(dim)])

    return np.apply_along_axis(f, 3, x).sum(axis=(1, 2))


def vlad_pool(x, centres):
    def f(v):
        rows = np.zeros(centres.shape)
        k = np.argmin(np.sum(np.square(v - centres), axis=1))
        rows[k] = v - centres[k]
        return rows.ravel()

    return np.apply_along_axis(f, 3, x).sum((1, 2))


def superpixel_pool2d(x, labels, segments=None):
    s = np.max(labels) + 1 if segments is None else segments
    y = np.zeros((len(x), s, x.shape[3]))
    for n in range(len(x)):
        order = np.argsort(labels[n], axis=None, kind="stable")
        names, starts = np.unique(labels[n].ravel()[order], return_index=True)
        parts = np.split(x[n].reshape(-1, x.shape[3])[order], starts[1:])
        for name, part in zip(names, parts):
            y[n, name] = np.average(part, axis=0)
    return y


def attention_pool(x, w, v):
    flat = x.reshape(len(x), -1, x.shape[3])
    scores = np.apply_along_axis(lambda c: np.dot(v, np.tanh(np.dot(w, c))), 2, flat)
    return np.array([np.average(f, axis=0, weights=np.exp(s - np.max(s))) for f, s in zip(flat, scores)])
