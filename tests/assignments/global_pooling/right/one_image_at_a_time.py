"""Lists of images, and lists of channels inside; recursion for the maximum."""
import numpy as np


def largest(values):
    if values.size == 1:
        return values[0]
    half = values.size // 2
    a, b = largest(values[:half]), largest(values[half:])
    return a if a > b else b


def per_map(x, function):
    return np.array([[function(one[:, :, c].ravel()) for c in range(one.shape[2])] for one in x])


def keep(y, keepdims):
    return y.reshape(y.shape[0], 1, 1, y.shape[1]) if keepdims else y


def global_average_pool2d(x, keepdims=False):
    return keep(per_map(x, np.average).astype(x.dtype if x.dtype.kind == "f" else float), keepdims)


def global_max_pool2d(x, keepdims=False):
    return keep(per_map(x, largest).astype(x.dtype), keepdims)


def backward(dy, x, share):
    g = dy.ravel().reshape(x.shape[0], x.shape[3])
    planes = [[g[n, c] * share(x[n, :, :, c]) for c in range(x.shape[3])] for n in range(x.shape[0])]
    return np.moveaxis(np.array(planes), 1, -1)


def global_average_pool2d_backward(dy, x, keepdims=False):
    return backward(dy, x, lambda plane: np.full(plane.shape, 1.0) / plane.size)


def global_max_pool2d_backward(dy, x, keepdims=False):
    return backward(dy, x, lambda plane: (plane == plane.max()) / np.count_nonzero(plane == plane.max()))


def generalised(values, p, eps):
    values = np.maximum(values, eps)
    top = values.max()
    return top * np.average((values / top) ** p) ** (1 / p)


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    return keep(per_map(x, lambda v: generalised(v, p, eps)), keepdims)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    def share(plane):
        return (np.maximum(plane, eps) / generalised(plane, p, eps)) ** (p - 1) / plane.size * (plane > eps)

    return backward(dy, x, share)
