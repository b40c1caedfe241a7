"""Poolings of one window at a time by value: maximum, minimum, average."""

from __future__ import annotations

import numpy as np

from ..arguments import as_gradient, gradient_dtype, highest, lowest, working_dtype
from ..windows import fold, fold_backward, over


def max_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Largest value of each window.

    `y[n, o, c] = max(x[n, cells of window o, c])`; padding never takes part.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        pool_size: cells of the window, one number for all spatial axes or one for each.
        strides: distance between windows; `None` means `pool_size`.
        padding: `"valid"`, `"same"` (TensorFlow, ONNX `SAME_UPPER`), `"same_lower"` (ONNX `SAME_LOWER`), or
            `((before, after), ...)` for each spatial axis (PyTorch, ONNX `pads`).
        dilation: distance between the cells of a window (PyTorch, ONNX).
        ceil_mode: keep a last window that runs past the far edge (PyTorch, ONNX).

    Returns:
        `(N, *O, C)` in the dtype of `x`, sizes as `course_lib.output_size`. NaN in a window gives NaN. A window
        that meets no cell, possible with dilation, gives `-inf` or the least integer.

    Raises:
        TypeError: `x` is not real-valued, or a number of the geometry is not an integer.
        ValueError: the shape of `x` or the geometry describes no pooling.

    Source: Weng, Ahuja and Huang 1993; `keras.layers.MaxPooling2D`, `torch.nn.MaxPool2d`, ONNX `MaxPool`.

    >>> max_pool([[[1], [3], [2], [5]]])[0, :, 0]
    array([3, 5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return fold(x, laid, np.maximum, lowest(x.dtype))


def max_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `max_pool`: each window sends `dy` to its largest cell, overlapping windows add up.

    Among tied cells the first in row-major order receives it all, in every rank (TensorFlow's 3-D kernel
    pays every tie, eight times too much for a 2x2x2 tie).

    Args:
        dy: gradient of the output, `(N, *O, C)`.
        x: the input of `max_pool`.
        pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    Raises:
        TypeError, ValueError: as `max_pool`, and where `dy` does not have the output's shape.

    >>> max_pool_backward([[[1.0], [1.0]]], [[[3.0], [3.0], [2.0], [5.0]]])[0, :, 0]
    array([1., 0., 0., 1.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return fold_backward(as_gradient(dy, laid.shape(x)), x, laid, np.maximum, lowest(x.dtype))


def min_pool(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False) -> np.ndarray:
    """Smallest value of each window: `y[n, o, c] = min(x[n, cells of window o, c])`.

    Args, returns, errors: as `max_pool`; a window that meets no cell gives `+inf` or the greatest integer.

    Source: erosion by a flat window (Serra 1982). Neither Keras nor TensorFlow has it; `-max_pool(-x)` for floats.

    >>> min_pool([[[1], [3], [2], [5]]])[0, :, 0]
    array([1, 2])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return fold(x, laid, np.minimum, highest(x.dtype))


def min_pool_backward(dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """Gradient of `min_pool`: each window sends `dy` to its smallest cell, among ties to the first.

    Args, returns, errors: as `max_pool_backward`.

    >>> min_pool_backward([[[1.0], [1.0]]], [[[3.0], [3.0], [2.0], [5.0]]])[0, :, 0]
    array([1., 0., 1., 0.])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    return fold_backward(as_gradient(dy, laid.shape(x)), x, laid, np.minimum, highest(x.dtype))


def average_pool(
    x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, count_include_pad=False
) -> np.ndarray:
    """Mean of each window: `y[n, o, c] = sum(x[n, cells of window o, c]) / m`.

    `m` counts the cells inside the input, as Keras and TensorFlow do (and PyTorch and ONNX on request). With
    `count_include_pad` it also counts padding cells as zeros (PyTorch's default), but never those that only
    `ceil_mode` makes a window reach.

    Args:
        x, pool_size, strides, padding, dilation, ceil_mode: as for `max_pool`.
        count_include_pad: let padding count as zeros.

    Returns:
        `(N, *O, C)` in the dtype of `x`, integers in float64. NaN in a window gives NaN; a window that meets no
        cell gives 0.

    Raises:
        TypeError, ValueError: as `max_pool`.

    Source: LeCun et al. 1989; `keras.layers.AveragePooling2D`, `torch.nn.AvgPool2d`, ONNX `AveragePool`.

    >>> average_pool([[[1], [3], [2], [5]]])[0, :, 0]
    array([2. , 3.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    dtype = working_dtype(x)
    y = fold(x, laid, np.add, 0, dtype, lambda some: some.divisor(dtype, count_include_pad))
    return y.astype(gradient_dtype(x), copy=False)


def average_pool_backward(
    dy, x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, count_include_pad=False
):
    """Gradient of `average_pool`: every cell of a window receives `dy / m`.

    Args, returns, errors: as `max_pool_backward`, with the `count_include_pad` of `average_pool`.

    >>> average_pool_backward([[[1.0], [1.0]]], [[[3.0], [3.0], [2.0], [5.0]]])[0, :, 0]
    array([0.5, 0.5, 0.5, 0.5])
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    share = as_gradient(dy, laid.shape(x)) / laid.divisor(working_dtype(x), count_include_pad)
    dx = np.zeros(x.shape, gradient_dtype(x))
    for _, outputs, inputs in laid:
        laid.add(dx, inputs, share[outputs])
    return dx
