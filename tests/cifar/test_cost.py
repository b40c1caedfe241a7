import numpy as np
import pytest

from course_lib.cifar.cost import cost_table, extra, measure_costs, poolings
from course_lib.cifar.plans import PLANS


def test_every_pooling_of_the_plans_is_measured_and_the_baseline_first():
    assert poolings()[0] == "max_pool" and len(set(poolings())) == len(poolings())
    for plan in PLANS.values():
        for recipe in plan.recipes(0).values():
            assert recipe.pooling in poolings()


def test_costs_are_paired_by_turns():
    kept = {"costs": {"max_pool": [10.0, 20.0, 40.0], "soft_pool": [15.0, 30.0, 60.0]},
            "memory_mib": {"max_pool": 700, "soft_pool": 800}}
    found = extra(kept)["soft_pool"]
    assert (found.mean, found.low, found.high) == (50, 50, 50)
    assert "max_pool's (20.0 ms)" in cost_table(kept) and "+50 %" in cost_table(kept)


def test_it_measures():
    kept = measure_costs(["max_pool", "strided"], turns=2)
    assert {name: len(turns) for name, turns in kept["costs"].items()} == {"max_pool": 2, "strided": 2}
    assert np.min(list(kept["costs"].values())) > 0 and min(kept["memory_mib"].values()) > 100


def test_turns_that_cannot_be():
    with pytest.raises(ValueError, match="2 to 16"):
        extra({"costs": {"max_pool": [1.0], "strided": [1.0]}})
