"""Picks frequencies by their numbers instead of shifting the spectrum; blurs by repeated halves; single precision blur."""
import numpy as np


def shift_consistency(fn, x, shifts):
    def measure(shift):
        i, j = (shift, shift) if isinstance(shift, (int, np.integer)) else shift
        rows = (np.arange(x.shape[1]) - i) % x.shape[1]
        columns = (np.arange(x.shape[2]) - j) % x.shape[2]
        after = fn(x[:, rows][:, :, columns])
        return [1 - np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(after, fn(x))]

    return np.array([measure(shift) for shift in shifts])


def halve(padded, axis):
    """The mean of each cell and the next."""
    a = padded.take(range(0, padded.shape[axis] - 1), axis)
    b = padded.take(range(1, padded.shape[axis]), axis)
    return (a + b) / 2


def blur_pool2d(x, filter_size=3, strides=2):
    y = x.astype(np.float32)
    near, far = (filter_size - 1) // 2, filter_size - 1 - (filter_size - 1) // 2
    y = np.pad(y, [(0, 0), (near, far), (near, far), (0, 0)], "reflect")
    for _ in range(filter_size - 1):
        y = halve(halve(y, 1), 2)
    step = (strides, strides) if isinstance(strides, int) else strides
    return y[:, :: step[0], :: step[1]].copy()


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    y = x
    for _ in range(pool_size - 1):
        y = np.maximum(y[:, 1:], y[:, :-1])
        y = np.maximum(y[:, :, 1:], y[:, :, :-1])
    return blur_pool2d(y, filter_size, strides)


def spectral_pool2d(x, output_size):
    o = np.broadcast_to(output_size, 2)
    picks = [np.arange(-(k // 2), k - k // 2) for k in o]
    spectrum = np.fft.fftn(x, axes=(1, 2))
    low = np.zeros((len(x), o[0], o[1], x.shape[3]), complex)
    for f in picks[0]:
        for g in picks[1]:
            low[:, f, g] = spectrum[:, f, g]
    return np.fft.ifftn(low, axes=(1, 2), norm="forward").real / (x.shape[1] * x.shape[2])
