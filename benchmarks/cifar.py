"""Training the CIFAR-10 networks of the course, as shares of the tutorial network's ten epochs.

Steps of all networks are timed in turns, each through its own input pipeline, and multiplied by the epochs of its
recipe. The accuracy that these times buy needs the real images: set CIFAR10_PATH to the official files and the three
networks are also trained from start to end, three seeds each (under a quiet quarter of an hour on two cores).
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from benchmarks.timing import medians, row

IMAGES = 3840  # of one turn: a multiple of every batch size
SEEDS = 3
SHARES = {"fast": 1 / 6, "strong": 1.0}
# The strong network answers by the mean of an image and its mirror image; its time includes both looks.
ACCURACIES = {"fast": ("accuracy", 0.704), "strong": ("accuracy_with_mirror", 0.84)}
LARGEST_FAST = 65_000


def rows() -> Iterator[dict]:
    # First, while this process is small: a process counts among its own peaks the one of the process that began it.
    if path := os.environ.get("CIFAR10_PATH"):
        yield from _trained(path)
    else:
        print("cifar: CIFAR10_PATH is not set; accuracies are not measured")
    yield from _timed()


def _timed() -> Iterator[dict]:
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
    from course_lib.cifar.recipe import RECIPES
    from course_lib.cifar.statistics import spread

    runs: dict[str, list[tuple[float, dict]]] = {name: [] for name in RECIPES}
    for seed in range(SEEDS):
        for name, recipe in RECIPES.items():
            if seed == 0 or name in ACCURACIES:
                runs[name].append(_alone(_run, path, replace(recipe, seed=seed)))
    seconds = {name: spread([took for took, _ in made])[0] for name, made in runs.items()}
    for name, (measure, bar) in ACCURACIES.items():
        results = [result for _, result in runs[name]]
        mean, deviation = spread([result[measure] for result in results])
        said = measure.replace("_", " ")
        yield row(f"cifar: validation {said} of {name}, mean of {SEEDS} seeds", mean, bar, unit="", at_least=True)
        yield row(f"cifar: its standard deviation over seeds ({name})", deviation, unit="")
        used = [result["usage"]["cpu_seconds"] / result["usage"]["wall_seconds"] for result in results]
        cores = results[0]["machine"]["cores"]
        yield row(f"cifar: share of {cores} cores that {name} keeps busy", spread(used)[0] / cores, unit="")
        yield row(f"cifar: whole run of {name}, share of the tutorial's", seconds[name] / seconds["tutorial"],
                  SHARES[name])
    most = max(result["usage"]["peak_memory_mib"] for made in runs.values() for _, result in made)
    yield row("cifar: largest memory of a run, GiB", most / 1024, 2, unit="")


def _run(path: str, recipe) -> tuple[float, dict]:
    from course_lib.cifar import load_cifar10
    from course_lib.cifar.training import train

    images = load_cifar10(path)
    before = time.perf_counter()
    _, result = train(images, recipe)
    return time.perf_counter() - before, result


def _alone(function, *arguments):
    """In a process of its own, as `course cifar train` would be."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()
