"""Moves channels to the front, works on rows of numbers, and moves back."""
import numpy as np


def to_rows(x):
    moved = np.transpose(x, (0, 3, 1, 2))
    return moved.reshape(moved.shape[0] * moved.shape[1], -1)


def from_rows(rows, x):
    return rows.reshape(x.shape[0], x.shape[3], x.shape[1], x.shape[2]).transpose(0, 2, 3, 1)


def vector(y, x, keepdims):
    y = np.asarray(y).reshape(x.shape[0], x.shape[3])
    return y.reshape((x.shape[0], 1, 1, x.shape[3])) if keepdims else y


def global_average_pool2d(x, keepdims=False):
    rows = to_rows(x)
    return vector(np.add.reduce(rows, axis=1, dtype=x.dtype if x.dtype.kind == "f" else "f8") / rows.shape[1], x, keepdims)


def global_max_pool2d(x, keepdims=False):
    return vector(np.maximum.reduce(to_rows(x), axis=1), x, keepdims)


def global_average_pool2d_backward(dy, x, keepdims=False):
    rows = to_rows(np.zeros(x.shape))
    rows += (dy.reshape(-1) / rows.shape[1])[:, None]
    return from_rows(rows, x)


def global_max_pool2d_backward(dy, x, keepdims=False):
    rows = to_rows(x)
    result = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        places = np.flatnonzero(row == row.max())
        result[i, places] = dy.reshape(-1)[i] / len(places)
    return from_rows(result, x)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    rows = np.maximum(to_rows(x), eps)
    top = rows.max(axis=1)
    norm = np.array([np.linalg.norm(r / t, ord=p) if p >= 1 else ((r / t) ** p).sum() ** (1 / p) for r, t in zip(rows, top)])
    return vector(top * norm / rows.shape[1] ** (1 / p), x, keepdims)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    rows = to_rows(x)
    y = gem_pool2d(x, p, eps).reshape(-1, 1)
    share = np.where(rows > eps, (np.maximum(rows, eps) / y) ** (p - 1), 0) / rows.shape[1]
    return from_rows(share * dy.reshape(-1, 1), x)
