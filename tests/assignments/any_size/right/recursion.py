"""Recursion over regions: a bin's maximum is the larger of its halves; a point is read by two readings on a line."""
import numpy as np


def larger(plane, top, bottom, left, right):
    if bottom - top > 1:
        middle = (top + bottom) // 2
        return np.maximum(larger(plane, top, middle, left, right), larger(plane, middle, bottom, left, right))
    if right - left > 1:
        middle = (left + right) // 2
        return np.maximum(larger(plane, top, bottom, left, middle), larger(plane, top, bottom, middle, right))
    return plane[top, left]


def total(plane, top, bottom, left, right):
    if bottom - top > 1:
        return total(plane, top, top + 1, left, right) + total(plane, top + 1, bottom, left, right)
    if right - left > 1:
        return total(plane, top, bottom, left, left + 1) + total(plane, top, bottom, left + 1, right)
    return plane[top, left]


def bounds(i, n, o):
    q, r = divmod((i + 1) * n, o)
    return i * n // o, q + (r > 0)


def pair(o):
    return tuple(o) if hasattr(o, "__len__") else (o, o)


def build(x, output_size, f):
    o = pair(output_size)
    return np.array([[[f(plane, *bounds(i, x.shape[1], o[0]), *bounds(j, x.shape[2], o[1])) for j in range(o[1])]
                      for i in range(o[0])] for plane in x])


def adaptive_average_pool2d(x, output_size):
    return build(x, output_size, lambda p, a, b, c, d: total(p, a, b, c, d) / ((b - a) * (d - c)))


def adaptive_max_pool2d(x, output_size):
    return build(x, output_size, larger)


def adaptive_average_pool2d_backward(dy, x, output_size):
    dx = np.zeros(x.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            (a, b), (c, d) = bounds(i, x.shape[1], dy.shape[1]), bounds(j, x.shape[2], dy.shape[2])
            dx[:, a:b, c:d] += dy[:, i : i + 1, j : j + 1] / ((b - a) * (d - c))
    return dx


def adaptive_max_pool2d_backward(dy, x, output_size):
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(*dy.shape):
        (top, bottom), (left, right) = bounds(i, x.shape[1], dy.shape[1]), bounds(j, x.shape[2], dy.shape[2])
        cells = [(h, w) for h in range(top, bottom) for w in range(left, right)]
        h, w = max(cells, key=lambda cell: x[n, cell[0], cell[1], c])
        dx[n, h, w, c] += dy[n, i, j, c]
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    first = adaptive_max_pool2d(x, levels[0]).reshape(len(x), -1)
    return first if len(levels) == 1 else np.concatenate([first, spatial_pyramid_pool2d(x, levels[1:])], 1)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    r = sizes[0] // 2
    near = np.array([[[larger(plane, max(i - r, 0), min(i + r + 1, x.shape[1]), max(j - r, 0), min(j + r + 1, x.shape[2]))
                       for j in range(x.shape[2])] for i in range(x.shape[1])] for plane in x])
    return near if len(sizes) == 1 else np.concatenate([near, pixel_pyramid_pool2d(x, sizes[1:])], 3)


def nearest(v):
    return int(v // 1 + (v % 1 >= 0.5))


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    o = pair(output_size)

    def one(n, x1, y1, x2, y2, i, j):
        (a, b), (c, d) = bounds(i, max(y2 - y1 + 1, 1), o[0]), bounds(j, max(x2 - x1 + 1, 1), o[1])
        a, b = sorted((max(a + y1, 0), max(min(b + y1, x.shape[1]), 0)))
        c, d = sorted((max(c + x1, 0), max(min(d + x1, x.shape[2]), 0)))
        if a >= min(b, x.shape[1]) or c >= min(d, x.shape[2]):
            return np.zeros(x.shape[3])
        return larger(x[n], a, min(b, x.shape[1]), c, min(d, x.shape[2]))

    return np.array([[[one(int(roi[0]), *(nearest(v * spatial_scale) for v in roi[1:]), i, j) for j in range(o[1])]
                      for i in range(o[0])] for roi in rois.tolist()])


def between(line, p):
    """Reading of a line of values (first axis) at place p."""
    if p < -1 or p > len(line):
        return np.zeros(line.shape[1:])
    p = min(max(p, 0), len(line) - 1)
    low = int(p)
    return line[low] if p == low else line[low] + (p - low) * (line[low + 1] - line[low])


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    o, g = pair(output_size), sampling_ratio

    def places(a, b, bins):
        length = b - a if aligned else max(b - a, 1)
        return [a + length * (k + 0.5) / (bins * g) for k in range(bins * g)]

    def one(roi):
        x1, y1, x2, y2 = (v * spatial_scale - 0.5 * bool(aligned) for v in roi[1:])
        plane = x[int(roi[0])]
        points = np.array([[between(between(plane, v), h) for h in places(x1, x2, o[1])] for v in places(y1, y2, o[0])])
        return points.reshape(o[0], g, o[1], g, -1).mean((1, 3))

    return np.array([one(roi) for roi in rois.tolist()])
