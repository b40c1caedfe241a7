"""What a trained network computes on the way: maps before and after each pooling, saliency, class activation."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def around_poolings(model: keras.Model, x: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """`(layer name, map before, map after)` for every pooling over windows, first to last.

    Args:
        x: images `(N, 32, 32, 3)`.

    Returns:
        Maps `(N, H, W, C)`; empty for a network without such layers.
    """
    pools = [layer for layer in model.layers if _pools(layer)]
    if not pools:
        return []
    tensors = [tensor for layer in pools for tensor in (layer.input, layer.output)]
    maps = [np.asarray(found) for found in keras.Model(model.inputs[0], tensors)(x, training=False)]
    return [(layer.name, maps[2 * i], maps[2 * i + 1]) for i, layer in enumerate(pools)]


def saliency(model: keras.Model, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much each pixel would move its class's logit: `(N, H, W)`, the largest size of the gradient over channels.

    Source: Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks".
    """
    pixels = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        chosen = tf.gather(model(pixels, training=False), classes, axis=1, batch_dims=1)
    return np.abs(tape.gradient(chosen, pixels)).max(-1)


def class_activation(model: keras.Model, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Where the evidence for a class lies: the last map, each channel weighted by what it counts for that class.

    Their mean over a map, plus the bias, is the class's logit exactly.

    Returns:
        `(N, h, w)`, the size of the last map.

    Raises:
        ValueError: the head is not a global average right before the classifier.

    Source: Zhou et al. 2016, "Learning deep features for discriminative localization".
    """
    *_, head, classifier = model.layers
    if not isinstance(head, layers.GlobalAveragePooling2D):
        raise ValueError("class activation maps need a global average head right before the classifier")
    last = np.asarray(keras.Model(model.inputs[0], head.input)(x, training=False))
    return np.einsum("nhwc,cn->nhw", last, classifier.get_weights()[0][:, classes])


def _pools(layer: keras.Layer) -> bool:
    """Whether a layer makes the map smaller and learns nothing by it."""
    before, after = getattr(layer.input, "shape", ()), getattr(layer.output, "shape", ())
    return len(before) == len(after) == 4 and after[1] < before[1] and not isinstance(layer, layers.Conv2D)
