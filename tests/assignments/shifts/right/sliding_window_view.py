"""Window views for maxima and blurs, vdot for norms, cosines for the spectrum's real part."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as view


def steps(v):
    v = np.asarray(v)
    return (int(v), int(v)) if v.ndim == 0 else (int(v[0]), int(v[1]))


def shift_consistency(fn, x, shifts):
    y = fn(x)
    out = []
    for shift in shifts:
        d = fn(np.roll(x, steps(shift), axis=(1, 2))) - y
        out.append([1 - np.sqrt(np.vdot(d[n], d[n]) / np.vdot(y[n], y[n])) for n in range(len(x))])
    return np.array(out)


def blur_pool2d(x, filter_size=3, strides=2):
    w = np.ones(1)
    for _ in range(filter_size - 1):
        w = np.convolve(w, [1, 1])
    w = w / w.sum()
    around = [(0, 0), ((filter_size - 1) // 2, filter_size // 2), ((filter_size - 1) // 2, filter_size // 2), (0, 0)]
    s = steps(strides)
    windows = view(np.pad(x, around, mode="reflect"), (filter_size, filter_size), (1, 2))[:, :: s[0], :: s[1]]
    return np.einsum("nijcab,a,b->nijc", windows, w, w)


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    return blur_pool2d(view(x, (pool_size, pool_size), (1, 2)).max((-2, -1)), filter_size, strides)


def spectral_pool2d(x, output_size):
    """The kernel of crop-and-invert, summed over pairs of frequencies."""
    o = steps(output_size)
    n = x.shape[1:3]
    f = [np.arange(k) - k // 2 for k in o]
    phase = [np.multiply.outer(np.arange(o[a]) / o[a], f[a])[:, None, :] - np.multiply.outer(np.arange(n[a]) / n[a], f[a])[None]
             for a in (0, 1)]
    waves = [np.exp(2j * np.pi * p).sum(2) for p in phase]
    return np.einsum("ih,jw,nhwc->nijc", waves[0], waves[1], x).real / (n[0] * n[1])
