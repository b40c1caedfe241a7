"""One row for each pooling: everything that lists poolings (tests, layers, benchmarks, book) reads it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import course_lib


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


def _row(name: str, title: str, source: str, **places: str) -> Pooling:
    forward, backward = getattr(course_lib, name), getattr(course_lib, f"{name}_backward")
    return Pooling(name, title, forward.__module__.rpartition(".")[2], forward, backward, source, **places)


CATALOGUE: tuple[Pooling, ...] = (
    _row("conv", "Convolution", "@lecun1989backpropagation", chapter="convolution"),
    _row("conv_transpose", "Transposed convolution", "@dumoulin2016guide"),
    _row(
        "max_pool", "Max pooling", "@boureau2010theoretical",
        layer="MaxPooling2D", chapter="pooling/max", assignment="max_pooling",
    ),
    _row("min_pool", "Min pooling", "@serra1982image", layer="MinPooling2D"),
    _row("average_pool", "Average pooling", "@lecun1989backpropagation", layer="AveragePooling2D"),
    _row("mixed_pool", "Mixed pooling", "@yu2014mixed"),
    _row("gated_pool", "Gated pooling", "@lee2016generalizing"),
    _row("lp_pool", "Lp pooling", "@sermanet2012convolutional"),
    _row("weighted_pool", "Weighted pooling", "@lecun1998gradient"),
    _row("information_pool", "Information-weighted pooling", "@zhu2019weighted"),
    _row("soft_pool", "SoftPool", "@stergiou2021refining"),
    _row("lip_pool", "Local importance-based pooling", "@gao2019lip"),
    _row("avg_topk_pool", "Avg-TopK pooling", "@ozdemir2023avgtopk"),
    _row("rank_average_pool", "Rank-based average pooling", "@shi2016rank"),
    _row("rank_weighted_pool", "Rank-based weighted pooling", "@shi2016rank"),
    _row("rank_stochastic_pool", "Rank-based stochastic pooling", "@shi2016rank"),
    _row("ordinal_pool", "Ordinal pooling", "@deliege2021ordinal"),
    _row("stochastic_pool", "Stochastic pooling", "@zeiler2013stochastic"),
    _row("global_average_pool", "Global average pooling", "@lin2014network", layer="GlobalAveragePooling2D"),
    _row("global_max_pool", "Global max pooling", "@oquab2015object", layer="GlobalMaxPooling2D"),
    _row("global_lp_pool", "Global Lp pooling", "@sermanet2012convolutional"),
    _row("gem_pool", "Generalised-mean pooling", "@radenovic2019fine"),
    _row("adaptive_average_pool", "Adaptive average pooling", "@he2014spatial"),
    _row("adaptive_max_pool", "Adaptive max pooling", "@he2014spatial"),
    _row("fractional_max_pool", "Fractional max pooling", "@graham2014fractional"),
    _row("fractional_average_pool", "Fractional average pooling", "@graham2014fractional"),
    _row("spatial_pyramid_pool", "Spatial pyramid pooling", "@he2014spatial"),
    _row("pixel_pyramid_pool", "Per-pixel pyramid pooling", "@park2017look"),
    _row("blur_pool", "Blur pooling", "@zhang2019making"),
    _row("max_blur_pool", "Max-blur pooling", "@zhang2019making"),
    _row("spectral_pool", "Spectral pooling", "@rippel2015spectral"),
    _row("roi_max_pool", "RoI max pooling", "@girshick2015fast"),
    _row("roi_align", "RoI align", "@he2017mask"),
    _row("superpixel_pool", "Superpixel pooling", "@kwak2017weakly"),
    _row("max_unpool", "Max unpooling", "@zeiler2014visualizing"),
    _row("average_unpool", "Average unpooling", "@zeiler2014visualizing"),
    _row("bilinear_pool", "Bilinear pooling", "@lin2015bilinear"),
    _row("compact_bilinear_pool", "Compact bilinear pooling", "@gao2016compact"),
    _row("vlad_pool", "VLAD pooling", "@gong2014multi"),
    _row("mop_pool", "Multi-scale orderless pooling", "@gong2014multi"),
    _row("attention_pool", "Attention pooling", "@ilse2018attention"),
    _row("intermap_pool", "Inter-map pooling", "@lee2016intermap"),
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
