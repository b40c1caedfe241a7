from itertools import combinations

import numpy as np
import pytest

from course_lib.cifar.statistics import paired, spread


def test_three_differences_by_hand():
    """Subset means of 1, 2, 6: 1, 1.5, 2, 3, 3.5, 4, 6. Two of eight sign patterns reach the observed sum of 9."""
    result = paired([6.0, 1.0, 2.0])
    assert (result.mean, result.low, result.high) == (3.0, 1.0, 6.0)
    assert (result.level, result.p, result.pairs) == (0.75, 0.25, 3)


def test_six_of_one_sign_are_the_fewest_that_can_be_significant():
    assert paired(np.arange(1.0, 7.0)).p == 2 / 64
    assert paired(np.arange(1.0, 6.0)).p == 2 / 32
    assert paired(np.arange(1.0, 7.0)).level >= 0.95 > paired(np.arange(1.0, 6.0)).level


def test_no_difference():
    assert paired([0.0, 0.0, 0.0]).p == 1
    assert paired([1.0, -1.0]).p == 1


@pytest.mark.parametrize("n", [6, 7, 8, 10])
def test_the_interval_holds_what_the_test_does_not_reject(n):
    d = np.random.default_rng(n).normal(0.3, 1, n)
    result = paired(d)
    inside, outside = 1e-6 * (result.high - result.low), -1e-6 * (result.high - result.low)
    for end, inward in ((result.low, 1), (result.high, -1)):
        assert paired(d - end - inward * inside).p > 1 - result.level
        assert paired(d - end - inward * outside).p <= 1 - result.level + 1e-12


def test_the_ends_are_subset_means():
    d = [0.3, -1.2, 2.5, 0.9, 4.1, 1.7, -0.2]
    means = sorted(np.mean(chosen) for k in range(1, 8) for chosen in combinations(d, k))
    result = paired(d)
    outside = round((1 - result.level) / 2 * 128)
    assert (result.low, result.high) == pytest.approx((means[outside - 1], means[-outside]))


def test_coverage():
    """With a centre of 1 and errors far from normal but symmetric, 62 of 64 intervals should hold it."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(600):
        result = paired(1 + rng.standard_t(2, 6))
        held += result.low <= 1 <= result.high
    assert abs(held / 600 - 62 / 64) < 0.025


@pytest.mark.parametrize("bad", [[], [1.0], [[1.0, 2.0]], [1.0, np.nan], [0.5] * 17])
def test_what_cannot_be_paired(bad):
    with pytest.raises(ValueError, match="finite differences"):
        paired(bad)


def test_spread():
    assert spread([4.0, 8.0]) == (6.0, pytest.approx(8**0.5))
    assert np.isnan(spread([1.0])[1])
