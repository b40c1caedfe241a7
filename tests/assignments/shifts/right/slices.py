"""Padding, slices, and NumPy's FFT."""
import math

import numpy as np


def shift_consistency(fn, x, shifts):
    before = fn(x)
    flat = before.reshape(len(x), -1)
    size = np.sqrt((flat**2).sum(axis=1))
    rows = []
    for shift in shifts:
        steps = (shift, shift) if np.ndim(shift) == 0 else tuple(shift)
        moved = np.roll(x, steps, axis=(1, 2))
        after = fn(moved).reshape(len(x), -1)
        change = np.sqrt(((after - flat) ** 2).sum(axis=1))
        rows.append(1 - change / size)
    return np.stack(rows)


def blur_pool2d(x, filter_size=3, strides=2):
    sh, sw = (strides, strides) if np.ndim(strides) == 0 else strides
    w = np.array([math.comb(filter_size - 1, k) for k in range(filter_size)], float)
    w = w / w.sum()
    before, after = (filter_size - 1) // 2, math.ceil((filter_size - 1) / 2)
    padded = np.pad(x, [(0, 0), (before, after), (before, after), (0, 0)], mode="reflect")
    kernel = np.outer(w, w)
    y = np.zeros(x.shape)
    for a in range(filter_size):
        for b in range(filter_size):
            y += kernel[a, b] * padded[:, a : a + x.shape[1], b : b + x.shape[2]]
    return y[:, ::sh, ::sw]


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    rows, columns = x.shape[1] - pool_size + 1, x.shape[2] - pool_size + 1
    top = np.full((len(x), rows, columns, x.shape[3]), -np.inf)
    for a in range(pool_size):
        for b in range(pool_size):
            top = np.maximum(top, x[:, a : a + rows, b : b + columns])
    return blur_pool2d(top, filter_size, strides)


def spectral_pool2d(x, output_size):
    oh, ow = (output_size, output_size) if np.ndim(output_size) == 0 else output_size
    n, m = x.shape[1:3]
    spectrum = np.fft.fft2(x, axes=(1, 2))
    middle = np.fft.fftshift(spectrum, axes=(1, 2))
    top, left = n // 2 - oh // 2, m // 2 - ow // 2
    kept = middle[:, top : top + oh, left : left + ow]
    back = np.fft.ifftshift(kept, axes=(1, 2))
    y = np.fft.ifft2(back, axes=(1, 2))
    return y.real * (oh * ow) / (n * m)
