"""Three networks for 32x32 images of ten classes: the tutorial's, a small fast one, a stronger one.

Each takes its pooling and its head as arguments. A pooling is the name of a row of the catalogue whose layer halves
a map by default, or any callable that makes a fresh layer, or `"strided"`: no pooling, and the convolution before
it moves by two. A head brings a map to one vector: `"flatten"`, `"average"` or `"max"`. Inputs are pixels from 0 to
255, outputs are logits.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

PoolingChoice = str | Callable[[], keras.Layer]
HEADS = {
    "flatten": layers.Flatten,
    "average": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
}
_OF_RECTIFIED = {"stochastic_pool", "information_pool"}  # they read values as odds, which cannot be negative
# Equal to ours, but for what they do with NaN, and in a compiled training step the fastest there are.
_NATIVE = {"max_pool": layers.MaxPooling2D, "average_pool": lambda: layers.AveragePooling2D(2)}


def tutorial(pooling: PoolingChoice = "max_pool", head: str = "flatten", classes: int = 10) -> keras.Sequential:
    """The network of the CIFAR-10 tutorial, with the `Flatten` and the scaling of pixels that its listing left out.

    Input `(N, 32, 32, 3)`, output logits `(N, classes)`.

    Raises:
        KeyError: the catalogue has no such pooling.
        ValueError: its layer cannot stand here, or there is no such head.

    >>> tutorial().count_params(), tutorial(head="average").count_params()
    (167562, 24202)
    """
    return keras.Sequential([
        layers.Input((32, 32, 3)),
        layers.Rescaling(1 / 255),
        *_halving(32, pooling, activation="relu"),
        *_halving(64, pooling, activation="relu"),
        _head(head),
        layers.Dense(64, activation="relu"),
        _classifier(classes),
    ], name="tutorial")


def fast(pooling: PoolingChoice = "max_pool", head: str = "average", classes: int = 10) -> keras.Sequential:
    """Four halvings and no hidden layer. Pooling comes first, so that normalising sees a quarter of the cells.

    Arguments and errors: as `tutorial`.

    >>> fast().count_params()
    61690
    """
    body = [layer for width in (16, 32, 64, 64) for layer in _stage(width, pooling)]
    return keras.Sequential(
        [layers.Input((32, 32, 3)), _centred(), *body, _head(head), _classifier(classes)], name="fast"
    )


def strong(pooling: PoolingChoice = "max_pool", head: str = "average", classes: int = 10) -> keras.Model:
    """Three halvings, and after the second and the third a convolution whose result is added to its input.

    Arguments and errors: as `tutorial`.

    >>> strong().count_params()
    154682
    """
    inputs = layers.Input((32, 32, 3))
    # The first convolution sees the most cells by far: few filters here leave time for another epoch.
    x = _through(_stage(16, pooling), _centred()(inputs))
    for width in (48, 96):
        x = _through(_stage(width, pooling), x)
        x = layers.Add()([x, _through(_stage(width, None), x)])
    return keras.Model(inputs, _through([_head(head), _classifier(classes)], x), name="strong")


MODELS = {model.__name__: model for model in (tutorial, fast, strong)}


def pooling_layer(pooling: PoolingChoice) -> keras.Layer:
    """A fresh layer of that pooling, with its default window of two.

    Raises:
        KeyError: the catalogue has no such pooling.
        ValueError: its layer cannot be made without arguments.

    >>> pooling_layer("average_pool")(keras.ops.ones((1, 4, 4, 1))).shape.as_list()
    [1, 2, 2, 1]
    """
    if callable(pooling):
        return pooling()
    if pooling in _NATIVE:
        return _NATIVE[pooling]()
    from course_lib import layers as pooling_layers
    from course_lib.catalogue import by_name

    name = by_name(pooling).layer
    try:
        return getattr(pooling_layers, name or "")()
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{pooling} has no layer that needs no arguments; pass a callable that makes one") from error


def halves(pooling: PoolingChoice) -> bool:
    """Whether its layer halves the sides of a map and keeps its channels, as the networks here need it.

    Raises:
        KeyError, ValueError: as `pooling_layer`.

    >>> halves("max_pool"), halves("global_max_pool")
    (True, False)
    """
    try:
        return tuple(pooling_layer(pooling).compute_output_shape((None, 8, 8, 4))) == (None, 4, 4, 4)
    except TypeError:  # it takes more than one map
        return False


def _halving(width: int, pooling: PoolingChoice | None, **convolution) -> list[keras.Layer]:
    if pooling == "strided":
        return [layers.Conv2D(width, 3, strides=2, **convolution)]
    rectified = [layers.ReLU()] if pooling in _OF_RECTIFIED else []
    pool = [] if pooling is None else [*rectified, pooling_layer(pooling)]
    return [layers.Conv2D(width, 3, **convolution), *pool]


def _stage(width: int, pooling: PoolingChoice | None) -> list[keras.Layer]:
    return [
        *_halving(width, pooling, padding="same", use_bias=False),
        # Runs last hundreds of steps, not thousands: the averages must forget the first of them.
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def _centred() -> keras.Layer:
    return layers.Rescaling(1 / 64, offset=-1.9)


def _head(head: str) -> keras.Layer:
    if head not in HEADS:
        raise ValueError(f"head must be one of {', '.join(HEADS)}, got {head!r}")
    return HEADS[head]()


def _classifier(classes: int) -> keras.Layer:
    # Logits stay in single precision also where the rest of the network does not.
    return layers.Dense(classes, dtype="float32")


def _through(stack: list[keras.Layer], x):
    for layer in stack:
        x = layer(x)
    return x
