"""Slices for bins; vectorised points for alignment."""
import numpy as np


def size_of(output_size):
    return np.broadcast_to(output_size, 2).tolist()


def edges(n, o):
    i = np.arange(o)
    start = i * n // o
    stop = -(-(i + 1) * n // o)
    return list(zip(start.tolist(), stop.tolist()))


def tiles(x, output_size):
    down, across = size_of(output_size)
    for i, (top, bottom) in enumerate(edges(x.shape[1], down)):
        for j, (left, right) in enumerate(edges(x.shape[2], across)):
            yield i, j, np.s_[:, top:bottom, left:right]


def adaptive_average_pool2d(x, output_size):
    y = np.zeros((len(x), *size_of(output_size), x.shape[3]))
    for i, j, tile in tiles(x, output_size):
        y[:, i, j] = x[tile].mean(axis=(1, 2))
    return y


def adaptive_average_pool2d_backward(dy, x, output_size):
    da = np.zeros(x.shape)
    for i, j, tile in tiles(x, output_size):
        share = dy[:, i, j] / (da[tile].shape[1] * da[tile].shape[2])
        da[tile] += share[:, None, None]
    return da


def adaptive_max_pool2d(x, output_size):
    y = np.zeros((len(x), *size_of(output_size), x.shape[3]))
    for i, j, tile in tiles(x, output_size):
        y[:, i, j] = x[tile].max(axis=(1, 2))
    return y


def adaptive_max_pool2d_backward(dy, x, output_size):
    dm = np.zeros(x.shape)
    for i, j, tile in tiles(x, output_size):
        part = x[tile]
        flat = part.reshape(len(x), -1, x.shape[3])
        winner = flat.argmax(axis=1)
        hot = np.zeros(flat.shape)
        np.put_along_axis(hot, winner[:, None], dy[:, i, j][:, None], axis=1)
        dm[tile] += hot.reshape(part.shape)
    return dm


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    pieces = []
    for level in levels:
        pooled = adaptive_max_pool2d(x, level)
        pieces.append(pooled.reshape(len(x), -1))
    return np.concatenate(pieces, axis=1)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    levels = []
    for size in sizes:
        r = size // 2
        padded = np.pad(x, [(0, 0), (r, r), (r, r), (0, 0)], constant_values=-np.inf)
        level = np.full(x.shape, -np.inf)
        for a in range(size):
            for b in range(size):
                level = np.maximum(level, padded[:, a : a + x.shape[1], b : b + x.shape[2]])
        levels.append(level)
    return np.concatenate(levels, axis=-1)


def rounded(v):
    return np.floor(v + 0.5).astype(int)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    down, across = size_of(output_size)
    y = np.zeros((len(rois), down, across, x.shape[3]))
    for r, roi in enumerate(rois):
        plane = x[int(roi[0])]
        x1, y1, x2, y2 = rounded(roi[1:] * spatial_scale)
        high, wide = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
        for i, (top, bottom) in enumerate(edges(high, down)):
            for j, (left, right) in enumerate(edges(wide, across)):
                a, b = max(y1 + top, 0), max(y1 + bottom, 0)
                c, d = max(x1 + left, 0), max(x1 + right, 0)
                part = plane[a:b, c:d]
                y[r, i, j] = part.max(axis=(0, 1)) if part.size else 0
    return y


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    down, across = size_of(output_size)
    g = sampling_ratio
    y = np.zeros((len(rois), down, across, x.shape[3]))
    for r, roi in enumerate(rois):
        plane = x[int(roi[0])]
        x1, y1, x2, y2 = roi[1:] * spatial_scale - (0.5 if aligned else 0)
        high, wide = (y2 - y1, x2 - x1) if aligned else (max(y2 - y1, 1), max(x2 - x1, 1))
        v = y1 + (np.arange(down * g) + 0.5) / g * high / down
        h = x1 + (np.arange(across * g) + 0.5) / g * wide / across
        seen = np.outer((v >= -1) & (v <= x.shape[1]), (h >= -1) & (h <= x.shape[2]))
        v, h = np.clip(v, 0, x.shape[1] - 1), np.clip(h, 0, x.shape[2] - 1)
        i, j = np.floor(v).astype(int), np.floor(h).astype(int)
        k, m = np.minimum(i + 1, x.shape[1] - 1), np.minimum(j + 1, x.shape[2] - 1)
        t, u = (v - i)[:, None, None], (h - j)[None, :, None]
        upper = (1 - u) * plane[i][:, j] + u * plane[i][:, m]
        lower = (1 - u) * plane[k][:, j] + u * plane[k][:, m]
        samples = ((1 - t) * upper + t * lower) * seen[:, :, None]
        y[r] = samples.reshape(down, g, across, g, -1).mean(axis=(1, 3))
    return y
