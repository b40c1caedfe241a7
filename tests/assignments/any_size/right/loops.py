"""Number by number, in plain Python."""
import math

import numpy as np


def two(v):
    return (int(v[0]), int(v[1])) if isinstance(v, (tuple, list, np.ndarray)) else (int(v), int(v))


def spans(n, o):
    return [range(math.floor(i * n / o + 1e-9), math.ceil((i + 1) * n / o - 1e-9)) for i in range(o)]


def each(x, output_size):
    down, across = two(output_size)
    for i, rows in enumerate(spans(x.shape[1], down)):
        for j, columns in enumerate(spans(x.shape[2], across)):
            yield i, j, [(h, w) for h in rows for w in columns]


def adaptive(x, output_size, reduce):
    y = np.zeros((x.shape[0], *two(output_size), x.shape[3]))
    for i, j, cells in each(x, output_size):
        for n in range(x.shape[0]):
            for c in range(x.shape[3]):
                y[n, i, j, c] = reduce([float(x[n, h, w, c]) for h, w in cells])
    return y


def adaptive_average_pool2d(x, output_size):
    return adaptive(x, output_size, lambda v: sum(v) / len(v))


def adaptive_max_pool2d(x, output_size):
    return adaptive(x, output_size, max)


def adaptive_average_pool2d_backward(dy, x, output_size):
    dx = np.zeros(x.shape)
    for i, j, cells in each(x, output_size):
        for h, w in cells:
            for n in range(x.shape[0]):
                for c in range(x.shape[3]):
                    dx[n, h, w, c] += dy[n, i, j, c] / len(cells)
    return dx


def adaptive_max_pool2d_backward(dy, x, output_size):
    dx = np.zeros(x.shape)
    for i, j, cells in each(x, output_size):
        for n in range(x.shape[0]):
            for c in range(x.shape[3]):
                best = cells[0]
                for h, w in cells:
                    if x[n, h, w, c] > x[n, best[0], best[1], c]:
                        best = (h, w)
                dx[n, best[0], best[1], c] += dy[n, i, j, c]
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    rows = []
    for n in range(x.shape[0]):
        row = []
        for level in levels:
            for _, _, cells in each(x, level):
                for c in range(x.shape[3]):
                    row.append(max(x[n, h, w, c] for h, w in cells))
        rows.append(row)
    return np.array(rows)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    batch, height, width, channels = x.shape
    y = np.zeros((batch, height, width, channels * len(sizes)))
    for s, size in enumerate(sizes):
        r = size // 2
        for n in range(batch):
            for i in range(height):
                for j in range(width):
                    for c in range(channels):
                        y[n, i, j, s * channels + c] = max(
                            x[n, h, w, c] for h in range(max(i - r, 0), min(i + r + 1, height))
                            for w in range(max(j - r, 0), min(j + r + 1, width)))
    return y


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    down, across = two(output_size)
    y = np.zeros((len(rois), down, across, x.shape[3]))
    for r in range(len(rois)):
        n = int(rois[r][0])
        x1, y1, x2, y2 = (math.floor(float(v) * spatial_scale + 0.5) for v in rois[r][1:])
        rows, columns = spans(max(y2 - y1 + 1, 1), down), spans(max(x2 - x1 + 1, 1), across)
        for i in range(down):
            for j in range(across):
                for c in range(x.shape[3]):
                    cells = [x[n, y1 + a, x1 + b, c] for a in rows[i] for b in columns[j]
                             if 0 <= y1 + a < x.shape[1] and 0 <= x1 + b < x.shape[2]]
                    y[r, i, j, c] = max(cells) if cells else 0
    return y


def read(x, n, c, v, h):
    """The map of image n and channel c at row v and column h."""
    height, width = x.shape[1:3]
    if v < -1 or v > height or h < -1 or h > width:
        return 0.0
    v, h = min(max(v, 0), height - 1), min(max(h, 0), width - 1)
    i, j = int(v), int(h)
    k, m = min(i + 1, height - 1), min(j + 1, width - 1)
    t, u = v - i, h - j
    return (1 - t) * ((1 - u) * x[n, i, j, c] + u * x[n, i, m, c]) + t * ((1 - u) * x[n, k, j, c] + u * x[n, k, m, c])


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    down, across = two(output_size)
    g = sampling_ratio
    y = np.zeros((len(rois), down, across, x.shape[3]))
    for r in range(len(rois)):
        n = int(rois[r][0])
        x1, y1, x2, y2 = (float(v) * spatial_scale - (0.5 if aligned else 0.0) for v in rois[r][1:])
        tall, wide = y2 - y1, x2 - x1
        if not aligned:
            tall, wide = max(tall, 1.0), max(wide, 1.0)
        for i in range(down):
            for j in range(across):
                for c in range(x.shape[3]):
                    total = 0.0
                    for p in range(g):
                        for q in range(g):
                            total += read(x, n, c, y1 + (i + (p + 0.5) / g) * tall / down, x1 + (j + (q + 0.5) / g) * wide / across)
                    y[r, i, j, c] = total / g**2
    return y
