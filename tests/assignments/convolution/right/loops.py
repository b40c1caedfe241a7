"""Loops over everything, one number at a time; cells outside the image are simply skipped."""
import math

import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return math.ceil(n / stride)
    count = len(range(0, n - pool + 1, stride))
    if count == 0:
        raise ValueError("window larger than the axis")
    return count


def pool_padding(n, pool, stride, padding="valid"):
    if padding != "same":
        return (0, 0)
    covered = (pool_output_size(n, pool, stride, padding) - 1) * stride + pool
    missing = covered - n if covered > n else 0
    return (missing // 2, (missing + 1) // 2)


def meetings(x, kernel, strides, padding):
    """Every output position with every image cell and kernel cell that meet there."""
    sh, sw = strides if isinstance(strides, (tuple, list)) else (strides, strides)
    (height, width), (kh, kw) = x.shape[1:3], kernel.shape[:2]
    top = pool_padding(height, kh, sh, padding)[0]
    left = pool_padding(width, kw, sw, padding)[0]
    for i in range(pool_output_size(height, kh, sh, padding)):
        for j in range(pool_output_size(width, kw, sw, padding)):
            for a in range(kh):
                for b in range(kw):
                    h, w = i * sh + a - top, j * sw + b - left
                    if 0 <= h < height and 0 <= w < width:
                        yield i, j, a, b, h, w


def conv2d(x, kernel, strides=1, padding="valid"):
    sh, sw = strides if isinstance(strides, (tuple, list)) else (strides, strides)
    rows = pool_output_size(x.shape[1], kernel.shape[0], sh, padding)
    columns = pool_output_size(x.shape[2], kernel.shape[1], sw, padding)
    y = np.zeros((x.shape[0], rows, columns, kernel.shape[3]))
    for i, j, a, b, h, w in meetings(x, kernel, strides, padding):
        for n in range(x.shape[0]):
            for c in range(kernel.shape[2]):
                for f in range(kernel.shape[3]):
                    y[n, i, j, f] += x[n, h, w, c] * kernel[a, b, c, f]
    return y


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    dx, dkernel = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j, a, b, h, w in meetings(x, kernel, strides, padding):
        for n in range(x.shape[0]):
            for c in range(kernel.shape[2]):
                for f in range(kernel.shape[3]):
                    dx[n, h, w, c] += dy[n, i, j, f] * kernel[a, b, c, f]
                    dkernel[a, b, c, f] += dy[n, i, j, f] * x[n, h, w, c]
    return dx, dkernel


def conv_transpose2d(x, kernel, strides=1):
    sh, sw = strides if isinstance(strides, (tuple, list)) else (strides, strides)
    batch, rows, columns, channels = x.shape
    kh, kw, _, filters = kernel.shape
    y = np.zeros((batch, (rows - 1) * sh + kh, (columns - 1) * sw + kw, filters))
    for n in range(batch):
        for i in range(rows):
            for j in range(columns):
                for a in range(kh):
                    for b in range(kw):
                        for c in range(channels):
                            for f in range(filters):
                                y[n, i * sh + a, j * sw + b, f] += x[n, i, j, c] * kernel[a, b, c, f]
    return y
