"""Stochastic pooling: one cell of each window, drawn with probability proportional to its value."""

from __future__ import annotations

import numpy as np

from ..arguments import as_gradient, as_matching, gradient_dtype, working_dtype
from ..windows import Windows, blocks, over
from .weighted import as_not_negative


def stochastic_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, training=False, rng=None
) -> np.ndarray:
    """In training one cell of each window, drawn with `p = a / sum(a)`; otherwise the expectation, `sum(p * a)`.

    Args:
        x: as for `max_pool`, and not negative (pool after a ReLU).
        pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        training: draw.
        rng: a `numpy.random.Generator`, which draws one uniform number for each output, or those numbers
            themselves, `(N, *O, C)` in [0, 1). Needed when training. The first cell in row-major order is taken
            at which the cumulative probability exceeds the number.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64. A window of zeros gives 0, NaN gives NaN.

    Raises:
        TypeError, ValueError: as `max_pool`, for negative values, and for training without `rng`.

    Source: Zeiler and Fergus 2013 (arXiv:1301.3557).

    >>> stochastic_pool([[[1.0], [3.0]]])[0, 0], stochastic_pool([[[1.0], [3.0]]], training=True, rng=[[[0.2]]])[0, 0]
    (array([2.5]), array([1.]))
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    as_not_negative(x)
    uniforms = as_uniforms(rng, laid.shape(x)) if training else None
    y = np.empty(laid.shape(x), gradient_dtype(x))
    for outputs, inputs, some in laid.parts(x):
        cells = x[inputs].astype(working_dtype(x), copy=False)
        total = _total(cells, some)
        drawn = _drawn(cells, total, uniforms[outputs], some) if training else _expectation(cells, total, some)
        y[outputs] = drawn
    return y


def stochastic_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, training=False, rng=None
):
    """Gradient of `stochastic_pool`: in training `dy` to the drawn cell, the probabilities taken as constant.

    Otherwise, with the expectation `y`, a cell receives `dy * (2 * a - y) / sum(a)`. A window of zeros sends
    nothing back. The same numbers, or a generator in the same state as before the forward call, give the same draw.
    Args, returns, errors: as `max_pool_backward` and `stochastic_pool`.

    >>> stochastic_pool_backward([[[1.0]]], [[[1.0], [3.0]]], training=True, rng=[[[0.2]]])[0, :, 0]
    array([1., 0.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    as_not_negative(x)
    dy = as_gradient(dy, laid.shape(x))
    uniforms = as_uniforms(rng, laid.shape(x)) if training else None
    dx = np.zeros(x.shape, gradient_dtype(x))
    for block in blocks(x):
        cells = x[block].astype(working_dtype(x), copy=False)
        total = _total(cells, laid)
        if training:
            for _, outputs, inputs, hit in _draws(cells, total, uniforms[block], laid):
                laid.add(dx[block], inputs, dy[block][outputs] * hit)
            continue
        y = _expectation(cells, total, laid)
        share = np.divide(dy[block], total, out=np.zeros_like(total), where=total > 0)
        for _, outputs, inputs in laid:
            laid.add(dx[block], inputs, share[outputs] * (2 * cells[inputs] - y[outputs]))
    return dx


def as_uniforms(rng, shape: tuple[int, ...]) -> np.ndarray:
    """The uniform numbers of one draw, from a generator or as given."""
    if isinstance(rng, np.random.Generator):
        return rng.random(shape)
    if rng is None:
        raise ValueError("rng must be a numpy.random.Generator or the drawn uniform numbers when training, got None")
    if isinstance(rng, (int, np.integer, np.random.RandomState)):
        raise TypeError(f"rng must be a numpy.random.Generator or the drawn uniform numbers, got {rng!r}")
    uniforms = as_matching(rng, shape, "rng")
    if not ((uniforms >= 0) & (uniforms < 1)).all():
        raise ValueError("rng must hold numbers from 0 up to, not including, 1")
    return uniforms


def _total(cells, laid: Windows):
    # Added in the order of the draw, so that the last cumulative sum is this one to the last bit.
    total = np.zeros(laid.shape(cells), cells.dtype)
    for _, outputs, inputs in laid:
        total[outputs] += cells[inputs]
    return total


def _expectation(cells, total, laid: Windows):
    y = np.zeros_like(total)
    per_total = np.divide(1, total, out=np.zeros_like(total), where=total != 0)
    for _, outputs, inputs in laid:
        y[outputs] += cells[inputs] * per_total[outputs] * cells[inputs]
    return y


def _drawn(cells, total, uniforms, laid: Windows):
    y = np.where(np.isnan(total), total, 0)
    for _, outputs, inputs, hit in _draws(cells, total, uniforms, laid):
        y[outputs] += cells[inputs] * hit.astype(cells.dtype)
    return y


def _draws(cells, total, uniforms, laid: Windows):
    """Which cell each window drew: `(offset, outputs, inputs, hit)`, with a mask over `outputs`."""
    # A number rounded up to 1 would put the threshold at the total, which no cumulative sum exceeds.
    below_one = np.nextafter(total.dtype.type(1), total.dtype.type(0))
    threshold = np.minimum(uniforms.astype(total.dtype), below_one) * total
    reached, pending = np.zeros_like(total), np.ones(total.shape, bool)
    for offset, outputs, inputs in laid:
        sums = reached[outputs]
        sums += cells[inputs]
        hit = (sums > threshold[outputs]) & pending[outputs]
        pending[outputs] ^= hit
        yield offset, outputs, inputs, hit
