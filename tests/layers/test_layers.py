"""Layers as citizens of Keras: names, arguments, shapes, saving, precision, compiled models, errors."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from samples import SAMPLES

from course_lib import layers
from course_lib.catalogue import CATALOGUE


@pytest.fixture(autouse=True)
def uncompiled():
    """Run programs op by op: the arithmetic is the same, and these tests are about what surrounds it."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


EACH = [pytest.param(sample, id=sample.id) for sample in SAMPLES]
KERAS_OWN = {name for name in layers.__all__ if name != "functional" and hasattr(keras.layers, name)
             and getattr(layers, name) is getattr(keras.layers, name)}


def built(sample, **more):
    """The layer with its weights, if it has any, moved away from where they begin."""
    layer = sample.layer(**more)
    layer(sample.inputs())
    for weight in layer.trainable_weights:
        moved = weight.numpy() + np.random.default_rng(1).uniform(0, 0.5, weight.shape)
        weight.assign(moved if weight.constraint is None else weight.constraint(moved.astype(weight.dtype)))
    return layer


def test_every_layer_has_a_sample():
    sampled = {sample.name for sample in SAMPLES}
    assert sampled == set(layers.__all__) - {"functional"} - KERAS_OWN


def test_the_catalogues_layers_exist():
    for row in CATALOGUE:
        if row.layer is not None:
            assert issubclass(getattr(layers, row.layer), keras.layers.Layer), row.name


@pytest.mark.parametrize("sample", EACH)
def test_equals_its_function(sample):
    layer = built(sample)
    np.testing.assert_allclose(layer(sample.inputs()), sample.expected(layer), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sample", EACH)
def test_output_shape_is_the_real_one(sample):
    layer, inputs = built(sample), sample.inputs()
    shapes = tf.nest.map_structure(lambda a: tuple(a.shape), inputs)
    real = layer(inputs)
    assert tuple(layer.compute_output_shape(shapes)) == tuple(real.shape)
    symbolic = [keras.Input(shape, dtype=dtype) for shape, dtype in map(sample.unknown, range(len(sample.arrays)))]
    y = layer(symbolic[0] if len(symbolic) == 1 else symbolic)
    assert len(y.shape) == real.ndim and all(n in (None, m) for n, m in zip(y.shape, real.shape, strict=True))
    np.testing.assert_allclose(keras.Model(symbolic, y)(list(sample.arrays)), real, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sample", EACH)
def test_configuration_survives_json(sample):
    layer = sample.layer()
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert config["registered_name"] == f"course_lib>{sample.name}"
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer) and again.get_config() == layer.get_config()


@pytest.mark.parametrize("sample", EACH)
def test_channels_first_is_refused(sample):
    with pytest.raises(ValueError, match=r"channels-last.*channels_first"):
        sample.layer(data_format="channels_first")


@pytest.mark.parametrize("sample", EACH)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(sample, policy):
    layer = built(sample, dtype=policy)
    y = layer(sample.inputs())
    assert y.dtype == keras.DTypePolicy(policy).compute_dtype
    if sample.name in ("VLADPooling", "MOPPooling"):
        return  # rounded positions may be nearer to another centre; test_parity rounds before it compares
    np.testing.assert_allclose(tf.cast(y, tf.float32), sample.expected(layer), rtol=5e-2, atol=5e-2)


@pytest.mark.parametrize("sample", EACH)
def test_weights_are_trainable_and_named(sample):
    layer = built(sample)
    assert len(layer.trainable_weights) == len(sample.weights) + len(sample.by_name)
    assert len({w.path for w in layer.trainable_weights}) == len(layer.trainable_weights)


@pytest.mark.parametrize("sample", EACH)
def test_mask_is_dropped(sample):
    layer = sample.layer()
    assert layer.supports_masking and layer.compute_mask(None, mask=tf.ones((2, 4), bool)) is None


def test_integers_keep_their_dtype_in_extremes_and_become_float64_in_means():
    x = tf.reshape(tf.range(16), (1, 4, 4, 1))
    assert layers.MaxPooling2D()(x).dtype == layers.MinPooling2D()(x).dtype == tf.int32
    assert layers.AveragePooling2D()(x).dtype == tf.float64
