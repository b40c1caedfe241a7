"""Weighted means of one window: by power (Lp), by given weights, by information, by softmax."""

from __future__ import annotations

import numpy as np

from ..arguments import as_gradient, as_matching, as_number, as_real, gradient_dtype, working_dtype
from ..windows import Windows, blocks, fold, fold_backward, over


def lp_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, p=2, normalized=True
) -> np.ndarray:
    """Power mean of the absolute values: `y = mean(|a| ** p) ** (1 / p)` over the cells `a` of a window.

    It rises with `p`, from the mean of |a| at `p=1` to the largest |a| at `p=inf`.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        p: a number from 1 to infinity.
        normalized: `False` gives the norm `sum(|a| ** p) ** (1 / p)` instead, as PyTorch `LPPool2d` (which takes no
            absolute value, so that odd powers of negative cells differ) and ONNX `LpPool` do.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64. Padding is not counted, and NaN gives NaN.

    Raises:
        TypeError, ValueError: as `max_pool`, and for `p` below 1.

    Source: Sermanet, Chintala and LeCun 2012 (arXiv:1204.3968).

    >>> lp_pool([[[3.0], [-4.0]]], p=1)[0, 0], lp_pool([[[3.0], [-4.0]]], normalized=False)[0, 0]
    (array([3.5]), array([5.]))
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    p = as_power(p)
    return laid.pooled(x, lambda cells, some: _power_mean(cells, some, p, normalized))


def lp_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, p=2, normalized=True
):
    """Gradient of `lp_pool`: a cell `a` of a window of `m` receives `dy * sign(a) * (|a| / y) ** (p - 1) / m`.

    Without `normalized` there is no `/ m`. Where `y` is 0 the gradient is 0 (TensorFlow and JAX: NaN). At
    `p=inf` it goes to the first largest |a|. Args, returns, errors: as `max_pool_backward` and `lp_pool`.

    >>> lp_pool_backward([[[1.0]]], [[[3.0], [-4.0]]], normalized=False)[0, :, 0]
    array([ 0.6, -0.8])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    dy, p = as_gradient(dy, laid.shape(x)), as_power(p)
    y = _power_mean(x, laid, p, normalized)
    if np.isinf(p):
        to_size = fold_backward(dy, np.abs(x.astype(y.dtype)), laid, np.maximum, 0)
        return (to_size * np.sign(x)).astype(gradient_dtype(x), copy=False)
    share = np.where(y > 0, dy / laid.divisor(y.dtype) if normalized else dy, 0).astype(y.dtype, copy=False)
    scale = np.where(y > 0, y, 1)
    dx = np.zeros(x.shape, gradient_dtype(x))
    for _, outputs, inputs in laid:
        cells = x[inputs]
        laid.add(dx, inputs, share[outputs] * np.sign(cells) * np.abs(cells / scale[outputs]) ** (p - 1))
    return dx


def _power_mean(x, laid: Windows, p: float, normalized: bool) -> np.ndarray:
    cells = np.abs(x.astype(working_dtype(x), copy=False))
    top = fold(cells, laid, np.maximum, 0)
    if np.isinf(p):
        return top
    # The largest cell is taken out of the power, so that none overflows and the largest does not vanish.
    scale = np.where((top > 0) & np.isfinite(top), top, 1)
    total = np.zeros_like(top)
    for _, outputs, inputs in laid:
        total[outputs] += (cells[inputs] / scale[outputs]) ** p
    if normalized:
        total /= laid.divisor(total.dtype)
    total **= 1 / p
    return np.where(np.isinf(top), top, scale * total)


def as_power(p) -> float:
    p = as_number(p, "p", "a number from 1 to infinity", lambda p: p >= 1)
    # An int keeps NumPy's fast squares.
    return int(p) if float(p).is_integer() else float(p)


def weighted_pool(x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Mean of each window with given weights: `y = sum(w * a) / sum(w)` over the cells inside the input.

    Equal weights give `average_pool`, binomial ones a blur. A depthwise convolution differs at the border, where
    the division is by the weights that met a cell.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        weights: non-negative, of the window's shape, or that and `C` for one set a channel.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64; 0 where no positive weight met a cell.

    Raises:
        TypeError, ValueError: as `max_pool`, and for weights of another shape, negative, or not finite.

    Source: the linear case of `keras.layers.DepthwiseConv2D`, normalised.

    >>> weighted_pool([[[1.0], [5.0]]], [3.0, 1.0])[0, 0]
    array([2.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    weights = _as_weights(weights, laid, x)
    return laid.pooled(x, lambda cells, some: weighted_sum(cells, weights, some) * _reciprocal(_met(weights, some)))


def weighted_pool_backward(dy, x, weights, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `weighted_pool` in `x`: a cell with weight `w` receives `dy * w / sum(w)`.

    Args, returns, errors: as `max_pool_backward` and `weighted_pool`; the weights are taken as given.

    >>> weighted_pool_backward([[[1.0]]], [[[1.0], [5.0]]], [3.0, 1.0])[0, :, 0]
    array([0.75, 0.25])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    weights = _as_weights(weights, laid, x)
    share = as_gradient(dy, laid.shape(x)) * _reciprocal(_met(weights, laid))
    dx = np.zeros(x.shape, gradient_dtype(x))
    for offset, outputs, inputs in laid:
        laid.add(dx, inputs, weights[offset] * share[outputs])
    return dx


def weighted_sum(x, weights, laid: Windows) -> np.ndarray:
    """The cells of each window times the weights of their offsets, added up."""
    y = np.zeros(laid.shape(x), weights.dtype)
    for offset, outputs, inputs in laid:
        y[outputs] += weights[offset] * x[inputs]
    return y


def _as_weights(weights, laid: Windows, x) -> np.ndarray:
    weights = as_real(weights, "weights")
    if weights.shape not in (laid.pool, (*laid.pool, x.shape[-1])):
        raise ValueError(
            f"weights must have the window's shape {laid.pool}, or {(*laid.pool, x.shape[-1])}, got {weights.shape}"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"weights must be finite and not negative, got {weights!r}")
    return weights.reshape(laid.cells, -1).astype(working_dtype(x))


def _met(weights, laid: Windows) -> np.ndarray:
    """Sum of the weights that met a cell: `(1, *O, 1 or C)`, or one for all windows."""
    if laid.inside:
        return weights.sum(0)
    return weighted_sum(np.ones((1, *(a.size for a in laid.axes), weights.shape[-1]), weights.dtype), weights, laid)


def _reciprocal(total: np.ndarray) -> np.ndarray:
    """`1 / total`, and 0 for 0."""
    return np.divide(1, total, out=np.zeros_like(total), where=total != 0)


def information_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Mean of each window weighted by the information of its cells.

    With `p = a / sum(a)` and `h = -p * log(p)`: `y = sum(h * a) / sum(h)`. A window with one positive cell gives
    that value, a window of zeros 0. `h` is largest at `p = 1/e`: a dominant cell is not rewarded for it.

    Args:
        x: as for `max_pool`, and not negative.
        pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: as `max_pool`, and for negative values.

    Source: after Zhu et al. 2019 (doi:10.1007/s10586-018-2165-4), who weight by mutual information; our formula.

    >>> information_pool([[[1.0], [1.0], [4.0], [0.0]]])[0, :, 0]
    array([1., 4.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    as_not_negative(x)
    return laid.pooled(x, lambda cells, some: _information(cells.astype(working_dtype(x), copy=False), some)[0])


def information_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `information_pool`, by the chain rule through `p` and `h`.

    Cells at 0, where the slope of `h` is infinite, receive 0. Args, returns, errors: as `max_pool_backward`.

    >>> information_pool_backward([[[1.0]]], [[[2.0], [2.0]]])[0, :, 0]
    array([0.5, 0.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    as_not_negative(x)
    dy = as_gradient(dy, laid.shape(x))
    dx = np.zeros(x.shape, gradient_dtype(x))
    for block in blocks(x):
        cells = x[block].astype(working_dtype(x))
        y, total, information = _information(cells, laid)
        per_total, per_information = _reciprocal(total), _reciprocal(information)
        # How y moves with each p, and what they all lose when the sum grows.
        pull = np.zeros_like(y)
        for _, outputs, inputs in laid:
            p = cells[inputs] * per_total[outputs]
            pull[outputs] += p * _by_p(p, cells[inputs], y[outputs], per_information[outputs])
        for _, outputs, inputs in laid:
            a = cells[inputs]
            p = a * per_total[outputs]
            direct = np.where(information[outputs] > 0, _entropy(p) * per_information[outputs], a > 0)
            through = (_by_p(p, a, y[outputs], per_information[outputs]) - pull[outputs]) * per_total[outputs]
            laid.add(dx[block], inputs, dy[block][outputs] * (direct + np.where(a > 0, through, 0)))
    return dx


def _information(cells, laid: Windows):
    """`y`, `sum(a)` and `sum(h)` of each window."""
    total = fold(cells, laid, np.add, 0)
    per_total = _reciprocal(total)
    information, y = np.zeros_like(total), np.zeros_like(total)
    for _, outputs, inputs in laid:
        h = _entropy(cells[inputs] * per_total[outputs])
        information[outputs] += h
        y[outputs] += h * cells[inputs]
    return np.where(information > 0, y * _reciprocal(information), total), total, information


def _entropy(p):
    h = np.log(np.maximum(p, np.finfo(p.dtype).tiny))
    h *= -p
    return h


def _by_p(p, a, y, per_information):
    return -(np.log(np.where(p > 0, p, 1)) + 1) * (a - y) * per_information


def as_not_negative(x) -> None:
    if np.fmin.reduce(x, axis=None, initial=0) < 0:
        raise ValueError(f"x must not hold negative values (pool after a ReLU), got a minimum of {np.nanmin(x)}")


def soft_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Mean of each window weighted by the softmax of its own values: `y = sum(exp(a) * a) / sum(exp(a))`.

    Between the mean and the maximum; the softmax runs over the cells of one window and one channel.

    Args, returns, errors: as `lip_pool` without logits. A window whose largest value is infinite gives that value.

    Source: Stergiou, Poppe and Kalliatakis 2021 (arXiv:2101.00440).

    >>> soft_pool([[[0.0], [np.log(3)]]])[0, 0] / np.log(3)
    array([0.75])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)

    def pool(cells, some):
        cells = cells.astype(working_dtype(x), copy=False)
        with np.errstate(invalid="ignore"):
            top, _, mean = _softmax_mean(cells, cells, some)
            if np.isnan(mean).any():  # Minus infinity weighs nothing, but nothing times it is NaN.
                mean = _softmax_mean(np.maximum(cells, np.finfo(cells.dtype).min), cells, some)[2]
        return np.where(np.isinf(top) & (some.counts() > 0), top, mean)

    return laid.pooled(x, pool)


def soft_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `soft_pool`: a cell `a` with weight `w` receives `dy * w * (1 + a - y)`, which can be negative.

    Args, returns, errors: as `max_pool_backward`.

    >>> soft_pool_backward([[[1.0]]], [[[2.0], [2.0]]])[0, :, 0]
    array([0.5, 0.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    through_values, through_weights = _softmax_mean_backward(dy, x, x, laid)
    return through_values + through_weights


def lip_pool(x, logits, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Local importance-based pooling: `y = sum(exp(l) * a) / sum(exp(l))` with a logit `l` for every cell.

    In the paper a small network computes the logits from `x`. Constant logits give the average, `logits=x` is
    `soft_pool`, large multiples of `x` approach the maximum.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        logits: of the shape of `x`.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64. Weights run over the cells inside the input.

    Raises:
        TypeError, ValueError: as `max_pool`, and for logits of another shape.

    Source: Gao, Wang and Wu 2019 (arXiv:1908.04156).

    >>> lip_pool([[[1.0], [5.0]]], [[[np.log(3)], [0.0]]])[0, 0].round(12)
    array([2.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    logits = as_matching(logits, x.shape, "logits")
    y = np.empty(laid.shape(x), gradient_dtype(x))
    for outputs, inputs, some in laid.parts(x):
        y[outputs] = _softmax_mean(x[inputs], logits[inputs].astype(working_dtype(x), copy=False), some)[2]
    return y


def lip_pool_backward(dy, x, logits, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradients of `lip_pool`: a cell `a` with weight `w` receives `dy * w`, its logit `dy * w * (a - y)`.

    Args, errors: as `max_pool_backward` and `lip_pool`.

    Returns:
        `(dx, dlogits)`, both of the shape of `x`.

    >>> lip_pool_backward([[[1.0]]], [[[1.0], [5.0]]], [[[0.0], [0.0]]])[1][0, :, 0]
    array([-1.,  1.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return _softmax_mean_backward(dy, x, as_matching(logits, x.shape, "logits"), laid)


def _softmax_mean(values, logits, laid: Windows):
    """Largest logit of each window, `1 / sum(exp(logit - largest))`, and the weighted mean."""
    top = fold(logits, laid, np.maximum, -np.inf)
    shift = np.where(np.isinf(top), 0, top)
    total, mean = np.zeros_like(top), np.zeros_like(top)
    for _, outputs, inputs in laid:
        weight = logits[inputs] - shift[outputs]
        np.exp(weight, out=weight)
        total[outputs] += weight
        weight *= values[inputs]
        mean[outputs] += weight
    per_total = _reciprocal(total)
    mean *= per_total
    return top, per_total, mean


def _softmax_mean_backward(dy, x, logits, laid: Windows):
    dy = as_gradient(dy, laid.shape(x))
    dx, dlogits = np.zeros(x.shape, gradient_dtype(x)), np.zeros(x.shape, gradient_dtype(logits))
    for block in blocks(x):
        l = logits[block].astype(working_dtype(x), copy=False)  # noqa: E741
        top, per_total, mean = _softmax_mean(x[block], l, laid)
        shift, share = np.where(np.isinf(top), 0, top), dy[block] * per_total
        for _, outputs, inputs in laid:
            weight = np.exp(l[inputs] - shift[outputs]) * share[outputs]
            laid.add(dx[block], inputs, weight)
            laid.add(dlogits[block], inputs, weight * (x[block][inputs] - mean[outputs]))
    return dx, dlogits
