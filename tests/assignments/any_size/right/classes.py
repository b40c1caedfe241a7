"""An axis that knows its bins; poolings walk over two of them. Single precision for averages."""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Axis:
    first: int
    length: int
    bins: int
    cells: int

    def slice(self, i):
        start = self.first + (i * self.length) // self.bins
        stop = self.first + ((i + 1) * self.length + self.bins - 1) // self.bins
        return slice(min(max(start, 0), self.cells), min(max(stop, 0), self.cells))


class Grid:
    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns

    @classmethod
    def over(cls, x, output_size):
        o = (output_size, output_size) if isinstance(output_size, (int, np.integer)) else output_size
        return cls(Axis(0, x.shape[1], o[0], x.shape[1]), Axis(0, x.shape[2], o[1], x.shape[2]))

    def __iter__(self):
        for i in range(self.rows.bins):
            for j in range(self.columns.bins):
                yield i, j, self.rows.slice(i), self.columns.slice(j)

    def result(self, x, dtype):
        return np.zeros((len(x), self.rows.bins, self.columns.bins, x.shape[3]), dtype)


def adaptive_average_pool2d(x, output_size):
    grid = Grid.over(x, output_size)
    y = grid.result(x, np.float32)
    for i, j, rows, columns in grid:
        y[:, i, j] = np.average(np.average(x[:, rows, columns], axis=1), axis=1)
    return y


def adaptive_average_pool2d_backward(dy, x, output_size):
    dx = np.zeros(x.shape, np.float32)
    for i, j, rows, columns in Grid.over(x, output_size):
        view = dx[:, rows, columns]
        view += (dy[:, i, j] / view[0, :, :, 0].size)[:, np.newaxis, np.newaxis, :]
    return dx


def adaptive_max_pool2d(x, output_size):
    grid = Grid.over(x, output_size)
    y = grid.result(x, x.dtype)
    for i, j, rows, columns in grid:
        y[:, i, j] = np.maximum.reduce(np.maximum.reduce(x[:, rows, columns], axis=1), axis=1)
    return y


def adaptive_max_pool2d_backward(dy, x, output_size):
    dx = np.zeros_like(x)
    n, c = np.ogrid[: x.shape[0], : x.shape[3]]
    for i, j, rows, columns in Grid.over(x, output_size):
        part = x[:, rows, columns]
        place = part.reshape(len(x), -1, x.shape[3]).argmax(1)
        h, w = np.unravel_index(place, part.shape[1:3])
        dx[n, rows.start + h, columns.start + w, c] += dy[:, i, j]
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.concatenate([adaptive_max_pool2d(x, level).reshape(x.shape[0], level * level * x.shape[3]) for level in levels], 1)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    y = np.zeros((*x.shape[:3], len(sizes), x.shape[3]), x.dtype)
    for s, size in enumerate(sizes):
        r = (size - 1) // 2
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                y[:, i, j, s] = x[:, max(i - r, 0) : i + r + 1, max(j - r, 0) : j + r + 1].max((1, 2))
    return y.reshape(*x.shape[:3], -1)


class Region:
    def __init__(self, roi, scale):
        self.image = int(roi[0])
        self.x1, self.y1, self.x2, self.y2 = (float(v) * scale for v in roi[1:])

    def grid(self, x, o):
        def axis(a, b, bins, cells):
            a, b = int(np.floor(a + 0.5)), int(np.floor(b + 0.5))
            return Axis(a, max(b - a + 1, 1), bins, cells)

        return Grid(axis(self.y1, self.y2, o[0], x.shape[1]), axis(self.x1, self.x2, o[1], x.shape[2]))

    def points(self, a, b, bins, g, aligned):
        if aligned:
            a, b = a - 0.5, b - 0.5
        else:
            b = max(b, a + 1)
        return [[a + (i + (p + 0.5) / g) * (b - a) / bins for p in range(g)] for i in range(bins)]


def pair(o):
    return (o, o) if isinstance(o, (int, np.integer)) else tuple(o)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    y = np.zeros((len(rois), *pair(output_size), x.shape[3]), x.dtype)
    for r, roi in enumerate(rois):
        region = Region(roi, spatial_scale)
        for i, j, rows, columns in region.grid(x, pair(output_size)):
            part = x[region.image, rows, columns].reshape(-1, x.shape[3])
            if len(part):
                y[r, i, j] = part.max(0)
    return y


def line(v, cells):
    """Two cells and their weights for a point on an axis."""
    if not -1 <= v <= cells:
        return ((0, 0.0), (0, 0.0))
    v = min(max(v, 0.0), cells - 1.0)
    low = int(v)
    return ((low, 1 - (v - low)), (min(low + 1, cells - 1), v - low))


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    o, g = pair(output_size), sampling_ratio
    y = np.zeros((len(rois), *o, x.shape[3]))
    for r, roi in enumerate(rois):
        region = Region(roi, spatial_scale)
        vs = region.points(region.y1, region.y2, o[0], g, aligned)
        hs = region.points(region.x1, region.x2, o[1], g, aligned)
        for i in range(o[0]):
            for j in range(o[1]):
                for v in vs[i]:
                    for h in hs[j]:
                        for a, p in line(v, x.shape[1]):
                            for b, q in line(h, x.shape[2]):
                                y[r, i, j] += p * q * x[region.image, a, b] / g**2
    return y
