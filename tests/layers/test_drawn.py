"""Layers that draw: their distributions, their expectations, and that a seed decides all of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_lib import layers
from course_lib.layers import functional

# 2 by 2 windows of one image each, all alike: as many draws as there are windows.
DRAWS = 20_000


def windows_of(values):
    return np.tile(np.asarray(values, "float32").reshape(1, 2, 2, 1), (1, 1, DRAWS, 1))


def chi_square(observed, probabilities):
    expected = np.asarray(probabilities) * observed.sum()
    met = expected > 0
    assert observed[~met].sum() == 0
    return ((observed[met] - expected[met]) ** 2 / expected[met]).sum()


# The 99.9th percentile of chi-square with three degrees of freedom; seeds are fixed, so nothing is flaky.
LIMIT = 16.27


@pytest.mark.parametrize("layer, values, probabilities", [
    (layers.StochasticPooling2D(seed=1), [1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.3, 0.4]),
    (layers.StochasticPooling2D(seed=2), [0.0, 6.0, 0.0, 2.0], [0.0, 0.75, 0.0, 0.25]),
    (layers.RankStochasticPooling2D(seed=3), [-1.0, 2.0, -3.0, 4.0], np.array([2, 4, 1, 8]) / 15),
    (layers.RankStochasticPooling2D(seed=4, alpha=0.25), [4.0, 3.0, 2.0, 1.0], np.array([64, 48, 36, 27]) / 175),
])
def test_draws_follow_their_probabilities(layer, values, probabilities):
    x = windows_of(values)
    y = layer(x, training=True).numpy().ravel()
    assert set(y) <= set(values)
    observed = np.array([(y == v).sum() for v in dict.fromkeys(values)])
    expected = [sum(p for p, v in zip(probabilities, values, strict=True) if v == u) for u in dict.fromkeys(values)]
    assert chi_square(observed, expected) < LIMIT
    # Outside training the layer gives the expectation of the draws.
    expectation = np.dot(probabilities, values)
    np.testing.assert_allclose(layer(x, training=False).numpy().ravel()[0], expectation, rtol=1e-6)
    assert abs(y.mean() - expectation) < 4 * y.std() / np.sqrt(DRAWS)


def test_mixed_draws_maximum_or_mean_and_expects_their_average():
    layer = layers.MixedPooling2D(drawn=True, seed=5)
    x = windows_of([1.0, 2.0, 3.0, 6.0])[:, :, :2]
    drawn = [float(layer(x, training=True)[0, 0, 0, 0]) for _ in range(400)]
    assert set(drawn) == {3.0, 6.0} and abs(drawn.count(6.0) - 200) < 4 * 10
    assert float(layer(x)[0, 0, 0, 0]) == 4.5


@pytest.mark.parametrize("cls", [layers.FractionalMaxPooling2D, layers.FractionalAveragePooling2D])
@pytest.mark.parametrize("n, out", [(10, 6), (10, 7), (9, 5), (12, 12), (7, 3)])
def test_fractional_bins_cover_the_input(cls, n, out):
    """Of the ones every bin has the mean 1; of an index map the maxima rise to the last cell."""
    layer = cls(out, seed=1)
    for _ in range(20):
        assert (layer(np.ones((1, n, n, 1), "float32"), training=True).numpy() == 1).all()
    rows = np.arange(n, dtype="float32")[None, :, None, None] * np.ones((1, 1, n, 1), "float32")
    last = layers.FractionalMaxPooling2D(out, seed=1)(rows, training=True).numpy()[0, :, 0, 0]
    steps = np.diff(np.concatenate([[-1], last]))
    assert last[-1] == n - 1 and set(steps) <= {n // out, n // out + 1}


def test_fractional_draws_anew_without_compiling_anew():
    layer = layers.FractionalMaxPooling2D(6, seed=1)
    x = np.random.default_rng(0).standard_normal((1, 10, 10, 3)).astype("float32")
    drawn = {layer(x, training=True).numpy().tobytes() for _ in range(8)}
    assert len(drawn) > 1


@pytest.mark.parametrize("make", [
    lambda seed: layers.StochasticPooling2D(seed=seed), lambda seed: layers.RankStochasticPooling2D(seed=seed),
    lambda seed: layers.FractionalMaxPooling2D(7, seed=seed), lambda seed: layers.MixedPooling2D(drawn=True, seed=seed),
], ids=["stochastic", "rank", "fractional", "mixed"])
def test_a_seed_decides_every_draw(make):
    x = np.random.default_rng(0).uniform(size=(2, 12, 12, 4)).astype("float32")
    first, second = make(7), make(7)
    draws = [[layer(x, training=True).numpy() for _ in range(6)] for layer in (first, second)]
    np.testing.assert_array_equal(*draws)
    assert any(not np.array_equal(draws[0][0], later) for later in draws[0][1:])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(first))
    np.testing.assert_array_equal(again(x, training=True), draws[0][0])
    np.testing.assert_array_equal(first(x), second(x))


def test_gradient_goes_to_the_drawn_cell_of_the_same_draw():
    x = tf.constant(np.random.default_rng(0).uniform(size=(2, 6, 6, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = functional.stochastic_pool(x, training=True, rng=keras.random.SeedGenerator(1))
    dx = tape.gradient(y, x).numpy()
    assert set(dx.ravel()) == {0.0, 1.0} and dx.sum() == y.numpy().size
    np.testing.assert_allclose((dx * x.numpy()).reshape(2, 3, 2, 3, 2, 3).sum((2, 4)), y)


def test_negative_cells_make_their_window_nan():
    x = windows_of([1.0, -2.0, 3.0, 4.0])[:, :, :4].copy()
    x[0, :, 2:] = 1.0
    for layer in (layers.StochasticPooling2D(), layers.InformationPooling2D()):
        np.testing.assert_array_equal(np.isnan(layer(x).numpy().ravel()), [True, False])
