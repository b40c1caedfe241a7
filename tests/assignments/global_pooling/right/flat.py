"""Flatten the positions first; everything is then a reduction over axis 1."""
import numpy as np


def flatten(x):
    return x.reshape(x.shape[0], -1, x.shape[3])


def shaped(y, keepdims):
    return np.expand_dims(y, (1, 2)) if keepdims else y


def global_average_pool2d(x, keepdims=False):
    return shaped(flatten(x).mean(1), keepdims)


def global_max_pool2d(x, keepdims=False):
    return shaped(flatten(x).max(1), keepdims)


def global_average_pool2d_backward(dy, x, keepdims=False):
    flat = flatten(x)
    share = dy.reshape(len(x), 1, -1) / flat.shape[1]
    return np.broadcast_to(share, flat.shape).reshape(x.shape).copy()


def global_max_pool2d_backward(dy, x, keepdims=False):
    flat = flatten(x)
    winners = flat == flat.max(1, keepdims=True)
    share = winners / winners.sum(1, keepdims=True)
    return (share * dy.reshape(len(x), 1, -1)).reshape(x.shape)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    flat = np.maximum(flatten(x), eps)
    top = flat.max(1)
    y = ((flat / top[:, None]) ** p).mean(1) ** (1 / p) * top
    return shaped(y, keepdims)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    flat = np.maximum(flatten(x), eps)
    ratio = flat / gem_pool2d(x, p, eps)[:, None]
    slope = ratio ** (p - 1) / flat.shape[1]
    slope[flatten(x) < eps] = 0
    return (slope * dy.reshape(len(x), 1, -1)).reshape(x.shape)
