"""Masks of cells in bins, NaN for what does not count, and NumPy's NaN functions; a map padded for reading points."""
import warnings

import numpy as np


def mask(lo, hi, n):
    cells = np.arange(n)
    return (cells >= np.asarray(lo)[:, None]) & (cells < np.asarray(hi)[:, None])


def even(n, o):
    i = np.arange(o)
    return (i * n) // o, ((i + 1) * n + o - 1) // o


def size2(o):
    return np.zeros(2, int) + np.asarray(o)


def windows(x, rows, columns):
    kept = rows[:, None, :, None, None] & columns[None, :, None, :, None]
    return np.where(kept, x[:, None, None], np.nan)


def quietly(f, a, axis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f(a, axis=axis)


def adaptive(x, output_size):
    o = size2(output_size)
    return windows(x, mask(*even(x.shape[1], o[0]), x.shape[1]), mask(*even(x.shape[2], o[1]), x.shape[2]))


def adaptive_average_pool2d(x, output_size):
    return np.nanmean(adaptive(x, output_size), axis=(3, 4))


def adaptive_max_pool2d(x, output_size):
    return np.nanmax(adaptive(x, output_size), axis=(3, 4))


def adaptive_average_pool2d_backward(dy, x, output_size):
    kept = ~np.isnan(adaptive(np.zeros(x.shape), output_size))
    return (kept / kept.sum((3, 4), keepdims=True) * dy[:, :, :, None, None]).sum((1, 2))


def adaptive_max_pool2d_backward(dy, x, output_size):
    cells = adaptive(x, output_size)
    flat = cells.reshape(*cells.shape[:3], -1, cells.shape[-1])
    hot = np.zeros(flat.shape)
    np.put_along_axis(hot, np.nanargmax(flat, axis=3)[:, :, :, None], 1, 3)
    return (hot * dy[:, :, :, None]).sum((1, 2)).reshape(x.shape)


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.concatenate([adaptive_max_pool2d(x, (k, k)).reshape(len(x), -1) for k in levels], 1)


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    out = []
    for k in sizes:
        masks = [mask(np.arange(n) - k // 2, np.arange(n) + k // 2 + 1, n) for n in x.shape[1:3]]
        out.append(np.nanmax(windows(x, *masks), axis=(3, 4)))
    return np.concatenate(out, -1)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    o = size2(output_size)
    result = np.zeros((len(rois), *o, x.shape[3]))
    for r in range(len(rois)):
        x1, y1, x2, y2 = np.floor(rois[r, 1:] * spatial_scale + 0.5).astype(int)
        lo, hi = even(max(y2 - y1 + 1, 1), o[0])
        left, right = even(max(x2 - x1 + 1, 1), o[1])
        cells = windows(x[int(rois[r, 0])][None], mask(lo + y1, hi + y1, x.shape[1]), mask(left + x1, right + x1, x.shape[2]))
        result[r] = np.nan_to_num(quietly(np.nanmax, cells, (3, 4))[0])
    return result


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    o, g = size2(output_size), sampling_ratio
    height, width = x.shape[1:3]
    result = np.zeros((len(rois), *o, x.shape[3]))
    edge = np.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)], mode="edge")
    for r in range(len(rois)):
        x1, y1, x2, y2 = rois[r, 1:] * spatial_scale - 0.5 * aligned
        span = np.array([y2 - y1, x2 - x1])
        if not aligned:
            span = np.maximum(span, 1.0)
        for i, j, p, q in np.ndindex(o[0], o[1], g, g):
            v = y1 + span[0] / o[0] * (i + (p + 0.5) / g)
            h = x1 + span[1] / o[1] * (j + (q + 0.5) / g)
            if -1 <= v <= height and -1 <= h <= width:
                v, h = np.clip(v, 0, height - 1), np.clip(h, 0, width - 1)
                a, b = int(v), int(h)
                corner = edge[int(rois[r, 0]), a : a + 2, b : b + 2]
                weight = np.outer([1 - (v - a), v - a], [1 - (h - b), h - b])
                result[r, i, j] += np.tensordot(weight, corner, 2) / g**2
    return result
