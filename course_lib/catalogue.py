"""One row for each pooling: everything that lists poolings (tests, layers, benchmarks, book) reads it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import convolution, pooling


@dataclass(frozen=True)
class Pooling:
    """A function of the library and where else it appears; `None` where it does not."""

    name: str
    title: str
    family: str
    forward: Callable
    backward: Callable
    source: str
    layer: str | None = None
    chapter: str | None = None
    assignment: str | None = None


def _row(name: str, title: str, family: str, source: str, module=pooling, **places) -> Pooling:
    return Pooling(
        name, title, family, getattr(module, name), getattr(module, f"{name}_backward"), source, **places
    )


CATALOGUE: tuple[Pooling, ...] = (
    _row("conv", "Convolution", "convolution", "@lecun1989backpropagation", convolution, chapter="convolution"),
    _row(
        "max_pool", "Max pooling", "local", "@boureau2010theoretical",
        layer="MaxPooling2D", chapter="pooling/max", assignment="max_pooling",
    ),
    _row("min_pool", "Min pooling", "local", "@serra1982image", layer="MinPooling2D"),
    _row("average_pool", "Average pooling", "local", "@lecun1989backpropagation", layer="AveragePooling2D"),
    _row(
        "global_average_pool", "Global average pooling", "sized", "@lin2014network", layer="GlobalAveragePooling2D",
    ),
    _row("global_max_pool", "Global max pooling", "sized", "@oquab2015object", layer="GlobalMaxPooling2D"),
)


def by_name(name: str) -> Pooling:
    """The row of that name.

    Raises:
        KeyError: there is none; the message lists the names.

    >>> by_name("max_pool").title
    'Max pooling'
    """
    for row in CATALOGUE:
        if row.name == name:
            return row
    raise KeyError(f"no row {name!r}; the catalogue has {', '.join(row.name for row in CATALOGUE)}")
