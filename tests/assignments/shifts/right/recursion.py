"""Recursion: Pascal's row from the row above, the maximum of a window from two smaller ones, a list one shift at a time."""
import numpy as np


def shift_consistency(fn, x, shifts):
    if len(shifts) == 0:
        return np.zeros((0, len(x)))
    first = shifts[0]
    down, across = first if isinstance(first, (tuple, list)) else (first, first)
    before = fn(x)
    difference = fn(np.roll(x, (down, across), axis=(1, 2))) - before
    row = [1 - np.linalg.norm(d.ravel()) / np.linalg.norm(b.ravel()) for d, b in zip(difference, before)]
    return np.concatenate([[row], shift_consistency(fn, x, shifts[1:])])


def pascal(n):
    if n == 1:
        return np.array([1.0])
    above = pascal(n - 1)
    return (np.append(above, 0) + np.append(0, above)) / 2


def blur_axis(x, axis, f):
    before = (f - 1) // 2
    n = x.shape[axis]
    total = 0
    for k, w in enumerate(pascal(f)):
        place = np.abs(np.arange(n) + k - before)
        place = np.minimum(place, 2 * (n - 1) - place)
        total = total + w * np.take(x, place, axis)
    return total


def blur_pool2d(x, filter_size=3, strides=2):
    s = strides if isinstance(strides, (tuple, list)) else (strides, strides)
    return blur_axis(blur_axis(x, 1, filter_size), 2, filter_size)[:, :: s[0], :: s[1]]


def maxima(x, k):
    if k == 1:
        return x
    smaller = maxima(x, k - 1)
    a = np.maximum(smaller[:, :-1], smaller[:, 1:])
    return np.maximum(a[:, :, :-1], a[:, :, 1:])


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    return blur_pool2d(maxima(x, pool_size), filter_size, strides)


def spectral_pool2d(x, output_size):
    def along(y, axis, o):
        n = y.shape[axis]
        s = np.fft.fftshift(np.fft.fft(y, axis=axis), axes=axis)
        s = np.take(s, np.arange(n // 2 - o // 2, n // 2 - o // 2 + o), axis=axis)
        return np.fft.ifft(np.fft.ifftshift(s, axes=axis), axis=axis) * o / n

    o = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    return along(along(x.astype(complex), 1, o[0]), 2, o[1]).real
