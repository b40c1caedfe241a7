"""Windows as a view and Einstein sums; the image's gradient is itself a convolution with the kernel turned round."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "valid" and pool > n:
        raise ValueError("no window fits")
    return int(np.ceil((n - (pool - 1 if padding == "valid" else 0)) / stride))


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return (0, 0)
    o = pool_output_size(n, pool, stride, "same")
    total = max(0, (o - 1) * stride + pool - n)
    return int(np.floor(total / 2)), int(np.ceil(total / 2))


def pair(v):
    return (v, v) if np.isscalar(v) else tuple(v)


def pads(x, kernel, s, padding):
    return [(0, 0), *(pool_padding(x.shape[i + 1], kernel.shape[i], s[i], padding) for i in (0, 1)), (0, 0)]


def conv2d(x, kernel, strides=1, padding="valid"):
    s = pair(strides)
    windows = sliding_window_view(np.pad(x, pads(x, kernel, s, padding)), kernel.shape[:2], axis=(1, 2))
    return np.einsum("nijcab,abcf->nijf", windows[:, :: s[0], :: s[1]], kernel, optimize=True)


def spread(dy, s, shape):
    """dy with zeros in between, at stride 1."""
    wide = np.zeros((dy.shape[0], *shape, dy.shape[3]))
    wide[:, :: s[0], :: s[1]][:, : dy.shape[1], : dy.shape[2]] = dy
    return wide


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    s, (kh, kw) = pair(strides), kernel.shape[:2]
    around = pads(x, kernel, s, padding)
    padded = np.pad(x, around)
    wide = spread(dy, s, (padded.shape[1] - kh + 1, padded.shape[2] - kw + 1))
    full = np.pad(wide, [(0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)])
    dx = conv2d(full, kernel[::-1, ::-1].transpose(0, 1, 3, 2))
    (top, _), (left, _) = around[1:3]
    seen = sliding_window_view(padded, wide.shape[1:3], axis=(1, 2))
    dkernel = np.einsum("nabcij,nijf->abcf", seen, wide)
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]], dkernel


def conv_transpose2d(x, kernel, strides=1):
    s, (kh, kw) = pair(strides), kernel.shape[:2]
    wide = spread(x, s, ((x.shape[1] - 1) * s[0] + 1, (x.shape[2] - 1) * s[1] + 1))
    full = np.pad(wide, [(0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)])
    return conv2d(full, kernel[::-1, ::-1])
