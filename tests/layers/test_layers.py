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


def test_every_layer_has_a_sample():
    sampled = {sample.name for sample in SAMPLES}
    assert sampled == set(layers.__all__) - {"functional"} - KERAS_OWN


def test_the_catalogues_layers_exist():
    for row in CATALOGUE:
        if row.layer is not None:
            assert issubclass(getattr(layers, row.layer), keras.layers.Layer), row.name


@pytest.mark.parametrize("sample", EACH)
def test_equals_its_function(sample):
    layer, inputs = sample.layer(), sample.inputs()
    y = layer(inputs)
    np.testing.assert_allclose(y, sample.expected(layer, inputs), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sample", EACH)
def test_output_shape_is_the_real_one(sample):
    layer, inputs = sample.layer(), sample.inputs()
    shapes = tf.nest.map_structure(lambda a: tuple(a.shape), inputs)
    assert tuple(layer.compute_output_shape(shapes)) == tuple(layer(inputs).shape)
    symbolic = tf.nest.map_structure(lambda a: keras.Input(sample.unknown(a)), inputs)
    y = layer(symbolic)
    real = layer(inputs)
    assert len(y.shape) == real.ndim and all(n in (None, m) for n, m in zip(y.shape, real.shape, strict=True))
    if not sample.needs_sizes:
        model = keras.Model(symbolic, y)
        np.testing.assert_allclose(model(inputs), real, rtol=1e-5, atol=1e-5)


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
    layer = sample.layer(dtype=policy)
    y = layer(sample.inputs())
    assert y.dtype == keras.DTypePolicy(policy).compute_dtype
    expected = sample.expected(layer, sample.inputs())
    np.testing.assert_allclose(tf.cast(y, tf.float32), expected, rtol=4e-2, atol=4e-2)


@pytest.mark.parametrize("sample", EACH)
def test_mask_is_dropped(sample):
    layer = sample.layer()
    assert layer.supports_masking and layer.compute_mask(None, mask=tf.ones((2, 4), bool)) is None


def test_integers_keep_their_dtype_in_extremes_and_become_float64_in_means():
    x = tf.reshape(tf.range(16), (1, 4, 4, 1))
    assert layers.MaxPooling2D()(x).dtype == layers.MinPooling2D()(x).dtype == tf.int32
    assert layers.AveragePooling2D()(x).dtype == tf.float64
