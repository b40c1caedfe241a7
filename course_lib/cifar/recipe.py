"""What a training run is told: everything that its curve depends on, and the defaults of each network."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace


class RunError(ValueError):
    """A run that cannot be done as asked; the message says why in one sentence."""


@dataclass(frozen=True)
class Recipe:
    """One training run. Two runs of equal recipes on equal data and versions differ by rounding at most."""

    model: str = "fast"
    pooling: str = "max_pool"
    head: str = "average"
    epochs: int = 1
    batch_size: int = 128
    optimizer: str = "muon"  # or "adam"
    learning_rate: float = 0.1
    one_cycle: bool = True  # else the learning rate stays
    whiten: bool = True  # start the first convolution from the data's principal directions
    shift: int = 0  # augmentation: pixels each way
    flip: bool = False  # augmentation: left to right
    validation: int = 5000  # training images held out, the same ones whatever the seed
    precision: str = "float32"  # half ("mixed_bfloat16", "mixed_float16") pays on GPUs and where a CPU has matrix units
    seed: int = 0
    deterministic: bool = False

    def __post_init__(self):
        for name in ("epochs", "batch_size", "validation"):
            if getattr(self, name) < 1:
                raise RunError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("shift", "seed"):
            if getattr(self, name) < 0:
                raise RunError(f"{name} must not be negative, got {getattr(self, name)}")
        if not 0 < self.learning_rate < math.inf:
            raise RunError(f"learning_rate must be positive and finite, got {self.learning_rate}")
        if self.optimizer not in ("muon", "adam"):
            raise RunError(f"optimizer must be muon or adam, got {self.optimizer!r}")
        if self.precision not in ("float32", "mixed_bfloat16", "mixed_float16"):
            raise RunError(f"precision must be float32, mixed_bfloat16 or mixed_float16, got {self.precision!r}")

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Recipe:
        """The inverse of `to_dict`, also of a file that knew fewer fields.

        >>> Recipe.from_dict(Recipe(seed=3).to_dict()).seed
        3
        """
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


RECIPES = {
    # As the tutorial trains: Adam as it comes, every image as it is.
    "tutorial": Recipe(
        model="tutorial", head="flatten", epochs=10, batch_size=32, optimizer="adam", learning_rate=1e-3,
        one_cycle=False, whiten=False,
    ),
    # One look at every image: small batches make the most of it, and nothing is there to augment.
    "fast": Recipe(batch_size=64),
    "strong": Recipe(model="strong", epochs=7, batch_size=256, learning_rate=0.14, shift=1, flip=True),
}


def recipe(model: str, **changes) -> Recipe:
    """The defaults of that network, with changes; a change of `None` is none.

    Raises:
        KeyError: there is no such network.
        TypeError: a recipe has no such field.
        RunError: a value makes no sense.

    >>> recipe("tutorial", seed=1, epochs=None).epochs
    10
    """
    return replace(RECIPES[model], **{name: value for name, value in changes.items() if value is not None})
