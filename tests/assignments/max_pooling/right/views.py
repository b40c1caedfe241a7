"""`as_strided` views, `np.lexsort`-free winners by comparing, and results that are views of something larger."""
import numpy as np
from numpy.lib.stride_tricks import as_strided


def laid(x, pool_size, strides, padding, fill):
    """(batch, windows down, window rows, windows across, window columns, channels): a view of a padded copy."""
    (k, m) = (pool_size, pool_size) if np.ndim(pool_size) == 0 else pool_size
    (s, t) = (k, m) if strides is None else (strides, strides) if np.ndim(strides) == 0 else strides
    b, height, width, channels = x.shape
    if padding == "same":
        o, p = -(-height // s), -(-width // t)
    else:
        o, p = (height - k) // s + 1, (width - m) // t + 1
    down, across = (o - 1) * s + k, (p - 1) * t + m
    top = max(down - height, 0) // 2 if padding == "same" else 0
    left = max(across - width, 0) // 2 if padding == "same" else 0
    room = np.full((b, max(down, height + top), max(across, width + left), channels), fill, dtype=x.dtype)
    inner = room[:, top : top + height, left : left + width]
    inner[...] = x
    zero, one, two, three = room.strides
    return as_strided(room, (b, o, k, p, m, channels), (zero, one * s, one, two * t, two, three)), inner


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    view, _ = laid(x, pool_size, strides, padding, -np.inf)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(view.max(axis=4).max(axis=2), 3, 1)), 1, 3)


def winning(x, pool_size, strides, padding):
    """True at the first largest cell of each window."""
    view, _ = laid(x, pool_size, strides, padding, -np.inf)
    order = view.transpose(0, 1, 3, 5, 2, 4)
    flat = order.reshape(*order.shape[:4], -1)
    best = flat.argmax(-1)[..., None]
    return (np.arange(flat.shape[-1]) == best).reshape(order.shape).transpose(0, 1, 4, 2, 5, 3)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    target, inner = laid(np.zeros(x.shape), pool_size, strides, padding, 0)
    wins = winning(x, pool_size, strides, padding)
    for h in range(target.shape[2]):
        for w in range(target.shape[4]):
            target[:, :, h, :, w] += dy * wins[:, :, h, :, w]
    return inner


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    numbers = np.arange(x.shape[1] * x.shape[2], dtype=np.int16).reshape(1, *x.shape[1:3], 1)
    view, _ = laid(np.repeat(np.repeat(numbers, len(x), 0), x.shape[3], 3), pool_size, strides, padding, 0)
    places = np.einsum("nohpwc,nohpwc->nopc", view.astype(np.int64), winning(x, pool_size, strides, padding))
    return max_pool2d(x, pool_size, strides, padding), places


def max_unpool2d(y, index, output_shape):
    cells = np.arange(output_shape[0] * output_shape[1])
    hit = index.reshape(len(y), -1, 1, y.shape[3]) == cells[:, None]
    first = hit & (hit.cumsum(axis=1) == 1)
    out = np.where(first, y.reshape(len(y), -1, 1, y.shape[3]), 0).sum(axis=1, dtype=y.dtype)
    return out.reshape(len(y), *output_shape, y.shape[3])
