"""Objects for filters and spectra."""
import numpy as np


class Binomial:
    def __init__(self, size):
        row = [1]
        while len(row) < size:
            row = [a + b for a, b in zip([0, *row], [*row, 0])]
        self.weights = np.array(row) / sum(row)
        self.before = (size - 1) // 2
        self.after = size - 1 - self.before

    def along(self, x, axis, step):
        moved = np.moveaxis(x, axis, -1)
        flat = moved.reshape(-1, moved.shape[-1])
        longer = np.pad(flat, ((0, 0), (self.before, self.after)), mode="reflect")
        blurred = np.array([np.convolve(line, self.weights, "valid") for line in longer])[:, ::step]
        return np.moveaxis(blurred.reshape(*moved.shape[:-1], -1), -1, axis)


class Spectrum:
    def __init__(self, x):
        self.size = x.shape[1:3]
        self.values = np.fft.fft2(np.moveaxis(x, -1, 1))

    def low(self, rows, columns):
        for axis, keep in ((2, rows), (3, columns)):
            n = self.values.shape[axis]
            signed = [k - keep // 2 for k in range(keep)]
            order = signed[keep // 2 :] + signed[: keep // 2]
            self.values = self.values.take([k % n for k in order], axis)
        return self

    def image(self):
        y = np.fft.ifft2(self.values).real
        ratio = np.prod(self.values.shape[2:]) / np.prod(self.size)
        return np.moveaxis(y * ratio, 1, -1)


def shift_consistency(fn, x, shifts):
    def norms(y):
        return np.linalg.norm(y.reshape(y.shape[0], -1), axis=1)

    reference = fn(x)
    pairs = [(s, s) if np.isscalar(s) else s for s in shifts]
    return np.vstack([1 - norms(fn(np.roll(np.roll(x, a, 1), b, 2)) - reference) / norms(reference) for a, b in pairs])


def blur_pool2d(x, filter_size=3, strides=2):
    filt = Binomial(filter_size)
    down, across = (strides, strides) if np.isscalar(strides) else strides
    return filt.along(filt.along(x, 1, down), 2, across)


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    k = pool_size
    rows = [x[:, i : i + k].max(1) for i in range(x.shape[1] - k + 1)]
    y = np.stack(rows, 1)
    y = np.stack([y[:, :, j : j + k].max(2) for j in range(x.shape[2] - k + 1)], 2)
    return blur_pool2d(y, filter_size, strides)


def spectral_pool2d(x, output_size):
    rows, columns = (output_size, output_size) if np.isscalar(output_size) else output_size
    return Spectrum(x).low(rows, columns).image()
