"""Keras's own operations, separable maxima, means by cumulative sums, a model that is a class."""

import keras
import numpy as np
from keras import ops


def spans(n, k, s, padding):
    """First and last real cell (exclusive) of each window of an axis."""
    if padding == "valid":
        starts = range(0, n - k + 1, s)
    else:
        count = -(-n // s)
        before = max((count - 1) * s + k - n, 0) // 2
        starts = [o * s - before for o in range(count)]
    return [(max(h, 0), min(h + k, n)) for h in starts]


class MaxPool(keras.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.pool = (pool_size, pool_size) if isinstance(pool_size, int) else (pool_size[0], pool_size[1])
        if strides is None:
            strides = self.pool
        self.steps = (strides, strides) if isinstance(strides, int) else (strides[0], strides[1])
        self.padding = padding

    def spans(self, shape):
        return [spans(shape[a + 1], self.pool[a], self.steps[a], self.padding) for a in range(2)]

    def call(self, x):
        rows, columns = self.spans(x.shape)
        x = ops.stack([ops.max(x[:, a:b], axis=1) for a, b in rows], axis=1)
        return ops.stack([ops.max(x[:, :, a:b], axis=2) for a, b in columns], axis=2)

    def compute_output_shape(self, input_shape):
        batch, _, _, channels = input_shape
        rows, columns = self.spans(input_shape)
        return batch, len(rows), len(columns), channels

    def get_config(self):
        return {**super().get_config(), "pool_size": list(self.pool), "strides": list(self.steps), "padding": self.padding}


class MixedPool(MaxPool):
    def build(self, input_shape):
        self.share = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="share", trainable=True)
        self.share.assign(ops.full((input_shape[-1],), 0.5))

    def call(self, x):
        rows, columns = self.spans(x.shape)
        means = ops.stack([ops.mean(x[:, a:b], axis=1) for a, b in rows], axis=1)
        means = ops.stack([ops.mean(means[:, :, a:b], axis=2) for a, b in columns], axis=2)
        return ops.add(ops.multiply(self.share, super().call(x)), ops.multiply(1 - self.share, means))


def gradients(layer, x, dy):
    import tensorflow as tf

    x = tf.Variable(np.asarray(x, "float32"))
    with tf.GradientTape(persistent=True) as tape:
        y = layer(x)
    dx = tape.gradient(y, x, dy)
    return np.array(dx), tuple(np.array(tape.gradient(y, weight, dy)) for weight in layer.trainable_weights)


class Network(keras.Model):
    def __init__(self, pool, classes):
        super().__init__()
        self.stack = [keras.layers.Conv2D(8, 3, activation="relu"), pool(), keras.layers.Conv2D(16, 3, activation="relu"), pool()]
        self.head = keras.layers.Dense(classes, activation=None)

    def call(self, x):
        x = ops.cast(x, "float32") / 255
        for layer in self.stack:
            x = layer(x)
        return ops.softmax(self.head(ops.mean(x, axis=(1, 2))))


def build_network(pool, classes=10):
    network = Network(pool, classes)
    network(np.zeros((1, 32, 32, 3)))
    return network


def descend(network, pixels, labels, steps, learning_rate):
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.optimizer.learning_rate = learning_rate
    losses = []
    for _ in range(steps):
        network.reset_metrics()  # some versions of Keras average a batch's loss with those before
        losses.append(float(network.train_on_batch(pixels, labels)))
    return losses


def train(pool, pixels, labels, seed, epochs=2, classes=10):
    keras.utils.set_random_seed(seed)
    network = build_network(pool, classes)
    network.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(1e-2))
    return network, network.fit(pixels, labels, 32, epochs, verbose=0).history["loss"]
