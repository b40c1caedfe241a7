"""Run a plan, keep every run, and say what the pairs say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .data import Images
from .plans import Plan
from .provenance import provenance
from .recipe import RunError
from .statistics import Paired, paired

MOVES, NOISES = (1, 2, 3), (8, 16, 32)
MEASURES = {
    "accuracy": "validation accuracy",
    "gap": "training minus validation accuracy",
    **{f"steady_{pixels}": f"predictions kept when moved by {pixels} px" for pixels in MOVES},
    **{f"noise_{sigma}": f"accuracy under noise of {sigma}/255" for sigma in NOISES},
}


def compare(images: Images, plan: Plan, file: Path, *, command: str | None = None,
            report: Callable[[dict], None] = lambda run: None) -> dict:
    """Train every variant with every seed and write the runs into `file`, each as soon as it is finished.

    A file of the same plan and data is gone on with, so that a stopped comparison loses one run at most.

    Raises:
        RunError: `file` holds another plan or other data, or there are fewer images than planned.
        OSError: `file` cannot be written.
    """
    import keras

    from .training import split, train

    if plan.images is not None and not 0 < plan.images <= len(images.x_train):
        raise RunError(f"images must be from 1 to the {len(images.x_train)} there are, got {plan.images}")
    chosen = images if plan.images is None else images.first(plan.images)
    wanted = {"plan": json.loads(json.dumps(asdict(plan))), "data": {
        "source": chosen.source, "sha256": chosen.fingerprint()}}
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = _kept(file, wanted) or {**wanted, "command": command, **provenance(), "runs": []}
    _, held = split(chosen, plan.base.validation)
    for seed in range(plan.seeds):
        for variant, recipe in plan.recipes(seed).items():
            if any((run["variant"], run["seed"]) == (variant, seed) for run in kept["runs"]):
                continue
            model, result = train(chosen, recipe)
            if result["status"] != "finished":
                raise KeyboardInterrupt
            run = {"variant": variant, "seed": seed, "seconds": round(result["seconds"], 2), **_measured(model, *held)}
            run["training_accuracy"] = _accuracy_on(model, chosen, plan)
            kept["runs"].append(run)
            _write(file, kept)
            report(run)
            keras.backend.clear_session()
    return kept


def pairs(kept: dict, measure: str) -> tuple[str, dict[str, Paired]]:
    """The baseline's name, and for each other variant its paired difference to it in percentage points.

    Args:
        kept: what `compare` wrote.
        measure: a key of `MEASURES`.

    Raises:
        RunError: fewer than two seeds have all variants.
    """
    table = values(kept, measure)
    baseline, *others = table
    if len(table[baseline]) < 2:
        raise RunError("a paired comparison needs at least two seeds for which every variant is finished")
    return baseline, {name: paired(100 * (table[name] - table[baseline])) for name in others}


def values(kept: dict, measure: str) -> dict[str, np.ndarray]:
    """Of each variant the measure for every seed that is finished, in the seeds' order."""
    by_run = {(run["variant"], run["seed"]): run for run in kept["runs"]}
    variants = list(kept["plan"]["variants"])
    seeds = [seed for seed in range(kept["plan"]["seeds"]) if all((name, seed) in by_run for name in variants)]
    return {name: np.array([_value(by_run[name, seed], measure) for seed in seeds]) for name in variants}


def table(kept: dict, measure: str) -> str:
    """The pairs as lines of text."""
    baseline, found = pairs(kept, measure)
    level = next(iter(found.values())).level
    lines = [f"{MEASURES[measure]}, difference to {baseline} "
             f"({100 * values(kept, measure)[baseline].mean():.1f} %) in points, {100 * level:.0f} % interval"]
    lines += [f"  {name:<18} {one.mean:+6.2f}   {one.low:+6.2f} to {one.high:+6.2f}   p = {one.p:.3f}   "
              f"{one.pairs} pairs" for name, one in found.items()]
    return "\n".join(lines)


def _value(run: dict, measure: str) -> float:
    return run["training_accuracy"] - run["accuracy"] if measure == "gap" else run[measure]


def _measured(model, x, y) -> dict:
    from .robustness import noisy_accuracy, shift_consistency
    from .training import judged

    return {
        "accuracy": judged(model, x, y)["accuracy"],
        **{f"steady_{pixels}": shift_consistency(model, x, pixels) for pixels in MOVES},
        **{f"noise_{sigma}": noisy_accuracy(model, x, y, sigma) for sigma in NOISES},
    }


def _accuracy_on(model, images: Images, plan: Plan) -> float:
    """On the images trained on, as they are: the accuracy that training reports is that of a moving target."""
    from .training import judged, split

    (x, y), _ = split(images, plan.base.validation)
    return judged(model, x, y)["accuracy"]


def _kept(file: Path, wanted: dict) -> dict | None:
    if not file.exists():
        return None
    try:
        kept = json.loads(file.read_text())
    except ValueError as error:
        raise RunError(f"{file} is there and is no comparison: name another file, or remove this one") from error
    if any(kept.get(name) != value for name, value in wanted.items()):
        raise RunError(f"{file} holds another plan or other data: name another file, or remove this one")
    return kept


def _write(file: Path, kept: dict) -> None:
    written = file.with_suffix(".new")
    written.write_text(json.dumps(kept, indent=1) + "\n")
    os.replace(written, file)
