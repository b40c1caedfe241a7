"""A walk over the cells of the kernel; each meets a strided slice of the padded image."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return (n + stride - 1) // stride
    if n < pool:
        raise ValueError(f"{pool} > {n}")
    return (n - pool) // stride + 1


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return 0, 0
    count = pool_output_size(n, pool, stride, padding)
    total = max((count - 1) * stride + pool - n, 0)
    before = total // 2
    return before, total - before


def setup(x, kernel, strides, padding):
    sh, sw = np.broadcast_to(strides, 2).tolist()
    kh, kw = kernel.shape[:2]
    oh, ow = pool_output_size(x.shape[1], kh, sh, padding), pool_output_size(x.shape[2], kw, sw, padding)
    rows, columns = pool_padding(x.shape[1], kh, sh, padding), pool_padding(x.shape[2], kw, sw, padding)
    padded = np.pad(x, [(0, 0), rows, columns, (0, 0)])
    cells = {(a, b): np.s_[:, a : a + sh * (oh - 1) + 1 : sh, b : b + sw * (ow - 1) + 1 : sw]
             for a in range(kh) for b in range(kw)}
    return padded, cells, np.s_[:, rows[0] : rows[0] + x.shape[1], columns[0] : columns[0] + x.shape[2]]


def conv2d(x, kernel, strides=1, padding="valid"):
    padded, cells, _ = setup(x, kernel, strides, padding)
    y = 0
    for (a, b), where in cells.items():
        y = y + np.tensordot(padded[where], kernel[a, b], 1)
    return y


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    padded, cells, middle = setup(x, kernel, strides, padding)
    dx = np.zeros_like(padded)
    dkernel = np.empty_like(kernel)
    for (a, b), where in cells.items():
        dx[where] += dy @ kernel[a, b].T
        dkernel[a, b] = np.einsum("nijc,nijf->cf", padded[where], dy)
    return dx[middle], dkernel


def conv_transpose2d(x, kernel, strides=1):
    sh, sw = np.broadcast_to(strides, 2).tolist()
    n, h, w, _ = x.shape
    kh, kw = kernel.shape[:2]
    y = np.zeros((n, (h - 1) * sh + kh, (w - 1) * sw + kw, kernel.shape[3]))
    for a in range(kh):
        for b in range(kw):
            y[:, a : a + (h - 1) * sh + 1 : sh, b : b + (w - 1) * sw + 1 : sw] += x @ kernel[a, b]
    return y
