"""Every windowed pooling against its definition, window by window, over drawn geometries of all ranks."""

import numpy as np
import pytest
from definition import distinct, geometries, pool_by_definition
from hypothesis import given, settings

import course_lib as cl


def empty(value):
    """A reduction for windows with cells, and `value` for those that meet none."""
    def around(function):
        return lambda a, offsets, c: function(a) if len(a) else value
    return around


def entropy_mean(a):
    p = a / a.sum()
    h = np.array([0 if q in (0, 1) else -q * np.log(q) for q in p])
    return a.max() if h.sum() == 0 else (h * a).sum() / h.sum()


def by_rank(weights):
    """Mean of the sorted cells with the first weights, normalised."""
    def function(a):
        w = np.asarray(weights[: len(a)], float)
        w = np.eye(len(a))[-1] if w.sum() == 0 else w / w.sum()
        return (w * sorted(a, reverse=True)).sum()
    return empty(0)(function)


def softmax_mean(a):
    return (np.exp(a) * a).sum() / np.exp(a).sum()


PLAIN = {
    "max_pool": ({}, empty(-np.inf)(np.max)),
    "min_pool": ({}, empty(np.inf)(np.min)),
    "average_pool": ({}, empty(0)(np.mean)),
    "lp_pool": ({"p": 3}, empty(0)(lambda a: np.mean(np.abs(a) ** 3) ** (1 / 3))),
    "lp_pool, sum": ({"p": 2.5, "normalized": False}, lambda a, o, c: np.sum(np.abs(a) ** 2.5) ** 0.4),
    "lp_pool, infinite": ({"p": np.inf}, empty(0)(lambda a: np.abs(a).max())),
    "soft_pool": ({}, empty(0)(softmax_mean)),
    "avg_topk_pool": ({"k": 1}, empty(0)(np.max)),
    "rank_average_pool": ({}, None),
    "rank_weighted_pool": ({"alpha": 0.3}, by_rank(0.3 * 0.7 ** np.arange(30))),
    "rank_weighted_pool, raw": (
        {"alpha": 0.3, "normalize": False},
        lambda a, o, c: (0.3 * 0.7 ** np.arange(len(a)) * sorted(a, reverse=True)).sum(),
    ),
}


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_plain(name, geometry):
    spatial, how = geometry
    more, function = PLAIN[name]
    x = distinct(1, (2, *spatial, 2))
    if function is None:
        t = (np.prod(how["pool_size"]) + 1) // 2
        function = empty(0)(lambda a: np.mean(sorted(a, reverse=True)[:t]))
    y = getattr(cl, name.partition(",")[0])(x, **how, **more)
    assert np.allclose(y, pool_by_definition(x, function, **how))


@pytest.mark.parametrize("name", ["information_pool", "stochastic_pool"])
@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_of_values_not_negative(name, geometry):
    spatial, how = geometry
    x = np.maximum(distinct(1, (2, *spatial, 2)), 0)

    def function(a, offsets, c):
        if a.sum() == 0:
            return 0
        return entropy_mean(a) if name == "information_pool" else (a**2).sum() / a.sum()

    assert np.allclose(getattr(cl, name)(x, **how), pool_by_definition(x, function, **how))


@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_with_one_weight_an_offset(geometry):
    spatial, how = geometry
    x = distinct(1, (1, *spatial, 2))
    rng = np.random.default_rng(0)
    gate = rng.standard_normal(how["pool_size"])
    weights = rng.random((*how["pool_size"], 2)) * (rng.random((*how["pool_size"], 2)) > 0.2)
    ranks = rng.random(gate.size)

    def weighted(a, offsets, c):
        w = np.array([weights[(*o, c)] for o in offsets])
        return (w * a).sum() / w.sum() if w.sum() else 0

    def gated(a, offsets, c):
        if not len(a):
            return -np.inf
        s = 1 / (1 + np.exp(-sum(gate[o] * v for o, v in zip(offsets, a, strict=True))))
        return s * max(a) + (1 - s) * a.mean()

    assert np.allclose(cl.weighted_pool(x, weights, **how), pool_by_definition(x, weighted, **how))
    assert np.allclose(cl.gated_pool(x, gate, **how), pool_by_definition(x, gated, **how))
    assert np.allclose(cl.ordinal_pool(x, ranks, **how), pool_by_definition(x, by_rank(ranks), **how))


@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_mixtures(geometry):
    spatial, how = geometry
    x = distinct(1, (1, *spatial, 2))
    share = np.array([0.25, 1.0])
    expected = pool_by_definition(
        x, lambda a, o, c: share[c] * a.max() + (1 - share[c]) * a.mean() if len(a) else -np.inf, **how
    )
    assert np.allclose(cl.mixed_pool(x, **how, share=share), expected)


@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_lip_with_logits_of_its_own(geometry):
    spatial, how = geometry
    x, logits = distinct(1, (1, *spatial, 1)), distinct(2, (1, *spatial, 1))
    # Values are distinct, so each finds its logit.
    logit_of = dict(zip(x.ravel(), logits.ravel(), strict=True))

    def function(a, offsets, c):
        weights = np.exp([logit_of[v] for v in a])
        return (weights * a).sum() / weights.sum() if len(a) else 0

    assert np.allclose(cl.lip_pool(x, logits, **how), pool_by_definition(x, function, **how))


@settings(max_examples=40)
@given(geometry=geometries(most=5))
def test_ties_send_the_gradient_to_the_first_cell(geometry):
    spatial, how = geometry
    x = np.random.default_rng(3).integers(0, 3, (2, *spatial, 2)).astype(float)
    names = np.arange(x[0, ..., 0].size).reshape(spatial)
    dy = distinct(4, cl.max_pool(x, **how).shape)
    for pool, backward, extreme in (
        (cl.max_pool, cl.max_pool_backward, max), (cl.min_pool, cl.min_pool_backward, min)
    ):
        # Cells numbered in row-major order: the definition then finds the first by its number.
        marked = x * 1000 - np.broadcast_to(names[..., None], x.shape) * (1 if extreme is max else -1)
        first = pool_by_definition(marked, lambda a, o, c, e=extreme: e(a) if len(a) else np.nan, **how)
        expected = np.zeros(x.shape)
        for place in np.argwhere(~np.isnan(first)):
            n, *_, c = place
            flat = np.argwhere(marked[n, ..., c].ravel() == first[tuple(place)])[0, 0]
            expected[(n, *np.unravel_index(flat, spatial), c)] += dy[tuple(place)]
        assert np.allclose(backward(dy, x, **how), expected), pool


@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_argmax_and_the_way_back(geometry):
    spatial, how = geometry
    x = np.random.default_rng(3).integers(0, 4, (2, *spatial, 2)).astype(float)
    y, index = cl.max_pool_argmax(x, **how)
    assert np.array_equal(y, cl.max_pool(x, **how))
    flat = x.reshape(2, -1, 2)
    met = index >= 0
    assert np.array_equal(met, np.isfinite(y))
    found = np.take_along_axis(flat, np.maximum(index, 0).reshape(2, -1, 2), 1).reshape(y.shape)
    assert np.array_equal(found[met], y[met])
    # The index is where the gradient of a sum over outputs goes.
    dx = np.zeros_like(flat)
    for n, *o, c in np.argwhere(met):
        dx[n, index[(n, *o, c)], c] += 1
    assert np.array_equal(dx.reshape(x.shape), cl.max_pool_backward(np.ones(y.shape), x, **how))


@settings(max_examples=25)
@given(geometry=geometries(most=5))
def test_drawn_cells(geometry):
    spatial, how = geometry
    x = np.maximum(distinct(1, (1, *spatial, 2)), 0)
    u = np.random.default_rng(8).random(cl.average_pool(x, **how).shape)
    numbers = iter([])

    def stochastic(a, offsets, c):
        v = next(numbers)
        for value, reached in zip(a, np.cumsum(a), strict=True):
            if reached > v * a.sum():
                return value
        return 0

    def rank_stochastic(a, offsets, c):
        v, w = next(numbers), 0.4 * 0.6 ** np.arange(len(a))
        if not len(a):
            return 0
        return sorted(a, reverse=True)[np.flatnonzero(np.cumsum(w / w.sum()) > v)[0]]

    order = np.moveaxis(u, 0, -2)  # the definition runs over positions, then images, then channels
    numbers = iter(order.ravel())
    assert np.allclose(
        cl.stochastic_pool(x, **how, training=True, rng=u), pool_by_definition(x, stochastic, **how)
    )
    numbers = iter(order.ravel())
    assert np.allclose(
        cl.rank_stochastic_pool(x, **how, alpha=0.4, training=True, rng=u),
        pool_by_definition(x, rank_stochastic, **how),
    )
