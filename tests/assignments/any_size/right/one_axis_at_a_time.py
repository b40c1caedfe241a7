"""Rectangles fall apart into rows and columns: pool along one axis, then along the other."""
import functools

import numpy as np


def sizes_of(output_size):
    return [output_size] * 2 if np.ndim(output_size) == 0 else list(output_size)


def starts(n, o):
    return [int(np.floor(i * n / o)) for i in range(o)]


def stops(n, o):
    return [-((-(i + 1) * n) // o) for i in range(o)]


def along(x, axis, o, reduce):
    n = x.shape[axis]
    return np.stack([reduce(x.take(range(a, b), axis), axis) for a, b in zip(starts(n, o), stops(n, o))], axis)


def adaptive_average_pool2d(x, output_size):
    down, across = sizes_of(output_size)
    return along(along(x, 1, down, np.mean), 2, across, np.mean)


def adaptive_max_pool2d(x, output_size):
    down, across = sizes_of(output_size)
    return along(along(x, 1, down, np.max), 2, across, np.max)


def back_along(dy, axis, n):
    o = dy.shape[axis]
    dy = np.moveaxis(dy, axis, 0)
    dx = np.zeros((n, *dy.shape[1:]))
    for i, (a, b) in enumerate(zip(starts(n, o), stops(n, o))):
        dx[a:b] += dy[i] / (b - a)
    return np.moveaxis(dx, 0, axis)


def adaptive_average_pool2d_backward(dy, x, output_size):
    return back_along(back_along(dy, 2, x.shape[2]), 1, x.shape[1])


def adaptive_max_pool2d_backward(dy, x, output_size):
    """The first maximum of a bin: the first row that reaches it, in it the first column."""
    down, across = sizes_of(output_size)
    dx = np.zeros(x.shape)
    for i, (top, bottom) in enumerate(zip(starts(x.shape[1], down), stops(x.shape[1], down))):
        for j, (left, right) in enumerate(zip(starts(x.shape[2], across), stops(x.shape[2], across))):
            part = x[:, top:bottom, left:right]
            row = part.max(2).argmax(1)
            n, c = np.indices(row.shape)
            column = part[n, row, :, c].argmax(-1)
            np.add.at(dx, (n, top + row, left + column, c), dy[:, i, j])
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.concatenate([adaptive_max_pool2d(x, level).reshape(x.shape[0], -1) for level in levels], axis=-1)


def widest(x, axis, r):
    """Maximum of cells up to r away: shift and compare."""
    y = x.copy()
    for step in range(1, min(r, x.shape[axis] - 1) + 1):
        a = [slice(None)] * 4
        b = [slice(None)] * 4
        a[axis], b[axis] = slice(step, None), slice(None, -step)
        a, b = tuple(a), tuple(b)
        y[a] = np.maximum(y[a], x[b])
        y[b] = np.maximum(y[b], x[a])
    return y


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    return np.concatenate([widest(widest(x, 1, s // 2), 2, s // 2) for s in sizes], axis=3)


def roi_axis(part, a, b, o, axis):
    """Maxima of the bins of [a, b] along an axis; minus infinity for an empty bin."""
    length = max(b - a + 1, 1)
    pieces = []
    for p, q in zip(starts(length, o), stops(length, o)):
        cells = [h for h in range(a + p, a + q) if 0 <= h < part.shape[axis]]
        shape = list(part.shape)
        shape[axis] = 1
        pieces.append(part.take(cells, axis).max(axis, keepdims=True) if cells else np.full(shape, -np.inf))
    return np.concatenate(pieces, axis)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    down, across = sizes_of(output_size)

    def one(roi):
        x1, y1, x2, y2 = (int(np.floor(v * spatial_scale + 0.5)) for v in roi[1:])
        y = roi_axis(roi_axis(x[int(roi[0])], y1, y2, down, 0), x1, x2, across, 1)
        return np.where(y == -np.inf, 0, y)

    return np.array([one(roi) for roi in rois.tolist()])


def sample_axis(part, points, axis):
    n = part.shape[axis]
    seen = (points >= -1) & (points <= n)
    q = np.clip(points, 0, n - 1)
    low = np.floor(q).astype(int)
    shape = [-1 if k == axis else 1 for k in range(part.ndim)]
    t = (q - low).reshape(shape)
    values = (1 - t) * part.take(low, axis) + t * part.take(np.minimum(low + 1, n - 1), axis)
    return values * seen.reshape(shape)


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    o = sizes_of(output_size)
    g = sampling_ratio

    def one(roi):
        x1, y1, x2, y2 = np.array(roi[1:]) * spatial_scale - (0.5 if aligned else 0.0)
        part = x[int(roi[0])]
        for axis, (a, b) in enumerate([(y1, y2), (x1, x2)]):
            length = b - a if aligned or b - a > 1 else 1.0
            part = sample_axis(part, a + length / o[axis] / g * (np.arange(o[axis] * g) + 0.5), axis)
        rows = functools.reduce(np.add, [part[p::g] for p in range(g)])
        return functools.reduce(np.add, [rows[:, q::g] for q in range(g)]) / g**2

    return np.array([one(roi) for roi in rois.tolist()])
