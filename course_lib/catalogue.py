"""One row for each pooling: everything that lists poolings (tests, layers, benchmarks, book) reads it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import course_lib


@dataclass(frozen=True)
class Pooling:
    """A function of the library and where else it appears.

    `layer`, `chapter` and `assignment` are None where there is none; `unasked` then says why no assignment asks
    for it.
    """

    name: str
    title: str
    family: str
    forward: Callable
    backward: Callable
    source: str
    layer: str | None = None
    chapter: str | None = None
    assignment: str | None = None
    unasked: str | None = None


def _row(name: str, title: str, source: str, **places: str) -> Pooling:
    forward, backward = getattr(course_lib, name), getattr(course_lib, f"{name}_backward")
    return Pooling(name, title, forward.__module__.rpartition(".")[2], forward, backward, source, **places)


CATALOGUE: tuple[Pooling, ...] = (
    _row(
        "conv", "Convolution", "@lecun1989backpropagation",
        layer="Conv2D", chapter="convolution", assignment="convolution",
    ),
    _row(
        "conv_transpose", "Transposed convolution", "@dumoulin2016guide",
        layer="Conv2DTranspose", chapter="arithmetic", assignment="convolution",
    ),
    _row(
        "max_pool", "Max pooling", "@boureau2010theoretical",
        layer="MaxPooling2D", chapter="pooling/max", assignment="max_pooling",
    ),
    _row(
        "min_pool", "Min pooling", "@serra1982image",
        layer="MinPooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "average_pool", "Average pooling", "@lecun1989backpropagation",
        layer="AveragePooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "mixed_pool", "Mixed pooling", "@yu2014mixed",
        layer="MixedPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "gated_pool", "Gated pooling", "@lee2016generalizing",
        layer="GatedPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "lp_pool", "Lp pooling", "@sermanet2012convolutional",
        layer="LpPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "weighted_pool", "Weighted pooling", "@lecun1998gradient",
        layer="WeightedPooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "information_pool", "Information-weighted pooling", "@zhu2019weighted",
        layer="InformationPooling2D", chapter="pooling/average",
        unasked="weighted pooling with weights made from the values; the linear one is asked for",
    ),
    _row(
        "soft_pool", "SoftPool", "@stergiou2021refining",
        layer="SoftPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "lip_pool", "Local importance-based pooling", "@gao2019lip",
        layer="LIPPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "avg_topk_pool", "Avg-TopK pooling", "@ozdemir2023avgtopk",
        layer="AvgTopKPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "rank_average_pool", "Rank-based average pooling", "@shi2016rank",
        layer="RankAveragePooling2D", chapter="pooling/ranks",
        unasked="the same function as Avg-TopK pooling, which is asked for",
    ),
    _row(
        "rank_weighted_pool", "Rank-based weighted pooling", "@shi2016rank",
        layer="RankWeightedPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "rank_stochastic_pool", "Rank-based stochastic pooling", "@shi2016rank",
        layer="RankStochasticPooling2D", chapter="pooling/chance",
        unasked="a draw from the weights of rank-based weighted pooling, which is asked for",
    ),
    _row(
        "ordinal_pool", "Ordinal pooling", "@deliege2021ordinal",
        layer="OrdinalPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "stochastic_pool", "Stochastic pooling", "@zeiler2013stochastic",
        layer="StochasticPooling2D", chapter="pooling/chance", assignment="ranks_and_chance",
    ),
    _row(
        "global_average_pool", "Global average pooling", "@lin2014network",
        layer="GlobalAveragePooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "global_max_pool", "Global max pooling", "@oquab2015object",
        layer="GlobalMaxPooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "global_lp_pool", "Global Lp pooling", "@sermanet2012convolutional",
        layer="GlobalLpPooling2D", chapter="pooling/global",
        unasked="Lp pooling with a single window; that one is asked for",
    ),
    _row(
        "gem_pool", "Generalised-mean pooling", "@radenovic2019fine",
        layer="GeMPooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "adaptive_average_pool", "Adaptive average pooling", "@he2014spatial",
        layer="AdaptiveAveragePooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "adaptive_max_pool", "Adaptive max pooling", "@he2014spatial",
        layer="AdaptiveMaxPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "fractional_max_pool", "Fractional max pooling", "@graham2014fractional",
        layer="FractionalMaxPooling2D", chapter="pooling/chance", assignment="ranks_and_chance",
    ),
    _row(
        "fractional_average_pool", "Fractional average pooling", "@graham2014fractional",
        layer="FractionalAveragePooling2D", chapter="pooling/chance",
        unasked="the regions are those of fractional max pooling, which is asked for",
    ),
    _row(
        "spatial_pyramid_pool", "Spatial pyramid pooling", "@he2014spatial",
        layer="SpatialPyramidPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "pixel_pyramid_pool", "Per-pixel pyramid pooling", "@park2017look",
        layer="PixelPyramidPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "blur_pool", "Blur pooling", "@zhang2019making",
        layer="BlurPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "max_blur_pool", "Max-blur pooling", "@zhang2019making",
        layer="MaxBlurPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "spectral_pool", "Spectral pooling", "@rippel2015spectral",
        layer="SpectralPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "roi_max_pool", "RoI max pooling", "@girshick2015fast",
        layer="RoIMaxPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "roi_align", "RoI align", "@he2017mask",
        layer="RoIAlign2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "superpixel_pool", "Superpixel pooling", "@kwak2017weakly",
        layer="SuperpixelPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "max_unpool", "Max unpooling", "@zeiler2014visualizing",
        layer="MaxUnpooling2D", chapter="pooling/gradients",
        unasked="max pooling and its gradient fill their assignment",
    ),
    _row(
        "average_unpool", "Average unpooling", "@zeiler2014visualizing",
        layer="AverageUnpooling2D", chapter="pooling/gradients",
        unasked="a constant spread over each window, which the gradient of average pooling asks for already",
    ),
    _row(
        "bilinear_pool", "Bilinear pooling", "@lin2015bilinear",
        layer="BilinearPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "compact_bilinear_pool", "Compact bilinear pooling", "@gao2016compact",
        layer="CompactBilinearPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "vlad_pool", "VLAD pooling", "@gong2014multi",
        layer="VLADPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "mop_pool", "Multi-scale orderless pooling", "@gong2014multi",
        layer="MOPPooling", chapter="pooling/orderless",
        unasked="VLAD pooling at several scales; that one is asked for",
    ),
    _row(
        "attention_pool", "Attention pooling", "@ilse2018attention",
        layer="AttentionPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "intermap_pool", "Inter-map pooling", "@lee2016intermap",
        layer="InterMapPooling", chapter="pooling/orderless", assignment="orderless",
    ),
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
