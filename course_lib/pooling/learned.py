"""A genetic search for the rank weights of `ordinal_pool`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arguments import as_int, as_number


def evolve_ordinal_weights(
    fitness: Callable, size, rng=None, *, population=16, generations=20, elite=1, mutation=0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Search the weights with the largest fitness, by selection, crossover and mutation.

    A genome is a point of the simplex: `size` weights, not negative, of sum 1. The first genomes are the maximum, the
    minimum, the mean and random points. Each generation keeps the `elite` best and fills up with children: a random
    mixture of two parents, each the better of two drawn at random, with normal noise, put back on the simplex. As
    the best are kept, with the fitness they were once given, the best fitness never falls.

    Args:
        fitness: from a float64 array `(size,)` to a number, larger is better.
        size: number of weights, the cells of the window.
        rng: a `numpy.random.Generator`; `None` means `numpy.random.default_rng(0)`.
        population: genomes in a generation, at least 2.
        generations: generations after the first, at least 0.
        elite: genomes kept, at least 1 and fewer than `population`.
        mutation: standard deviation of the noise, not negative.

    Returns:
        `(weights, history)`: the best genome, and the best fitness of the first and of every later generation,
        float64 `(generations + 1,)`.

    Raises:
        TypeError, ValueError: for arguments out of range, and for a fitness that returns NaN.

    Source: a plain elitist genetic algorithm (Holland 1975) on the weights of Deliege et al. 2021 (arXiv:2109.01561).

    >>> weights, history = evolve_ordinal_weights(lambda w: w[0], 4)
    >>> weights, bool(history[0] == history[-1] == 1)
    (array([1., 0., 0., 0.]), True)
    """
    size, population = as_int(size, "size"), as_int(population, "population", 2)
    generations, elite = as_int(generations, "generations", 0), as_int(elite, "elite")
    if elite >= population:
        raise ValueError(f"elite must be smaller than population={population}, got {elite}")
    as_number(mutation, "mutation", "a finite number, not negative", lambda mutation: 0 <= mutation < np.inf)
    if rng is None:
        rng = np.random.default_rng(0)
    elif not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {rng!r}")

    known = [np.eye(size)[0], np.eye(size)[-1], np.full(size, 1 / size)][:population]
    genomes = np.array(known + list(rng.dirichlet(np.ones(size), population - len(known))))
    scores = _scores(fitness, genomes)
    history = [scores.max()]
    for _ in range(generations):
        best = np.argsort(-scores, kind="stable")[:elite]
        drawn = rng.integers(population, size=(2, 2, population - elite))
        mother, father = np.where(scores[drawn[:, 0]] >= scores[drawn[:, 1]], drawn[:, 0], drawn[:, 1])
        mix = rng.random((population - elite, 1))
        children = mix * genomes[mother] + (1 - mix) * genomes[father]
        children = _on_simplex(children + mutation * rng.standard_normal(children.shape))
        genomes = np.concatenate([genomes[best], children])
        scores = np.concatenate([scores[best], _scores(fitness, children)])
        history.append(scores.max())
    return genomes[np.argmax(scores)], np.array(history)


def _scores(fitness, genomes) -> np.ndarray:
    scores = np.array([float(fitness(genome.copy())) for genome in genomes])
    if np.isnan(scores).any():
        raise ValueError("fitness must return a number, got NaN")
    return scores


def _on_simplex(genomes: np.ndarray) -> np.ndarray:
    """Negative weights become 0 and each row sums to 1; a row of zeros becomes the mean."""
    genomes = np.maximum(genomes, 0)
    genomes[genomes.sum(1) == 0] = 1
    return genomes / genomes.sum(1, keepdims=True)
