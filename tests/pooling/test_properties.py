"""Published identities and invariants, over drawn shapes, geometries and dtypes."""

import itertools

import numpy as np
import pytest
from definition import distinct, geometries
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib as cl

FEW = settings(max_examples=25)
shapes = st.tuples(*[st.integers(1, 6)] * 2).flatmap(
    lambda ends: st.lists(st.integers(1, 7), min_size=1, max_size=3).map(lambda s: (ends[0], *s, ends[1]))
)


@FEW
@given(geometry=geometries(), dtype=st.sampled_from(["float32", "float64"]))
def test_order_of_the_means(geometry, dtype):
    """min <= mean <= soft <= max, and the power mean rises from mean |x| to max |x|."""
    spatial, how = geometry
    x = (distinct(1, (1, *spatial, 2)) / 3).astype(dtype)
    pools = [cl.min_pool, cl.average_pool, cl.soft_pool, cl.max_pool]
    met = np.isfinite(cl.max_pool(x, **how))
    ys = [pool(x, **how)[met] for pool in pools]
    assert all((low <= high + 1e-5).all() for low, high in itertools.pairwise(ys))
    powers = [cl.lp_pool(x, **how, p=p) for p in (1, 1.5, 2, 3, 8, 40, np.inf)]
    assert np.allclose(powers[0], cl.average_pool(abs(x), **how), rtol=1e-4, atol=1e-5)
    assert np.allclose(powers[-1][met], cl.max_pool(abs(x), **how)[met])
    assert all((low <= high * (1 + 1e-5) + 1e-6).all() for low, high in itertools.pairwise(powers))


def test_lp_does_not_overflow():
    x = np.array([1e30, 1e30, 2e-30, 1e-30], np.float32).reshape(1, 4, 1)
    assert np.allclose(cl.lp_pool(x, p=60)[0, :, 0] / [1e30, 2 ** (59 / 60) * 1e-30], 1, rtol=1e-5)
    assert np.isclose(cl.global_lp_pool(x[:, 2:], 60).item() / 1e-30, 2 ** (59 / 60), rtol=1e-5)
    assert np.isfinite(cl.lp_pool_backward(np.ones((1, 2, 1), np.float32), x, p=60)).all()
    assert np.isfinite(cl.soft_pool(np.full((1, 2, 1), 1000.0))).all()
    assert cl.gem_pool(np.full((1, 4, 1), 1e200), 3).item() == pytest.approx(1e200)


@FEW
@given(geometry=geometries())
def test_topk_goes_from_max_to_mean(geometry):
    spatial, how = geometry
    x = distinct(1, (2, *spatial, 2))
    m = int(np.prod(how["pool_size"]))
    met = np.isfinite(cl.max_pool(x, **how))
    assert np.allclose(cl.avg_topk_pool(x, **how, k=1)[met], cl.max_pool(x, **how)[met])
    assert np.allclose(cl.avg_topk_pool(x, **how, k=m), cl.average_pool(x, **how))
    for k in range(1, m):
        assert (cl.avg_topk_pool(x, **how, k=k + 1)[met] <= cl.avg_topk_pool(x, **how, k=k)[met] + 1e-9).all()
        assert np.array_equal(cl.avg_topk_pool(x, **how, k=k), cl.rank_average_pool(x, **how, t=k))


@FEW
@given(geometry=geometries())
def test_ordinal_holds_the_others(geometry):
    spatial, how = geometry
    x = distinct(1, (2, *spatial, 2))
    m = int(np.prod(how["pool_size"]))
    met = np.isfinite(cl.max_pool(x, **how))
    assert np.allclose(cl.ordinal_pool(x, np.eye(m)[0], **how)[met], cl.max_pool(x, **how)[met])
    assert np.allclose(cl.ordinal_pool(x, np.eye(m)[-1], **how)[met], cl.min_pool(x, **how)[met])
    assert np.allclose(cl.ordinal_pool(x, np.ones(m), **how), cl.average_pool(x, **how))
    alpha = 0.4
    assert np.allclose(
        cl.ordinal_pool(x, (1 - alpha) ** np.arange(m), **how), cl.rank_weighted_pool(x, **how, alpha=alpha)
    )
    assert np.allclose(cl.rank_weighted_pool(x, **how, alpha=1)[met], cl.max_pool(x, **how)[met])


@FEW
@given(geometry=geometries())
def test_special_weights_and_logits(geometry):
    spatial, how = geometry
    x = distinct(1, (2, *spatial, 2))
    pool = how["pool_size"]
    mean = cl.average_pool(x, **how)
    met = np.isfinite(cl.max_pool(x, **how))
    assert np.allclose(cl.weighted_pool(x, np.full(pool, 0.3), **how), mean)
    assert np.allclose(cl.lip_pool(x, np.full(x.shape, 5.0), **how), mean)
    assert np.allclose(cl.lip_pool(x, x, **how), cl.soft_pool(x, **how))
    assert np.allclose(cl.lip_pool(x, 500 * x, **how)[met], cl.max_pool(x, **how)[met])
    assert np.allclose(cl.mixed_pool(x, **how, share=1)[met], cl.max_pool(x, **how)[met])
    assert np.allclose(cl.mixed_pool(x, **how, share=0), mean)
    half = cl.mixed_pool(x, **how, share=0.5)
    assert np.allclose(cl.gated_pool(x, np.zeros(pool), **how)[met], half[met])


def test_tied_cells_rank_in_row_major_order():
    x = np.array([[2.0, 5.0], [2.0, 2.0]]).reshape(1, 2, 2, 1)
    one = np.ones((1, 1, 1, 1))
    assert cl.avg_topk_pool_backward(one, x, k=3).ravel().tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert cl.rank_average_pool_backward(one, x, t=2).ravel().tolist() == [0.5, 0.5, 0, 0]
    assert cl.rank_weighted_pool_backward(one, x, normalize=False).ravel().tolist() == [0.25, 0.5, 0.125, 0.0625]
    assert cl.ordinal_pool_backward(one, x, [4, 3, 2, 1]).ravel().tolist() == pytest.approx([0.3, 0.4, 0.2, 0.1])
    drawn = cl.rank_stochastic_pool_backward(one, x, training=True, rng=0 * one + 0.8)
    assert drawn.ravel().tolist() == [0, 0, 1, 0]  # 8/15 + 4/15 = 0.8 is reached, so the third rank


def test_tied_maxima_of_bins_pay_the_first():
    x = np.random.default_rng(0).integers(0, 3, (2, 6, 8, 3)).astype(float)
    dy = distinct(1, (2, 3, 4, 3))
    expected = cl.max_pool_backward(dy, x)
    rois = [[n, 0, 0, 7, 5] for n in (0, 1)]
    assert np.allclose(cl.adaptive_max_pool_backward(dy, x, (3, 4)), expected)
    assert np.allclose(cl.fractional_max_pool_backward(dy, x, ([0, 2, 4, 6], [0, 2, 4, 6, 8])), expected)
    assert np.allclose(cl.roi_max_pool_backward(dy, x, rois, (3, 4)), expected)
    assert np.array_equal(
        cl.intermap_pool_backward(np.ones((1, 1, 2)), [[[1.0, 1.0, 0.0, 2.0]]], 2), [[[1, 0, 0, 1]]]
    )


def test_clamped_cells_have_no_gradient():
    dx = cl.gem_pool_backward([[1.0]], [[[0.0], [-3.0], [2.0]]], p=1)
    assert dx.ravel().tolist() == [0, 0, pytest.approx(1 / 3)]


MEANS = ["max_pool", "min_pool", "average_pool", "avg_topk_pool", "rank_average_pool", "rank_weighted_pool",
         "mixed_pool", "soft_pool", "rank_stochastic_pool"]


@pytest.mark.parametrize("name", MEANS)
@FEW
@given(geometry=geometries(), tied=st.booleans())
def test_a_gradient_sums_to_what_came_in(name, geometry, tied):
    spatial, how = geometry
    x = distinct(1, (2, *spatial, 2))
    x = np.round(x / 8) if tied else x / 9
    y = cl.average_pool(x, **how)
    dy = np.where(np.isfinite(cl.max_pool(x, **how)), distinct(2, y.shape), 0)
    more = {"k": min(2, int(np.prod(how["pool_size"])))} if name == "avg_topk_pool" else {}
    dx = getattr(cl, f"{name}_backward")(dy, x, **how, **more)
    assert np.isclose(dx.sum(), dy.sum())


@FEW
@given(shape=shapes)
def test_global_gradients_sum_to_what_came_in(shape):
    x = np.round(distinct(1, shape) / 5)
    dy = distinct(2, (shape[0], shape[-1]))
    assert np.isclose(cl.global_max_pool_backward(dy, x).sum(), dy.sum())
    assert np.isclose(cl.global_average_pool_backward(dy, x).sum(), dy.sum())


@FEW
@given(shape=shapes, out=st.integers(1, 9))
def test_adaptive(shape, out):
    x = distinct(1, shape)
    y = cl.adaptive_max_pool(x, out)
    assert y.shape == (shape[0], *(out,) * (len(shape) - 2), shape[-1])
    dy = distinct(2, y.shape)
    for name in ("adaptive_max_pool", "adaptive_average_pool"):
        assert np.isclose(getattr(cl, f"{name}_backward")(dy, x, out).sum(), dy.sum())
    assert np.allclose(cl.adaptive_average_pool(x, 1), cl.global_average_pool(x, True))
    assert np.array_equal(cl.adaptive_max_pool(x, 1), cl.global_max_pool(x, True))
    # Where the number of bins divides the size, the bins are plain windows.
    grown = np.repeat(x, out, axis=1)
    windows = (out, *shape[2:-1])
    sizes = (shape[1], *(1,) * (len(shape) - 3))
    assert np.allclose(cl.adaptive_average_pool(grown, sizes), cl.average_pool(grown, windows))
    assert np.array_equal(cl.adaptive_max_pool(grown, sizes), cl.max_pool(grown, windows))


@FEW
@given(geometry=geometries(ranks=(1, 2)))
def test_ranks_agree_on_degenerate_axes(geometry):
    spatial, how = geometry
    x = distinct(1, (2, *spatial, 3))
    more = {k: (*v, 1) if k != "padding" else v for k, v in how.items() if k != "ceil_mode"}
    if isinstance(how["padding"], tuple):
        more["padding"] = (*how["padding"], (0, 0))
    more["ceil_mode"] = how["ceil_mode"]
    for name in ("max_pool", "min_pool", "average_pool", "lp_pool", "soft_pool", "avg_topk_pool", "mixed_pool"):
        extra = {"k": 1} if name == "avg_topk_pool" else {}
        pool, backward = getattr(cl, name), getattr(cl, f"{name}_backward")
        y = pool(x, **how, **extra)
        assert np.array_equal(pool(x[..., None, :], **more, **extra), y[..., None, :])
        dy = distinct(2, y.shape)
        assert np.allclose(backward(dy[..., None, :], x[..., None, :], **more, **extra)[..., 0, :],
                           backward(dy, x, **how, **extra))


def test_channels_do_not_see_each_other():
    x = distinct(1, (2, 6, 7, 3))
    changed = x.copy()
    changed[..., 1] += 3
    for name in ("max_pool", "average_pool", "lp_pool", "soft_pool", "avg_topk_pool", "blur_pool", "gem_pool",
                 "adaptive_max_pool", "spectral_pool"):
        how = {"adaptive_max_pool": (3,), "spectral_pool": (3,)}.get(name, ())
        y, other = getattr(cl, name)(x, *how), getattr(cl, name)(changed, *how)
        assert np.array_equal(y[..., [0, 2]], other[..., [0, 2]]) and not np.array_equal(y[..., 1], other[..., 1])


# Drawn samples.


def test_stochastic_draws_follow_their_probabilities():
    values = np.array([1.0, 4.0, 3.0, 2.0])
    x = np.broadcast_to(values.reshape(1, 2, 2, 1), (20000, 2, 2, 1))
    y = cl.stochastic_pool(x, training=True, rng=np.random.default_rng(0)).ravel()
    counts = np.array([(y == v).sum() for v in values])
    expected = 20000 * values / 10
    # 16.3 is the 0.1 % point of chi-squared with three degrees of freedom.
    assert counts.sum() == 20000 and ((counts - expected) ** 2 / expected).sum() < 16.3
    assert abs(y.mean() - cl.stochastic_pool(x[:1]).item()) < 0.03


def test_rank_draws_follow_their_weights():
    values = np.array([-5.0, 4.0, 0.0, -2.0])
    x = np.broadcast_to(values.reshape(1, 2, 2, 1), (20000, 2, 2, 1))
    y = cl.rank_stochastic_pool(x, alpha=0.3, training=True, rng=np.random.default_rng(0)).ravel()
    counts = np.array([(y == v).sum() for v in sorted(values, reverse=True)])
    expected = 20000 * 0.7 ** np.arange(4) / (0.7 ** np.arange(4)).sum()
    assert counts.sum() == 20000 and ((counts - expected) ** 2 / expected).sum() < 16.3


def test_the_same_numbers_give_the_same_draw():
    x = np.abs(distinct(1, (2, 6, 6, 3)))
    for name in ("stochastic_pool", "rank_stochastic_pool"):
        pool, backward = getattr(cl, name), getattr(cl, f"{name}_backward")
        y = pool(x, training=True, rng=np.random.default_rng(3))
        u = np.random.default_rng(3).random(y.shape)
        assert np.array_equal(y, pool(x, training=True, rng=u))
        dx = backward(np.ones(y.shape), x, training=True, rng=np.random.default_rng(3))
        assert dx.sum() == y.size and np.array_equal(x[dx > 0].sum(), y.sum())


def test_draws_at_the_ends_of_the_unit_interval():
    x = np.array([0.0, 0.0, 0.1, 0.3], np.float32).reshape(1, 2, 2, 1)
    for u, value in ((0.0, 0.1), (np.nextafter(1, 0), 0.3)):
        y = cl.stochastic_pool(x, training=True, rng=np.full((1, 1, 1, 1), u))
        assert y.item() == np.float32(value)
    assert cl.stochastic_pool(0 * x, training=True, rng=np.zeros((1, 1, 1, 1))).item() == 0


@settings(max_examples=60)
@given(n=st.integers(1, 40), data=st.data(), mode=st.sampled_from(["pseudorandom", "random"]), seed=st.integers(0, 99))
def test_fractional_sequences_cover_the_input(n, data, mode, seed):
    out = data.draw(st.integers(1, n))
    cuts = cl.fractional_sequence(n, out, mode=mode, rng=np.random.default_rng(seed))
    assert cuts.dtype.kind == "i" and len(cuts) == out + 1 and (cuts[0], cuts[-1]) == (0, n)
    assert set(np.diff(cuts)) <= {n // out, n // out + 1}


def test_fractional_by_enumeration():
    x = distinct(1, (2, 7, 9, 2))
    rows, columns = [0, 2, 3, 5, 7], [0, 1, 3, 4, 6, 8, 9]
    for over in (False, True):
        for reduce, pool in ((np.max, cl.fractional_max_pool), (np.mean, cl.fractional_average_pool)):
            y = pool(x, (rows, columns), over)
            for i in range(4):
                for j in range(6):
                    part = x[:, rows[i]:rows[i + 1] + over, columns[j]:columns[j + 1] + over]
                    assert np.allclose(y[:, i, j], reduce(part, axis=(1, 2)))


# Regions.


def test_superpixels_on_a_grid_are_average_pooling():
    x = distinct(1, (2, 6, 8, 3))
    labels = np.broadcast_to(np.arange(3)[:, None].repeat(2, 0) * 2 + np.arange(2).repeat(4), (2, 6, 8))
    for mode, pool in (("mean", cl.average_pool), ("max", cl.max_pool)):
        assert np.allclose(cl.superpixel_pool(x, labels, mode=mode), pool(x, (2, 4)).reshape(2, 6, 3))


def test_superpixel_ties_and_empty_segments():
    x = np.array([2.0, 2.0, 1.0, -3.0]).reshape(1, 4, 1)
    y = cl.superpixel_pool(x, [[0, 0, 0, 2]], 4, "max")
    assert y[0, :, 0].tolist() == [2, 0, -3, 0]
    dx = cl.superpixel_pool_backward(np.ones((1, 4, 1)), x, [[0, 0, 0, 2]], 4, "max")
    assert dx[0, :, 0].tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64])
def test_superpixel_labels_of_any_integers(dtype):
    x = distinct(1, (2, 3, 2, 2))
    labels = np.array([[[0, 2], [2, 2], [0, 5]]] * 2)
    for mode in ("mean", "max"):
        y = cl.superpixel_pool(x, labels.astype(dtype), mode=mode)
        assert np.array_equal(y, cl.superpixel_pool(x, labels, mode=mode))
        assert np.array_equal(
            cl.superpixel_pool_backward(y, x, labels.astype(dtype), mode=mode),
            cl.superpixel_pool_backward(y, x, labels, mode=mode),
        )


def test_superpixels_without_channels():
    y = cl.superpixel_pool(np.ones((2, 3, 3, 0)), np.zeros((2, 3, 3), int))
    assert y.shape == (2, 1, 0)
    assert cl.superpixel_pool_backward(y, np.ones((2, 3, 3, 0)), np.zeros((2, 3, 3), int)).shape == (2, 3, 3, 0)


def test_superpixel_maximum_is_the_first_nan():
    x = np.array([1.0, np.nan, 3.0, np.nan]).reshape(1, 4, 1)
    assert np.isnan(cl.superpixel_pool(x, [[0, 0, 0, 0]], mode="max")).all()
    dx = cl.superpixel_pool_backward([[[1.0]]], x, [[0, 0, 0, 0]], mode="max")
    assert dx[0, :, 0].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("mode", ["average", "max", "corner_max"])
@pytest.mark.parametrize("corner", [(0, 0), (3, 3), (0, 3)])
def test_a_region_outside_is_zero_whatever_the_image_holds(mode, corner):
    x = np.ones((1, 4, 4, 1))
    x[0, corner[0], corner[1]] = np.nan
    for region in ([0, 8, 8, 10, 10], [0, -9, -9, -7, -7], [0, 8, 0, 10, 2]):
        assert cl.roi_align(x, [region], 1, mode=mode).tolist() == [[[[0.0]]]]


def test_regions_may_be_far_out():
    assert cl.roi_max_pool(np.ones((1, 4, 6, 1)), [[0, -1e20, 0, 1e20, 3]], 1).tolist() == [[[[1.0]]]]


def test_roi_max_of_the_whole_image_is_adaptive():
    x = distinct(1, (2, 6, 9, 3))
    rois = [[1, 0, 0, 8, 5], [0, 0, 0, 8, 5]]
    y = cl.roi_max_pool(x, rois, (4, 5))
    assert np.array_equal(y, cl.adaptive_max_pool(x, (4, 5))[[1, 0]])


def test_roi_align_of_whole_cells_is_average_pooling():
    x = distinct(1, (1, 6, 8, 2))
    y = cl.roi_align(x, [[0, 0, 0, 8, 6]], (3, 4), sampling_ratio=2)
    assert np.allclose(y, cl.average_pool(x))
    assert np.allclose(cl.roi_align(x, [[0, 0, 0, 8, 6]], (3, 4), mode="max"), cl.max_pool(x))


def test_roi_max_ignores_what_lies_outside():
    x = -1 - np.arange(16.0).reshape(1, 4, 4, 1)
    y = cl.roi_max_pool(x, [[0, 2, 2, 9, 9]], 2)[0, :, :, 0]
    # Rows and columns 2 to 9 in two bins of four: only the first meets the image; the others are 0.
    assert y.tolist() == [[-11, 0], [0, 0]]


# The way back up.


@FEW
@given(geometry=geometries())
def test_unpooling_undoes_pooling(geometry):
    spatial, how = geometry
    x = np.abs(distinct(1, (2, *spatial, 2))) + 1
    y, index = cl.max_pool_argmax(x, **how)
    if (index >= 0).all():
        back = cl.max_unpool(y, index, spatial)
        assert np.array_equal(cl.max_pool(back, **how), y)
        assert set(back[back > 0]) == set(y.ravel())
    if not (np.asarray(how["strides"]) < (np.asarray(how["pool_size"]) - 1) * how["dilation"] + 1).any():
        mean = cl.average_pool(x, **how)
        assert np.allclose(cl.average_pool(cl.average_unpool(mean, **how, output_shape=spatial), **how), mean)


def test_of_equal_indices_the_last_stays_whatever_the_strides():
    y, index = np.array([2.0, 1.0]).reshape(1, 2, 1)[:, ::-1], np.zeros((1, 2, 1), int)[:, ::-1]
    assert cl.max_unpool(y, index, 1).item() == 2
    assert cl.max_unpool_backward([[[3.0]]], y, index, 1)[0, :, 0].tolist() == [0, 3]
    y, index = np.arange(4.0).reshape(1, 2, 2, 1), np.array([5, 0, 5, 3]).reshape(1, 2, 2, 1)
    by_columns = np.asfortranarray(y), np.asfortranarray(index)
    assert cl.max_unpool(*by_columns, (2, 3)).ravel().tolist() == [1, 0, 0, 3, 0, 2]


def test_negative_values_do_not_survive_unpooling():
    x = np.full((1, 4, 4, 1), -1.0)
    y, index = cl.max_pool_argmax(x)
    assert not cl.max_pool(cl.max_unpool(y, index, (4, 4))).any()


# Signals.


def test_blur_keeps_constants_and_removes_the_highest_frequency():
    x = np.full((1, 7, 6, 2), 3.0)
    for f in (1, 2, 3, 4, 5):
        assert np.allclose(cl.blur_pool(x, f), 3)
    stripes = np.tile([1.0, -1.0], 4).reshape(1, 8, 1)
    assert not cl.blur_pool(stripes, 3).any() and cl.blur_pool(stripes, 1).all()


@pytest.mark.parametrize("f", [2, 3, 4, 5])
def test_blur_is_reflected_padding_and_convolution(f):
    x = distinct(1, (2, 7, 6, 2))
    ends = [(0, 0), ((f - 1) // 2, -(-(f - 1) // 2)), ((f - 1) // 2, -(-(f - 1) // 2)), (0, 0)]
    row = np.poly1d([1, 1]) ** (f - 1)
    kernel = np.outer(row.c, row.c)[..., None, None] / np.sum(np.outer(row.c, row.c))
    expected = cl.conv(np.pad(x, ends, mode="reflect"), np.repeat(kernel, 2, -1), strides=2, groups=2)
    assert np.allclose(cl.blur_pool(x, f), expected)
    assert np.allclose(cl.max_blur_pool(x, 2, f), cl.blur_pool(cl.max_pool(x, 2, 1), f))


@FEW
@given(shape=shapes)
def test_spectral_keeps_the_mean_and_low_frequencies(shape):
    x = distinct(1, shape)
    assert np.allclose(cl.spectral_pool(x, shape[1:-1]), x)
    half = tuple(-(-n // 2) for n in shape[1:-1])
    assert np.allclose(cl.spectral_pool(x, half).mean(tuple(range(1, x.ndim - 1))), cl.global_average_pool(x))
    wave = np.cos(2 * np.pi * np.arange(12) / 12).reshape(1, 12, 1)
    assert np.allclose(cl.spectral_pool(wave, 6), np.cos(2 * np.pi * np.arange(6) / 6).reshape(1, 6, 1))


def test_shift_consistency():
    x = distinct(1, (3, 8, 8, 2))
    assert np.allclose(cl.shift_consistency(cl.global_max_pool, x, [1, (2, 3)]), 1)
    y = cl.shift_consistency(cl.max_pool, x, [1, 2])
    moved = cl.max_pool(np.roll(x, 1, (1, 2))) - cl.max_pool(x)
    assert y.shape == (2, 3)
    assert np.isclose(y[0, 0], 1 - np.linalg.norm(moved[0]) / np.linalg.norm(cl.max_pool(x)[0]))
    wave = np.cos(np.arange(16) * np.pi).reshape(1, 16, 1) + 1
    assert cl.shift_consistency(cl.blur_pool, wave, [1]) > 0.99 > cl.shift_consistency(cl.max_blur_pool, wave, [1]) - 1


# Across positions and channels.


def test_orderless_poolings_forget_the_order():
    x = distinct(1, (2, 4, 6, 3))
    shuffled = np.random.default_rng(0).permutation(x.reshape(2, 24, 3), axis=1).reshape(x.shape)
    for pool in (
        cl.bilinear_pool, lambda a: cl.compact_bilinear_pool(a, 5), lambda a: cl.vlad_pool(a, x[0, 0, :3]),
        lambda a: cl.attention_pool(a, np.eye(3) / 9, np.ones(3)), lambda a: cl.mop_pool(a, x[0, 0, :3], [(4, 6)]),
    ):
        assert np.allclose(pool(x), pool(shuffled))


def test_mop_forgets_the_order_of_its_patches():
    x = distinct(1, (1, 4, 6, 2))
    patches = x.reshape(1, 2, 2, 3, 2, 2).swapaxes(2, 3).reshape(1, 6, 2, 2, 2)[:, [3, 1, 5, 0, 2, 4]]
    moved = patches.reshape(1, 2, 3, 2, 2, 2).swapaxes(2, 3).reshape(x.shape)
    centres = np.array([[0.0, 1.0], [2.0, -1.0]])
    assert np.allclose(cl.mop_pool(x, centres, (2,)), cl.mop_pool(moved, centres, (2,)))


def test_constant_scores_attend_to_everything():
    x = distinct(1, (2, 5, 3))
    assert np.allclose(cl.attention_pool(x, np.ones((4, 3)), np.zeros(4)), cl.global_average_pool(x))


def test_bilinear_norm_and_root():
    x = distinct(1, (2, 5, 3))
    raw = cl.bilinear_pool(x, signed_sqrt=False, l2=False)
    assert np.allclose(raw.reshape(2, 3, 3), np.einsum("nlc,nld->ncd", x, x))
    rooted = cl.bilinear_pool(x, l2=False)
    assert np.allclose(rooted * np.abs(rooted), raw)
    assert np.allclose(np.linalg.norm(cl.bilinear_pool(x), axis=1), 1)
    assert not cl.bilinear_pool(0 * x).any() and not cl.bilinear_pool_backward(np.ones((2, 9)), 0 * x).any()


@pytest.mark.parametrize("method", ["tensor_sketch", "random_maclaurin"])
def test_compact_inner_products_are_unbiased(method):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 1, 1, 6))
    products = [
        np.vdot(*(cl.compact_bilinear_pool(a, 64, method=method, seed=s) for a in (x, y))) for s in range(800)
    ]
    error = np.std(products) / np.sqrt(len(products))
    assert abs(np.mean(products) - (x @ y[0].T).item() ** 2) < 4 * error


@pytest.mark.parametrize("dim", [1, 7, 40])
def test_tensor_sketch_is_a_convolution_of_count_sketches(dim):
    x = distinct(1, (2, 3, 2, 5))
    (h1, s1), (h2, s2) = cl.sketch(5, dim)
    expected = np.zeros((2, dim))
    for n, i, j in np.ndindex(2, 3, 2):
        first, second = np.zeros(dim), np.zeros(dim)
        for c in range(5):
            first[h1[c]] += s1[c] * x[n, i, j, c]
            second[h2[c]] += s2[c] * x[n, i, j, c]
        expected[n] += np.fft.ifft(np.fft.fft(first) * np.fft.fft(second)).real
    assert np.allclose(cl.compact_bilinear_pool(x, dim), expected)


def test_random_maclaurin_by_its_formula():
    x = distinct(1, (2, 3, 5))
    first, second = cl.sketch(5, 8, method="random_maclaurin", seed=4)
    expected = ((x @ first.T) * (x @ second.T)).sum(1) / np.sqrt(8)
    assert np.allclose(cl.compact_bilinear_pool(x, 8, method="random_maclaurin", seed=4), expected)


def test_intermap_is_max_over_a_window_of_channels():
    x = distinct(1, (2, 3, 4, 6))
    swapped = np.moveaxis(x, -1, 1).reshape(2, 6, 12, 1)
    expected = np.moveaxis(cl.max_pool(swapped, (3, 1)).reshape(2, 2, 3, 4), 1, -1)
    assert np.array_equal(cl.intermap_pool(x, 3), expected)


# The genetic search.


def test_search_stays_on_the_simplex_and_never_falls():
    seen = []

    def fitness(weights):
        seen.append(weights)
        return -np.sum((weights - [0.1, 0.2, 0.3, 0.4]) ** 2) + np.random.default_rng(len(seen)).normal() / 100

    weights, history = cl.evolve_ordinal_weights(fitness, 4, np.random.default_rng(1), generations=15)
    genomes = np.array(seen)
    assert (genomes >= 0).all() and np.allclose(genomes.sum(1), 1)
    assert len(history) == 16 and (np.diff(history) >= 0).all() and history[-1] > history[0]
    assert any(np.array_equal(weights, genome) for genome in seen)


def test_search_finds_and_repeats():
    def fitness(weights):
        return -np.sum((weights - [0.1, 0.2, 0.3, 0.4]) ** 2)

    first, history = cl.evolve_ordinal_weights(fitness, 4, np.random.default_rng(5), generations=60, mutation=0.05)
    again, _ = cl.evolve_ordinal_weights(fitness, 4, np.random.default_rng(5), generations=60, mutation=0.05)
    assert np.array_equal(first, again) and history[-1] > -0.005
    other, _ = cl.evolve_ordinal_weights(fitness, 4, np.random.default_rng(6), generations=60, mutation=0.05)
    assert not np.array_equal(first, other)


def test_levels_of_multi_scale_pooling_may_be_numbers_and_pairs():
    x, centres = np.random.default_rng(0).standard_normal((2, 4, 6, 3)), np.eye(2, 3)
    mixed = cl.mop_pool(x, centres, (4, (2, 3)))
    apart = [cl.mop_pool(x, centres, (level,)) for level in ((4, 4), (2, 3))]
    np.testing.assert_array_equal(mixed, np.concatenate(apart, axis=1))
