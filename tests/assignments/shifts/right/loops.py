"""Number by number."""
import cmath
import math

import numpy as np


def two(v):
    return (int(v), int(v)) if isinstance(v, (int, np.integer)) else (int(v[0]), int(v[1]))


def shift_consistency(fn, x, shifts):
    before = fn(x)
    y = np.zeros((len(shifts), len(x)))
    for s, shift in enumerate(shifts):
        down, across = two(shift)
        moved = np.zeros(x.shape)
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                moved[:, (i + down) % x.shape[1], (j + across) % x.shape[2]] = x[:, i, j]
        after = fn(moved)
        for n in range(len(x)):
            change = math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(after[n].ravel(), before[n].ravel())))
            y[s, n] = 1 - change / math.sqrt(sum(float(b) ** 2 for b in before[n].ravel()))
    return y


def mirror(i, n):
    i = -i if i < 0 else i
    return i if i < n else 2 * (n - 1) - i


def blur_pool2d(x, filter_size=3, strides=2):
    f, (sh, sw) = filter_size, two(strides)
    w = [math.comb(f - 1, k) / 2 ** (f - 1) for k in range(f)]
    height, width = x.shape[1:3]
    y = np.zeros((x.shape[0], math.ceil(height / sh), math.ceil(width / sw), x.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            for a in range(f):
                for b in range(f):
                    h, v = mirror(i * sh + a - (f - 1) // 2, height), mirror(j * sw + b - (f - 1) // 2, width)
                    y[:, i, j] += w[a] * w[b] * x[:, h, v]
    return y


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    k = pool_size
    y = np.zeros((x.shape[0], x.shape[1] - k + 1, x.shape[2] - k + 1, x.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            for n in range(y.shape[0]):
                for c in range(y.shape[3]):
                    y[n, i, j, c] = max(x[n, i + a, j + b, c] for a in range(k) for b in range(k))
    return blur_pool2d(y, filter_size, strides)


def spectral_pool2d(x, output_size):
    """Fourier sums written out, one frequency at a time along rows and then columns."""
    def waves(n, o):
        frequencies = [k - o // 2 for k in range(o)]
        forward = [[cmath.exp(-2j * cmath.pi * f * h / n) for h in range(n)] for f in frequencies]
        back = [[cmath.exp(2j * cmath.pi * f * i / o) for f in frequencies] for i in range(o)]
        return np.array(back) @ np.array(forward) / n

    down, across = two(output_size)
    rows, columns = waves(x.shape[1], down), waves(x.shape[2], across)
    y = np.zeros((x.shape[0], down, across, x.shape[3]), complex)
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            y[n, :, :, c] = rows @ x[n, :, :, c] @ columns.T
    return y.real.copy()
