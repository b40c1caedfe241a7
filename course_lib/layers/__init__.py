"""The poolings of `course_lib` as Keras 3 layers on TensorFlow, equal to the NumPy reference and fast.

The layers load, and TensorFlow with them, when first used (PEP 562); their functional forms are in `functional`.
Convolutions are Keras' own layers, which are right and fast.
"""

from importlib import import_module

_RANKED = {
    "local": ("MaxPooling", "MinPooling", "AveragePooling"),
    "sized": ("GlobalAveragePooling", "GlobalMaxPooling"),
}
_MODULE_OF = {
    f"{name}{rank}D": module for module, names in _RANKED.items() for name in names for rank in (1, 2, 3)
}
_KERAS = tuple(f"{name}{rank}D" for name in ("Conv", ) for rank in (1, 2, 3))

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
