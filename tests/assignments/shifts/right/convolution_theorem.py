"""The blur by FFT of a mirrored image; consistency from sums of squares."""
import math

import numpy as np


def both(v):
    return [v, v] if not hasattr(v, "__len__") else list(v)


def shift_consistency(fn, x, shifts):
    b = fn(x).astype(np.float64)
    flat_b = b.reshape(b.shape[0], -1)
    table = []
    for shift in shifts:
        a = fn(np.roll(x, both(shift), (1, 2))).astype(np.float64).reshape(flat_b.shape)
        squares = np.einsum("nk,nk->n", a - flat_b, a - flat_b)
        table.append(1 - np.sqrt(squares / np.einsum("nk,nk->n", flat_b, flat_b)))
    return np.array(table)


def blur_pool2d(x, filter_size=3, strides=2):
    f = filter_size
    w = np.array([math.comb(f - 1, k) for k in range(f)]) / 2.0 ** (f - 1)
    before = (f - 1) // 2
    big = np.pad(x, ((0, 0), (before, f - 1 - before), (before, f - 1 - before), (0, 0)), mode="reflect")
    size = big.shape[1:3]
    kernel = np.zeros(size)
    kernel[:f, :f] = np.outer(w, w)
    product = np.fft.rfft2(big, axes=(1, 2)) * np.conj(np.fft.rfft2(kernel))[None, :, :, None]
    y = np.fft.irfft2(product, s=size, axes=(1, 2))[:, : x.shape[1], : x.shape[2]]
    sh, sw = both(strides)
    return y[:, ::sh, ::sw]


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    views = [x[:, i : x.shape[1] - pool_size + 1 + i, j : x.shape[2] - pool_size + 1 + j]
             for i in range(pool_size) for j in range(pool_size)]
    return blur_pool2d(np.maximum.reduce(views), filter_size, strides)


def crop(spectrum, axis, o):
    """Unshifted: keep frequencies 0 ... and the negative ones from the end."""
    n = spectrum.shape[axis]
    positive = o - o // 2
    keep = list(range(positive)) + list(range(n - o // 2, n))
    return spectrum.take(keep, axis)


def spectral_pool2d(x, output_size):
    oh, ow = both(output_size)
    low = crop(crop(np.fft.fft2(x, axes=(1, 2)), 1, oh), 2, ow)
    return np.ascontiguousarray(np.fft.ifft2(low, axes=(1, 2)).real) * (oh / x.shape[1]) * (ow / x.shape[2])
