"""Convolution and pooling: reference implementations in NumPy, channels-last.

The functions load when first used (PEP 562), so `import course_lib` is quick:

>>> import course_lib
>>> course_lib.max_pool([[[1], [3], [2], [5]]])[0, :, 0]
array([3, 5])
"""

from importlib import import_module

__version__ = "0.1.0"

# Every function of `_WITH_GRADIENT` stands beside its `<name>_backward`.
_WITH_GRADIENT = {
    "convolution": ("conv", "conv_transpose"),
    "pooling.local": ("max_pool", "min_pool", "average_pool"),
    "pooling.mixed": ("mixed_pool", "gated_pool"),
    "pooling.weighted": ("lp_pool", "weighted_pool", "information_pool", "soft_pool", "lip_pool"),
    "pooling.ranked": (
        "avg_topk_pool", "rank_average_pool", "rank_weighted_pool", "rank_stochastic_pool", "ordinal_pool",
    ),
    "pooling.drawn": ("stochastic_pool",),
    "pooling.sized": ("global_average_pool", "global_max_pool", "global_lp_pool", "gem_pool"),
    "pooling.adaptive": (
        "adaptive_average_pool", "adaptive_max_pool", "fractional_max_pool", "fractional_average_pool",
        "spatial_pyramid_pool", "pixel_pyramid_pool",
    ),
    "pooling.filtered": ("blur_pool", "max_blur_pool", "spectral_pool"),
    "pooling.regions": ("roi_max_pool", "roi_align", "superpixel_pool"),
    "pooling.unpooling": ("max_unpool", "average_unpool"),
    "pooling.orderless": (
        "bilinear_pool", "compact_bilinear_pool", "vlad_pool", "mop_pool", "attention_pool",
    ),
    "pooling.channels": ("intermap_pool",),
}
_ALONE = {
    "windows": ("output_size", "padding_amounts", "windows_backward"),
    "pooling.unpooling": ("max_pool_argmax",),
    "pooling.adaptive": ("fractional_sequence",),
    "pooling.filtered": ("shift_consistency",),
    "pooling.orderless": ("sketch",),
    "pooling.learned": ("evolve_ordinal_weights",),
    "gradcheck": ("numerical_gradient", "relative_error"),
    "catalogue": ("CATALOGUE", "Pooling", "by_name"),
}
_MODULE_OF = {
    **{name: module for module, names in _ALONE.items() for name in names},
    **{name + end: module for module, names in _WITH_GRADIENT.items() for name in names for end in ("", "_backward")},
}
# `windows` is a module that can be called: it stands for its function of the same name.
_MODULES = ("catalogue", "convolution", "gradcheck", "pooling", "testing", "windows")

__all__ = sorted({*_MODULE_OF, "windows"})


def __getattr__(name):
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _MODULE_OF:
        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__, *_MODULES})
