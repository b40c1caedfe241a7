"""Index arithmetic modulo n; polynomials for Pascal; explicit low-pass matrices from eye."""
from functools import lru_cache
from numbers import Integral

import numpy as np
from numpy.polynomial import polynomial as P


def shift_consistency(fn, x, shifts):
    base = np.asarray(fn(x))
    axes = tuple(range(1, base.ndim))

    def one(shift):
        d, r = (shift, shift) if isinstance(shift, Integral) else shift
        rows = (np.arange(x.shape[1]) - d) % x.shape[1]
        cols = (np.arange(x.shape[2]) - r) % x.shape[2]
        moved = fn(x[:, rows][:, :, cols])
        return 1 - np.sqrt(np.square(moved - base).sum(axes) / np.square(base).sum(axes))

    return np.vstack(list(map(one, shifts)))


@lru_cache
def blur_matrix(n, f, s):
    row = P.polypow([1, 1], f - 1) / 2.0 ** (f - 1)
    M = np.zeros((len(range(0, n, s)), n))
    period = max(2 * (n - 1), 1)
    for i, centre in enumerate(range(0, n, s)):
        for k, weight in enumerate(row):
            at = (centre + k - (f - 1) // 2) % period
            M[i, min(at, period - at)] += weight
    return M


def blur_pool2d(x, filter_size=3, strides=2):
    sh, sw = (strides, strides) if isinstance(strides, Integral) else strides
    return np.einsum("ih,jw,nhwc->nijc", blur_matrix(x.shape[1], filter_size, sh), blur_matrix(x.shape[2], filter_size, sw), x)


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    for axis in (1, 2):
        n = x.shape[axis] - pool_size + 1
        x = np.maximum.reduce([np.take(x, np.arange(n) + k, axis) for k in range(pool_size)])
    return blur_pool2d(x, filter_size, strides)


def low(n, o):
    F = np.fft.fft(np.eye(n))
    keep = [(k - o // 2) % n for k in range(o)]
    G = np.fft.ifft(np.eye(o))
    place = [(k - o // 2) % o for k in range(o)]
    return (G[:, place] @ F[keep]) * o / n


def spectral_pool2d(x, output_size):
    a, b = (output_size, output_size) if isinstance(output_size, Integral) else output_size
    return np.real(np.einsum("ih,jw,nhwc->nijc", low(x.shape[1], a), low(x.shape[2], b), x))
