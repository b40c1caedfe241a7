"""Patches become rows of a matrix, the kernel becomes a matrix; np.add.at takes patches back."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return np.int64(-(-n // stride))
    if pool > n:
        raise ValueError("pool must not be larger than n")
    return np.int64(1 + (n - pool) // stride)


def pool_padding(n, pool, stride, padding="valid"):
    total = 0
    if padding == "same":
        total = max(int(pool_output_size(n, pool, stride, "same") - 1) * stride + pool - n, 0)
    return [total // 2, total - total // 2]


def indices(x, kernel, strides, padding):
    """Row and column in the padded image, for each window and kernel cell."""
    out, edges = [], []
    for axis in (0, 1):
        s = strides if isinstance(strides, int) else strides[axis]
        n, k = x.shape[axis + 1], kernel.shape[axis]
        out.append(np.arange(pool_output_size(n, k, s, padding))[:, None] * s + np.arange(k))
        edges.append(pool_padding(n, k, s, padding))
    rows, columns = out
    return rows[:, None, :, None], columns[None, :, None, :], edges


def conv2d(x, kernel, strides=1, padding="valid"):
    rows, columns, edges = indices(x, kernel, strides, padding)
    patches = np.pad(x, [(0, 0), *edges, (0, 0)])[:, rows, columns]
    flat = patches.reshape(*patches.shape[:3], -1)
    return flat @ kernel.reshape(-1, kernel.shape[-1])


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    rows, columns, edges = indices(x, kernel, strides, padding)
    padded = np.pad(x, [(0, 0), *edges, (0, 0)])
    patches = padded[:, rows, columns]
    g = dy.reshape(-1, dy.shape[-1])
    dkernel = patches.reshape(len(g), -1).T @ g
    dpatches = (g @ kernel.reshape(-1, kernel.shape[-1]).T).reshape(patches.shape)
    dx = np.zeros(padded.shape)
    for n in range(len(x)):
        np.add.at(dx[n], (rows, columns), dpatches[n])
    (top, bottom), (left, right) = edges
    return [dx[:, top : dx.shape[1] - bottom, left : dx.shape[2] - right], dkernel.reshape(kernel.shape)]


def conv_transpose2d(x, kernel, strides=1):
    s = (strides, strides) if isinstance(strides, int) else strides
    rows = np.arange(x.shape[1])[:, None] * s[0] + np.arange(kernel.shape[0])
    columns = np.arange(x.shape[2])[:, None] * s[1] + np.arange(kernel.shape[1])
    y = np.zeros((len(x), rows.max() + 1, columns.max() + 1, kernel.shape[3]))
    for n in range(len(x)):
        np.add.at(y[n], (rows[:, None, :, None], columns[None, :, None, :]), np.einsum("ijc,abcf->ijabf", x[n], kernel))
    return y
