"""Single precision; the blur as repeated averages of neighbours; cosine sums."""
import numpy as np

single = np.float32


def shift_consistency(fn, x, shifts):
    x = x.astype(single)
    y0 = fn(x).astype(single)
    out = []
    for s in shifts:
        s = (s, s) if isinstance(s, int) else s
        d = fn(np.roll(np.roll(x, s[0], 1), s[1], 2)).astype(single) - y0
        out.append([single(1) - np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(d.reshape(len(x), -1), y0.reshape(len(x), -1))])
    return np.array(out, single)


def blur_pool2d(x, filter_size=3, strides=2):
    sh, sw = strides if isinstance(strides, (tuple, list)) else (strides, strides)
    lo = (filter_size - 1) // 2
    hi = filter_size // 2
    y = np.pad(x.astype(single), ((0, 0), (lo, hi), (lo, hi), (0, 0)), mode="reflect")
    for _ in range(filter_size - 1):
        y = (y[:, 1:] + y[:, :-1]) * single(0.5)
        y = (y[:, :, 1:] + y[:, :, :-1]) * single(0.5)
    return y[:, ::sh, ::sw, :]


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    y = x.astype(single)
    for _ in range(pool_size - 1):
        y = np.maximum(y[:, 1:], y[:, :-1])
        y = np.maximum(y[:, :, 1:], y[:, :, :-1])
    return blur_pool2d(y, filter_size, strides)


def spectral_pool2d(x, output_size):
    o = np.ones(2, int) * output_size
    n = np.array(x.shape[1:3])
    F = np.fft.fftshift(np.fft.fftn(x.astype(single), axes=(1, 2)), axes=(1, 2))
    s = n // 2 - o // 2
    F = F[:, s[0] : s[0] + o[0], s[1] : s[1] + o[1]]
    y = np.fft.ifftn(np.fft.ifftshift(F, axes=(1, 2)), axes=(1, 2)) * single(o.prod() / n.prod())
    return np.real(y).astype(single)
