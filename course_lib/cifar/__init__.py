"""The CIFAR-10 network of the course: data, models, training, comparisons.

Reading and drawing images needs NumPy alone; TensorFlow loads when a model is first built.

>>> from course_lib.cifar import load_sample
>>> images = load_sample(20, 10)
>>> images.x_train.shape, images.y_train.shape
((20, 32, 32, 3), (20,))
"""

from importlib import import_module

_MODULE_OF = {
    **dict.fromkeys(("CLASSES", "DataError", "Images", "load_cifar10"), "data"),
    "load_sample": "sample",
    **dict.fromkeys(("MODELS", "fast", "strong", "tutorial"), "models"),
    **dict.fromkeys(("Recipe", "train"), "training"),
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name):
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
