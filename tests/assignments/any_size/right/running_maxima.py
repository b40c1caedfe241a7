"""Summed-area tables, deque running maxima, generators and map_coordinates written by hand with np.interp."""
import itertools
from collections import deque

import numpy as np


def cuts(n, o):
    for i in range(o):
        yield i * n // o, ((i + 1) * n + o - 1) // o


def boxes(x, output_size):
    a, b = (output_size, output_size) if np.ndim(output_size) == 0 else output_size
    return list(cuts(x.shape[1], int(a))), list(cuts(x.shape[2], int(b)))


def adaptive_average_pool2d(x, output_size):
    rows, cols = (np.array(v) for v in boxes(x, output_size))
    table = np.pad(x, [(0, 0), (1, 0), (1, 0), (0, 0)]).cumsum(1).cumsum(2)
    part = table[:, rows[:, 1]] - table[:, rows[:, 0]]
    part = part[:, :, cols[:, 1]] - part[:, :, cols[:, 0]]
    return part / np.outer(np.diff(rows), np.diff(cols))[None, :, :, None]


def adaptive_average_pool2d_backward(dy, x, output_size):
    rows, cols = boxes(x, output_size)
    dx = np.zeros(x.shape, order="F")
    for (i, (a, b)), (j, (c, d)) in itertools.product(enumerate(rows), enumerate(cols)):
        dx[:, a:b, c:d] += np.expand_dims(dy[:, i, j], (1, 2)) / ((b - a) * (d - c))
    return dx


def adaptive_max_pool2d(x, output_size):
    rows, cols = boxes(x, output_size)
    return np.array([[[[max(x[n, a:b, c:d, f].flat) for f in range(x.shape[3])] for c, d in cols] for a, b in rows]
                     for n in range(len(x))])


def adaptive_max_pool2d_backward(dy, x, output_size):
    rows, cols = boxes(x, output_size)
    dx = np.zeros(x.shape)
    for (n, i, j, f), g in np.ndenumerate(dy):
        (a, b), (c, d) = rows[i], cols[j]
        part = x[n, a:b, c:d, f]
        h, w = np.argwhere(part == part.max())[0]
        dx[n, a + h, c + w, f] += g
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.array([list(itertools.chain.from_iterable(adaptive_max_pool2d(one[None], l).ravel() for l in levels)) for one in x])


def running(line, r):
    """Maximum of the r cells on either side, by a deque of candidates."""
    out, queue = [], deque()
    n = len(line)
    for i in range(n + r):
        if i < n:
            while queue and line[queue[-1]] <= line[i]:
                queue.pop()
            queue.append(i)
        if i >= r:
            while queue[0] < i - 2 * r:
                queue.popleft()
            out.append(line[queue[0]])
    return np.array(out)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    levels = [np.apply_along_axis(running, 2, np.apply_along_axis(running, 1, x, k // 2), k // 2) for k in sizes]
    return np.concatenate(levels, axis=3)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    a, b = (output_size, output_size) if np.ndim(output_size) == 0 else output_size
    y = np.zeros((len(rois), a, b, x.shape[3]))
    for r, roi in enumerate(rois):
        left, top, right, bottom = np.floor(np.asarray(roi[1:], float) * spatial_scale + 0.5).astype(int).tolist()
        h, w = max(bottom - top + 1, 1), max(right - left + 1, 1)
        for i, (p, q) in enumerate(cuts(h, a)):
            for j, (s, t) in enumerate(cuts(w, b)):
                rows = [v for v in range(top + p, top + q) if v in range(x.shape[1])]
                cols = [v for v in range(left + s, left + t) if v in range(x.shape[2])]
                if rows and cols:
                    y[r, i, j] = x[int(roi[0])][np.ix_(rows, cols)].max(axis=(0, 1))
    return y


def sample(line, at):
    """np.interp clamps at both ends; too far outside is 0."""
    return np.where((at < -1) | (at > len(line)), 0.0, np.interp(at, np.arange(len(line)), line))


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    a, b = (output_size, output_size) if np.ndim(output_size) == 0 else output_size
    g = sampling_ratio
    y = []
    for roi in rois:
        left, top, right, bottom = roi[1:] * spatial_scale - 0.5 * aligned
        h, w = bottom - top, right - left
        if not aligned:
            h, w = max(h, 1), max(w, 1)
        v = (top + (np.arange(a)[:, None] + (np.arange(g) + 0.5) / g) * h / a).ravel()
        u = (left + (np.arange(b)[:, None] + (np.arange(g) + 0.5) / g) * w / b).ravel()
        m = np.apply_along_axis(sample, 0, x[int(roi[0])], v)
        m = np.apply_along_axis(sample, 1, m, u)
        y.append(m.reshape(a, g, b, g, -1).mean((1, 3)))
    return np.stack(y)
