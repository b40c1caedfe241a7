"""Convolution from its definition, its adjoint, and its kinship with poolings."""

import numpy as np
import pytest
from definition import distinct, geometries, laid_by_definition
from hypothesis import given, settings

import course_lib as cl

pytestmark = pytest.mark.usefixtures("block_bytes")
RNG = np.random.default_rng(0)


def conv_by_definition(x, kernel, groups=1, **how):
    """One output number at a time."""
    axes = laid_by_definition(x.shape[1:-1], kernel.shape[:-2], **how)
    filters, channels = kernel.shape[-1], kernel.shape[-2]
    y = np.zeros((x.shape[0], *(len(a) for a in axes), filters))
    for n, *o, f in np.ndindex(y.shape):
        first = f // (filters // groups) * channels
        for cell in np.ndindex(*(len(a[i]) for a, i in zip(axes, o, strict=True))):
            pairs = [a[i][k] for a, i, k in zip(axes, o, cell, strict=True)]
            at, offset = tuple(p[1] for p in pairs), tuple(p[0] for p in pairs)
            y[(n, *o, f)] += x[(n, *at)][first:first + channels] @ kernel[offset][:, f]
    return y


@settings(max_examples=30)
@given(geometry=geometries(most=4))
@pytest.mark.parametrize("groups", [1, 2])
def test_definition(groups, geometry):
    spatial, how = geometry
    pool = how["pool_size"]
    how = {k: how[k] for k in ("strides", "padding", "dilation")}
    x, kernel = distinct(1, (1, *spatial, 4)), RNG.standard_normal((*pool, 4 // groups, 2))
    y = cl.conv(x, kernel, groups=groups, **how)
    assert np.allclose(y, conv_by_definition(x, kernel, groups, **how))
    # The gradient is the adjoint: <conv(x), dy> = <x, dx> = <kernel, dkernel>.
    dy = RNG.standard_normal(y.shape)
    dx, dkernel, dbias = cl.conv_backward(dy, x, kernel, groups=groups, **how)
    assert np.allclose([(dx * x).sum(), (dkernel * kernel).sum()], (y * dy).sum())
    assert np.allclose(dbias, dy.sum(tuple(range(dy.ndim - 1))))


@settings(max_examples=30)
@given(geometry=geometries(most=4))
def test_transposed_is_the_adjoint(geometry):
    spatial, how = geometry
    pool = how["pool_size"]
    how = {k: how[k] for k in ("strides", "padding", "dilation")}
    x, kernel = RNG.standard_normal((2, *spatial, 3)), RNG.standard_normal((*pool, 3, 2))
    try:
        y = cl.conv_transpose(x, kernel, **how)
    except ValueError as error:
        assert "leaves nothing" in str(error)
        return
    v = RNG.standard_normal(y.shape)
    back = cl.conv(v, np.swapaxes(kernel, -1, -2), **how)
    assert back.shape == x.shape
    assert np.isclose((y * v).sum(), (x * back).sum())


def test_by_hand():
    x = np.array([1.0, 2.0, 4.0, 8.0]).reshape(1, 4, 1)
    kernel = np.array([1.0, 10.0, 100.0]).reshape(3, 1, 1)
    # No turning round: 1 * 1 + 10 * 2 + 100 * 4.
    assert cl.conv(x, kernel)[0, :, 0].tolist() == [421, 842]
    assert cl.conv(x, np.flip(kernel, 0))[0, :, 0].tolist() == list(np.convolve([1, 2, 4, 8], [1, 10, 100], "valid"))
    assert cl.conv(x, kernel, [0.5], padding="same")[0, :, 0].tolist() == [210.5, 421.5, 842.5, 84.5]
    assert cl.conv_transpose(x[:, :2], kernel, strides=2)[0, :, 0].tolist() == [1, 10, 102, 20, 200]


def test_depthwise_box_is_average_pooling():
    x = distinct(1, (2, 7, 6, 3))
    box = np.full((2, 3, 1, 3), 1 / 6)
    assert np.allclose(cl.conv(x, box, strides=(2, 3), groups=3), cl.average_pool(x, (2, 3)))


def test_delta_is_subsampling():
    x = distinct(1, (2, 7, 6, 3))
    delta = np.zeros((3, 3, 3, 3))
    delta[1, 1] = np.eye(3)
    assert np.array_equal(cl.conv(x, delta, strides=2, padding=((1, 1), (1, 1))), x[:, ::2, ::2])


def test_padding_may_exceed_the_window():
    y = cl.conv(np.ones((1, 2, 1)), np.ones((1, 1, 1)), padding=((3, 2),))
    assert y[0, :, 0].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_float16_sums_in_float32():
    x, kernel = np.full((1, 1, 4096), 0.1, np.float16), np.full((1, 4096, 1), 1, np.float16)
    assert cl.conv(x, kernel).item() == pytest.approx(409.5, abs=0.5)


@pytest.mark.parametrize(("batch", "channels", "filters"), [(0, 2, 4), (2, 0, 4), (2, 2, 0)])
def test_nothing_at_all_has_shapes_and_sums_to_zeros(batch, channels, filters):
    x, kernel = np.ones((batch, 5, 5, channels)), np.ones((3, 3, channels, filters))
    for forward, backward, side in ((cl.conv, cl.conv_backward, 3), (cl.conv_transpose, cl.conv_transpose_backward, 7)):
        y = forward(x, kernel)
        assert y.shape == (batch, side, side, filters) and not y.any()
        dx, dkernel, dbias = backward(y, x, kernel)
        assert (dx.shape, dkernel.shape, dbias.shape) == (x.shape, kernel.shape, (filters,))


X, KERNEL = np.zeros((1, 5, 5, 4)), np.zeros((3, 3, 4, 6))
BAD = [
    (dict(kernel=KERNEL[0]), ValueError, r"kernel must have shape \(\*window, C/groups, F\) of rank 4"),
    (dict(kernel=KERNEL[:, :, :3]), ValueError, "kernel must have 4 input channels"),
    (dict(groups=3), ValueError, "groups must divide the 4 channels and 6 filters, got 3"),
    (dict(groups=2), ValueError, r"kernel must have 2 input channels \(C/groups\)"),
    (dict(groups=0), ValueError, "groups must be at least 1, got 0"),
    (dict(groups=1.5), TypeError, "groups must be an integer, got 1.5"),
    (dict(bias=np.zeros(4)), ValueError, r"bias must have shape \(6,\), got \(4,\)"),
    (dict(strides=None), TypeError, "strides must be"),
    (dict(strides=0), ValueError, "strides must be at least 1"),
    (dict(padding="full"), ValueError, "padding must be"),
    (dict(kernel=np.zeros((6, 3, 4, 6))), ValueError, "more than the 5 of spatial axis 0"),
    (dict(kernel=KERNEL.astype(complex)), TypeError, "kernel must hold integers or floats"),
]


@pytest.mark.parametrize(("how", "error", "words"), BAD)
def test_errors(how, error, words):
    arguments = {"kernel": KERNEL, **how}
    with pytest.raises(error, match=words):
        cl.conv(X, **arguments)


def test_errors_of_the_transposed():
    with pytest.raises(ValueError, match="leaves nothing"):
        cl.conv_transpose(np.zeros((1, 1, 1)), np.zeros((2, 1, 1)), padding=((1, 1),))
    with pytest.raises(ValueError, match="kernel must have 4 input channels"):
        cl.conv_transpose(X, np.swapaxes(KERNEL, -1, -2))
