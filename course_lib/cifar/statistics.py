"""Few runs, honestly summed up: paired differences, exact intervals, an exact test. No normality assumed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

MOST_PAIRS = 16  # all sign patterns are listed: two to this power


@dataclass(frozen=True)
class Paired:
    """Of differences in pairs: their mean, an interval for it that covers with probability `level`, a p value."""

    mean: float
    low: float
    high: float
    level: float
    p: float
    pairs: int


def paired(differences, level: float = 0.95) -> Paired:
    """What `n` paired differences say about their centre.

    If the two treatments do not differ, each difference was as likely to come out with the other sign: the p value is
    the share of the `2**n` sign patterns whose mean is at least as far from zero as the observed one. The interval
    holds the centres that this test would not reject. Its ends are means of subsets: the `2**n - 1` of them cut the
    line into `2**n` pieces that hold the centre with equal probability. Six pairs are the fewest that give 95 %;
    from fewer, the widest interval comes back with the level it has.

    Args:
        differences: `(n,)`, from 2 to 16 of them.
        level: wanted coverage.

    Raises:
        ValueError: too few or too many differences, or one that is not finite.

    Source: Fisher 1935, "The design of experiments"; Hartigan 1969, "Using subsample values as typical values".

    >>> result = paired([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> result.mean, result.low, result.high, result.level, result.p
    (3.5, 1.0, 6.0, 0.96875, 0.03125)
    """
    d = np.asarray(differences, float)
    if d.ndim != 1 or not 2 <= d.size <= MOST_PAIRS or not np.isfinite(d).all():
        raise ValueError(f"paired needs from 2 to {MOST_PAIRS} finite differences, got {d.tolist()}")
    chosen = np.array(list(product((0, 1), repeat=d.size)))
    flipped = np.abs((2 * chosen - 1) @ d)
    # Equal in exact arithmetic must stay equal here: the observed pattern and its mirror image always count.
    p = float(np.mean(flipped >= abs(d.sum()) - 1e-9 * np.abs(d).sum()))
    means = np.sort(chosen[1:] @ d / chosen[1:].sum(1))
    outside = max(1, int((1 - level) / 2 * 2**d.size))
    return Paired(float(d.mean()), float(means[outside - 1]), float(means[-outside]),
                  1 - 2 * outside / 2**d.size, p, d.size)


def spread(values) -> tuple[float, float]:
    """Mean and standard deviation (of a sample: divided by `n - 1`).

    >>> spread([1.0, 2.0, 3.0])
    (2.0, 1.0)
    """
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else float("nan")
