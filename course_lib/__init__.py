"""Convolution and pooling: reference implementations in NumPy, channels-last.

The functions load when first used (PEP 562), so `import course_lib` is quick:

>>> import course_lib
>>> course_lib.max_pool([[[1], [3], [2], [5]]])[0, :, 0]
array([3, 5])
"""

from importlib import import_module

__version__ = "0.1.0"

_WITH_GRADIENT = {
    "convolution": ("conv",),
    "pooling.local": ("max_pool", "min_pool", "average_pool"),
    "pooling.sized": ("global_average_pool", "global_max_pool"),
}
_ALONE = {
    "windows": ("output_size", "padding_amounts", "windows_backward"),
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
