"""Rows and columns gathered by index tables; no padding at all: cells outside are masked."""

import keras
import numpy as np
import tensorflow as tf


def table(n, k, s, padding):
    """For each window of an axis the k cells under it, and which of them are real."""
    if padding == "same":
        count = int(np.ceil(n / s))
        before = max((count - 1) * s + k - n, 0) // 2
    else:
        count, before = (n - k) // s + 1, 0
    cells = np.arange(count)[:, None] * s + np.arange(k) - before
    return np.clip(cells, 0, n - 1), (cells >= 0) & (cells < n)


class _Pool(keras.layers.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", **kwargs):
        super().__init__(**kwargs)
        self.arguments = dict(pool_size=pool_size, strides=strides, padding=padding)

    def tables(self, shape):
        k = np.broadcast_to(self.arguments["pool_size"], 2).tolist()
        s = k if self.arguments["strides"] is None else np.broadcast_to(self.arguments["strides"], 2).tolist()
        return [table(n, *one, self.arguments["padding"]) for n, *one in zip(shape[1:3], k, s)]

    def windows(self, x):
        """(batch, windows down, window rows, windows across, window columns, channels), and the mask of real cells."""
        (rows, real_rows), (columns, real_columns) = self.tables(x.shape)
        cells = tf.gather(tf.gather(x, rows, axis=1), columns, axis=3)
        return cells, (real_rows[:, :, None, None] & real_columns)[None, ..., None]

    def largest(self, x):
        cells, real = self.windows(x)
        return tf.reduce_max(tf.where(real, cells, -np.inf), axis=[2, 4])

    def compute_output_shape(self, shape):
        (rows, _), (columns, _) = self.tables(shape)
        return (shape[0], len(rows), len(columns), shape[3])

    def get_config(self):
        config = super().get_config()
        config.update(self.arguments)
        return config


class MaxPool(_Pool):
    def call(self, inputs):
        return self.largest(inputs)


class MixedPool(_Pool):
    def build(self, input_shape):
        self.alpha = self.add_weight(name="alpha", shape=[input_shape[-1]], initializer=lambda shape, dtype=None: 0.5 * tf.ones(shape, dtype))
        super().build(input_shape)

    def call(self, inputs):
        cells, real = self.windows(inputs)
        weight = tf.cast(real, cells.dtype)
        mean = tf.reduce_sum(cells * weight, axis=[2, 4]) / tf.reduce_sum(weight, axis=[2, 4])
        return mean + self.alpha * (self.largest(inputs) - mean)


def gradients(layer, x, dy):
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x) * dy)
    dx, *rest = tape.gradient(loss, [x] + layer.trainable_weights)
    return np.array(dx), [np.array(one) for one in rest]


def build_network(pool, classes=10):
    inputs = x = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 255)(x)
    for filters in (8, 16):
        x = keras.layers.Conv2D(filters, 3)(x)
        x = keras.layers.ReLU()(x)
        x = pool()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(classes)(x)
    return keras.Model(inputs, keras.layers.Softmax()(x))


def descend(network, pixels, labels, steps, learning_rate):
    def loss():
        p = tf.gather(network(pixels), tf.cast(labels, tf.int32), batch_dims=1)
        return -tf.reduce_mean(tf.math.log(p))

    optimizer = keras.optimizers.SGD(learning_rate)
    seen = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            value = loss()
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights))
        seen.append(float(value))
    return seen


def train(pool, pixels, labels, seed, epochs=2, classes=10):
    keras.utils.set_random_seed(seed)
    network = build_network(pool, classes=classes)
    network.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = []
    for _ in range(epochs):
        losses += network.fit(pixels, labels, epochs=1, verbose=0).history["loss"]
    return network, losses
