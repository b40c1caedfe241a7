"""`tf.image.extract_patches`; two layers that share helper functions but no class."""

import keras
import numpy as np
import tensorflow as tf


def geometry(layer, shape):
    pools = layer.pool_size if isinstance(layer.pool_size, (tuple, list)) else (layer.pool_size,) * 2
    steps = layer.strides if isinstance(layer.strides, (tuple, list)) else (layer.strides or None,) * 2
    counts, borders = [], []
    for n, k, s in zip(shape[1:3], pools, [s or k for s, k in zip(steps, pools)]):
        if layer.padding == "same":
            count = (n - 1) // s + 1
            extra = max(0, k + (count - 1) * s - n)
        else:
            count, extra = 1 + (n - k) // s, 0
        counts.append(count)
        borders.append((extra // 2, (extra + 1) // 2))
    return tuple(pools), tuple(s or k for s, k in zip(steps, pools)), counts, borders


def patches(layer, x, outside):
    """(batch, windows down, windows across, cells of a window, channels)."""
    (k, m), (s, t), counts, (rows, columns) = geometry(layer, x.shape)
    x = tf.pad(x, ((0, 0), rows, columns, (0, 0)), constant_values=outside)
    found = tf.image.extract_patches(x, [1, k, m, 1], [1, s, t, 1], [1, 1, 1, 1], "VALID")
    return tf.reshape(found, [-1, *counts, k * m, x.shape[3]])


def shape_of(layer, shape):
    return (shape[0], *geometry(layer, shape)[2], shape[3])


def arguments(layer):
    return {"pool_size": layer.pool_size, "strides": layer.strides, "padding": layer.padding}


class MaxPool(keras.layers.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", **kwargs):
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.strides = strides
        self.padding = padding

    def call(self, x):
        return tf.reduce_max(patches(self, x, float("-inf")), axis=3)

    def compute_output_shape(self, shape):
        return shape_of(self, shape)

    def get_config(self):
        return dict(super().get_config(), **arguments(self))


class MixedPool(keras.layers.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", **kwargs):
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.strides = strides
        self.padding = padding

    def build(self, shape):
        self.share = self.add_weight(name="share", shape=(int(shape[-1]),), initializer=keras.initializers.Constant(0.5))

    def call(self, x):
        largest = tf.reduce_max(patches(self, x, -np.inf), 3)
        count = tf.reduce_sum(patches(self, tf.ones_like(x), 0), 3)
        return self.share * largest + (1 - self.share) * tf.reduce_sum(patches(self, x, 0), 3) / count

    def compute_output_shape(self, shape):
        return shape_of(self, shape)

    def get_config(self):
        return dict(super().get_config(), **arguments(self))


def gradients(layer, x, dy):
    with tf.GradientTape() as tape:
        x = tf.identity(x)
        tape.watch(x)
        y = layer(x)
    found = tape.gradient(y, [x, *layer.trainable_weights], tf.convert_to_tensor(dy, y.dtype))
    return found[0].numpy(), [slope.numpy() for slope in found[1:]]


def build_network(pool, classes=10):
    first = [keras.Input((32, 32, 3)), keras.layers.Rescaling(1 / 255)]
    middle = [layer for n in (8, 16) for layer in (keras.layers.Conv2D(n, 3, activation=tf.nn.relu), pool())]
    last = [keras.layers.GlobalAvgPool2D(), keras.layers.Dense(classes, "softmax")]
    return keras.Sequential(first + middle + last)


def descend(network, pixels, labels, steps, learning_rate):
    sgd = keras.optimizers.SGD(learning_rate=learning_rate)
    network.compile(optimizer=sgd, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False))
    losses = []
    for _ in range(steps):
        losses.append(network.evaluate(pixels, labels, batch_size=len(labels), verbose=0))
        network.fit(pixels, labels, batch_size=len(labels), shuffle=False, verbose=0)
    return losses


def train(pool, pixels, labels, seed, epochs=2, classes=10):
    keras.utils.set_random_seed(seed)
    network = build_network(pool, classes)
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    data = tf.data.Dataset.from_tensor_slices((pixels, labels)).shuffle(len(pixels), seed=seed).batch(32)
    return network, network.fit(data, epochs=epochs, verbose=0).history["loss"]
