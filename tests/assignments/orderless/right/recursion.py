"""Recursion over positions, groups and centres."""
import numpy as np


def fold(f, items, start):
    return start if len(items) == 0 else fold(f, items[1:], f(start, items[0]))


def cells(image):
    return list(image.reshape(-1, image.shape[-1]))


def intermap_pool(x, group_size):
    if x.shape[3] < group_size:
        if x.shape[3] == 0:
            return x
        raise ValueError("a group is left over")
    first = fold(np.maximum, [x[..., i] for i in range(1, group_size)], x[..., 0])[..., None]
    return np.concatenate([first, intermap_pool(x[..., group_size:], group_size)], axis=3)


def intermap_pool_backward(dy, x, group_size):
    if x.shape[3] == 0:
        return np.zeros(x.shape)
    place = x[..., :group_size].argmax(3)
    first = np.stack([np.where(place == i, dy[..., 0], 0) for i in range(group_size)], 3)
    return np.concatenate([first, intermap_pool_backward(dy[..., 1:], x[..., group_size:], group_size)], 3)


def total(image):
    return fold(lambda b, v: b + np.outer(v, v), cells(image), np.zeros((image.shape[-1],) * 2)).ravel()


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    if l2:
        y = bilinear_pool(x, signed_sqrt=signed_sqrt, l2=False)
        return np.array([row / max(np.linalg.norm(row), 1e-300) for row in y])
    if signed_sqrt:
        y = bilinear_pool(x, signed_sqrt=False, l2=False)
        return np.sign(y) * np.abs(y) ** 0.5
    return np.array([total(image) for image in x])


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    if l2:
        raw = bilinear_pool(x, signed_sqrt=signed_sqrt, l2=False)
        size = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-300)
        y = raw / size
        return bilinear_pool_backward((dy - y * np.sum(y * dy, 1, keepdims=True)) / size, x, signed_sqrt=signed_sqrt, l2=False)
    if signed_sqrt:
        b = bilinear_pool(x, signed_sqrt=False, l2=False)
        slope = np.zeros(b.shape)
        slope[b != 0] = 0.5 / np.sqrt(np.abs(b[b != 0]))
        return bilinear_pool_backward(dy * slope, x, signed_sqrt=False, l2=False)
    c = x.shape[-1]
    return np.array([image @ (g.reshape(c, c) + g.reshape(c, c).T) for g, image in zip(dy, x)])


def compact_bilinear_pool(x, dim, hashes, signs):
    def add(y, pair):
        i, j = pair
        product = (x[..., i] * x[..., j]).sum((1, 2)) * signs[0, i] * signs[1, j]
        return y + np.outer(product, np.arange(dim) == (hashes[0, i] + hashes[1, j]) % dim)

    return fold(add, list(np.ndindex(x.shape[3], x.shape[3])), np.zeros((len(x), dim)))


def nearest(v, centres, k=0):
    """Number of the nearest centre from k on, and its squared distance."""
    here = float(np.sum((v - centres[k]) ** 2))
    if k + 1 == len(centres):
        return k, here
    later, distance = nearest(v, centres, k + 1)
    return (k, here) if here <= distance else (later, distance)


def vlad_pool(x, centres):
    def add(rows, v):
        k, _ = nearest(v, centres)
        return rows + np.outer(np.arange(len(centres)) == k, v - centres[k])

    return np.array([fold(add, cells(image), np.zeros(centres.shape)).ravel() for image in x])


def superpixel_pool2d(x, labels, segments=None):
    s = int(labels.max() + 1) if segments is None else int(segments)

    def means(image, names, k):
        if k == s:
            return []
        chosen = image[names == k]
        return [chosen.mean(0) if len(chosen) else np.zeros(image.shape[-1]), *means(image, names, k + 1)]

    return np.array([means(image, names, 0) for image, names in zip(x, labels)])


def attention_pool(x, w, v):
    """A running softmax: the largest score so far, the sum of powers, and the weighted sum."""
    def step(state, cell):
        top, below, above = state
        score = float(v @ np.tanh(w @ cell))
        new = max(top, score)
        shrink, power = np.exp(top - new), np.exp(score - new)
        return new, below * shrink + power, above * shrink + power * cell

    def one(image):
        _, below, above = fold(step, cells(image), (-np.inf, 0.0, np.zeros(image.shape[-1])))
        return above / below

    return np.array([one(image) for image in x])
