"""Everything by hand: window by window inside the layer's mean, batches and Adam in a loop of one's own."""

import keras
import numpy as np
import tensorflow as tf


def place(n, k, s, padding):
    if padding == "valid":
        return [(o, o + k) for o in range(0, n - k + 1, s)]
    count = -(-n // s)
    before = max((count - 1) * s + k - n, 0) // 2
    return [(max(o * s - before, 0), min(o * s - before + k, n)) for o in range(count)]


def pair(value):
    return tuple(value) if np.iterable(value) else (value, value)


@keras.saving.register_keras_serializable("mine")
class MaxPool(keras.layers.Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", **rest):
        super().__init__(**rest)
        self._pool, self._padding = pair(pool_size), padding
        self._strides = self._pool if strides is None else pair(strides)

    def _matrix(self, n, axis):
        """A row for each window: 1 at the cells under it."""
        windows = place(n, self._pool[axis], self._strides[axis], self._padding)
        return np.array([[a <= h < b for h in range(n)] for a, b in windows], "float32")

    def _largest(self, x):
        for axis in (0, 1):
            under = self._matrix(x.shape[1 + axis], axis) > 0
            x = tf.stack([tf.reduce_max(tf.boolean_mask(x, row, axis=1 + axis), axis=1 + axis) for row in under], 1 + axis)
        return x

    def call(self, x):
        return self._largest(x)

    def compute_output_shape(self, shape):
        counts = [len(self._matrix(shape[1 + axis], axis)) for axis in (0, 1)]
        return tuple([shape[0]] + counts + [shape[-1]])

    def get_config(self):
        config = super().get_config()
        config["pool_size"], config["strides"], config["padding"] = self._pool, self._strides, self._padding
        return config


@keras.saving.register_keras_serializable("mine")
class MixedPool(MaxPool):
    def build(self, shape):
        self.share = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(0.5), name="share")
        self.built = True

    def call(self, x):
        rows, columns = (self._matrix(n, axis) for axis, n in enumerate(x.shape[1:3]))
        rows, columns = rows / rows.sum(1, keepdims=True), columns / columns.sum(1, keepdims=True)
        mean = tf.einsum("oh,pw,nhwc->nopc", rows, columns, x)
        return self.share * self._largest(x) + (1.0 - self.share) * mean


def gradients(layer, x, dy):
    x = tf.convert_to_tensor(x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x) * tf.convert_to_tensor(dy, "float32"))
    dx, dw = tape.gradient(total, [x, layer.trainable_variables])
    return np.asarray(dx), list(map(np.asarray, dw))


def build_network(pool, classes=10):
    convolution = dict(kernel_size=3, padding="valid")
    return keras.Sequential([
        keras.Input((32, 32, 3)), keras.layers.Lambda(lambda x: tf.cast(x, tf.float32) / 255.0),
        keras.layers.Conv2D(8, **convolution), keras.layers.Activation("relu"), pool(),
        keras.layers.Conv2D(16, **convolution), keras.layers.Activation("relu"), pool(),
        keras.layers.Lambda(lambda x: tf.reduce_mean(x, axis=(1, 2))), keras.layers.Dense(classes), keras.layers.Softmax(),
    ])


def _slopes(network, pixels, labels):
    with tf.GradientTape() as tape:
        each = keras.losses.sparse_categorical_crossentropy(labels, network(pixels, training=True))
        loss = tf.reduce_mean(each)
    return float(loss), tape.gradient(loss, network.trainable_weights)


def descend(network, pixels, labels, steps, learning_rate):
    def once():
        loss, slopes = _slopes(network, pixels, labels)
        for weight, slope in zip(network.trainable_weights, slopes):
            weight.assign(weight - learning_rate * slope)
        return loss

    return [once() for _ in range(steps)]


def train(pool, pixels, labels, seed, epochs=2, classes=10):
    keras.utils.set_random_seed(seed)
    network, adam, losses = build_network(pool, classes), keras.optimizers.Adam(0.01), []
    for _ in range(epochs):
        order, seen = np.random.permutation(len(pixels)), []
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            loss, slopes = _slopes(network, pixels[batch], labels[batch])
            adam.apply_gradients(zip(slopes, network.trainable_weights))
            seen.append(loss * len(batch))
        losses.append(sum(seen) / len(order))
    return network, losses
