import keras
import numpy as np
import pytest

from course_lib import max_pool
from course_lib.cifar.look import around_poolings, class_activation, saliency
from course_lib.cifar.models import fast, strong, tutorial
from course_lib.cifar.robustness import noisy_accuracy, shift_consistency

X = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("make, sides", [(tutorial, (30, 13)), (fast, (32, 16, 8, 4)), (strong, (32, 16, 8))])
def test_maps_around_every_pooling(make, sides):
    found = around_poolings(make(), X)
    assert tuple(before.shape[1] for _, before, _ in found) == sides
    for _, before, after in found:
        np.testing.assert_allclose(max_pool(before), after)
    assert around_poolings(make("strided"), X) == []


def test_saliency_is_the_gradient():
    model = fast()
    classes = np.array([1, 5, 9])
    found = saliency(model, X, classes)
    assert found.shape == (3, 32, 32)
    i, j = np.unravel_index(found[1].argmax(), (32, 32))
    slopes = []
    for channel in range(3):
        logits = []
        for step in (0.05, -0.05):
            moved = X[1:2].astype("float32")
            moved[0, i, j, channel] += step
            logits.append(float(model(moved)[0, 5]))
        slopes.append(abs(logits[0] - logits[1]) / 0.1)
    assert max(slopes) == pytest.approx(found[1, i, j], rel=0.05)


def test_activation_adds_up_to_the_logit():
    model = fast()
    classes = np.array([0, 3, 7])
    maps = class_activation(model, X, classes)
    bias = model.layers[-1].get_weights()[1]
    logits = np.asarray(model(X))[np.arange(3), classes]
    np.testing.assert_allclose(maps.mean((1, 2)) + bias[classes], logits, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="global average head"):
        class_activation(fast(head="max"), X, classes)


def reader(function):
    """A model that reads a class off the image: `function` gives logits from `(N, 32, 32, 3)`."""
    inputs = keras.layers.Input((32, 32, 3))
    return keras.Model(inputs, keras.layers.Lambda(function)(inputs))


def test_consistency_of_a_model_that_sees_everything_alike_and_of_one_that_sees_one_pixel():
    everywhere = reader(lambda x: keras.ops.mean(x, (1, 2)) * 0 + keras.ops.array([0.0, 1.0, 2.0]))
    assert shift_consistency(everywhere, X, 2) == 1
    x = np.zeros((10, 32, 32, 3), np.uint8)
    x[:, 16, 16] = [9, 0, 0]  # red at one pixel; elsewhere all channels tie and the first wins
    x[:5, :, :16, 1] = 5  # five images are green on their left
    pixel = reader(lambda x: x[:, 16, 16] + keras.ops.array([0.1, 0.0, 0.0]))
    # Moved right by one, green arrives at the pixel in those five; the other three ways nothing changes.
    assert shift_consistency(pixel, x, 1) == pytest.approx(1 - 0.5 / 4)
    with pytest.raises(ValueError, match="at least 1"):
        shift_consistency(pixel, x, 0)


def test_noise_is_the_same_for_every_model_and_hurts_where_it_should():
    x = np.full((400, 32, 32, 3), 100, np.uint8)
    y = np.zeros(400, int)
    x[..., 0] += 10
    pixel = reader(lambda x: x[:, 0, 0])
    mean = reader(lambda x: keras.ops.mean(x, (1, 2)))
    assert noisy_accuracy(pixel, x, y, 0) == noisy_accuracy(mean, x, y, 30) == 1
    # Red wins if its noise plus ten exceeds that of both others: 0.432 for a deviation of 30, by numerical integration.
    assert noisy_accuracy(pixel, x, y, 30) == pytest.approx(0.432, abs=0.08)
    assert noisy_accuracy(pixel, x, y, 30) == noisy_accuracy(pixel, x, y, 30)
