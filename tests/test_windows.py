"""Geometry against plain enumeration, the published ceil_mode cases, and the adjoint identity."""

import itertools

import numpy as np
import pytest
from definition import geometries, laid_by_definition
from hypothesis import given

import course_lib
from course_lib.windows import Axis, lay, output_size, padding_amounts, windows, windows_backward


@pytest.mark.parametrize("n", range(1, 13))
def test_sizes_by_enumeration(n):
    for k in range(1, 6):
        for s in range(1, 6):
            if k <= n:
                assert output_size(n, k, s) == sum(1 for start in range(0, n, s) if start + k <= n)
                assert padding_amounts(n, k, s) == (0, 0)
            assert output_size(n, k, s, "same") == len(range(0, n, s))
            before, after = padding_amounts(n, k, s, "same")
            covered = (output_size(n, k, s, "same") - 1) * s + k
            assert before + after == max(covered - n, 0) and after - before in (0, 1)
            assert padding_amounts(n, k, s, "same_lower") == (after, before)


def test_same_is_tensorflows():
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is the oracle")
    for n, k, s in itertools.product((1, 4, 5, 8), (1, 2, 3, 4), (1, 2, 3)):
        y = tf.nn.max_pool1d(np.arange(n, dtype=np.float32).reshape(1, n, 1), k, s, "SAME").numpy()[0, :, 0]
        before, _ = padding_amounts(n, k, s, "same")
        assert output_size(n, k, s, "same") == len(y)
        assert y.tolist() == [min(o * s - before + k - 1, n - 1) for o in range(len(y))]


# n, pool, stride, padding, dilation -> size under ceil_mode. By hand from PyTorch's rule.
CEIL = [
    (5, 2, 2, (0, 0), 1, 3),  # 5 cells in pairs: the last pair is half empty
    (4, 2, 2, (0, 0), 1, 2),
    (4, 3, 2, (0, 0), 1, 2),  # ONNX averagepool_2d_ceil
    (2, 3, 3, (1, 1), 1, 1),  # ONNX ..._ceil_last_window_starts_on_pad: a second window would start on padding
    (4, 1, 3, (0, 0), 1, 2),  # windows at 0 and 3; a third would start at 6
    (3, 2, 2, (1, 1), 1, 2),  # -1, 1; a window at 3 would start on the far padding
    (5, 2, 2, (1, 1), 1, 3),  # -1, 1, 3
    (32, 5, 3, (0, 0), 2, 9),  # extent 9: ceil(23 / 3) + 1
    (2, 3, 2, (0, 0), 1, 1),  # PyTorch accepts a window that only ceil_mode lets in
]


@pytest.mark.parametrize(("n", "k", "s", "padding", "d", "expected"), CEIL)
def test_ceil_mode(n, k, s, padding, d, expected):
    assert output_size(n, k, s, padding, dilation=d, ceil_mode=True) == expected


def test_stride_defaults_to_the_window():
    assert output_size(9, 3) == 3
    assert windows(np.zeros((1, 9, 2)), 3).shape == (1, 3, 3, 2)


@given(geometries())
def test_walk_meets_every_cell_of_every_window_once(geometry):
    spatial, how = geometry
    laid = lay((1, *spatial, 1), **how)
    met = np.zeros((laid.cells, 1, *laid.out, 1), int)
    position = np.full(met.shape, -1)
    flat = np.arange(np.prod(spatial)).reshape(1, *spatial, 1)
    for offset, outputs, inputs in laid:
        met[offset][outputs] += 1
        position[offset][outputs] = flat[inputs]
    axes = laid_by_definition(spatial, **how)
    assert laid.out == tuple(len(a) for a in axes)
    for o in np.ndindex(laid.out):
        expected = np.full(laid.pool, -1)
        cells = list(itertools.product(*(a[i] for a, i in zip(axes, o, strict=True))))
        for cell in cells:
            expected[tuple(offset for offset, _ in cell)] = np.ravel_multi_index([c for _, c in cell], spatial)
        assert position[(slice(None), 0, *o, 0)].tolist() == expected.ravel().tolist()
        assert laid.counts()[(*o, 0)] == len(cells)
    assert met.max(initial=0) <= 1
    assert laid.inside == bool((position >= 0).all())
    _, times = np.unique(position[position >= 0], return_counts=True)
    assert not laid.disjoint or times.max(initial=1) == 1


@given(geometries())
def test_view_and_its_adjoint(geometry):
    spatial, how = geometry
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *spatial, 3))
    view = windows(x, **how, fill=7.0)
    laid = lay(x.shape, **how)
    assert np.array_equal(np.moveaxis(laid.gather(x, 7.0), 0, -2).reshape(view.shape), view)
    assert not view.flags.writeable
    weights = rng.standard_normal(view.shape)
    dx = windows_backward(weights, x, **how)
    assert np.isclose((windows(x, **how) * weights).sum(), (x * dx).sum())


def test_view_without_padding_shares_memory():
    x = np.arange(24.0).reshape(1, 4, 6, 1)
    assert np.shares_memory(windows(x, 2), x)
    expected = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))[:, ::2, ::1]
    assert np.array_equal(windows(x, (2, 3), (2, 1)), np.moveaxis(expected, 3, -1))


def test_module_and_function_share_their_name():
    assert course_lib.windows(np.zeros((1, 4, 1))).shape == (1, 2, 2, 1)
    assert course_lib.windows.windows is windows


def test_counts_leave_out_what_only_ceil_mode_reaches():
    # 4 cells, padding 1 on each side, windows of 3 at stride 2: at -1, 1 and 3 with ceil_mode.
    axis = Axis(size=4, pool=3, stride=2, dilation=1, before=1, after=1, out=3)
    assert axis.counts().tolist() == [2, 3, 1]
    assert axis.counts(include_pad=True).tolist() == [3, 3, 2]


X = np.zeros((1, 4, 4, 1))
BAD = [
    (dict(pool_size=0), ValueError, "pool_size must be at least 1, got 0"),
    (dict(pool_size=-2), ValueError, "pool_size must be at least 1, got -2"),
    (dict(pool_size=2.0), TypeError, "pool_size must be an integer, got 2.0"),
    (dict(pool_size=True), TypeError, "pool_size must be an integer, got True"),
    (dict(pool_size="2"), TypeError, "pool_size must be"),
    (dict(pool_size=None), TypeError, "pool_size must be"),
    (dict(pool_size=(2, 2, 2)), ValueError, "pool_size must be an integer or 2 integers"),
    (dict(pool_size=(2, 0)), ValueError, "pool_size must be at least 1, got 0"),
    (dict(pool_size=5), ValueError, "covers 5 cells, more than the 4 of spatial axis 0"),
    (dict(pool_size=(1, 5)), ValueError, "spatial axis 1"),
    (dict(pool_size=3, dilation=2), ValueError, "pool_size 3 with dilation 2 covers 5 cells"),
    (dict(strides=0), ValueError, "strides must be at least 1, got 0"),
    (dict(strides=(1, -1)), ValueError, "strides must be at least 1, got -1"),
    (dict(strides=(1,)), ValueError, "strides must be an integer or 2 integers"),
    (dict(strides=1.5), TypeError, "strides must be an integer, got 1.5"),
    (dict(dilation=0), ValueError, "dilation must be at least 1, got 0"),
    (dict(dilation="1"), TypeError, "dilation must be"),
    (dict(padding="full"), ValueError, "padding must be .*got 'full'"),
    (dict(padding="SAME"), ValueError, "padding must be .*got 'SAME'"),
    (dict(padding=1), TypeError, "padding must be .*got 1"),
    (dict(padding=None), TypeError, "padding must be .*got None"),
    (dict(padding=(1, 1)), TypeError, "padding must be"),
    (dict(padding=((1, 1),)), ValueError, r"a pair \(before, after\) for each of the 2 spatial axes"),
    (dict(padding=((1,), (1,))), ValueError, "padding must be"),
    (dict(padding=((1, 1), (1, -1))), ValueError, "padding must be at least 0, got -1"),
    (dict(padding=((1, 1), (0.5, 0))), TypeError, "padding must be an integer, got 0.5"),
    (dict(padding=((2, 0), (0, 0))), ValueError, "must be smaller than the window"),
    (dict(padding=("same", "valid")), ValueError, "padding must be"),
    (dict(ceil_mode=1), TypeError, "ceil_mode must be True or False, got 1"),
]


@pytest.mark.parametrize(("how", "error", "words"), BAD)
def test_errors_name_argument_value_and_expectation(how, error, words):
    with pytest.raises(error, match=words):
        windows(X, **how)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros((4, 4)), ValueError, r"got shape \(4, 4\)"),
        (np.zeros((1, 2, 2, 2, 2, 1)), ValueError, "1, 2 or 3 spatial axes"),
        (np.zeros((1, 0, 4, 1)), ValueError, "at least one cell"),
        (np.zeros((1, 4, 4, 1), bool), TypeError, "integers or floats, got dtype bool"),
        (np.zeros((1, 4, 4, 1), complex), TypeError, "complex128"),
        (np.zeros((1, 4, 4, 1), object), TypeError, "object"),
        ("text", TypeError, "dtype"),
    ],
)
def test_errors_name_the_array(x, error, words):
    with pytest.raises(error, match=words):
        windows(x)


def test_adjoint_wants_the_shape_of_the_view():
    with pytest.raises(ValueError, match=r"dw must have the output's shape \(1, 2, 2, 2, 2, 1\), got \(1, 2, 2, 1\)"):
        windows_backward(np.zeros((1, 2, 2, 1)), X)


@pytest.mark.parametrize("pool", [9, 10, 16, 27])
@pytest.mark.parametrize("padding", ["valid", "same", "same_lower", ((3, 8), (0, 5))])
def test_long_windows_at_stride_1_by_their_view(pool, padding):
    rng = np.random.default_rng(pool)
    x = rng.normal(size=(2, 31, 28, 2))
    x[1, 30, 3], x[0, 5, 5] = np.nan, np.inf
    for ceil_mode in (False, True):
        geometry = (pool, 1, padding)
        cells = windows(x, *geometry, ceil_mode=ceil_mode, fill=-np.inf)
        y = course_lib.max_pool(x, *geometry, ceil_mode=ceil_mode)
        assert np.array_equal(y, cells.max((3, 4)), equal_nan=True)
        whole = (100 * np.nan_to_num(x, posinf=9)).astype(np.int8)
        least = windows(whole, *geometry, ceil_mode=ceil_mode, fill=127).min((3, 4))
        assert np.array_equal(course_lib.min_pool(whole, *geometry, ceil_mode=ceil_mode), least)
        dx = course_lib.max_pool_backward(np.ones(y.shape), x, *geometry, ceil_mode=ceil_mode)
        first = cells.reshape(*y.shape[:3], pool * pool, 2).argmax(3)  # NaN and ties: the first, as in `argmax`
        dw = np.moveaxis(first[..., None] == np.arange(pool * pool), -1, 3).reshape(cells.shape).astype(float)
        assert np.array_equal(dx, windows_backward(dw, x, *geometry, ceil_mode=ceil_mode))
