import json
from dataclasses import replace

import pytest

from course_lib.catalogue import by_name
from course_lib.cifar import load_sample
from course_lib.cifar.compare import MEASURES, compare, pairs, table, values
from course_lib.cifar.gallery import draw_results
from course_lib.cifar.plans import PLANS, Plan, plan
from course_lib.cifar.recipe import RunError, recipe

IMAGES = load_sample(200, 10)
PLAN = Plan("Which?", "None.", {"max_pool": {}, "strided": {"pooling": "strided"}},
            recipe("tutorial", epochs=1, validation=40), images=160, seeds=2)


def test_a_comparison_stopped_goes_on_and_says_the_same(tmp_path):
    file = tmp_path / "runs.json"

    def stop(run):
        if (run["variant"], run["seed"]) == ("strided", 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(IMAGES, PLAN, file, report=stop)
    assert len(json.loads(file.read_text())["runs"]) == 2
    reported = []
    kept = compare(IMAGES, PLAN, file, report=reported.append)
    assert [(run["variant"], run["seed"]) for run in reported] == [("max_pool", 1), ("strided", 1)]
    assert json.loads(file.read_text()) == kept
    for measure in MEASURES:
        assert "strided" in table(kept, measure) or measure == "gap"
    drawn = draw_results(kept, "runs", tmp_path)
    assert {file.name for file in drawn} == {f"runs-{measure}.svg" for measure in MEASURES}
    with pytest.raises(RunError, match="another plan or other data"):
        compare(IMAGES, replace(PLAN, seeds=3), file)


def runs(**accuracies):
    return {
        "plan": {"variants": {name: {} for name in accuracies}, "seeds": 3},
        "runs": [{"variant": name, "seed": seed, "accuracy": a, "training_accuracy": a + 0.1}
                 for name, found in accuracies.items() for seed, a in enumerate(found)],
    }


def test_pairs_are_of_the_same_seed_in_points():
    kept = runs(base=[0.5, 0.6, 0.7], other=[0.51, 0.62, 0.73])
    kept["runs"].reverse()
    baseline, found = pairs(kept, "accuracy")
    assert baseline == "base" and list(found) == ["other"]
    assert (found["other"].mean, found["other"].low, found["other"].high) == pytest.approx((2, 1, 3))
    assert pairs(kept, "gap")[1]["other"].mean == pytest.approx(0, abs=1e-9)


def test_a_seed_without_all_variants_does_not_count():
    kept = runs(base=[0.5, 0.6, 0.7], other=[0.5, 0.6])
    assert [len(found) for found in values(kept, "accuracy").values()] == [2, 2]
    with pytest.raises(RunError, match="at least two seeds"):
        pairs(runs(base=[0.5, 0.6, 0.7], other=[0.5]), "accuracy")


@pytest.mark.parametrize("name", PLANS)
def test_plans_can_be_run(name):
    planned = plan(name)
    recipes = planned.recipes(seed=3)
    assert len({json.dumps(one.to_dict()) for one in recipes.values()}) == len(recipes) >= 2
    for one in recipes.values():
        assert one.seed == 3 and (one.pooling == "strided" or by_name(one.pooling).layer)
    json.dumps(planned.base.to_dict())
