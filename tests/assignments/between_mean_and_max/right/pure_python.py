"""Plain Python: a generator of windows as lists of (place, cell of the window), math functions, dictionaries."""
import itertools
import math

import numpy as np


def walk(x, size, strides, padding):
    kh, kw = (size, size) if isinstance(size, int) else size
    sh, sw = (kh, kw) if strides is None else (strides, strides) if isinstance(strides, int) else strides
    axes = []
    for n, k, s in ((x.shape[1], kh, sh), (x.shape[2], kw, sw)):
        count = math.ceil(n / s) if padding == "same" else (n - k) // s + 1
        off = max((count - 1) * s + k - n, 0) // 2 if padding == "same" else 0
        axes.append([[(i * s - off + t, t) for t in range(k) if 0 <= i * s - off + t < n] for i in range(count)])
    for (i, rows), (j, cols) in itertools.product(enumerate(axes[0]), enumerate(axes[1])):
        for n in range(x.shape[0]):
            for c in range(x.shape[3]):
                yield (n, i, j, c), [((n, h, w, c), (u, v)) for (h, u), (w, v) in itertools.product(rows, cols)]


def forward(x, size, strides, padding, rule):
    found = {at: rule(cells) for at, cells in walk(x, size, strides, padding)}
    shape = [max(at[d] for at in found) + 1 for d in range(4)]
    y = np.empty(shape)
    for at, value in found.items():
        y[at] = value
    return y


def backward(dy, x, size, strides, padding, rule):
    dx = np.zeros(x.shape)
    for at, cells in walk(x, size, strides, padding):
        for (place, _), part in zip(cells, rule(at, cells)):
            dx[place] += dy[at] * part
    return dx


def lp(values, p):
    return (math.fsum(abs(v) ** p for v in values) / len(values)) ** (1.0 / p)


def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    return forward(x, pool_size, strides, padding, lambda cells: lp([float(x[at]) for at, _ in cells], p))


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    def rule(_, cells):
        values = [float(x[at]) for at, _ in cells]
        y = lp(values, p)
        return [math.copysign(1, v) * (abs(v) / y) ** (p - 1) / len(values) if y and v else 0.0 for v in values]

    return backward(dy, x, pool_size, strides, padding, rule)


def softmax(logits):
    top = max(logits)
    e = [math.exp(v - top) for v in logits]
    return [v / sum(e) for v in e]


def by_logits(x, logits, pool_size, strides=None, padding="valid"):
    def rule(cells):
        return sum(w * x[at] for w, (at, _) in zip(softmax([logits[at] for at, _ in cells]), cells))

    return forward(x, pool_size, strides, padding, rule)


def by_logits_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    y = by_logits(x, logits, pool_size, strides, padding)

    def numbers(_, cells):
        return softmax([logits[at] for at, _ in cells])

    def scores(out, cells):
        return [w * (x[at] - y[out]) for w, (at, _) in zip(numbers(out, cells), cells)]

    where = pool_size, strides, padding
    return backward(dy, x, *where, numbers), backward(dy, x, *where, scores)


def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    return by_logits(x, x.copy(), pool_size, strides, padding)


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    first, second = by_logits_backward(dy, x, x, pool_size, strides, padding)
    return first + second


def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    def rule(cells):
        values = [x[at] for at, _ in cells]
        return share * max(values) + (1 - share) * sum(values) / len(values)

    return forward(x, pool_size, strides, padding, rule)


def mixture(values, share):
    first = values.index(max(values))
    return [(1 - share) / len(values) + (share if i == first else 0) for i in range(len(values))]


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    return backward(dy, x, pool_size, strides, padding, lambda _, cells: mixture([x[at] for at, _ in cells], share))


def gate_of(x, gate, cells):
    return 1 / (1 + math.exp(-sum(gate[t] * x[at] for at, t in cells)))


def gated_pool2d(x, gate, strides=None, padding="valid"):
    def rule(cells):
        s, values = gate_of(x, gate, cells), [x[at] for at, _ in cells]
        return s * max(values) + (1 - s) * np.mean(values)

    return forward(x, gate.shape, strides, padding, rule)


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    dgate = np.zeros(gate.shape)

    def rule(out, cells):
        s, values = gate_of(x, gate, cells), [x[at] for at, _ in cells]
        d = (max(values) - np.mean(values)) * s * (1 - s)
        for at, t in cells:
            dgate[t] += dy[out] * d * x[at]
        return [a + d * gate[t] for a, (_, t) in zip(mixture(values, s), cells)]

    return backward(dy, x, gate.shape, strides, padding, rule), dgate


def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    return by_logits(x, logits, pool_size, strides, padding)


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    return by_logits_backward(dy, x, logits, pool_size, strides, padding)
