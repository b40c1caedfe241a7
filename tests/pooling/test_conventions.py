"""PyTorch's and ONNX's own rules, by cases worked by hand or published with the ONNX operators."""

import numpy as np
import pytest

import course_lib as cl

FIVE = np.arange(1.0, 26).reshape(1, 5, 5, 1)
FOUR = np.arange(1.0, 17).reshape(1, 4, 4, 1)


def channel(y):
    return y[0, ..., 0].tolist()


# Operator cases of ONNX ("precomputed" ones: published numbers).


def test_onnx_average_pads():
    assert channel(cl.average_pool(FIVE, 5, 1, ((2, 2), (2, 2)))) == [
        [7, 7.5, 8, 8.5, 9], [9.5, 10, 10.5, 11, 11.5], [12, 12.5, 13, 13.5, 14], [14.5, 15, 15.5, 16, 16.5],
        [17, 17.5, 18, 18.5, 19],
    ]


def test_onnx_average_pads_count_include_pad():
    y = cl.average_pool(FIVE, 5, 1, ((2, 2), (2, 2)), count_include_pad=True)
    assert np.allclose(channel(y), [
        [2.52, 3.6, 4.8, 4.08, 3.24], [4.56, 6.4, 8.4, 7.04, 5.52], [7.2, 10, 13, 10.8, 8.4],
        [6.96, 9.6, 12.4, 10.24, 7.92], [6.12, 8.4, 10.8, 8.88, 6.84],
    ])


def test_onnx_average_strides_same_upper_and_ceil():
    assert channel(cl.average_pool(FIVE, 2)) == [[4, 6], [14, 16]]
    assert channel(cl.average_pool(FIVE, 3, 2, "same")) == [[4, 5.5, 7], [11.5, 13, 14.5], [19, 20.5, 22]]
    assert channel(cl.average_pool(FOUR, 3, 2, ceil_mode=True)) == [[6, 7.5], [12, 13.5]]


def test_onnx_average_ceil_last_window_starts_on_pad():
    x = np.array([[1.0, 2.0], [3.0, 6.0]]).reshape(1, 2, 2, 1)
    assert channel(cl.average_pool(x, 3, 3, ((1, 1), (1, 1)), ceil_mode=True)) == [[3]]


def test_onnx_average_dilations():
    # Each window is the four cells two apart: 1, 3, 9, 11 and so on.
    assert channel(cl.average_pool(FOUR, 2, 1, dilation=2, ceil_mode=True)) == [[6, 7], [10, 11]]


def test_onnx_max_pads_upper_lower_ceil_dilations():
    assert channel(cl.max_pool(FIVE, 5, 1, ((2, 2), (2, 2)))) == [
        [13, 14, 15, 15, 15], [18, 19, 20, 20, 20], [23, 24, 25, 25, 25], [23, 24, 25, 25, 25], [23, 24, 25, 25, 25],
    ]
    assert channel(cl.max_pool(FIVE, 2)) == [[7, 9], [17, 19]]
    assert channel(cl.max_pool(FIVE, 3, 2, "same")) == [[7, 9, 10], [17, 19, 20], [22, 24, 25]]
    assert channel(cl.max_pool(FOUR, 3, 2, ceil_mode=True)) == [[11, 12], [15, 16]]
    assert channel(cl.max_pool(FOUR, 2, 1, dilation=2)) == [[11, 12], [15, 16]]
    # Lower: the odd cell of padding lies before the input, so the first window is the first cell alone.
    assert channel(cl.max_pool(FIVE, 2, 1, "same_lower"))[0] == [1, 2, 3, 4, 5]
    assert channel(cl.max_pool(FIVE, 2, 1, "same"))[4] == [22, 23, 24, 25, 25]


def test_onnx_max_argmax():
    _y, index = cl.max_pool_argmax(FIVE, 5, 1, ((2, 2), (2, 2)))
    assert channel(index) == [
        [12, 13, 14, 14, 14], [17, 18, 19, 19, 19], [22, 23, 24, 24, 24], [22, 23, 24, 24, 24], [22, 23, 24, 24, 24],
    ]


def test_onnx_max_of_uint8():
    y = cl.max_pool(FIVE.astype(np.uint8), 5, 1, ((2, 2), (2, 2)))
    assert y.dtype == np.uint8 and channel(y)[0] == [13, 14, 15, 15, 15]


def test_onnx_unpool():
    y = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    index = np.array([[5, 7], [13, 15]]).reshape(1, 2, 2, 1)
    assert channel(cl.max_unpool(y, index, (4, 4))) == [[0, 0, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0], [0, 3, 0, 4]]
    # With output_shape, the flat index is read in the larger map.
    y, index = y + 4, np.array([[6, 8], [16, 18]]).reshape(1, 2, 2, 1)
    assert channel(cl.max_unpool(y, index, (1, 5, 5, 1))) == [
        [0, 0, 0, 0, 0], [0, 5, 0, 6, 0], [0, 0, 0, 0, 0], [0, 7, 0, 8, 0], [0, 0, 0, 0, 0],
    ]


def test_onnx_lp_is_a_norm():
    assert np.allclose(channel(cl.lp_pool(FOUR, 2, 1, normalized=False, dilation=2)), np.sqrt(
        [[1 + 9 + 81 + 121, 4 + 16 + 100 + 144], [25 + 49 + 169 + 225, 36 + 64 + 196 + 256]]))


def test_onnx_max_roi_pool_scales_and_rounds_away_from_zero():
    x = np.arange(36.0).reshape(1, 6, 6, 1)
    # 5 * 0.5 = 2.5 becomes 3, so the region is rows and columns 1 to 3.
    assert channel(cl.roi_max_pool(x, [[0, 2, 2, 5, 5]], 1, 0.5)) == [[21]]
    assert channel(cl.roi_max_pool(x, [[0, -5, -5, 0, 0]], 1, 0.5)) == [[0]]


# The feature map of ONNX's RoiAlign cases, and its three regions.
ROI_MAP = np.array([
    0.2764, 0.7150, 0.1958, 0.3416, 0.4638, 0.0259, 0.2963, 0.6518, 0.4856, 0.7250,
    0.9637, 0.0895, 0.2919, 0.6753, 0.0234, 0.6132, 0.8085, 0.5324, 0.8992, 0.4467,
    0.3265, 0.8479, 0.9698, 0.2471, 0.9336, 0.1878, 0.4766, 0.4308, 0.3400, 0.2162,
    0.0206, 0.1720, 0.2155, 0.4394, 0.0653, 0.3406, 0.7724, 0.3921, 0.2541, 0.5799,
    0.4062, 0.2194, 0.4473, 0.4687, 0.7109, 0.9327, 0.9815, 0.6320, 0.1728, 0.6119,
    0.3097, 0.1283, 0.4984, 0.5068, 0.4279, 0.0173, 0.4388, 0.0430, 0.4671, 0.7119,
    0.1011, 0.8477, 0.4726, 0.1777, 0.9923, 0.4042, 0.1869, 0.7795, 0.9946, 0.9689,
    0.1366, 0.3671, 0.7011, 0.6234, 0.9867, 0.5585, 0.6985, 0.5609, 0.8788, 0.9928,
    0.5697, 0.8511, 0.6711, 0.9406, 0.8751, 0.7496, 0.1650, 0.1049, 0.1559, 0.2514,
    0.7012, 0.4056, 0.7879, 0.3461, 0.0415, 0.2998, 0.5094, 0.3727, 0.5482, 0.0502,
]).reshape(1, 10, 10, 1)
ROI = [[0, 0, 0, 9, 9], [0, 0, 5, 4, 9], [0, 5, 5, 9, 9]]


def test_onnx_roi_align():
    y = cl.roi_align(ROI_MAP, ROI, 5, 1.0, 2, aligned=False)
    assert np.allclose(y[0, 0, :, 0], [0.4664, 0.4466, 0.3405, 0.5688, 0.6068], atol=2e-4)
    assert np.allclose(y[1, 0, :, 0], [0.3022, 0.4305, 0.4696, 0.3978, 0.5423], atol=2e-4)
    half = cl.roi_align(ROI_MAP, ROI, 5, 1.0, 2, aligned=True)
    assert np.allclose(half[0, 0, :, 0], [0.5178, 0.3434, 0.3229, 0.4474, 0.6344], atol=2e-4)


def test_onnx_roi_align_max_takes_weighted_corners():
    y = cl.roi_align(ROI_MAP, ROI, 5, 1.0, 2, aligned=False, mode="corner_max")
    assert np.allclose(y[0, 0, :, 0], [0.3445228, 0.37310338, 0.37865096, 0.446696, 0.37991184], atol=2e-4)
    # The samples themselves are larger, as no corner is left out of them.
    assert (cl.roi_align(ROI_MAP, ROI, 5, 1.0, 2, aligned=False, mode="max") >= y).all()


def test_roi_align_adapts_its_samples():
    x = np.arange(64.0).reshape(1, 8, 8, 1)
    # Bins of 3 rows and 2 columns.
    adaptive = cl.roi_align(x, [[0, 1, 1, 5, 7]], 2, sampling_ratio=0)
    rows, columns = cl.roi_align(x, [[0, 1, 1, 5, 7]], 2, sampling_ratio=3), cl.roi_align(x, [[0, 1, 1, 5, 7]], 2)
    assert np.allclose(adaptive, rows) and np.allclose(rows, columns), "a plane is sampled exactly"
    x = x**2
    bands = cl.roi_align(x, [[0, 1, 1, 5, 7]], 2, sampling_ratio=0)
    # Samples lie 0.5 above the cells they fall between: rows 1, 2, 3 and columns 1, 2 of the first bin.
    expected = np.mean([[x[0, r, c, 0] for c in (1, 2)] for r in (1, 2, 3)])
    assert np.isclose(bands[0, 0, 0, 0], expected)


def test_roi_align_outside_the_image():
    x = np.ones((1, 4, 4, 1))
    # Four samples at -1.5 ± ..., of which those below -1 are 0.
    y = cl.roi_align(x, [[0, -2, 0, 0, 4]], 1, aligned=False)
    assert np.isclose(y.item(), 0.5)


# PyTorch.


def test_torch_ceil_mode_divisor():
    x = np.ones((1, 4, 1))
    # Windows at -1, 1, 3 of three cells over padding (1, 1): 2, 3 and 1 real cells; the last reaches 5, one past it.
    how = {"pool_size": 3, "strides": 2, "padding": ((1, 1),), "ceil_mode": True}
    assert channel(cl.average_pool(x, **how)) == [1, 1, 1]
    assert np.allclose(channel(cl.average_pool(x, **how, count_include_pad=True)), [2 / 3, 1, 1 / 2])


def test_divisor_of_asymmetric_padding():
    x = np.ones((1, 4, 1))
    # Three cells at each of -2 to 1, then at each of 0 to 3.
    near = cl.average_pool(x, 3, 1, ((2, 0),), count_include_pad=True)
    far = cl.average_pool(x, 3, 1, ((0, 2),), count_include_pad=True)
    assert np.allclose(channel(near), [1 / 3, 2 / 3, 1, 1]) and np.allclose(channel(far), [1, 1, 2 / 3, 1 / 3])


def test_torch_lp_is_a_sum():
    assert np.isclose(cl.lp_pool([[[1.0], [2.0]]], p=1, normalized=False).item(), 3)


def test_torch_unpool_gradient_of_duplicates():
    # PyTorch lets the last write win and pays both; here the overwritten value receives nothing.
    y, index = np.ones((1, 2, 1)), np.array([[[1], [1]]])
    assert cl.max_unpool_backward(np.ones((1, 3, 1)), y, index, 3)[0, :, 0].tolist() == [0, 1]


def test_torch_values_and_gradients():
    torch = pytest.importorskip("torch", reason="PyTorch is not part of the locked set")
    x = np.round(np.random.default_rng(0).standard_normal((2, 9, 8, 3)) * 3)
    t = torch.tensor(np.moveaxis(x, -1, 1).copy(), requires_grad=True)
    y = torch.nn.functional.max_pool2d(t, (3, 2), (2, 1), (1, 1), (1, 2), ceil_mode=True)
    y.sum().backward()
    how = {"strides": (2, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 2), "ceil_mode": True}
    ours = cl.max_pool(x, (3, 2), **how)
    assert np.array_equal(ours, np.moveaxis(y.detach().numpy(), 1, -1))
    assert np.array_equal(
        cl.max_pool_backward(np.ones(ours.shape), x, (3, 2), **how), np.moveaxis(t.grad.numpy(), 1, -1)
    )
