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
    _row("conv", "Convolution", "@lecun1989backpropagation", chapter="convolution", layer="Conv2D"),
    _row("conv_transpose", "Transposed convolution", "@dumoulin2016guide", layer="Conv2DTranspose"),
    _row(
        "max_pool", "Max pooling", "@boureau2010theoretical",
        layer="MaxPooling2D", chapter="pooling/max", assignment="max_pooling",
    ),
    _row("min_pool", "Min pooling", "@serra1982image", layer="MinPooling2D"),
    _row("average_pool", "Average pooling", "@lecun1989backpropagation", layer="AveragePooling2D"),
    _row("mixed_pool", "Mixed pooling", "@yu2014mixed", layer="MixedPooling2D"),
    _row("gated_pool", "Gated pooling", "@lee2016generalizing", layer="GatedPooling2D"),
    _row("lp_pool", "Lp pooling", "@sermanet2012convolutional", layer="LpPooling2D"),
    _row("weighted_pool", "Weighted pooling", "@lecun1998gradient", layer="WeightedPooling2D"),
    _row("information_pool", "Information-weighted pooling", "@zhu2019weighted", layer="InformationPooling2D"),
    _row("soft_pool", "SoftPool", "@stergiou2021refining", layer="SoftPooling2D"),
    _row("lip_pool", "Local importance-based pooling", "@gao2019lip", layer="LIPPooling2D"),
    _row("avg_topk_pool", "Avg-TopK pooling", "@ozdemir2023avgtopk", layer="AvgTopKPooling2D"),
    _row("rank_average_pool", "Rank-based average pooling", "@shi2016rank", layer="RankAveragePooling2D"),
    _row("rank_weighted_pool", "Rank-based weighted pooling", "@shi2016rank", layer="RankWeightedPooling2D"),
    _row("rank_stochastic_pool", "Rank-based stochastic pooling", "@shi2016rank", layer="RankStochasticPooling2D"),
    _row("ordinal_pool", "Ordinal pooling", "@deliege2021ordinal", layer="OrdinalPooling2D"),
    _row("stochastic_pool", "Stochastic pooling", "@zeiler2013stochastic", layer="StochasticPooling2D"),
    _row("global_average_pool", "Global average pooling", "@lin2014network", layer="GlobalAveragePooling2D"),
    _row("global_max_pool", "Global max pooling", "@oquab2015object", layer="GlobalMaxPooling2D"),
    _row("global_lp_pool", "Global Lp pooling", "@sermanet2012convolutional", layer="GlobalLpPooling2D"),
    _row("gem_pool", "Generalised-mean pooling", "@radenovic2019fine", layer="GeMPooling2D"),
    _row("adaptive_average_pool", "Adaptive average pooling", "@he2014spatial", layer="AdaptiveAveragePooling2D"),
    _row("adaptive_max_pool", "Adaptive max pooling", "@he2014spatial", layer="AdaptiveMaxPooling2D"),
    _row("fractional_max_pool", "Fractional max pooling", "@graham2014fractional", layer="FractionalMaxPooling2D"),
    _row(
        "fractional_average_pool", "Fractional average pooling", "@graham2014fractional",
        layer="FractionalAveragePooling2D",
    ),
    _row("spatial_pyramid_pool", "Spatial pyramid pooling", "@he2014spatial", layer="SpatialPyramidPooling2D"),
    _row("pixel_pyramid_pool", "Per-pixel pyramid pooling", "@park2017look", layer="PixelPyramidPooling2D"),
    _row("blur_pool", "Blur pooling", "@zhang2019making", layer="BlurPooling2D"),
    _row("max_blur_pool", "Max-blur pooling", "@zhang2019making", layer="MaxBlurPooling2D"),
    _row("spectral_pool", "Spectral pooling", "@rippel2015spectral", layer="SpectralPooling2D"),
    _row("roi_max_pool", "RoI max pooling", "@girshick2015fast", layer="RoIMaxPooling2D"),
    _row("roi_align", "RoI align", "@he2017mask", layer="RoIAlign2D"),
    _row("superpixel_pool", "Superpixel pooling", "@kwak2017weakly", layer="SuperpixelPooling"),
    _row("max_unpool", "Max unpooling", "@zeiler2014visualizing", layer="MaxUnpooling2D"),
    _row("average_unpool", "Average unpooling", "@zeiler2014visualizing", layer="AverageUnpooling2D"),
    _row("bilinear_pool", "Bilinear pooling", "@lin2015bilinear", layer="BilinearPooling"),
    _row("compact_bilinear_pool", "Compact bilinear pooling", "@gao2016compact", layer="CompactBilinearPooling"),
    _row("vlad_pool", "VLAD pooling", "@gong2014multi", layer="VLADPooling"),
    _row("mop_pool", "Multi-scale orderless pooling", "@gong2014multi", layer="MOPPooling"),
    _row("attention_pool", "Attention pooling", "@ilse2018attention", layer="AttentionPooling"),
    _row("intermap_pool", "Inter-map pooling", "@lee2016intermap", layer="InterMapPooling"),
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
