"""By the convolution theorem: everything at stride 1 with FFTs, then every s-th value."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return 1 + (n - 1) // stride
    if n - pool < 0:
        raise ValueError("too large")
    return 1 + (n - pool) // stride


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return 0, 0
    total = max(pool - (n % stride or stride), 0)
    return total // 2, total - total // 2


def full(a, b, spec):
    """All overlaps of a with b, b turned round: a true convolution of size n + k - 1, summed as spec says."""
    size = (a.shape[1] + b.shape[1] - 1, a.shape[2] + b.shape[2] - 1)
    product = np.einsum(spec, np.fft.rfft2(a, size, axes=(1, 2)), np.fft.rfft2(b, size, axes=(1, 2)))
    return np.fft.irfft2(product, size, axes=(1, 2))


def geometry(x, kernel, strides, padding):
    s = np.broadcast_to(strides, 2)
    edges = [pool_padding(x.shape[i + 1], kernel.shape[i], int(s[i]), padding) for i in (0, 1)]
    return s, edges, np.pad(x, [(0, 0), *edges, (0, 0)])


def conv2d(x, kernel, strides=1, padding="valid"):
    s, _, padded = geometry(x, kernel, strides, padding)
    kh, kw = kernel.shape[:2]
    turned = np.flip(kernel, (0, 1)).transpose(3, 0, 1, 2)
    y = full(padded, turned, "nuvc,fuvc->nuvf")
    return y[:, kh - 1 : padded.shape[1], kw - 1 : padded.shape[2]][:, :: s[0], :: s[1]]


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    s, ((top, _), (left, _)), padded = geometry(x, kernel, strides, padding)
    kh, kw = kernel.shape[:2]
    wide = np.zeros((len(dy), padded.shape[1] - kh + 1, padded.shape[2] - kw + 1, dy.shape[3]))
    wide[:, :: s[0], :: s[1]] = dy
    dx = full(wide, kernel.transpose(3, 0, 1, 2), "nuvf,fuvc->nuvc")
    dkernel = full(padded, np.flip(wide, (1, 2)), "nuvc,nuvf->cuvf").transpose(1, 2, 0, 3)
    a, b = wide.shape[1:3]
    return (dx[:, top : top + x.shape[1], left : left + x.shape[2]].copy(),
            dkernel[a - 1 : a - 1 + kh, b - 1 : b - 1 + kw].copy())


def conv_transpose2d(x, kernel, strides=1):
    s = np.broadcast_to(strides, 2)
    wide = np.zeros((len(x), (x.shape[1] - 1) * s[0] + 1, (x.shape[2] - 1) * s[1] + 1, x.shape[3]))
    wide[:, :: s[0], :: s[1]] = x
    return full(wide, kernel.transpose(3, 0, 1, 2), "nuvc,fuvc->nuvf")
