"""The golden vectors, each by the function it belongs to, and the worked cases of the design."""

import json
from pathlib import Path

import numpy as np
import pytest

import course_lib as cl

GOLDEN = json.loads((Path(__file__).parents[1] / "golden.json").read_text())


def image(rows):
    return np.asarray(rows, float)[None, ..., None]


def channel(y):
    return y[0, ..., 0]


HALF = np.full((2, 2), 0.1)
CASES = {
    "matrix4x4_max": cl.max_pool,
    "matrix4x4_min": cl.min_pool,
    "matrix4x4_avg": cl.average_pool,
    "matrix4x4_stochastic_test": cl.stochastic_pool,
    "matrix4x4_soft": cl.soft_pool,
    "matrix4x4_entropy_weighted": cl.information_pool,
    "matrix4x4_l2_mean": cl.lp_pool,
    "matrix4x4_l2_sum": lambda x: cl.lp_pool(x, normalized=False),
    "matrix4x4_top2": lambda x: cl.avg_topk_pool(x, k=2),
    "matrix4x4_rap3": lambda x: cl.rank_average_pool(x, t=3),
    "matrix4x4_rwp_norm": cl.rank_weighted_pool,
    "matrix4x4_rwp_raw": lambda x: cl.rank_weighted_pool(x, normalize=False),
    "matrix4x4_mixed_half": cl.mixed_pool,
    "matrix4x4_max3s1_valid": lambda x: cl.max_pool(x, 3, 1),
    "matrix4x4_max3s2_same": lambda x: cl.max_pool(x, 3, 2, "same"),
    "matrix4x4_avg3s2_same": lambda x: cl.average_pool(x, 3, 2, "same"),
    "matrix4x4_blur3": lambda x: cl.blur_pool(x, 3),
    "matrix4x4_blur4": lambda x: cl.blur_pool(x, 4),
    "matrix4x4_spectral2": lambda x: cl.spectral_pool(x, 2),
    "matrix4x4_spectral3": lambda x: cl.spectral_pool(x, 3),
    "matrix4x4_gem3": lambda x: cl.gem_pool(x)[..., None],
    "matrix4x4_spp_1_2": lambda x: cl.spatial_pyramid_pool(x, (1, 2))[..., None],
    "matrix4x4_adaptive3_avg": lambda x: cl.adaptive_average_pool(x, 3),
    "matrix4x4_adaptive3_max": lambda x: cl.adaptive_max_pool(x, 3),
    "neg4x4_max3s2_same": lambda x: cl.max_pool(x, 3, 2, "same"),
    "roi4x6_to3x3_girshick": lambda x: cl.roi_max_pool(x, [[0, 0, 0, 5, 3]], 3),
    "roi4x6_to3x3_align": lambda x: cl.roi_align(x, [[0, 0, 0, 6, 4]], 3, aligned=False),
    "roi4x6_to3x3_align_aligned": lambda x: cl.roi_align(x, [[0, 0, 0, 6, 4]], 3),
    # The tutorial's rule, bins of floor(4 / 3) rows that drop the last row, is plain max pooling with those windows.
    "roi4x6_to3x3_floor_bins": lambda x: cl.max_pool(x, (1, 2))[:, :3],
    "ties4x4_grad_ones": lambda x: cl.max_pool_backward(np.ones((1, 2, 2, 1)), x),
    "ties4x4_argmax": lambda x: cl.max_pool_argmax(x)[1],
    "line6x6_max": cl.max_pool,
    "line6x6_avg": cl.average_pool,
    "line6x6_min": cl.min_pool,
    "line6x6_l2": cl.lp_pool,
    "line6x6_shift1_max": cl.max_pool,
    "line6x6_shift1_avg": cl.average_pool,
}


@pytest.mark.parametrize("name", CASES)
def test_vector(name):
    case = GOLDEN[name]
    y = channel(CASES[name](image(case["input"])))
    assert np.shape(y) == np.shape(case["output"]) or np.ndim(case["output"]) == 0
    assert np.allclose(y, case["output"], atol=1e-6)


def test_unpool():
    # The values 3, 0, 0 and 2 at the places that the argmax of the same map gives.
    case = GOLDEN["ties4x4_unpool"]
    y, index = cl.max_pool_argmax(image(case["input"]))
    assert channel(cl.max_unpool(y, index, (4, 4))).tolist() == case["output"]


@pytest.mark.parametrize("size", [2, 3])
def test_intermap(size):
    case = GOLDEN[f"intermap_g{size}_max"]
    assert cl.intermap_pool(np.array(case["input"])[None], size)[0].tolist() == case["output"]


def test_pixel_pyramid():
    case = GOLDEN["pyramid_3_1_delta"]
    y = cl.pixel_pyramid_pool(image(case["input"]), (3, 1))
    assert np.moveaxis(y[0], -1, 0).tolist() == case["output"]


def test_superpixel():
    case = GOLDEN["superpixel_mean"]
    y = cl.superpixel_pool(image(case["input"]), [case["labels"]])
    assert np.allclose(y[0, :, 0], case["output"], atol=1e-6)


def test_bilinear():
    case = GOLDEN["bilinear_sum"]
    y = cl.bilinear_pool(np.array(case["input"])[None], signed_sqrt=False, l2=False)
    assert y[0].tolist() == case["output"]


@pytest.mark.parametrize("u", [0.1, 0.5, 0.9])
def test_fractional_sequence(u):
    assert cl.fractional_sequence(10, 6, rng=u).tolist() == GOLDEN[f"frac_seq_n10_o6_u{u}"]


def test_every_golden_vector_is_used():
    elsewhere = {"ties4x4_unpool", "intermap_g2_max", "intermap_g3_max", "pyramid_3_1_delta", "superpixel_mean",
                 "bilinear_sum", "frac_seq_n10_o6_u0.1", "frac_seq_n10_o6_u0.5", "frac_seq_n10_o6_u0.9"}
    assert set(CASES) | elsewhere == set(GOLDEN)


MATRIX = image(GOLDEN["matrix4x4_max"]["input"])


def test_gated_with_a_constant_gate():
    expected = [[5.589543, 7.699984], [13.97512, 15.988759]]
    assert np.allclose(channel(cl.gated_pool(MATRIX, HALF)), expected, atol=1e-6)


def hard(n, h, w, c):
    """Ties, negatives, and no two images or channels alike."""
    i = np.indices((n, h, w, c))
    return ((7 * i[1] ** 2 + 13 * i[2] + 5 * i[3] + 11 * i[0] + 3 * i[1] * i[2]) % 23 - 11).astype(float)


def test_probes():
    x, how = hard(2, 5, 7, 3), {"pool_size": (2, 3), "strides": (1, 2)}
    assert channel(cl.max_pool(x, **how)).tolist() == [[5, 5, 8], [9, 9, 7], [9, 9, 2], [11, 4, 2]]
    assert channel(cl.max_pool(x, **how, padding="same")).tolist() == [
        [2, 5, 8, 8], [-4, 9, 7, 7], [6, 9, 5, 1], [11, 11, 3, 1], [11, 11, -4, -2]
    ]
    sums = {
        (cl.max_pool, "valid"): 548, (cl.max_pool, "same"): 720, (cl.min_pool, "valid"): -597,
        (cl.min_pool, "same"): -757, (cl.average_pool, "valid"): -14, (cl.average_pool, "same"): -2.75,
    }
    for (pool, padding), total in sums.items():
        assert np.isclose(pool(x, **how, padding=padding).sum(), total)
    average = channel(cl.average_pool(x, **how, padding="same"))[0]
    assert np.allclose(average, [-6, -1.5, 2 / 3, 3.25])


def test_probe_gradients():
    x, how = hard(2, 5, 7, 3), {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}
    dx = cl.max_pool_backward(np.ones((2, 5, 4, 3)), x, **how)
    assert channel(dx).tolist() == [
        [0, 1, 0, 1, 0, 2, 0], [1, 0, 0, 0, 0, 2, 0], [0, 0, 2, 1, 0, 0, 0], [1, 0, 0, 1, 0, 2, 0],
        [0, 4, 0, 0, 0, 1, 1],
    ]
    row = channel(cl.average_pool_backward(np.ones((2, 5, 4, 3)), x, **how))[0]
    assert np.allclose(row, [0.25, 0.4167, 0.1667, 0.3333, 0.1667, 0.4167, 0.25], atol=1e-4)
    i = np.indices((2, 5, 4, 3))
    dy = (i.sum(0) * 5 % 7 - 3).astype(float)
    dy[dy == 0] = 0.5
    dx = cl.max_pool_backward(dy, x, **how)
    assert channel(dy)[0].tolist() == [-3, 2, 0.5, -2]
    assert channel(dx).tolist() == [
        [0, -3, 0, 2, 0, -1.5, 0], [2, 0, 0, 0, 0, 1, 0], [0, 0, -1.5, 3, 0, 0, 0], [0.5, 0, 0, 1, 0, 0, 0],
        [0, 5, 0, 0, 0, -1, -3],
    ]
    assert dx.sum() == dy.sum() == 14.5


def test_overlapping_windows_add_up():
    x = np.zeros((1, 3, 3, 1))
    x[0, 1, 1] = 9
    dx = cl.max_pool_backward(np.ones((1, 2, 2, 1)), x, 2, 1)
    assert dx[0, 1, 1, 0] == 4 == dx.sum()


def test_average_gradient_at_the_border():
    dx = cl.average_pool_backward(np.ones((1, 2, 2, 1)), np.zeros((1, 3, 3, 1)), 2, padding="same")
    assert channel(dx).tolist() == [[0.25, 0.25, 0.5], [0.25, 0.25, 0.5], [0.5, 0.5, 1]]


def test_vertical_line():
    x = np.zeros((1, 8, 8, 1))
    x[:, :, 3:5] = 1
    kernel = np.zeros((3, 3, 1, 1))
    kernel[:, 1] = 1
    y = cl.conv(x, kernel)
    assert channel(y).tolist() == [[0, 0, 3, 3, 0, 0]] * 6
    assert channel(cl.average_pool(y)).tolist() == channel(cl.max_pool(y)).tolist() == [[0, 3, 0]] * 3
    assert cl.global_max_pool(y).tolist() == [[3]] and cl.global_average_pool(y).tolist() == [[1]]


def test_stochastic_papers_example():
    x = image([[1.6, 2.4, 0], [0, 0, 0], [0, 0, 0]])
    assert np.isclose(cl.stochastic_pool(x, 3).item(), 0.4 * 1.6 + 0.6 * 2.4)
    drawn = cl.stochastic_pool(np.repeat(x, 4000, 0), 3, training=True, rng=np.random.default_rng(0))
    assert set(drawn.ravel()) == {1.6, 2.4} and abs((drawn == 2.4).mean() - 0.6) < 0.03
