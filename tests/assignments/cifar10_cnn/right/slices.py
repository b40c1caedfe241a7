"""Strided slices of a padded tensor, one for each cell of the window."""

import keras
import tensorflow as tf


def both(value):
    return [value, value] if isinstance(value, int) else list(value)


def axis(n, k, s, padding):
    """Windows, padding before and after, stride, window."""
    if padding == "valid":
        return (n - k) // s + 1, (0, 0), s, k
    count = (n + s - 1) // s
    missing = max(s * (count - 1) + k - n, 0)
    return count, (missing // 2, missing - missing // 2), s, k


class MaxPool(keras.layers.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", **options):
        super().__init__(**options)
        self.pool_size, self.strides, self.padding = pool_size, strides, padding

    def call(self, x):
        return tf.reduce_max(tf.stack(self.cells(x, x.dtype.min)), axis=0)

    def cells(self, x, outside):
        rows, columns = self.axes(x.shape)
        x = tf.pad(x, [(0, 0), rows[1], columns[1], (0, 0)], constant_values=outside)
        return [x[:, i : i + rows[2] * rows[0] : rows[2], j : j + columns[2] * columns[0] : columns[2]][:, : rows[0], : columns[0]]
                for i in range(rows[3]) for j in range(columns[3])]

    def axes(self, shape):
        k, s = both(self.pool_size), both(self.pool_size if self.strides is None else self.strides)
        return [axis(shape[1 + a], k[a], s[a], self.padding) for a in (0, 1)]

    def compute_output_shape(self, shape):
        rows, columns = self.axes(shape)
        return (shape[0], rows[0], columns[0], shape[3])

    def get_config(self):
        return super().get_config() | {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}


class MixedPool(MaxPool):
    def build(self, shape):
        self.share = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(0.5))

    def call(self, x):
        mean = sum(self.cells(x, 0)) / sum(self.cells(tf.ones_like(x), 0))
        return self.share * super().call(x) + (1 - self.share) * mean


def gradients(layer, x, dy):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    dx, dw = tape.gradient(y, (x, layer.trainable_weights), output_gradients=tf.constant(dy, tf.float32))
    return dx.numpy(), [one.numpy() for one in dw]


def build_network(pool, classes=10):
    network = keras.Sequential()
    network.add(keras.layers.Input(shape=(32, 32, 3)))
    network.add(keras.layers.Rescaling(1.0 / 255))
    network.add(keras.layers.Conv2D(8, (3, 3), activation="relu"))
    network.add(pool())
    network.add(keras.layers.Conv2D(16, (3, 3), activation="relu"))
    network.add(pool())
    network.add(keras.layers.GlobalAveragePooling2D())
    network.add(keras.layers.Dense(classes, activation="softmax"))
    return network


def descend(network, pixels, labels, steps, learning_rate):
    network.compile(keras.optimizers.SGD(learning_rate), keras.losses.SparseCategoricalCrossentropy())
    history = network.fit(pixels, labels, batch_size=len(pixels), epochs=steps, verbose=0)
    return history.history["loss"]


def train(pool, pixels, labels, seed, epochs=2, classes=10):
    keras.utils.set_random_seed(seed)
    network = build_network(pool, classes)
    network.compile(keras.optimizers.Adam(learning_rate=1e-2), keras.losses.SparseCategoricalCrossentropy())
    history = network.fit(pixels, labels, batch_size=32, epochs=epochs, verbose=0)
    return network, history.history["loss"]
