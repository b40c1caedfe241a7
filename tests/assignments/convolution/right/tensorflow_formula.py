"""TensorFlow's way of writing the padding, huge index grids, and add.at for the gradients; single precision."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "valid":
        if n - pool < 0:
            raise ValueError("negative dimension size")
        n = n - pool + 1
    return int((n + stride - 1) / stride)


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return (0, 0)
    total = max(pool - stride, 0) if n % stride == 0 else max(pool - n % stride, 0)
    return (total >> 1, total - (total >> 1))


def grid(x, kernel, strides, padding):
    s = np.broadcast_to(strides, (2,)).astype(int).tolist()
    index, weight = [], []
    for axis in (0, 1):
        n, k = x.shape[axis + 1], kernel.shape[axis]
        o = pool_output_size(n, k, s[axis], padding)
        g = np.arange(o)[:, None] * s[axis] + np.arange(k) - pool_padding(n, k, s[axis], padding)[0]
        index.append(g.clip(0, n - 1))
        weight.append((g >= 0) & (g < n))
    R, Q = index[0][:, None, :, None], index[1][None, :, None, :]
    ok = weight[0][:, None, :, None] & weight[1][None, :, None, :]
    return R, Q, ok[..., None].astype(np.float32)


def conv2d(x, kernel, strides=1, padding="valid"):
    R, Q, ok = grid(x, kernel, strides, padding)
    return np.tensordot(x.astype(np.float32)[:, R, Q] * ok, kernel.astype(np.float32), axes=([3, 4, 5], [0, 1, 2]))


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    R, Q, ok = grid(x, kernel, strides, padding)
    cells = x.astype(np.float32)[:, R, Q] * ok
    dkernel = np.tensordot(cells, dy.astype(np.float32), axes=([0, 1, 2], [0, 1, 2]))
    parts = np.einsum("nijf,abcf->ijabnc", dy, kernel) * ok[..., None]
    dx = np.zeros((x.shape[1], x.shape[2], x.shape[0], x.shape[3]), np.float32)
    np.add.at(dx, (R, Q), parts)
    return [np.moveaxis(dx, 2, 0), dkernel]


def conv_transpose2d(x, kernel, strides=1):
    s, t = np.broadcast_to(strides, (2,)).tolist()
    h, w = x.shape[1:3]
    k, m = kernel.shape[:2]
    shape = (x.shape[0], (h - 1) * s + k, (w - 1) * t + m, kernel.shape[3])
    ghost = np.zeros((*shape[:3], 1))
    dual = conv2d_backward(x, np.zeros(shape), kernel.swapaxes(2, 3), (s, t))
    return dual[0] + ghost
