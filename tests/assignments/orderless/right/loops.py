"""Plain Python: lists of vectors, sums one product at a time."""
import math

import numpy as np


def vectors(x):
    """For each image the list of its positions' vectors."""
    return [[[float(v) for v in x[n, h, w]] for h in range(x.shape[1]) for w in range(x.shape[2])] for n in range(x.shape[0])]


def intermap_pool(x, group_size):
    channels = x.shape[3]
    if channels % group_size != 0:
        raise ValueError("group_size must divide the channels")
    y = np.zeros((*x.shape[:3], channels // group_size))
    for n, h, w, j in np.ndindex(*y.shape):
        y[n, h, w, j] = max(x[n, h, w, j * group_size + i] for i in range(group_size))
    return y


def intermap_pool_backward(dy, x, group_size):
    dx = np.zeros(x.shape)
    for n, h, w, j in np.ndindex(*dy.shape):
        members = [x[n, h, w, j * group_size + i] for i in range(group_size)]
        dx[n, h, w, j * group_size + members.index(max(members))] = dy[n, h, w, j]
    return dx


def products(image, c):
    return [sum(v[i] * v[j] for v in image) for i in range(c) for j in range(c)]


def signed_root(b):
    return math.copysign(math.sqrt(abs(b)), b)


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    rows = []
    for image in vectors(x):
        b = products(image, x.shape[3])
        if signed_sqrt:
            b = [signed_root(v) for v in b]
        if l2:
            length = math.sqrt(sum(v * v for v in b)) or 1.0
            b = [v / length for v in b]
        rows.append(b)
    return np.array(rows)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    c = x.shape[3]
    dx = []
    for n, image in enumerate(vectors(x)):
        b = products(image, c)
        r = [signed_root(v) for v in b] if signed_sqrt else b
        g = [float(v) for v in dy[n]]
        if l2:
            length = math.sqrt(sum(v * v for v in r)) or 1.0
            y = [v / length for v in r]
            along = sum(p * q for p, q in zip(y, g))
            g = [(q - p * along) / length for p, q in zip(y, g)]
        if signed_sqrt:
            g = [q / (2 * math.sqrt(abs(v))) if v else 0.0 for q, v in zip(g, b)]
        dx.append([[sum(v[i] * (g[i * c + j] + g[j * c + i]) for i in range(c)) for j in range(c)] for v in image])
    return np.array(dx).reshape(x.shape)


def compact_bilinear_pool(x, dim, hashes, signs):
    y = np.zeros((len(x), dim))
    for n, image in enumerate(vectors(x)):
        for v in image:
            for i in range(len(v)):
                for j in range(len(v)):
                    y[n, (hashes[0][i] + hashes[1][j]) % dim] += signs[0][i] * signs[1][j] * v[i] * v[j]
    return y


def vlad_pool(x, centres):
    k, c = centres.shape
    y = np.zeros((len(x), k * c))
    for n, image in enumerate(vectors(x)):
        for v in image:
            best, least = 0, math.inf
            for m in range(k):
                distance = sum((v[i] - centres[m][i]) ** 2 for i in range(c))
                if distance < least:
                    best, least = m, distance
            for i in range(c):
                y[n, best * c + i] += v[i] - centres[best][i]
    return y


def superpixel_pool2d(x, labels, segments=None):
    s = int(labels.max()) + 1 if segments is None else segments
    y = np.zeros((len(x), s, x.shape[3]))
    counts = np.zeros((len(x), s))
    for n, h, w in np.ndindex(*labels.shape):
        y[n, labels[n, h, w]] += x[n, h, w]
        counts[n, labels[n, h, w]] += 1
    for n in range(len(x)):
        for k in range(s):
            if counts[n, k] > 0:
                y[n, k] /= counts[n, k]
    return y


def attention_pool(x, w, v):
    y = []
    for image in vectors(x):
        scores = []
        for vector in image:
            hidden = [math.tanh(sum(a * b for a, b in zip(row, vector))) for row in w.tolist()]
            scores.append(sum(a * b for a, b in zip(v.tolist(), hidden)))
        powers = [math.exp(s - max(scores)) for s in scores]
        y.append([sum(p * vector[c] for p, vector in zip(powers, image)) / sum(powers) for c in range(x.shape[3])])
    return np.array(y)
