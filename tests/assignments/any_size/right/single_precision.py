"""Single precision, matrices of 0 and 1, masked arrays; integer arithmetic with divmod."""
import numpy as np

single = np.float32


def member(n, o):
    """(o, n): whether bin i holds cell h, by cross-multiplying: i*n < (h+1)*o and h*o < (i+1)*n."""
    i, h = np.ogrid[:o, :n]
    return (i * n < (h + 1) * o) & (h * o < (i + 1) * n)


def two(v):
    return tuple(np.broadcast_to(v, 2).tolist())


def rows_columns(x, output_size):
    (a, b) = two(output_size)
    return member(x.shape[1], a), member(x.shape[2], b)


def adaptive_average_pool2d(x, output_size):
    R, C = (m / single(1) / m.sum(1, keepdims=True) for m in rows_columns(x, output_size))
    return np.einsum("ih,jw,nhwc->nijc", R.astype(single), C.astype(single), x.astype(single), optimize=True)


def adaptive_average_pool2d_backward(dy, x, output_size):
    R, C = (m / single(1) / m.sum(1, keepdims=True) for m in rows_columns(x, output_size))
    return np.einsum("ih,jw,nijc->nhwc", R, C, dy.astype(single))


def largest(x, axis, mask):
    """Maximum over an axis for every row of the mask."""
    return np.stack([np.compress(m, x, axis=axis).max(axis=axis) for m in mask], axis=axis)


def adaptive_max_pool2d(x, output_size):
    R, C = rows_columns(x, output_size)
    return largest(largest(x.astype(single), 1, R), 2, C)


def adaptive_max_pool2d_backward(dy, x, output_size):
    R, C = rows_columns(x, output_size)
    out = np.zeros((len(x), x.shape[1] * x.shape[2], x.shape[3]), single)
    number = np.arange(x.shape[1] * x.shape[2]).reshape(x.shape[1:3])
    flat = x.reshape(out.shape)
    for i, r in enumerate(R):
        for j, c in enumerate(C):
            cells = number[np.ix_(r, c)].ravel()
            best = cells[flat[:, cells].argmax(1)]
            for n in range(len(x)):
                for f in range(x.shape[3]):
                    out[n, best[n, f], f] += dy[n, i, j, f]
    return out.reshape(x.shape)


def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    return np.hstack([np.reshape(adaptive_max_pool2d(x, l), (len(x), l * l * x.shape[3])) for l in levels])


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    out = []
    for k in sizes:
        y = x.astype(single)
        for axis in (1, 2):
            near = abs(np.subtract.outer(np.arange(x.shape[axis]), np.arange(x.shape[axis]))) <= k // 2
            y = largest(y, axis, near)
        out.append(y)
    return np.concatenate(out, -1)


def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    out = []
    for n, *corners in rois.tolist():
        x1, y1, x2, y2 = (int(np.floor(v * spatial_scale + 0.5)) for v in corners)
        pieces = []
        for first, last, o, size in ((y1, y2, two(output_size)[0], x.shape[1]), (x1, x2, two(output_size)[1], x.shape[2])):
            length = max(last - first + 1, 1)
            cells = np.arange(size) - first
            i = np.arange(o)[:, None]
            pieces.append((cells >= i * length // o) & (cells < -(-(i + 1) * length // o)))
        plane = x[int(n)].astype(single)
        mask = pieces[0][:, None, :, None] & pieces[1][None, :, None, :]
        y = np.where(mask[..., None], plane, -np.inf).max(axis=(2, 3))
        out.append(np.where(mask.any((2, 3))[..., None], y, 0))
    return np.array(out, single)


def hat(start, stop, o, g, size, aligned):
    length = stop - start if aligned else max(1.0, stop - start)
    p = start + (np.arange(o * g) + 0.5) * (length / (o * g))
    q = np.clip(p, 0, size - 1)
    w = np.clip(1 - abs(q[:, None] - np.arange(size)), 0, None)
    w[(p < -1) | (p > size)] = 0
    return w.reshape(o, g, size).mean(1).astype(single)


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    a, b = two(output_size)
    out = np.empty((len(rois), a, b, x.shape[3]), single)
    for k, (n, x1, y1, x2, y2) in enumerate(rois):
        x1, y1, x2, y2 = (v * spatial_scale - (aligned and 0.5) for v in (x1, y1, x2, y2))
        H = hat(y1, y2, a, sampling_ratio, x.shape[1], aligned)
        W = hat(x1, x2, b, sampling_ratio, x.shape[2], aligned)
        out[k] = np.tensordot(H, np.tensordot(W, x[int(n)].astype(single), (1, 1)), (1, 1))
    return out
