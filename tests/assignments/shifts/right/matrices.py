"""Every step is a matrix on rows and a matrix on columns."""
import numpy as np


def apply(a, b, x):
    return np.einsum("ih,jw,nhwc->nijc", a, b, x, optimize=True)


def pair(v):
    return tuple(np.broadcast_to(v, 2).tolist())


def shift_consistency(fn, x, shifts):
    base = fn(x)
    axes = tuple(range(1, base.ndim))
    out = np.empty((len(shifts), len(x)))
    for k, shift in enumerate(shifts):
        down, across = pair(shift)
        a, b = np.roll(np.eye(x.shape[1]), down, 0), np.roll(np.eye(x.shape[2]), across, 0)
        out[k] = 1 - np.sqrt(np.sum((fn(apply(a, b, x)) - base) ** 2, axes) / np.sum(base**2, axes))
    return out


def blur_matrix(n, f, s):
    w = np.poly1d([0.5, 0.5]) ** (f - 1)
    w = np.atleast_1d(w.coeffs if f > 1 else 1.0)
    index = np.pad(np.arange(n), ((f - 1) // 2, f - 1 - (f - 1) // 2), mode="reflect")
    m = np.zeros((n, n))
    for i in range(n):
        for k in range(f):
            m[i, index[i + k]] += w[k]
    return m[::s]


def blur_pool2d(x, filter_size=3, strides=2):
    s = pair(strides)
    return apply(blur_matrix(x.shape[1], filter_size, s[0]), blur_matrix(x.shape[2], filter_size, s[1]), x)


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    windows = np.lib.stride_tricks.sliding_window_view(x, (pool_size, pool_size), axis=(1, 2))
    return blur_pool2d(np.max(windows, axis=(4, 5)), filter_size, strides)


def spectral_matrix(n, o):
    forward = np.fft.fftshift(np.fft.fft(np.eye(n), axis=0), axes=0)[n // 2 - o // 2 :][:o]
    return np.fft.ifft(np.fft.ifftshift(forward, axes=0), axis=0) * (o / n)


def spectral_pool2d(x, output_size):
    o = pair(output_size)
    return np.real(apply(spectral_matrix(x.shape[1], o[0]), spectral_matrix(x.shape[2], o[1]), x))
