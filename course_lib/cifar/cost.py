"""What a training step costs with each pooling of the experiments: time in turns, memory in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from .data import Images
from .plans import PLANS
from .provenance import Meter, provenance
from .recipe import Recipe, recipe
from .sample import load_sample
from .statistics import Paired, paired

STEPS = 30  # of one turn
BASELINE = "max_pool"


def poolings() -> list[str]:
    """Those of all plans, each once, the baseline first."""
    named = [change["pooling"] for plan in PLANS.values() for change in plan.variants.values() if "pooling" in change]
    return list(dict.fromkeys([BASELINE, *named]))


def measure_costs(names: list[str], *, turns: int = 8, command: str | None = None) -> dict:
    """Milliseconds of a training step of the fast network, turn by turn, and the peak memory of a process that trains.

    The pixels do not matter here, so they are those of the drawn set. All poolings take a turn before any takes the
    next, so that a drift of the machine hits all alike.
    """
    recipes = {name: recipe("fast", pooling=name) for name in names}
    # First, while this process is small: a process counts among its own peaks the one of the process that began it.
    memory = {name: _apart(one) for name, one in recipes.items()}
    images = load_sample(recipes[BASELINE].batch_size * STEPS, 10)
    steps = {name: _steps(images, one) for name, one in recipes.items()}
    for step in steps.values():
        step()
    milliseconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(turns):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            milliseconds[name].append(round(1000 * (time.perf_counter() - began) / STEPS, 3))
    return {"command": command, "costs": milliseconds, "memory_mib": memory, **provenance()}


def extra(kept: dict) -> dict[str, Paired]:
    """Of each other pooling, how much more time a step takes than the baseline's, per cent, paired by turns."""
    taken = {name: np.array(turns) for name, turns in kept["costs"].items()}
    base = taken.pop(BASELINE)
    return {name: paired(100 * (one / base - 1)) for name, one in taken.items()}


def cost_table(kept: dict) -> str:
    """The costs as lines of text."""
    base = float(np.median(kept["costs"][BASELINE]))
    lines = [f"{'':18} time of a step, to {BASELINE}'s ({base:.1f} ms)   peak memory",
             f"  {BASELINE:<18} {'':32} {kept['memory_mib'][BASELINE]:6} MiB"]
    lines += [f"  {name:<18} {one.mean:+6.0f} %   {one.low:+6.0f} to {one.high:+6.0f} %   "
              f"{kept['memory_mib'][name]:6} MiB" for name, one in extra(kept).items()]
    return "\n".join(lines)


def _steps(images: Images, chosen: Recipe):
    from .pipeline import batches
    from .training import build

    model = build(chosen, 1000)
    feed = batches(images.x_train, images.y_train, batch_size=chosen.batch_size, seed=0, first_epoch=0, epochs=1000)
    return lambda: model.fit(feed, epochs=1, steps_per_epoch=STEPS, verbose=0, shuffle=False)


def _apart(chosen: Recipe) -> int:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_peak, chosen).result()


def _peak(chosen: Recipe) -> int:
    images = load_sample(chosen.batch_size * STEPS, 10)
    with Meter() as meter:
        _steps(images, chosen)()
    return meter.reading()["peak_memory_mib"]
