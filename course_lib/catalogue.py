"""One row for each pooling: everything that lists poolings (tests, layers, benchmarks, book) reads it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import course_lib


@dataclass(frozen=True)
class Pooling:
    """A function of the library and where else it appears.

    `formula` is LaTeX in the signs of the book's glossary; `cost` says in Markdown what an output takes, unless it
    says of what else. `layer`, `chapter` and `assignment` are None where there is none; `unasked` then says why no
    assignment asks for it.
    """

    name: str
    title: str
    family: str
    forward: Callable
    backward: Callable
    source: str
    formula: str
    cost: str
    layer: str | None = None
    chapter: str | None = None
    assignment: str | None = None
    unasked: str | None = None


def _row(name: str, title: str, source: str, formula: str, cost: str, **places: str) -> Pooling:
    forward, backward = getattr(course_lib, name), getattr(course_lib, f"{name}_backward")
    family = forward.__module__.rpartition(".")[2]
    return Pooling(name, title, family, forward, backward, source, formula, cost, **places)


CATALOGUE: tuple[Pooling, ...] = (
    _row(
        "conv", "Convolution", "@lecun1989backpropagation",
        formula=r"\sum_i x_{o+i} k_i", cost=r"$m$ multiplications for each channel and filter",
        layer="Conv2D", chapter="convolution", assignment="convolution",
    ),
    _row(
        "conv_transpose", "Transposed convolution", "@dumoulin2016guide",
        formula=r"\sum_o x_o k_{p-o}", cost=r"as the convolution whose gradient it is",
        layer="Conv2DTranspose", chapter="arithmetic", assignment="convolution",
    ),
    _row(
        "max_pool", "Max pooling", "@boureau2010theoretical",
        formula=r"\max_i a_i", cost=r"$m - 1$ comparisons",
        layer="MaxPooling2D", chapter="pooling/max", assignment="max_pooling",
    ),
    _row(
        "min_pool", "Min pooling", "@serra1982image",
        formula=r"\min_i a_i", cost=r"$m - 1$ comparisons",
        layer="MinPooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "average_pool", "Average pooling", "@lecun1989backpropagation",
        formula=r"\frac1m \sum_i a_i", cost=r"$m - 1$ additions, one multiplication",
        layer="AveragePooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "mixed_pool", "Mixed pooling", "@yu2014mixed",
        formula=r"\lambda \max_i a_i + (1 - \lambda) \frac1m \sum_i a_i", cost=r"the maximum and the mean",
        layer="MixedPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "gated_pool", "Gated pooling", "@lee2016generalizing",
        formula=r"\lambda = \sigma(\sum_i \omega_i a_i), \text{ mixed}",
        cost=r"the maximum, the mean, $m$ multiplications, one exponential",
        layer="GatedPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "lp_pool", "Lp pooling", "@sermanet2012convolutional",
        formula=r"(\frac1m \sum_i \lvert a_i \rvert^p)^{1/p}",
        cost=r"$m + 1$ powers; for $p = 2$ squares and one root",
        layer="LpPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "weighted_pool", "Weighted pooling", "@lecun1998gradient",
        formula=r"\sum_i w_i a_i / \sum_i w_i", cost=r"$m$ multiplications",
        layer="WeightedPooling2D", chapter="pooling/average", assignment="average_pooling",
    ),
    _row(
        "information_pool", "Information-weighted pooling", "@zhu2019weighted",
        formula=r"\sum_i w_i a_i / \sum_i w_i,\ w_i = -p_i \ln p_i", cost=r"$m$ logarithms",
        layer="InformationPooling2D", chapter="pooling/average",
        unasked="weighted pooling with weights made from the values; the linear one is asked for",
    ),
    _row(
        "soft_pool", "SoftPool", "@stergiou2021refining",
        formula=r"\sum_i e^{a_i} a_i / \sum_i e^{a_i}", cost=r"$m$ exponentials",
        layer="SoftPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "lip_pool", "Local importance-based pooling", "@gao2019lip",
        formula=r"\sum_i e^{\ell_i} a_i / \sum_i e^{\ell_i}",
        cost=r"$m$ exponentials, and the network of the logits",
        layer="LIPPooling2D", chapter="pooling/between", assignment="between_mean_and_max",
    ),
    _row(
        "avg_topk_pool", "Avg-TopK pooling", "@ozdemir2023avgtopk",
        formula=r"\frac1k \sum_{r \le k} a_{(r)}", cost=r"at most $k m$ comparisons",
        layer="AvgTopKPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "rank_average_pool", "Rank-based average pooling", "@shi2016rank",
        formula=r"\frac1t \sum_{r \le t} a_{(r)}", cost=r"at most $t m$ comparisons",
        layer="RankAveragePooling2D", chapter="pooling/ranks",
        unasked="the same function as Avg-TopK pooling, which is asked for",
    ),
    _row(
        "rank_weighted_pool", "Rank-based weighted pooling", "@shi2016rank",
        formula=r"\sum_r w_r a_{(r)},\ w_r \propto \alpha (1 - \alpha)^{r-1}", cost=r"sorting $m$ cells",
        layer="RankWeightedPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "rank_stochastic_pool", "Rank-based stochastic pooling", "@shi2016rank",
        formula=r"a_{(r)} \text{ with probability } w_r", cost=r"sorting $m$ cells, one random number",
        layer="RankStochasticPooling2D", chapter="pooling/chance",
        unasked="a draw from the weights of rank-based weighted pooling, which is asked for",
    ),
    _row(
        "ordinal_pool", "Ordinal pooling", "@deliege2021ordinal",
        formula=r"\sum_r w_r a_{(r)}", cost=r"sorting $m$ cells",
        layer="OrdinalPooling2D", chapter="pooling/ranks", assignment="ranks_and_chance",
    ),
    _row(
        "stochastic_pool", "Stochastic pooling", "@zeiler2013stochastic",
        formula=r"a_i \text{ with probability } a_i / \sum_j a_j", cost=r"$2 m$ additions, one random number",
        layer="StochasticPooling2D", chapter="pooling/chance", assignment="ranks_and_chance",
    ),
    _row(
        "global_average_pool", "Global average pooling", "@lin2014network",
        formula=r"\frac{1}{HW} \sum_p x_p", cost=r"one addition a cell",
        layer="GlobalAveragePooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "global_max_pool", "Global max pooling", "@oquab2015object",
        formula=r"\max_p x_p", cost=r"one comparison a cell",
        layer="GlobalMaxPooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "global_lp_pool", "Global Lp pooling", "@sermanet2012convolutional",
        formula=r"(\frac{1}{HW} \sum_p \lvert x_p \rvert^p)^{1/p}", cost=r"one power a cell",
        layer="GlobalLpPooling2D", chapter="pooling/global",
        unasked="Lp pooling with a single window; that one is asked for",
    ),
    _row(
        "gem_pool", "Generalised-mean pooling", "@radenovic2019fine",
        formula=r"(\frac{1}{HW} \sum_p \max(x_p, \varepsilon)^q)^{1/q}", cost=r"one power a cell",
        layer="GeMPooling2D", chapter="pooling/global", assignment="global_pooling",
    ),
    _row(
        "adaptive_average_pool", "Adaptive average pooling", "@he2014spatial",
        formula=r"\frac1m \sum_p x_p,\ \lfloor i n / o \rfloor \le p < \lceil (i + 1) n / o \rceil",
        cost=r"about one addition a cell",
        layer="AdaptiveAveragePooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "adaptive_max_pool", "Adaptive max pooling", "@he2014spatial",
        formula=r"\max_p x_p,\ \lfloor i n / o \rfloor \le p < \lceil (i + 1) n / o \rceil",
        cost=r"about one comparison a cell",
        layer="AdaptiveMaxPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "fractional_max_pool", "Fractional max pooling", "@graham2014fractional",
        formula=r"\max_{b_i \le p < b_{i+1}} x_p", cost=r"one comparison a cell, one random number an axis",
        layer="FractionalMaxPooling2D", chapter="pooling/chance", assignment="ranks_and_chance",
    ),
    _row(
        "fractional_average_pool", "Fractional average pooling", "@graham2014fractional",
        formula=r"\text{mean}_{b_i \le p < b_{i+1}} x_p",
        cost=r"one addition a cell, one random number an axis",
        layer="FractionalAveragePooling2D", chapter="pooling/chance",
        unasked="the regions are those of fractional max pooling, which is asked for",
    ),
    _row(
        "spatial_pyramid_pool", "Spatial pyramid pooling", "@he2014spatial",
        formula=r"\text{adaptive grids of } l \times l,\ l \in \text{levels}",
        cost=r"one comparison a cell and level",
        layer="SpatialPyramidPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "pixel_pyramid_pool", "Per-pixel pyramid pooling", "@park2017look",
        formula=r"\max \text{ of } k \times k \text{ around each cell},\ k \in \text{sizes}",
        cost=r"$k^2$ comparisons a cell and size",
        layer="PixelPyramidPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "blur_pool", "Blur pooling", "@zhang2019making",
        formula=r"\sum_i b_i x_{os+i},\ b \propto \binom{f-1}{i}",
        cost=r"$f$ multiplications an output and axis",
        layer="BlurPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "max_blur_pool", "Max-blur pooling", "@zhang2019making",
        formula=r"\text{blur}(\max_i a_i \text{ at stride } 1)",
        cost=r"the maximum at every cell, and the blur",
        layer="MaxBlurPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "spectral_pool", "Spectral pooling", "@rippel2015spectral",
        formula=r"F^{-1} \, \text{crop} \, F \, x", cost=r"two Fourier transforms, $n \log n$ each",
        layer="SpectralPooling2D", chapter="pooling/shifts", assignment="shifts",
    ),
    _row(
        "roi_max_pool", "RoI max pooling", "@girshick2015fast",
        formula=r"\max \text{ of the rounded bin}", cost=r"one comparison a cell of the region",
        layer="RoIMaxPooling2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "roi_align", "RoI align", "@he2017mask",
        formula=r"\text{mean of interpolated samples}", cost=r"four multiplications a sample",
        layer="RoIAlign2D", chapter="pooling/any-size", assignment="any_size",
    ),
    _row(
        "superpixel_pool", "Superpixel pooling", "@kwak2017weakly",
        formula=r"\frac{1}{\lvert S \rvert} \sum_{p \in S} x_p", cost=r"one addition a cell",
        layer="SuperpixelPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "max_unpool", "Max unpooling", "@zeiler2014visualizing",
        formula=r"x_{\text{index}(o)} = y_o, \text{ else } 0", cost=r"one assignment a value",
        layer="MaxUnpooling2D", chapter="pooling/gradients",
        unasked="max pooling and its gradient fill their assignment",
    ),
    _row(
        "average_unpool", "Average unpooling", "@zeiler2014visualizing",
        formula=r"x_p = \sum_{o \ni p} y_o / \lvert \{ o \ni p \} \rvert",
        cost=r"one addition a cell and window",
        layer="AverageUnpooling2D", chapter="pooling/gradients",
        unasked="a constant spread over each window, which the gradient of average pooling asks for already",
    ),
    _row(
        "bilinear_pool", "Bilinear pooling", "@lin2015bilinear",
        formula=r"\sum_l x_l x_l^{\mathsf T}", cost=r"$L C^2$ multiplications",
        layer="BilinearPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "compact_bilinear_pool", "Compact bilinear pooling", "@gao2016compact",
        formula=r"\Phi \bigl( \sum_l x_l x_l^{\mathsf T} \bigr)",
        cost=r"$L C^2$ multiplications, $C^2$ additions",
        layer="CompactBilinearPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "vlad_pool", "VLAD pooling", "@gong2014multi",
        formula=r"\sum_{l \to k} (x_l - c_k)", cost=r"$L K C$ multiplications",
        layer="VLADPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "mop_pool", "Multi-scale orderless pooling", "@gong2014multi",
        formula=r"\text{VLAD of window means, for each level}", cost=r"VLAD at every level",
        layer="MOPPooling", chapter="pooling/orderless",
        unasked="VLAD pooling at several scales; that one is asked for",
    ),
    _row(
        "attention_pool", "Attention pooling", "@ilse2018attention",
        formula=r"\sum_l \alpha_l x_l,\ \alpha = \text{softmax}_l \, v^{\mathsf T} \tanh(W x_l)",
        cost=r"$L C D$ multiplications, $L D$ hyperbolic tangents",
        layer="AttentionPooling", chapter="pooling/orderless", assignment="orderless",
    ),
    _row(
        "intermap_pool", "Inter-map pooling", "@lee2016intermap",
        formula=r"\max_{c \in \text{group}} x_c", cost=r"one comparison a cell and channel",
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
