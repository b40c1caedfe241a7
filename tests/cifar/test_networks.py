import keras
import numpy as np
import pytest

from course_lib.catalogue import CATALOGUE
from course_lib.cifar.models import HEADS, MODELS, fast, halves, pooling_layer, tutorial
from course_lib.cifar.optimizer import KernelMuon
from course_lib.cifar.whitening import start_from_patches


def test_the_tutorials_network_layer_by_layer():
    """Shapes and parameters as worked out by hand from the listing."""
    found = [(layer.output.shape[1:], layer.count_params()) for layer in tutorial().layers]
    assert found == [
        ((32, 32, 3), 0), ((30, 30, 32), 896), ((15, 15, 32), 0), ((13, 13, 64), 18_496), ((6, 6, 64), 0),
        ((2304,), 0), ((64,), 147_520), ((10,), 650),
    ]


def test_global_heads_shed_the_weights():
    assert tutorial(head="average").count_params() == tutorial(head="max").count_params() == 24_202


def test_the_fast_network_is_small():
    assert fast().count_params() <= 65_000


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("pooling", ["max_pool", "min_pool", "strided", lambda: keras.layers.AveragePooling2D(2)])
def test_every_model_takes_every_head_and_pooling(name, head, pooling):
    logits = MODELS[name](pooling, head, classes=7)(np.zeros((2, 32, 32, 3), np.uint8))
    assert logits.shape == (2, 7) and np.isfinite(logits).all()


def test_poolings_cost_no_weights_and_strided_is_none():
    assert fast("average_pool").count_params() == fast("strided").count_params() == fast().count_params()
    assert not any("pool" in layer.name and "global" not in layer.name for layer in fast("strided").layers)


def test_a_pooling_of_the_catalogue_is_that_layer():
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype("float32")
    blocks = x.reshape(1, 2, 2, 2, 2, 2)
    for name, reduce in (("max_pool", np.max), ("average_pool", np.mean), ("min_pool", np.min)):
        np.testing.assert_allclose(pooling_layer(name)(x), reduce(blocks, axis=(2, 4)), rtol=1e-6)


def drops_in(name):
    try:
        return halves(name)
    except ValueError:
        return False


def test_every_pooling_that_halves_a_map_drops_in():
    """Also those that refuse negative values, of which the maps before a pooling have many."""
    names = [row.name for row in CATALOGUE if drops_in(row.name)]
    assert {"max_pool", "stochastic_pool", "information_pool", "max_blur_pool"} <= set(names)
    x = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    assert [name for name in names if not np.isfinite(fast(name)(x, training=True)).all()] == []


def test_unknown_names():
    with pytest.raises(KeyError, match="no row"):
        tutorial("median_pool")
    with pytest.raises(ValueError, match="head must be one of"):
        tutorial(head="sum")


def test_muon_moves_every_direction_alike():
    """The first step moves kernels by (nearly) the orthogonal factor of their gradient, as the SVD gives it."""
    rng = np.random.default_rng(0)
    kernel, bias = keras.Variable(np.zeros((3, 3, 4, 8), "float32")), keras.Variable(np.zeros(8, "float32"))
    gradient = rng.normal(size=(3, 3, 4, 8)).astype("float32")
    KernelMuon(1.0, adam_lr_ratio=0.25).apply([keras.ops.array(gradient), keras.ops.ones(8)], [kernel, bias])
    left, _, right = np.linalg.svd(gradient.reshape(36, 8), full_matrices=False)
    moved = -kernel.numpy().reshape(36, 8)
    # Five Newton-Schulz steps bring singular values near one, not to one.
    sizes = np.diag(left.T @ moved @ right.T)
    assert (sizes > 0.6).all() and (sizes < 1.3).all()
    np.testing.assert_allclose(left @ np.diag(sizes) @ right, moved, atol=1e-4)
    np.testing.assert_allclose(bias, -0.25 * np.ones(8), rtol=1e-3)


def test_whitened_responses_are_uncorrelated_and_alike():
    rng = np.random.default_rng(0)
    smooth = np.cumsum(np.cumsum(rng.normal(size=(300, 32, 32, 3)), 1), 2)
    x = np.clip(127 + 8 * smooth, 0, 255).astype(np.uint8)
    model = fast()
    start_from_patches(model, x)
    first = next(layer for layer in model.layers if layer.weights)
    seen = np.asarray(keras.Model(model.inputs[0], first.output)(x))[:, 1:-1, 1:-1]
    np.testing.assert_allclose(seen[..., :8], -seen[..., 8:], atol=1e-3)
    covariance = np.cov(seen[..., :8].reshape(-1, 8).T)
    assert (np.diag(covariance) < 1.1).all() and covariance[0, 0] > 0.9
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.05
