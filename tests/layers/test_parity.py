"""Every functional form against the NumPy reference: values and gradients, eager, graph and XLA, each float dtype."""

import numpy as np
import pytest
import tensorflow as tf
from cases import CASES, Case

from course_lib import catalogue
from course_lib.layers import functional


@pytest.fixture
def uncompiled():
    """Run programs op by op: the arithmetic is the same, and most shapes are not worth seconds of compilation."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


EACH = [pytest.param(name, case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
FIRST = [pytest.param(name, cases[0], id=name) for name, cases in CASES.items()]


def reference(name, case, dtype="float64"):
    """Inputs rounded to `dtype`, value, upstream gradient, and the gradient of each differentiable array."""
    row = catalogue.by_name(name)
    arrays = [tf.cast(tf.cast(a, dtype), tf.float64).numpy() if a.dtype.kind == "f" else a for a in case.arrays]
    y = row.forward(*arrays, **case.how)
    dy = np.random.default_rng(7).integers(-4, 5, y.shape) / 2.0
    gradients = row.backward(dy, *arrays, **case.how)
    return arrays, y, dy, gradients if isinstance(gradients, tuple) else (gradients,)


def value_and_gradients(name, case, arrays, dy):
    tensors = [tf.convert_to_tensor(a) for a in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors[: case.differentiable])
        y = getattr(functional, name)(*tensors, **case.how)
    return y, tape.gradient(y, tensors[: case.differentiable], tf.cast(dy, y.dtype))


def assert_same(ours, theirs, dtype):
    tolerance = {"float64": 1e-10, "float32": 2e-5, "float16": 1e-2, "bfloat16": 6e-2}[dtype]
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype.name == dtype and a.shape == b.shape
        np.testing.assert_allclose(tf.cast(a, tf.float64), b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name, case", EACH)
def test_value_and_gradient(name, case, request):
    if case.arrays[0].ndim < 5:  # TensorFlow broadcasts the eight axes of a blocked volume only when compiled
        request.getfixturevalue("uncompiled")
    arrays, y, dy, gradients = reference(name, case)
    ours, ours_gradients = value_and_gradients(name, case, arrays, dy)
    assert_same([ours, *ours_gradients], [y, *gradients], "float64")


# One of each kind of program; test_models compiles a model with every layer.
XLA = ("max_pool", "ordinal_pool", "adaptive_max_pool", "fractional_average_pool", "roi_max_pool", "spectral_pool")


@pytest.mark.parametrize("name, case, compiled", [
    *(pytest.param(name, cases[0], False, id=f"graph-{name}") for name, cases in CASES.items()),
    *(pytest.param(name, CASES[name][0], True, id=f"xla-{name}") for name in XLA),
])
def test_in_a_graph_that_knows_no_sizes(name, case, compiled):
    """Batch and spatial sizes unknown while tracing, for the value and for the gradient."""
    arrays, y, dy, gradients = reference(name, case)
    x = arrays[0]
    unknown = [None] * (x.ndim - 1) + [x.shape[-1]]

    @tf.function(jit_compile=compiled, input_signature=[tf.TensorSpec(unknown, x.dtype), tf.TensorSpec(None, x.dtype)])
    def step(x, dy):
        return value_and_gradients(name, case, [x, *arrays[1:]], dy)

    ours, ours_gradients = step(x, dy)
    assert_same([ours, *ours_gradients], [y, *gradients], "float64")


@pytest.mark.parametrize("name, case", FIRST)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_narrow_floats(name, case, dtype, uncompiled):
    arrays, y, dy, gradients = reference(name, case, dtype)
    arrays = [tf.cast(a, dtype) if a.dtype.kind == "f" else a for a in arrays]
    ours, ours_gradients = value_and_gradients(name, case, arrays, dy)
    assert_same([ours, *ours_gradients], [y, *gradients], dtype)


@pytest.mark.parametrize("name, case", FIRST)
def test_empty_batch(name, case):
    arrays = [a[:0] if i in case.batched else a for i, a in enumerate(case.arrays)]
    y = catalogue.by_name(name).forward(*arrays, **case.how)
    ours, (gradient, *_) = value_and_gradients(name, case, arrays, np.zeros(y.shape))
    assert ours.shape == y.shape and gradient.shape == arrays[0].shape


WINDOWED = [name for name, cases in CASES.items() if cases[0].how.get("pool_size") and name != "average_unpool"]


@pytest.mark.parametrize("name", WINDOWED)
def test_nan_stays_in_its_windows(name, uncompiled):
    case = CASES[name][1]
    arrays = [case.arrays[0].copy(), *case.arrays[1:]]
    arrays[0][0, 2, 3, 1] = arrays[0][1, 0, 0, 2] = np.nan
    y = catalogue.by_name(name).forward(*arrays, **case.how)
    assert np.isnan(y).any() and not np.isnan(y).all()
    np.testing.assert_array_equal(np.isnan(getattr(functional, name)(*arrays, **case.how)), np.isnan(y))


@pytest.mark.parametrize("name", ["max_pool", "min_pool", "avg_topk_pool", "rank_average_pool", "rank_weighted_pool"])
def test_infinities_and_padding(name, uncompiled):
    """A cell of minus infinity is a cell, what lies beside it outside the input is none."""
    x = np.full((1, 5, 5, 1), -np.inf)
    x[0, 2, 2] = 1
    how = {"pool_size": 3, "strides": 2, "padding": "same_lower"}
    y = catalogue.by_name(name).forward(x, **how)
    case = Case((x,), how)
    dy = np.arange(1.0, y.size + 1).reshape(y.shape)
    ours, (gradient,) = value_and_gradients(name, case, [x], dy)
    np.testing.assert_array_equal(ours, y)
    np.testing.assert_allclose(gradient, catalogue.by_name(name).backward(dy, x, **how), rtol=1e-12)


def test_every_functional_form_has_a_case():
    assert set(functional.__all__) == {*CASES, "max_pool_argmax"}
