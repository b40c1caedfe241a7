"""kron, tensordot, sort + add.reduceat, cdist by loops over centres, weighted average with np.average."""
import numpy as np


def intermap_pool(x, group_size):
    if x.shape[3] not in range(group_size, x.shape[3] + 1, group_size):
        raise ValueError("no")
    y = x[..., ::group_size]
    for k in range(1, group_size):
        y = np.maximum(y, x[..., k::group_size])
    return y


def intermap_pool_backward(dy, x, group_size):
    dx, waiting = np.zeros_like(x, float), np.ones_like(dy, bool)
    y = intermap_pool(x, group_size)
    for k in range(group_size):
        wins = waiting & (x[..., k::group_size] == y)
        dx[..., k::group_size][wins] = dy[wins]
        waiting &= ~wins
    return dx


def flat(x):
    return np.ascontiguousarray(x).reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3])


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    a = flat(x)
    b = np.stack([np.sum([np.kron(v, v) for v in image], axis=0) for image in a])
    if signed_sqrt:
        b = b / np.sqrt(np.where(b == 0, 1, abs(b)))
    if l2:
        n2 = np.einsum("nk,nk->n", b, b)
        b = b * np.power(n2, -0.5, where=n2 > 0, out=np.zeros_like(n2))[:, None]
    return b


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    """By complex-free forward differentiation: the directional derivative for every number of x."""
    a = flat(x)
    N, L, C = a.shape
    S = np.stack([np.sum([np.kron(v, v) for v in image], axis=0) for image in a])
    root = np.sign(S) * np.sqrt(abs(S)) if signed_sqrt else S
    slope = np.where(S == 0, 0, 0.5 / np.sqrt(np.where(S == 0, 1, abs(S)))) if signed_sqrt else np.ones_like(S)
    n = np.linalg.norm(root, axis=1)
    n[n == 0] = 1
    dx = np.zeros_like(a)
    for i in range(N):
        for l in range(L):
            for c in range(C):
                e = np.eye(C)[c]
                d = (np.kron(e, a[i, l]) + np.kron(a[i, l], e)) * slope[i]
                if l2:
                    d = d / n[i] - root[i] * (root[i] @ d) / n[i] ** 3
                dx[i, l, c] = dy[i] @ d
    return dx.reshape(x.shape)


def compact_bilinear_pool(x, dim, hashes, signs):
    (h, k), (s, t) = hashes, signs
    b = bilinear_pool(x, signed_sqrt=False, l2=False)
    bins = (h[:, None] + k[None, :]).ravel() % dim
    sign = np.kron(s, t)
    M = np.zeros((bins.size, dim))
    M[np.arange(bins.size), bins] = sign
    return b @ M


def vlad_pool(x, centres):
    a = flat(x)
    distance = np.stack([np.linalg.norm(a - c, axis=2) ** 2 for c in centres], axis=-1)
    best = np.zeros(a.shape[:2], int)
    for k in range(1, len(centres)):
        better = distance[..., k] < np.take_along_axis(distance, best[..., None], -1)[..., 0]
        best = np.where(better, k, best)
    return np.hstack([((a - c) * (best == k)[..., None]).sum(1) for k, c in enumerate(centres)])


def superpixel_pool2d(x, labels, segments=None):
    S = 1 + labels.max() if segments is None else segments
    y = []
    for image, names in zip(flat(x), labels.reshape(len(x), -1)):
        order = np.argsort(names, kind="stable")
        found, start, count = np.unique(names[order], return_index=True, return_counts=True)
        means = np.zeros((S, x.shape[3]))
        means[found] = np.add.reduceat(image[order], start, axis=0) / count[:, None]
        y.append(means)
    return np.array(y)


def attention_pool(x, w, v):
    scores = np.tensordot(np.tanh(np.tensordot(x, w, axes=(3, 1))), v, axes=1)
    scores = scores - scores.max(axis=(1, 2), keepdims=True)
    return np.stack([np.average(i.reshape(-1, x.shape[3]), axis=0, weights=np.exp(s).ravel()) for i, s in zip(x, scores)])
