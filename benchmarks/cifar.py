"""Training the CIFAR-10 networks of the course, as shares of the tutorial network's ten epochs.

Steps of all networks are timed in turns, each through its own input pipeline, and multiplied by the epochs of its
recipe. The accuracy that these times buy needs the real images: set CIFAR10_PATH to the official files and the three
networks are also trained from start to end, three seeds each (under a quiet quarter of an hour on two cores).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.timing import medians, row

IMAGES = 3840  # of one turn: a multiple of every batch size
SEEDS = 3
SHARES = {"fast": 1 / 6, "strong": 1.0}
# The strong network answers by the mean of an image and its mirror image; its time includes both looks.
ACCURACIES = {"fast": ("accuracy", 0.704), "strong": ("accuracy_with_mirror", 0.84)}
LARGEST_FAST = 65_000


def rows() -> Iterator[dict]:
    from course_lib.cifar import load_sample
    from course_lib.cifar.models import fast
    from course_lib.cifar.recipe import RECIPES

    sample = load_sample(IMAGES, 10)
    yield row("cifar: parameters of the fast network", fast().count_params(), LARGEST_FAST, unit="")
    took = medians({name: _steps(sample, recipe) for name, recipe in RECIPES.items()}, seconds=60)
    whole = {name: took[name] * RECIPES[name].epochs for name in took}
    for name, bar in SHARES.items():
        yield row(f"cifar: steps of {name}, share of the tutorial's ten epochs", whole[name] / whole["tutorial"], bar)
    yield row("cifar: input pipeline, share of a fast step", _feeding(sample, RECIPES["fast"]) / took["fast"], 0.25)
    if path := os.environ.get("CIFAR10_PATH"):
        yield from _trained(path)
    else:
        print("cifar: CIFAR10_PATH is not set; accuracies are not measured")


def _steps(images, recipe):
    from course_lib.cifar.pipeline import batches
    from course_lib.cifar.training import build

    model = build(recipe, 1000)
    feed = _feed(images, recipe, batches)
    steps = IMAGES // recipe.batch_size
    return lambda: model.fit(feed, epochs=1, steps_per_epoch=steps, verbose=0, shuffle=False)


def _feeding(images, recipe) -> float:
    from course_lib.cifar.pipeline import batches

    feed = iter(_feed(images, recipe, batches))
    steps = IMAGES // recipe.batch_size

    def turn():
        for _ in range(steps):
            next(feed)
    return medians({"feed": turn})["feed"]


def _feed(images, recipe, batches):
    return batches(images.x_train, images.y_train, batch_size=recipe.batch_size, seed=0, first_epoch=0, epochs=10_000,
                   shift=recipe.shift, flip=recipe.flip)


def _trained(path: str) -> Iterator[dict]:
    from course_lib.cifar import load_cifar10
    from course_lib.cifar.recipe import RECIPES
    from course_lib.cifar.statistics import spread
    from course_lib.cifar.training import train

    images = load_cifar10(path)
    seconds: dict[str, list[float]] = {}
    results: dict[str, list[dict]] = {}
    for seed in range(SEEDS):
        for name, recipe in RECIPES.items():
            if name == "tutorial" and seed:
                continue
            before = time.perf_counter()
            _, result = train(images, replace(recipe, seed=seed))
            seconds.setdefault(name, []).append(time.perf_counter() - before)
            results.setdefault(name, []).append(result)
            memory = result["usage"]["peak_memory_mib"]
    for name, (measure, bar) in ACCURACIES.items():
        mean, deviation = spread([result[measure] for result in results[name]])
        said = measure.replace("_", " ")
        yield row(f"cifar: validation {said} of {name}, mean of {SEEDS} seeds", mean, bar, unit="", at_least=True)
        yield row(f"cifar: its standard deviation over seeds ({name})", deviation, unit="")
        used = [result["usage"]["cpu_seconds"] / result["usage"]["wall_seconds"] for result in results[name]]
        cores = results[name][0]["machine"]["cores"]
        yield row(f"cifar: share of {cores} cores that {name} keeps busy", spread(used)[0] / cores, unit="")
        share = spread(seconds[name])[0] / seconds["tutorial"][0]
        yield row(f"cifar: whole run of {name}, share of the tutorial's", share, SHARES[name])
    yield row("cifar: largest memory of the process, GiB", memory / 1024, 2, unit="")
