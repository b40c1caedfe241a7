"""The experiments of the book, each written down before it is run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .recipe import Recipe, RunError, recipe
from .statistics import MOST_PAIRS


@dataclass(frozen=True)
class Plan:
    """Variants that differ in one thing, run in pairs: each seed trains every variant, on the same batches.

    `variants` maps a name to what it changes in `base`; the first one is the baseline. `claim` is what would have to
    be seen, said before anything was.
    """

    question: str
    claim: str
    variants: dict[str, dict]
    base: Recipe
    images: int | None = 10_000  # training images, validation included; None: all
    seeds: int = 6

    def __post_init__(self):
        if not 2 <= self.seeds <= MOST_PAIRS:
            raise RunError(f"a paired comparison needs from 2 to {MOST_PAIRS} seeds, got {self.seeds}")

    def recipes(self, seed: int) -> dict[str, Recipe]:
        return {name: replace(self.base, seed=seed, **changes) for name, changes in self.variants.items()}


def _poolings(*names: str) -> dict[str, dict]:
    return {name: {"pooling": name} for name in names}


_SHORT = recipe("fast", epochs=3, validation=2000, shift=2, flip=True)

PLANS = {
    "poolings": Plan(
        "Does it matter for accuracy which pooling a small network has?",
        "Max pooling is better than every other: each paired difference to it is negative, with p below 0.05.",
        _poolings("max_pool", "average_pool", "lp_pool", "mixed_pool", "soft_pool", "strided"),
        _SHORT,
    ),
    "heads": Plan(
        "Does it matter how the last map becomes a vector?",
        "A global average is more accurate than flattening; the paired difference is positive, with p below 0.05.",
        {head: {"head": head} for head in ("flatten", "average", "max")},
        _SHORT,
    ),
    "avg_topk": Plan(
        "Avg-TopK was published as consistently more accurate than max and average pooling. Is it, at equal budget?",
        "Avg-TopK with k = 2 is more accurate than both: both paired differences of the others to it are negative, "
        "with p below 0.05.",
        _poolings("avg_topk_pool", "max_pool", "average_pool"),
        _SHORT,
    ),
    "blur": Plan(
        "Does blurring before subsampling make predictions steadier when the image moves?",
        "Max-blur pooling has a higher consistency under a move of one pixel than max pooling, with p below 0.05.",
        _poolings("max_pool", "max_blur_pool"),
        _SHORT,
    ),
    "regularisers": Plan(
        "Do poolings with chance in them narrow the gap between training and validation?",
        "On few images and many epochs, stochastic pooling has a smaller gap than max pooling, with p below 0.05.",
        _poolings("max_pool", "stochastic_pool", "mixed_pool"),
        # Stochastic pooling needs maps that are not negative; here every pooling gets the same rectified ones.
        recipe("tutorial", epochs=12, validation=2000),
        images=5_000,
    ),
}


def plan(name: str) -> Plan:
    """The plan of that name.

    Raises:
        RunError: there is none.
    """
    if name not in PLANS:
        raise RunError(f"there is no plan {name!r}; there are {', '.join(PLANS)}")
    return PLANS[name]
