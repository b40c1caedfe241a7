"""Mixtures of the maximum and the mean of one window."""

from __future__ import annotations

import numpy as np

from ..arguments import as_gradient, as_matching, as_real, gradient_dtype, lowest, working_dtype
from ..windows import Windows, fold, fold_backward, over
from .weighted import weighted_sum


def mixed_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, share=0.5) -> np.ndarray:
    """A share of the maximum and the rest of the mean: `y = share * max(a) + (1 - share) * mean(a)`.

    Lee et al. fix or learn the share; Yu et al. draw 0 or 1 in training (pass the drawn number, and the same one
    to the gradient) and its expectation, 0.5, serves afterwards.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        share: a finite number, or `(C,)` of them, one a channel; usually from 0 to 1.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: as `max_pool`, and for a share of another shape or not finite.

    Source: Yu et al. 2014 (doi:10.1007/978-3-319-11740-9_34); Lee, Gallagher and Tu 2016 (arXiv:1509.08985).

    >>> mixed_pool([[[1.0], [3.0]]], share=0.25)[0, 0]
    array([2.25])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    share = _as_share(share, x)
    return laid.pooled(x, lambda cells, some: _mix(*_largest_and_mean(cells, some), share))


def mixed_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, share=0.5):
    """Gradient of `mixed_pool` in `x`: `dy * share` to the first largest cell, `dy * (1 - share) / m` to every cell.

    (In `share` it is the sum of `dy * (max_pool(x) - average_pool(x))`.) Args, returns, errors: as
    `max_pool_backward` and `mixed_pool`.

    >>> mixed_pool_backward([[[1.0]]], [[[1.0], [3.0]]], share=0.5)[0, :, 0]
    array([0.25, 0.75])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    dy, share = as_gradient(dy, laid.shape(x)), _as_share(share, x)
    return _mix_backward(dy * share, dy * (1 - share), x, laid)


def gated_pool(x, gate, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Maximum and mean mixed by a gate that looks at the window: `y = s * max(a) + (1 - s) * mean(a)`.

    `s = sigmoid(sum(gate * a))`, over the cells inside the input; one gate for all channels and windows, no bias.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        gate: of the window's shape.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: as `max_pool`, and for a gate of another shape.

    Source: Lee, Gallagher and Tu 2016 (arXiv:1509.08985) and their Caffe code.

    >>> gated_pool([[[1.0], [3.0]]], [0.0, 0.0])[0, 0]
    array([2.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    weights = _as_gate(gate, laid, x)
    return laid.pooled(x, lambda cells, some: _mix(*_largest_and_mean(cells, some), _opening(cells, weights, some)))


def gated_pool_backward(dy, x, gate, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradients of `gated_pool`, with `d = dy * (max(a) - mean(a)) * s * (1 - s)` for each window.

    A cell receives what `mixed_pool` with share `s` sends it, and `d * gate` through the gate; an entry of the
    gate receives the sum of `d * a` over all windows and channels.

    Args, errors: as `max_pool_backward` and `gated_pool`.

    Returns:
        `(dx, dgate)`, of the shapes of `x` and `gate`.

    >>> dx, dgate = gated_pool_backward([[[1.0]]], [[[1.0], [3.0]]], [0.0, 0.0])
    >>> dx[0, :, 0], dgate
    (array([0.25, 0.75]), array([0.25, 0.75]))
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    dy, weights = as_gradient(dy, laid.shape(x)), _as_gate(gate, laid, x)
    largest, mean = _largest_and_mean(x, laid)
    opening = _opening(x, weights, laid)
    dx = _mix_backward(dy * opening, dy * (1 - opening), x, laid)
    through = dy * (largest - mean) * opening * (1 - opening)
    dgate = np.zeros(laid.cells, weights.dtype)
    for offset, outputs, inputs in laid:
        dgate[offset] = np.sum(through[outputs] * x[inputs])
        dx[inputs] += weights[offset] * through[outputs]
    return dx, dgate.reshape(laid.pool).astype(gradient_dtype(np.asarray(gate)), copy=False)


def _largest_and_mean(x, laid: Windows):
    dtype = working_dtype(x)
    mean = fold(x, laid, np.add, 0, dtype, lambda some: some.divisor(dtype))
    return fold(x, laid, np.maximum, lowest(x.dtype)).astype(dtype, copy=False), mean


def _mix(largest, mean, share):
    # Where the share is 0 or 1 the other part is left out, even where it is infinite.
    y = np.multiply(largest, share, out=np.zeros_like(largest), where=share != 0)
    y += np.multiply(mean, 1 - share, out=np.zeros_like(mean), where=share != 1)
    return y


def _mix_backward(to_largest, to_mean, x, laid: Windows):
    """What `max_pool` and `average_pool` send back together."""
    dx = fold_backward(to_largest, x, laid, np.maximum, lowest(x.dtype))
    to_mean = to_mean / laid.divisor(to_mean.dtype)
    for _, outputs, inputs in laid:
        dx[inputs] += to_mean[outputs]
    return dx


def _opening(x, weights, laid: Windows):
    # The sigmoid, written so that neither end overflows.
    return 0.5 * (1 + np.tanh(weighted_sum(x, weights, laid) / 2))


def _as_share(share, x) -> np.ndarray:
    share = as_real(share, "share")
    if share.shape not in ((), x.shape[-1:]) or not np.isfinite(share).all():
        raise ValueError(f"share must be a finite number or one for each of the {x.shape[-1]} channels, got {share!r}")
    return share.astype(working_dtype(x))


def _as_gate(gate, laid: Windows, x) -> np.ndarray:
    return as_matching(gate, laid.pool, "gate").ravel().astype(working_dtype(x))
