"""The poolings of `course_lib` as Keras 3 layers on TensorFlow, equal to the NumPy reference and fast.

The layers load, and TensorFlow with them, when first used (PEP 562); their functional forms are in `functional`.
Convolutions are Keras' own layers, which are right and fast.
"""

from importlib import import_module

# Each of these has a layer for one, two and three spatial axes: MaxPooling1D, MaxPooling2D, MaxPooling3D.
_RANKED = {
    "local": ("MaxPooling", "MinPooling", "AveragePooling"),
    "weighted": ("LpPooling", "WeightedPooling", "InformationPooling", "SoftPooling", "LIPPooling"),
    "mixed": ("MixedPooling", "GatedPooling"),
    "ranked": (
        "AvgTopKPooling", "RankAveragePooling", "RankWeightedPooling", "RankStochasticPooling", "OrdinalPooling",
    ),
    "drawn": ("StochasticPooling",),
    "sized": (
        "GlobalAveragePooling", "GlobalMaxPooling", "GlobalLpPooling", "GeMPooling", "AdaptiveAveragePooling",
        "AdaptiveMaxPooling", "SpectralPooling", "SpatialPyramidPooling", "PixelPyramidPooling",
    ),
    "fractional": ("FractionalMaxPooling", "FractionalAveragePooling"),
    "filtered": ("BlurPooling", "MaxBlurPooling"),
    "regions": ("MaxUnpooling", "AverageUnpooling"),
}
_ALONE = {
    "regions": ("RoIMaxPooling2D", "RoIAlign2D", "SuperpixelPooling"),
    "orderless": (
        "BilinearPooling", "CompactBilinearPooling", "VLADPooling", "MOPPooling", "AttentionPooling", "InterMapPooling",
    ),
}
_MODULE_OF = {
    **{f"{name}{rank}D": module for module, names in _RANKED.items() for name in names for rank in (1, 2, 3)},
    **{name: module for module, names in _ALONE.items() for name in names},
}
_KERAS = ("Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose")

__all__ = sorted([*_MODULE_OF, *_KERAS, "functional"])


def __getattr__(name):
    if name == "functional":
        return import_module(f"{__name__}.functional")
    if name in _KERAS:
        return getattr(import_module("keras.layers"), name)
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
