"""The engine against the reference's windows and their adjoint. Nothing is compiled here, so many shapes are quick."""

import numpy as np
import pytest
import tensorflow as tf
from definition import geometries
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.engine import Geometry, cells, counts, spread
from course_lib.windows import lay, windows, windows_backward


def drawn(geometry, seed):
    spatial, how = geometry
    x = np.random.default_rng(seed).standard_normal((2, *spatial, 3))
    return x, how, Geometry.of(len(spatial), **how)


@given(geometries(), st.integers(0, 99))
def test_cells_are_the_windows(geometry, seed):
    x, how, ours = drawn(geometry, seed)
    view = windows(x, fill=-7, **how)
    view = view.reshape(*view.shape[: x.ndim - 1], -1, x.shape[-1])
    np.testing.assert_array_equal(np.stack(cells(tf.constant(x), ours, -7), -2), view)


# TensorFlow broadcasts no more than six axes unless it compiles: three-dimensional gradients are in test_parity.
@given(geometries(ranks=(1, 2)), st.integers(0, 99))
def test_spread_is_the_adjoint_of_cells(geometry, seed):
    x, how, ours = drawn(geometry, seed)
    laid = lay(x.shape, **how)
    rng = np.random.default_rng(seed + 1)
    dy, weight = rng.standard_normal((2, *laid.out, 3)), rng.standard_normal(ours.size)
    dw = dy[..., None, :] * weight[:, None]
    dx = spread(lambda offset, values, _: weight[offset] * values[0], ours, [tf.constant(dy)], [tf.constant(x)])
    expected = windows_backward(dw.reshape(*dy.shape[:-1], *laid.pool, 3), x, **how)
    np.testing.assert_allclose(dx, expected, atol=1e-12)
    with_cell = spread(lambda _, values, own: values[0] * own[0], ours, [tf.constant(dy)], [tf.constant(x)])
    shares = np.broadcast_to(dy[..., None, :], dw.shape).reshape(*dy.shape[:-1], *laid.pool, 3)
    np.testing.assert_allclose(with_cell, windows_backward(shares, x, **how) * x, atol=1e-12)


@given(geometries(), st.booleans())
def test_counts(geometry, include_pad):
    x, how, ours = drawn(geometry, 0)
    expected = np.maximum(lay(x.shape, **how).counts(include_pad), 1)
    np.testing.assert_array_equal(counts(tf.constant(x), ours, include_pad)[0], expected)


@given(geometries())
def test_sizes_that_the_graph_does_not_know(geometry):
    spatial, how = geometry
    laid = lay((1, *spatial, 1), **how)
    ours = Geometry.of(len(spatial), **how)
    symbolic = ours.lay([tf.constant(n) for n in spatial])
    assert [(int(a.before), int(a.out)) for a in symbolic.axes] == [(a.before, a.out) for a in laid.axes]
    assert ours.lay((None,) * len(spatial)).out == (None,) * len(spatial)
    assert ours.lay(spatial).out == laid.out


@pytest.mark.parametrize("arguments", [
    {"pool_size": 0}, {"strides": 0}, {"padding": "full"}, {"padding": ((2, 0), (0, 0))}, {"dilation": 0},
    {"pool_size": (1, 2, 3)}, {"pool_size": 2.5},
])
def test_refuses_what_the_reference_refuses(arguments):
    with pytest.raises((TypeError, ValueError)) as ours:
        Geometry.of(2, **arguments)
    with pytest.raises(ours.type) as theirs:
        lay((1, 9, 9, 1), **arguments)
    assert next(iter(arguments)) in str(ours.value) and next(iter(arguments)) in str(theirs.value)
