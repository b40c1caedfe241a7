"""Convolution is linear: write it as one big matrix, and every gradient is a transpose of it."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    starts = range(0, n, stride) if padding == "same" else range(0, n - pool + 1, stride)
    if not len(starts):
        raise ValueError("no room for a window")
    return len(starts)


def pool_padding(n, pool, stride, padding="valid"):
    total = 0 if padding == "valid" else max((pool_output_size(n, pool, stride, padding) - 1) * stride + pool - n, 0)
    return divmod(total, 2)[0], sum(divmod(total, 2))


def selector(n, k, s, padding):
    """S[o, a, h] is 1 where window o has its cell a on image cell h; a padded cell has no h."""
    before, _ = pool_padding(n, k, s, padding)
    chosen = np.zeros((pool_output_size(n, k, s, padding), k, n))
    for o, a in np.ndindex(chosen.shape[:2]):
        h = o * s + a - before
        if 0 <= h < n:
            chosen[o, a, h] = 1.0
    return chosen


def selectors(x, kernel, strides, padding):
    s = strides if isinstance(strides, tuple) else (strides,) * 2
    return (selector(x.shape[i + 1], kernel.shape[i], s[i], padding) for i in range(2))


def conv2d(x, kernel, strides=1, padding="valid"):
    down, across = selectors(x, kernel, strides, padding)
    return np.einsum("iah,jbw,abcf,nhwc->nijf", down, across, kernel, x, optimize=True)


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    down, across = selectors(x, kernel, strides, padding)
    return (np.einsum("iah,jbw,abcf,nijf->nhwc", down, across, kernel, dy, optimize=True),
            np.einsum("iah,jbw,nhwc,nijf->abcf", down, across, x, dy, optimize=True))


def conv_transpose2d(x, kernel, strides=1):
    s = strides if isinstance(strides, tuple) else (strides,) * 2
    size = [(n - 1) * t + k for n, t, k in zip(x.shape[1:3], s, kernel.shape)]
    down, across = (selector(size[i], kernel.shape[i], s[i], "valid") for i in range(2))
    return np.einsum("iah,jbw,abcf,nijc->nhwf", down, across, kernel, x, optimize=True)
