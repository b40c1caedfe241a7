"""Einstein sums with a row of ones; the maximum by sorting."""
import numpy as np


def out(y, keepdims):
    return y[:, None, None] if keepdims else y


def col(dy):
    return dy.reshape(dy.shape[0], dy.shape[-1])


def global_average_pool2d(x, keepdims=False):
    real = x if x.dtype.kind == "f" else x.astype(np.float64)
    y = np.einsum("nhwc->nc", real) / real[0, :, :, 0].size
    return out(y.astype(real.dtype), keepdims)


def global_max_pool2d(x, keepdims=False):
    ordered = np.sort(x.reshape(len(x), -1, x.shape[-1]), axis=1)
    return out(ordered[:, -1].copy(), keepdims)


def global_average_pool2d_backward(dy, x, keepdims=False):
    rows, columns = np.ones(x.shape[1]) / x.shape[1], np.ones(x.shape[2]) / x.shape[2]
    return np.einsum("nc,h,w->nhwc", col(dy), rows, columns)


def global_max_pool2d_backward(dy, x, keepdims=False):
    tied = (x >= global_max_pool2d(x, True)).astype(float)
    return np.einsum("nhwc,nc->nhwc", tied, col(dy) / np.einsum("nhwc->nc", tied))


def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    lifted = np.where(x < eps, eps, x)
    top = global_max_pool2d(lifted, True)
    power = np.einsum("nhwc->nc", (lifted / top) ** p) / lifted[0, :, :, 0].size
    return out(top[:, 0, 0] * power ** (1 / p), keepdims)


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    lifted = np.where(x < eps, eps, x)
    slope = (lifted / gem_pool2d(x, p, eps, True)) ** (p - 1) / lifted[0, :, :, 0].size
    return np.einsum("nhwc,nhwc,nc->nhwc", slope, (x > eps) * 1.0, col(dy))
