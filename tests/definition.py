"""Poolings straight from their definition: one loop over output positions, and the drawn geometries for it.

Slow, and unlike the library in every step, so that the two cannot share a mistake.
"""

import itertools

import numpy as np
from hypothesis import strategies as st


def axis_windows(n, k, s, padding, d, ceil_mode):
    """For each window along one axis: the list of `(offset, cell)` inside the input."""
    extent = (k - 1) * d + 1
    if padding in ("same", "same_lower"):
        total = max(0, (len(range(0, n, s)) - 1) * s + extent - n)
        before = total // 2 if padding == "same" else total - total // 2
        starts = [o * s - before for o in range(len(range(0, n, s)))]
    else:
        before, after = (0, 0) if padding == "valid" else padding
        starts = list(range(-before, n + after, s))
        if ceil_mode:
            # One window more where those before it do not reach the end of the padding, if it starts on the input.
            starts = [b for b in starts if (b == -before or b - s + extent < n + after) and b < n]
        else:
            starts = [b for b in starts if b + extent <= n + after]
    return [[(i, b + i * d) for i in range(k) if 0 <= b + i * d < n] for b in starts]


def each(value, rank):
    return (value,) * rank if isinstance(value, (int, str)) else tuple(value)


def laid_by_definition(spatial, pool_size, strides=None, padding="valid", dilation=1, ceil_mode=False):
    """`axis_windows` of every axis."""
    rank = len(spatial)
    pool = each(pool_size, rank)
    strides = pool if strides is None else each(strides, rank)
    return [
        axis_windows(*a, ceil_mode)
        for a in zip(spatial, pool, strides, each(padding, rank), each(dilation, rank), strict=True)
    ]


def pool_by_definition(x, function, pool_size=2, **how):
    """`function(values, offsets, c)` of every window and channel, the cells in row-major order."""
    axes = laid_by_definition(x.shape[1:-1], pool_size, **how)
    y = np.empty((x.shape[0], *(len(a) for a in axes), x.shape[-1]))
    for o in itertools.product(*(range(len(a)) for a in axes)):
        cells = list(itertools.product(*(a[i] for a, i in zip(axes, o, strict=True))))
        offsets = [tuple(pair[0] for pair in cell) for cell in cells]
        for n in range(x.shape[0]):
            for c in range(x.shape[-1]):
                values = np.array([x[(n, *(pair[1] for pair in cell), c)] for cell in cells])
                y[(n, *o, c)] = function(values, offsets, c)
    return y


@st.composite
def geometries(draw, ranks=(1, 2, 3), most=6, dilations=(1, 2), paddings=None, least_pool=1):
    """`(spatial shape, keyword arguments)` of a pooling that fits."""
    rank = draw(st.sampled_from(ranks))
    kind = draw(st.sampled_from(paddings or ("valid", "same", "same_lower", "explicit")))
    spatial, pool, strides, dilation, padding = [], [], [], [], []
    for _ in range(rank):
        k = draw(st.integers(least_pool, 3))
        d = draw(st.sampled_from(dilations))
        extent = (k - 1) * d + 1
        pads = (draw(st.integers(0, extent - 1)), draw(st.integers(0, extent - 1))) if kind == "explicit" else (0, 0)
        fits = max(1, extent - sum(pads)) if kind in ("valid", "explicit") else 1
        spatial.append(draw(st.integers(fits, max(most, fits))))
        pool.append(k)
        strides.append(draw(st.integers(1, 3)))
        dilation.append(d)
        padding.append(pads)
    return tuple(spatial), {
        "pool_size": tuple(pool), "strides": tuple(strides), "dilation": tuple(dilation),
        "padding": tuple(padding) if kind == "explicit" else kind, "ceil_mode": draw(st.booleans()),
    }


def distinct(seed, shape):
    """Values without ties, of both signs, far enough apart for finite differences."""
    size = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(size).reshape(shape) / 7 - size / 14 + 0.03
