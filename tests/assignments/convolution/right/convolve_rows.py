"""np.convolve and np.correlate along rows, one pair of rows at a time; backward through 'full'."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return int(np.ceil(n / stride))
    size = np.floor_divide(n - pool, stride) + 1
    if size < 1:
        raise ValueError(size)
    return size


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return [0, 0]
    total = np.maximum((pool_output_size(n, pool, stride, "same") - 1) * stride + pool - n, 0)
    return [total // 2, total // 2 + total % 2]


def both(s):
    return (s, s) if np.ndim(s) == 0 else s


def conv2d(x, kernel, strides=1, padding="valid"):
    (s, t), (kh, kw, C, F) = both(strides), kernel.shape
    p = [pool_padding(x.shape[1], kh, s, padding), pool_padding(x.shape[2], kw, t, padding)]
    x = np.pad(x, [(0, 0), *map(tuple, p), (0, 0)])
    N, H, W, _ = x.shape
    y = np.zeros((N, (H - kh) // s + 1, (W - kw) // t + 1, F))
    for n, i, f in np.ndindex(N, y.shape[1], F):
        y[n, i, :, f] = sum(np.correlate(x[n, i * s + a, :, c], kernel[a, :, c, f])[::t] if W >= kw else 0
                            for a in range(kh) for c in range(C))[: y.shape[2]]
    return y


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    (s, t), (kh, kw, C, F) = both(strides), kernel.shape
    (top, bottom), (left, right) = pool_padding(x.shape[1], kh, s, padding), pool_padding(x.shape[2], kw, t, padding)
    padded = np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)])
    dx, dk = np.zeros_like(padded), np.zeros_like(kernel)
    for n, i, f in np.ndindex(dy.shape[0], dy.shape[1], F):
        wide = np.zeros((dy.shape[2] - 1) * t + 1)
        wide[::t] = dy[n, i, :, f]
        for a in range(kh):
            for c in range(C):
                row = np.convolve(wide, kernel[a, :, c, f])
                dx[n, i * s + a, : row.size, c] += row
                dk[a, :, c, f] += np.correlate(padded[n, i * s + a, : row.size, c], wide)
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]], dk


def conv_transpose2d(x, kernel, strides=1):
    (s, t), (kh, kw, C, F) = both(strides), kernel.shape
    y = np.zeros((len(x), (x.shape[1] - 1) * s + kh, (x.shape[2] - 1) * t + kw, F))
    for n, i, c in np.ndindex(len(x), x.shape[1], C):
        wide = np.zeros((x.shape[2] - 1) * t + 1)
        wide[::t] = x[n, i, :, c]
        for a in range(kh):
            for f in range(F):
                y[n, i * s + a, :, f] += np.convolve(wide, kernel[a, :, c, f])
    return y
