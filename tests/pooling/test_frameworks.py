"""Keras and TensorFlow as oracles, values and gradients, and where they and the library part."""

import numpy as np
import pytest
from definition import distinct, geometries
from hypothesis import assume, given, settings

import course_lib as cl

tf = pytest.importorskip("tensorflow", reason="Keras and TensorFlow are the oracles here")
import keras  # noqa: E402

FEW = settings(max_examples=15)
PADDINGS = ("valid", "same")


def with_gradient(function, *arrays):
    """Value and gradients of a TensorFlow function, for a drawn `dy`."""
    tensors = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as tape:
        for tensor in tensors:
            tape.watch(tensor)
        y = function(*tensors)
    dy = np.random.default_rng(0).standard_normal(y.shape).astype(y.dtype.as_numpy_dtype)
    return y.numpy(), dy, [g.numpy() for g in tape.gradient(y, tensors, tf.constant(dy))]


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@FEW
@given(geometry=geometries(most=7, dilations=(1,), paddings=PADDINGS), tied=...)
def test_windowed(name, geometry, tied: bool):
    spatial, how = geometry
    how = {k: how[k] for k in ("pool_size", "strides", "padding")}
    assume(all(s <= k for s, k in zip(how["strides"], how["pool_size"], strict=True)))  # else TensorFlow refuses
    rank = len(spatial)
    x = distinct(1, (2, *spatial, 2))
    if tied and rank < 3:
        x = np.round(x / 4)
    kind = {"max_pool": "MAX", "average_pool": "AVG"}[name]
    x = x.astype(np.float32)
    y, dy, (dx,) = with_gradient(
        lambda t: tf.nn.pool(t, how["pool_size"], kind, strides=how["strides"], padding=how["padding"].upper()), x
    )
    assert np.allclose(getattr(cl, name)(x, **how), y, atol=1e-5)
    assert np.allclose(getattr(cl, f"{name}_backward")(dy, x, **how), dx, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", PADDINGS)
def test_keras_layers(rank, padding):
    x = distinct(rank, (2, *(7, 6, 5)[:rank], 3)).astype(np.float32)
    for layer, pool in (("MaxPooling", cl.max_pool), ("AveragePooling", cl.average_pool)):
        keras_layer = getattr(keras.layers, f"{layer}{rank}D")(3, 2, padding)
        assert np.allclose(pool(x, 3, 2, padding), keras_layer(x), atol=1e-5)
    for layer, pool in (("GlobalMaxPooling", cl.global_max_pool), ("GlobalAveragePooling", cl.global_average_pool)):
        for keepdims in (False, True):
            keras_layer = getattr(keras.layers, f"{layer}{rank}D")(keepdims=keepdims)
            assert np.allclose(pool(x, keepdims), keras_layer(x), atol=1e-5)
    for layer, pool in (("AdaptiveMaxPooling", cl.adaptive_max_pool), ("AdaptiveAveragePooling",
                                                                       cl.adaptive_average_pool)):
        for size in (2, 3, 4):
            keras_layer = getattr(keras.layers, f"{layer}{rank}D")(size)
            assert np.allclose(pool(x, size), keras_layer(x), atol=1e-5), (layer, size)


def test_global_ties_are_shared():
    x = np.array([[3.0, 3.0], [1.0, 3.0]]).reshape(1, 2, 2, 1)
    _y, dy, (dx,) = with_gradient(keras.layers.GlobalMaxPooling2D(dtype="float64"), x)
    assert np.allclose(dx, cl.global_max_pool_backward(dy, x))
    assert np.allclose(dx[0, :, :, 0] / dy, [[1 / 3, 1 / 3], [0, 1 / 3]])


def test_min_is_max_of_the_negative():
    x = np.round(distinct(1, (2, 7, 6, 3)) / 3)
    y, dy, (dx,) = with_gradient(lambda t: -tf.nn.max_pool2d(-t, 3, 2, "SAME"), x)
    assert np.array_equal(cl.min_pool(x, 3, 2, "same"), y)
    assert np.allclose(cl.min_pool_backward(dy, x, 3, 2, "same"), dx)


@pytest.mark.parametrize("overlapping", [False, True])
def test_fractional_with_tensorflows_sequences(overlapping):
    x = distinct(1, (2, 11, 9, 3)).astype(np.float32)
    for op, gradient_op, pool, backward in (
        (tf.nn.fractional_max_pool, tf.raw_ops.FractionalMaxPoolGrad, cl.fractional_max_pool,
         cl.fractional_max_pool_backward),
        (tf.nn.fractional_avg_pool, tf.raw_ops.FractionalAvgPoolGrad, cl.fractional_average_pool,
         cl.fractional_average_pool_backward),
    ):
        y, rows, columns = op(x, [1.0, 1.5, 1.4, 1.0], True, overlapping, seed=3)
        sequences = (rows.numpy(), columns.numpy())
        assert np.allclose(pool(x, sequences, overlapping), y, atol=1e-5)
        dy = distinct(2, y.shape).astype(np.float32)
        how = {"out_backprop": dy, "row_pooling_sequence": rows, "col_pooling_sequence": columns,
               "overlapping": overlapping}
        if pool is cl.fractional_max_pool:
            dx = gradient_op(orig_input=x, orig_output=y, **how)
        else:
            dx = gradient_op(orig_input_tensor_shape=x.shape, **how)
        assert np.allclose(backward(dy, x, sequences, overlapping), dx, atol=1e-4)


def test_argmax_has_the_channel_in_tensorflow():
    x = np.round(distinct(1, (2, 7, 6, 3)) / 5)
    y, index = tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")
    ours, place = cl.max_pool_argmax(x, 2, padding="same")
    assert np.array_equal(ours, y) and np.array_equal(place * 3 + np.arange(3), index)


def test_segments():
    x, labels = distinct(1, (1, 6, 5, 3)), np.random.default_rng(0).integers(0, 5, (1, 6, 5))
    flat = tf.reshape(x, (-1, 3))
    mean = tf.math.unsorted_segment_mean(flat, labels.ravel(), 6)
    assert np.allclose(cl.superpixel_pool(x, labels, 6)[0], mean)
    largest = tf.math.unsorted_segment_max(flat, labels.ravel(), 6).numpy()
    assert np.allclose(cl.superpixel_pool(x, labels, 6, "max")[0, :5], largest[:5])


# The traps: what TensorFlow or Keras does, and our answer.


def test_a_three_dimensional_tie_is_paid_once():
    x = np.ones((1, 2, 2, 2, 1), np.float32)
    _, dy, (theirs,) = with_gradient(lambda t: tf.nn.max_pool3d(t, 2, 2, "VALID"), x)
    ours = cl.max_pool_backward(dy, x)
    assert np.isclose(theirs.sum(), 8 * dy.sum())
    assert ours.ravel().tolist() == [dy.item()] + [0] * 7


def test_nan_is_not_ignored():
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, 1, 1] = np.nan
    assert not np.isnan(tf.nn.max_pool2d(x, 2, 2, "VALID")).any()
    for pool in (cl.max_pool, cl.min_pool, cl.average_pool, cl.lp_pool, cl.soft_pool, cl.mixed_pool, cl.avg_topk_pool,
                 cl.rank_average_pool, cl.rank_weighted_pool, cl.stochastic_pool, cl.information_pool):
        assert np.isnan(pool(x)).ravel().tolist() == [True, False, False, False], pool
    for pool in (cl.global_max_pool, cl.global_average_pool, cl.global_lp_pool, cl.gem_pool):
        assert np.isnan(pool(x)).all(), pool
    for pool in (cl.adaptive_max_pool, cl.adaptive_average_pool):
        assert np.isnan(pool(x, 2)).ravel().tolist() == [True, False, False, False], pool
    assert cl.max_pool_argmax(x)[1].ravel().tolist() == [5, 2, 8, 10]
    assert np.isnan(cl.stochastic_pool(x, training=True, rng=np.zeros((1, 2, 2, 1)))[0, 0, 0])
    draw = np.full((1, 2, 2, 1), 0.99)
    assert np.isnan(cl.rank_stochastic_pool(x, training=True, rng=draw)[0, 0, 0])


def test_minus_infinity_stays():
    x = np.full((1, 2, 2, 1), -np.inf, np.float32)
    assert tf.nn.max_pool2d(x, 2, 2, "VALID").numpy().item() == np.finfo(np.float32).min
    for pool in (cl.max_pool, cl.min_pool, cl.average_pool, cl.soft_pool, cl.avg_topk_pool, cl.mixed_pool,
                 cl.global_max_pool, cl.global_average_pool):
        assert pool(x).item() == -np.inf, pool
    x[0, 0, 0] = 2
    assert cl.max_pool(x).item() == cl.soft_pool(x).item() == 2
    assert cl.max_pool(x, 2, 1, "same")[0, 1, 1] == -np.inf
    assert cl.lp_pool(x).item() == np.inf


def test_lp_gradient_at_zero_is_zero():
    x = np.zeros((1, 2, 2, 1))
    _, dy, (theirs,) = with_gradient(lambda t: tf.sqrt(tf.nn.avg_pool2d(t * t, 2, 2, "VALID")), x)
    assert np.isnan(theirs).all()
    for p in (1, 2, 3.5, np.inf):
        assert not cl.lp_pool_backward(dy, x, p=p).any() and not cl.global_lp_pool_backward(dy[:, 0, 0], x, p).any()


def test_lp_takes_absolute_values_for_odd_powers():
    assert cl.lp_pool(np.full((1, 2, 1), -3.0), p=3).item() == 3


def test_adaptive_to_one_cell_is_global():
    x = distinct(1, (2, 5, 6, 3))  # Keras' layer aborts the process for the maximum
    assert np.array_equal(cl.adaptive_max_pool(x, 1), cl.global_max_pool(x, True))
    assert np.allclose(cl.adaptive_average_pool(x, 1), cl.global_average_pool(x, True))


def test_integer_means_are_float64():
    x = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1) + 240
    with pytest.raises(tf.errors.OpError):
        tf.nn.avg_pool2d(x.astype(np.int32), 2, 2, "VALID")
    assert np.allclose(cl.average_pool(x), cl.average_pool(x.astype(float)))


@FEW
@given(geometry=geometries(ranks=(1, 2), most=7, paddings=PADDINGS))
def test_convolution(geometry):
    spatial, how = geometry
    # TensorFlow takes either strides or dilation.
    assume(max(how["strides"]) == 1 or max(how["dilation"]) == 1)
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, *spatial, 3)), rng.standard_normal((*how["pool_size"], 3, 4))
    bias = rng.standard_normal(4)
    geometry = {k: how[k] for k in ("strides", "dilation")}
    y, dy, gradients = with_gradient(
        lambda t, k, b: tf.nn.convolution(
            t, k, how["strides"], how["padding"].upper(), dilations=how["dilation"]) + b, x, kernel, bias,
    )
    assert np.allclose(cl.conv(x, kernel, bias, padding=how["padding"], **geometry), y)
    ours = cl.conv_backward(dy, x, kernel, bias, padding=how["padding"], **geometry)
    assert all(np.allclose(a, b) for a, b in zip(ours, gradients, strict=True))


def test_convolution_of_volumes_and_groups():
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, 5, 6, 4, 2)), rng.standard_normal((3, 2, 3, 2, 3))
    y, dy, (dx, dkernel) = with_gradient(lambda t, k: tf.nn.conv3d(t, k, [1, 2, 1, 2, 1], "SAME"), x, kernel)
    how = {"strides": (2, 1, 2), "padding": "same"}
    assert np.allclose(cl.conv(x, kernel, **how), y)
    ours = cl.conv_backward(dy, x, kernel, **how)
    assert np.allclose(ours[0], dx) and np.allclose(ours[1], dkernel)
    x, kernel = rng.standard_normal((2, 6, 7, 6)), rng.standard_normal((3, 3, 2, 9))
    layer = keras.layers.Conv2D(9, 3, 2, "same", groups=3, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([kernel, np.arange(9.0)])
    assert np.allclose(cl.conv(x, kernel, np.arange(9.0), strides=2, padding="same", groups=3), layer(x))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("padding", "stride", "size"), [("valid", 2, 3), ("same", 2, 3), ("same", 3, 2), ("same", 1, 4)]
)
def test_transposed_convolution(rank, padding, stride, size):
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, *(4, 5, 3)[:rank], 2)), rng.standard_normal((*(size,) * rank, 2, 3))
    layer = getattr(keras.layers, f"Conv{rank}DTranspose")(3, size, stride, padding, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([np.swapaxes(kernel, -1, -2), np.arange(3.0)])
    y, dy, (dx,) = with_gradient(layer, x)
    assert np.allclose(cl.conv_transpose(x, kernel, np.arange(3.0), strides=stride, padding=padding), y)
    ours = cl.conv_transpose_backward(dy, x, kernel, np.arange(3.0), strides=stride, padding=padding)
    assert np.allclose(ours[0], dx)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("stride", "size", "more"), [(2, 3, 1), (3, 2, 1), (3, 4, 2), (3, 5, 0)])
def test_output_padding(rank, stride, size, more):
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, *(4, 5, 3)[:rank], 2)), rng.standard_normal((*(size,) * rank, 2, 3))
    layer = getattr(keras.layers, f"Conv{rank}DTranspose")(3, size, stride, output_padding=more, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([np.swapaxes(kernel, -1, -2), np.arange(3.0)])
    y, dy, (dx,) = with_gradient(layer, x)
    how = {"strides": stride, "output_padding": more}
    assert np.allclose(cl.conv_transpose(x, kernel, np.arange(3.0), **how), y)
    assert np.allclose(cl.conv_transpose_backward(dy, x, kernel, np.arange(3.0), **how)[0], dx)
    # Padding cuts from both ends of the full result; the output padding then begins with what was cut.
    cut = cl.conv_transpose(x, kernel, np.arange(3.0), padding=((1, 1),) * rank, **how)
    assert np.allclose(cut, y[(slice(None), *(slice(1, n - 1) for n in y.shape[1:-1]))])
