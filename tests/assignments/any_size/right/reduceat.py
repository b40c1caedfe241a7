"""np.add.reduceat and np.maximum.reduceat over interleaved starts and stops; index arithmetic for regions."""
import numpy as np


def marks(n, o):
    i = np.arange(o)
    pairs = np.stack([i * n // o, -(-(i + 1) * n // o)], 1).ravel()
    return pairs


def bands(x, axis, o, ufunc):
    """One cell is appended so that a stop at the end is a valid index."""
    n = x.shape[axis]
    filler = np.zeros_like(x.take([0], axis))
    longer = np.concatenate([x, filler], axis)
    picked = ufunc.reduceat(longer, marks(n, o), axis)
    return picked.take(range(0, 2 * o, 2), axis)


def pair(o):
    return (o, o) if isinstance(o, (int, np.integer)) else tuple(int(v) for v in o)


def adaptive_max_pool2d(x, output_size):
    down, across = pair(output_size)
    return bands(bands(x, 1, down, np.maximum), 2, across, np.maximum)


def counts(n, o):
    m = marks(n, o).reshape(-1, 2)
    return m[:, 1] - m[:, 0]


def adaptive_average_pool2d(x, output_size):
    down, across = pair(output_size)
    m = np.outer(counts(x.shape[1], down), counts(x.shape[2], across))
    return bands(bands(x.astype(float), 1, down, np.add), 2, across, np.add) / m[None, :, :, None]


def adaptive_average_pool2d_backward(dy, x, output_size):
    down, across = pair(output_size)
    m = np.outer(counts(x.shape[1], down), counts(x.shape[2], across))
    share = dy / m[None, :, :, None]
    difference = np.zeros((len(x), x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    rows, columns = marks(x.shape[1], down).reshape(-1, 2), marks(x.shape[2], across).reshape(-1, 2)
    for a, sign in ((0, 1), (1, -1)):
        for b, other in ((0, 1), (1, -1)):
            np.add.at(difference, (slice(None), rows[:, a][:, None], columns[:, b][None, :]), sign * other * share)
    return difference.cumsum(1).cumsum(2)[:, :-1, :-1]


def adaptive_max_pool2d_backward(dy, x, output_size):
    down, across = pair(output_size)
    y = adaptive_max_pool2d(x, output_size)
    rows, columns = marks(x.shape[1], down).reshape(-1, 2), marks(x.shape[2], across).reshape(-1, 2)
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(*y.shape):
        part = x[n, rows[i, 0] : rows[i, 1], columns[j, 0] : columns[j, 1], c]
        h, w = np.argwhere(part == y[n, i, j, c])[0]
        dx[n, rows[i, 0] + h, columns[j, 0] + w, c] += dy[n, i, j, c]
    return dx


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    y = np.empty((len(x), x.shape[3] * sum(level**2 for level in levels)))
    at = 0
    for level in levels:
        width = x.shape[3] * level**2
        y[:, at : at + width] = adaptive_max_pool2d(x, level).reshape(len(x), width)
        at += width
    return y


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    from numpy.lib.stride_tricks import sliding_window_view

    def one(k):
        around = [(0, 0), (k // 2, k // 2), (k // 2, k // 2), (0, 0)]
        padded = np.pad(x.astype(float), around, constant_values=np.finfo(float).min)
        return sliding_window_view(padded, (k, k), (1, 2)).max((-1, -2))

    return np.concatenate([one(k) for k in sizes], -1)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    down, across = pair(output_size)
    y = np.zeros((len(rois), down, across, x.shape[3]))
    corners = np.trunc(rois[:, 1:] * spatial_scale + np.copysign(0.5, rois[:, 1:])).astype(int)
    for r, (x1, y1, x2, y2) in enumerate(corners.tolist()):
        rows = y1 + marks(max(y2 - y1 + 1, 1), down).reshape(-1, 2)
        columns = x1 + marks(max(x2 - x1 + 1, 1), across).reshape(-1, 2)
        for i in range(down):
            for j in range(across):
                hs = np.arange(*rows[i])
                ws = np.arange(*columns[j])
                hs, ws = hs[(hs >= 0) & (hs < x.shape[1])], ws[(ws >= 0) & (ws < x.shape[2])]
                if len(hs) and len(ws):
                    y[r, i, j] = x[int(rois[r, 0])][np.ix_(hs, ws)].max((0, 1))
    return y


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    (down, across), g = pair(output_size), sampling_ratio
    c = rois[:, 1:] * spatial_scale
    if aligned:
        c = c - 0.5
    wide, high = c[:, 2] - c[:, 0], c[:, 3] - c[:, 1]
    if not aligned:
        wide, high = np.maximum(wide, 1), np.maximum(high, 1)
    v = c[:, 1, None] + high[:, None] * (np.arange(down * g) + 0.5) / (down * g)
    h = c[:, 0, None] + wide[:, None] * (np.arange(across * g) + 0.5) / (across * g)
    image = rois[:, 0].astype(int)[:, None, None]
    seen = ((v >= -1) & (v <= x.shape[1]))[:, :, None] & ((h >= -1) & (h <= x.shape[2]))[:, None, :]
    v, h = v.clip(0, x.shape[1] - 1)[:, :, None], h.clip(0, x.shape[2] - 1)[:, None, :]
    total = 0
    for dv in (0, 1):
        for dh in (0, 1):
            i, j = np.floor(v).astype(int), np.floor(h).astype(int)
            p = v - i if dv else 1 - (v - i)
            q = h - j if dh else 1 - (h - j)
            i, j = np.minimum(i + dv, x.shape[1] - 1), np.minimum(j + dh, x.shape[2] - 1)
            total = total + (p * q * seen)[..., None] * x[image, i, j]
    return total.reshape(len(rois), down, g, across, g, -1).mean((2, 4))
