"""Every bin is a row of a matrix; averages are products, maxima are masked."""
import numpy as np


def member(n, o, start=0, cells=None):
    """M[i, h]: does bin i of o over n cells from `start` hold cell h?"""
    cells = n if cells is None else cells
    i, h = np.arange(o)[:, None], np.arange(cells)[None, :] - start
    return (h >= i * n // o) & (h < -((-i - 1) * n // o))


def both(x, output_size):
    down, across = np.broadcast_to(output_size, 2).tolist()
    return member(x.shape[1], down), member(x.shape[2], across)


def adaptive_average_pool2d(x, output_size):
    a, b = (m / m.sum(1, keepdims=True) for m in both(x, output_size))
    return np.einsum("ih,jw,nhwc->nijc", a, b, x)


def adaptive_average_pool2d_backward(dy, x, output_size):
    a, b = (m / m.sum(1, keepdims=True) for m in both(x, output_size))
    return np.einsum("ih,jw,nijc->nhwc", a, b, dy)


def spread(x, a, b):
    inside = (a[:, None, :, None] & b[None, :, None, :])[None, ..., None]
    return np.where(inside, x[:, None, None], -np.inf).reshape(len(x), len(a), len(b), -1, x.shape[-1])


def adaptive_max_pool2d(x, output_size):
    return spread(x, *both(x, output_size)).max(3)


def adaptive_max_pool2d_backward(dy, x, output_size):
    cells = spread(x, *both(x, output_size))
    hot = np.arange(cells.shape[3])[:, None] == cells.argmax(3)[:, :, :, None]
    return np.einsum("nijkc,nijc->nkc", hot, dy).reshape(x.shape)


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.hstack([np.ravel(adaptive_max_pool2d(x, (level, level))).reshape(len(x), -1) for level in levels])


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    def near(n, size):
        return np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= size // 2

    return np.concatenate([spread(x, near(x.shape[1], s), near(x.shape[2], s)).max(3) for s in sizes], axis=-1)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    down, across = np.broadcast_to(output_size, 2).tolist()
    out = []
    for n, *corners in rois:
        x1, y1, x2, y2 = np.floor(np.multiply(corners, spatial_scale) + 0.5).astype(int).tolist()
        a = member(max(y2 - y1 + 1, 1), down, y1, x.shape[1])
        b = member(max(x2 - x1 + 1, 1), across, x1, x.shape[2])
        y = spread(x[[int(n)]], a, b).max(3)[0]
        out.append(np.where(np.isinf(y), 0, y))
    return np.array(out)


def tents(start, length, o, g, cells):
    p = start + (np.arange(o * g) + 0.5) * length / (o * g)
    ok = (p >= -1) & (p <= cells)
    q = np.clip(p, 0, cells - 1)
    low = np.minimum(q.astype(int), cells - 1)
    w = np.zeros((o * g, cells))
    w[np.arange(o * g), low] += 1 - (q - low)
    w[np.arange(o * g), np.minimum(low + 1, cells - 1)] += q - low
    return (w * ok[:, None]).reshape(o, g, cells).sum(1) / g


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    down, across = np.broadcast_to(output_size, 2).tolist()
    out = []
    for n, *corners in rois:
        x1, y1, x2, y2 = np.multiply(corners, spatial_scale) - aligned / 2
        least = -np.inf if aligned else 1.0
        a = tents(y1, max(y2 - y1, least), down, sampling_ratio, x.shape[1])
        b = tents(x1, max(x2 - x1, least), across, sampling_ratio, x.shape[2])
        out.append(np.tensordot(a, np.tensordot(b, x[int(n)], (1, 1)), (1, 1)))
    return np.array(out)
