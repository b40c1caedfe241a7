"""Every layer in one model: it trains a step, is saved, loaded and predicts the same, compiled by XLA or not."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from samples import SAMPLES

from course_lib import layers

# Two dimensions, for the other ranks run the same code: compiling them all would take minutes.
ONE_EACH = list({sample.name: sample for sample in reversed(SAMPLES) if not re.search("[13]D$", sample.name)}.values())


def model_of(samples):
    """A branch for each layer, with weights before it that only its gradient can move."""
    inputs, branches = [], []
    for sample in samples:
        own = [keras.Input(array.shape[1:], dtype=array.dtype.name) for array in sample.arrays]
        before = keras.layers.Dense(own[0].shape[-1], activation="softplus", name=f"before_{sample.name}")
        x = [before(own[0]), *own[1:]]
        y = sample.layer(name=f"pooling_{sample.name}")(x[0] if len(x) == 1 else x)
        branches.append(keras.layers.Dense(2)(keras.layers.Flatten()(y)))
        inputs += own
    return keras.Model(inputs, keras.layers.Add()(branches))


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "xla"])
def test_a_model_with_every_layer(compiled, tmp_path, request):
    if not compiled:
        # Compiled one by one the programs of all layers take a minute, and they are the same operations.
        tf.config.run_functions_eagerly(True)
        request.addfinalizer(lambda: tf.config.run_functions_eagerly(False))
    inputs = [array for sample in ONE_EACH for array in sample.arrays]
    model = model_of(ONE_EACH)
    model.compile("sgd", "mse", jit_compile=compiled)
    before = [w.numpy().copy() for w in model.trainable_weights]
    model.fit(inputs, np.ones((2, 2), "float32"), batch_size=2, verbose=0)
    after = [w.numpy() for w in model.trainable_weights]
    still = [w.path for old, new, w in zip(before, after, model.trainable_weights) if np.array_equal(old, new)]
    assert not still and all(np.isfinite(new).all() for new in after)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0), rtol=1e-5)


def test_sequential_and_subclassed():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.pool, self.head = layers.MinPooling2D(), layers.GlobalAveragePooling2D()

        def call(self, x):
            return self.head(self.pool(x))

    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    sequential = keras.Sequential([layers.MinPooling2D(), layers.GlobalAveragePooling2D()])
    assert sequential(x).numpy() == Two()(x).numpy() == [[5.0]]


def test_inside_a_users_function():
    layer = layers.MaxPooling2D(3, strides=1, padding="same")
    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(tf.function(lambda x: layer(x))(x), layer(x))


def test_windows_larger_than_the_input_are_refused_before_tensorflow_aborts():
    layer = layers.MaxPooling2D(5)
    with pytest.raises(ValueError, match="pool_size 5"):
        layer(np.ones((1, 4, 9, 1), "float32"))
    with pytest.raises(ValueError, match="pool_size 5"):
        keras.Sequential([keras.Input((4, 9, 1)), layers.MaxPooling2D(5)])
    unknown = keras.Sequential([keras.Input((None, None, 1)), layers.MaxPooling2D(5)])
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        unknown.predict(np.ones((1, 4, 9, 1), "float32"), verbose=0)


@pytest.mark.parametrize("name", ["MaxPooling", "AveragePooling", "GlobalAveragePooling", "GlobalMaxPooling"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_equals_keras_own(name, rank):
    x = tf.constant(np.random.default_rng(rank).permutation(2 * 6**rank * 3).reshape(2, *[6] * rank, 3), tf.float32)
    how = {} if name.startswith("Global") else {"pool_size": 3, "strides": 2, "padding": "same"}
    results = []
    for module in (layers, keras.layers):
        layer = getattr(module, f"{name}{rank}D")(**how)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(y * tf.cast(tf.reshape(tf.range(tf.size(y)), y.shape), y.dtype))
        results.append((y, tape.gradient(loss, x)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
