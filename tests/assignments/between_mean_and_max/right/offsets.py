"""A walk over the cells of the window with running sums; nothing is ever stacked."""
import numpy as np


def walk(shape, size, strides, padding):
    """The number of windows; then for each window cell the outputs that have it inside the image, and its slice."""
    k = np.zeros(2, int) + size
    s = k if strides is None else np.zeros(2, int) + strides
    n = np.array(shape[1:3])
    count = (n - k) // s + 1 if padding == "valid" else -(-n // s)
    before = (0 * n) if padding == "valid" else np.maximum((count - 1) * s + k - n, 0) // 2
    steps = []
    for cell in np.ndindex(*k):
        out, take = [slice(None)], [slice(None)]
        for a in (0, 1):
            shift = cell[a] - before[a]
            first = -(shift // s[a]) if shift < 0 else 0
            last = min(count[a], (n[a] - 1 - shift) // s[a] + 1)
            out.append(slice(first, max(first, last)))
            take.append(slice(first * s[a] + shift, max(last - 1, -1) * s[a] + shift + 1 if last > first else first * s[a] + shift, s[a]))
        steps.append((cell, tuple(out), tuple(take)))
    return (shape[0], *count, shape[3]), steps


def total(x, size, strides, padding, f):
    shape, steps = walk(x.shape, size, strides, padding)
    y, m = np.zeros(shape), np.zeros(shape)
    for cell, out, take in steps:
        y[out] += f(x[take], out, take, cell)
        m[out] += 1
    return y, m


def top_of(x, size, strides, padding):
    shape, steps = walk(x.shape, size, strides, padding)
    y = np.full(shape, -np.inf)
    for _, out, take in steps:
        y[out] = np.maximum(y[out], x[take])
    return y


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    y, m = total(x, pool_size, strides, padding, lambda a, *_: np.abs(a) ** p)
    return (y / m) ** (1 / p)


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    y, (shape, steps) = lp_pool2d(x, pool_size, strides, padding, p), walk(x.shape, pool_size, strides, padding)
    _, m = total(x, pool_size, strides, padding, lambda a, *_: a)
    dx = np.zeros(x.shape)
    for _, out, take in steps:
        a = x[take]
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.sign(a) * np.abs(a) ** (p - 1) * y[out] ** (1 - p) / m[out]
        dx[take] += dy[out] * np.where(y[out] == 0, 0, part)
    return dx


def lip_sums(x, logits, size, strides, padding):
    top = top_of(logits, size, strides, padding)
    below, _ = total(logits, size, strides, padding, lambda g, out, *_: np.exp(g - top[out]))
    above, _ = total(logits, size, strides, padding, lambda g, out, take, _: np.exp(g - top[out]) * x[take])
    return top, below, above / below


def by_logits(x, logits, pool_size, strides=None, padding="valid"):
    return lip_sums(x, logits, pool_size, strides, padding)[2]


def by_logits_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    top, below, y = lip_sums(x, logits, pool_size, strides, padding)
    dx, dlogits = np.zeros(x.shape), np.zeros(x.shape)
    for _, out, take in walk(x.shape, pool_size, strides, padding)[1]:
        part = dy[out] * np.exp(logits[take] - top[out]) / below[out]
        dx[take] += part
        dlogits[take] += part * (x[take] - y[out])
    return dx, dlogits


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return by_logits(x, x, pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    return sum(by_logits_backward(dy, x, x, pool_size, strides, padding))


def mean_of(x, size, strides, padding):
    y, m = total(x, size, strides, padding, lambda a, *_: a)
    return y / m


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    return share * top_of(x, pool_size, strides, padding) + (1 - share) * mean_of(x, pool_size, strides, padding)


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    top = top_of(x, pool_size, strides, padding)
    _, m = total(x, pool_size, strides, padding, lambda a, *_: a)
    share = share + np.zeros(top.shape)
    dx, waiting = np.zeros(x.shape), np.ones(top.shape, bool)
    for _, out, take in walk(x.shape, pool_size, strides, padding)[1]:
        won = waiting[out] & (x[take] == top[out])
        waiting[out] ^= won
        dx[take] += dy[out] * (share[out] * won + (1 - share[out]) / m[out])
    return dx


def gated_pool2d(x, gate, strides=None, padding="valid"):
    return mixed_pool2d(x, gate.shape, strides, padding, shares(x, gate, strides, padding))


def shares(x, gate, strides, padding):
    z, _ = total(x, gate.shape, strides, padding, lambda a, out, take, cell: gate[cell] * a)
    return 0.5 * (1 + np.tanh(0.5 * z))


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    s = shares(x, gate, strides, padding)
    dx = mixed_pool2d_backward(dy, x, gate.shape, strides, padding, s)
    top, mean = top_of(x, gate.shape, strides, padding), mean_of(x, gate.shape, strides, padding)
    d = dy * (top - mean) * s * (1 - s)
    dgate = np.zeros(gate.shape)
    for cell, out, take in walk(x.shape, gate.shape, strides, padding)[1]:
        dx[take] += d[out] * gate[cell]
        dgate[cell] += np.sum(d[out] * x[take])
    return dx, dgate


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return by_logits(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return by_logits_backward(dy, x, logits, pool_size, strides, padding)
