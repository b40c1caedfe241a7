"""The way back up: where each maximum was, and putting pooled values back into a larger array."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import as_gradient, as_input, as_int, gradient_dtype, lowest
from ..windows import Windows, blocks, fold, lay, over
from .bins import flat_index


def max_pool_argmax(x, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False):
    """`max_pool`, and where in the input each maximum was.

    Args, errors: as `max_pool`.

    Returns:
        `(y, index)`, both `(N, *O, C)`. `index` counts the cells of the input's flattened spatial axes (`h * W + w` in
        two dimensions; PyTorch's index). Among ties it is the first; -1 where a window meets no cell. TensorFlow's
        `max_pool_with_argmax` gives `index * C + c`, ONNX counts batch and channel too.

    Source: Zeiler and Fergus 2014; `torch.nn.MaxPool2d(return_indices=True)`.

    >>> y, index = max_pool_argmax([[[1], [3], [2], [5]]])
    >>> y[0, :, 0], index[0, :, 0]
    (array([3, 5]), array([1, 3]))
    """
    x, laid = over(x, pool_size, strides, padding, dilation, ceil_mode)
    y = fold(x, laid, np.maximum, lowest(x.dtype))
    index = np.full(y.shape, -1)
    cells = np.arange(np.prod(x.shape[1:-1])).reshape(1, *x.shape[1:-1], 1)
    for block in blocks(x):
        # Backwards, so that the first of equals stays.
        for _, outputs, inputs in reversed(list(laid)):
            values, found = x[block][inputs], index[block][outputs]
            hit = (values == y[block][outputs]) | (values != values)  # A NaN counts as the largest.
            found += hit * (cells[inputs] - found)
    return y, index


def max_unpool(y, index, output_shape) -> np.ndarray:
    """Each value at its index, zeros elsewhere: `max_pool` after it gives `y` back where `y` is not negative.

    Where an index occurs twice in a map, the last value in row-major order is the one that stays.

    Args:
        y: `(N, *O, C)`.
        index: ints of the same shape, into the flattened spatial axes, as `max_pool_argmax` gives them.
        output_shape: the spatial shape to return, or the whole shape with batch and channels.

    Returns:
        `(N, *spatial, C)` in the dtype of `y`.

    Raises:
        TypeError, ValueError: for arrays as `max_pool`, for an index that is not an integer or lies outside, and for
            a shape that does not fit.

    Source: Zeiler and Fergus 2014; `torch.nn.MaxUnpool2d`; ONNX `MaxUnpool`, with `index % (H * W)`.

    >>> max_unpool([[[3], [5]]], [[[1], [3]]], (4,))[0, :, 0]
    array([0, 3, 0, 5])
    """
    y, flat, shape = _places(y, index, output_shape)
    out = np.zeros(math.prod(shape), y.dtype)
    # NumPy assigns in the order of memory, which after `ravel` is row-major: of equal indices the last one stays.
    out[flat] = y.ravel()
    return out.reshape(shape)


def max_unpool_backward(dy, y, index, output_shape) -> np.ndarray:
    """Gradient of `max_unpool` in `y`: the `dy` at its index, and 0 for a value that another one replaced.

    Args:
        dy: gradient of the output, `(N, *spatial, C)`.
        y, index, output_shape: as for `max_unpool`.

    Returns:
        array of the shape of `y`, in its dtype if that is floating, else float64.

    >>> max_unpool_backward([[[1.0], [2.0], [3.0]]], [[[7.0], [8.0]]], [[[2], [2]]], (3,))[0, :, 0]
    array([0., 3.])
    """
    y, flat, shape = _places(y, index, output_shape)
    dy = as_gradient(dy, shape).ravel()
    owner, order = np.empty(dy.shape, int), np.arange(y.size)
    owner[flat] = order
    return (dy[flat] * (owner[flat] == order)).reshape(y.shape).astype(gradient_dtype(y), copy=False)


def average_unpool(
    y, pool_size=2, strides=None, padding="valid", *, output_shape, dilation=1, ceil_mode=False
) -> np.ndarray:
    """Each value into every cell of its window; where windows overlap, the mean of their values.

    `average_pool` after it gives `y` back where windows do not overlap. Cells in no window are 0. (The gradient of
    `average_pool` is its adjoint instead: it divides by the size of the window, and sums.)

    Args:
        y: `(N, *O, C)`.
        pool_size, strides, padding, dilation, ceil_mode: of the pooling to undo.
        output_shape: the spatial shape to return, or the whole shape with batch and channels.

    Returns:
        `(N, *spatial, C)` in the dtype of `y`, integers in float64.

    Raises:
        TypeError, ValueError: as `average_pool`, and where pooling `output_shape` does not give the shape of `y`.

    Source: the average counterpart of Zeiler and Fergus 2014.

    >>> average_unpool([[[3.0], [5.0]]], output_shape=(5,))[0, :, 0]
    array([3., 3., 5., 5., 0.])
    """
    y, laid, shape, times = _unpooled(y, output_shape, pool_size, strides, padding, dilation, ceil_mode)
    x = np.zeros(shape, gradient_dtype(y))
    for _, outputs, inputs in laid:
        x[inputs] += y[outputs]
    x /= np.maximum(times, 1)
    return x


def average_unpool_backward(
    dy, y, pool_size=2, strides=None, padding="valid", *, output_shape, dilation=1, ceil_mode=False
) -> np.ndarray:
    """Gradient of `average_unpool` in `y`: the sum over its window of `dy`, each cell shared by its windows.

    Args, returns, errors: as `max_unpool_backward` and `average_unpool`.

    >>> average_unpool_backward(np.ones((1, 5, 1)), [[[3.0], [5.0]]], output_shape=(5,))[0, :, 0]
    array([2., 2.])
    """
    y, laid, shape, times = _unpooled(y, output_shape, pool_size, strides, padding, dilation, ceil_mode)
    share = as_gradient(dy, shape) / np.maximum(times, 1)
    return fold(share, laid, np.add, 0).astype(gradient_dtype(y), copy=False)


def _unpooled(y, output_shape, *geometry):
    """`y`, the windows on the output, its shape, and how many windows meet each of its cells."""
    y = as_input(y, "y")
    shape = (y.shape[0], *_as_spatial(output_shape, y), y.shape[-1])
    laid: Windows = lay(shape, *geometry)
    if laid.out != y.shape[1:-1]:
        raise ValueError(f"output_shape {shape[1:-1]} pools to {laid.out}, but y has spatial shape {y.shape[1:-1]}")
    times = np.zeros((1, *shape[1:-1], 1), int)
    for _, _, inputs in laid:
        times[inputs] += 1
    return y, laid, shape, times


def _places(y, index, output_shape):
    y, index = as_input(y, "y"), np.asarray(index)
    if index.dtype.kind not in "iu":
        raise TypeError(f"index must hold integers, got dtype {index.dtype}")
    if index.shape != y.shape:
        raise ValueError(f"index must have the shape of y, {y.shape}, got {index.shape}")
    spatial = _as_spatial(output_shape, y)
    if index.size and (index.min() < 0 or index.max() >= math.prod(spatial)):
        raise ValueError(
            f"index must lie from 0 to {math.prod(spatial) - 1} for output_shape {spatial}, "
            f"got values from {index.min()} to {index.max()}"
        )
    shape = y.shape[0], *spatial, y.shape[-1]
    return y, flat_index(index.astype(np.intp), shape).ravel(), shape


def _as_spatial(output_shape, y) -> tuple[int, ...]:
    rank = y.ndim - 2
    sizes = (output_shape,) if np.ndim(output_shape) == 0 else tuple(output_shape)
    if len(sizes) == rank + 2 and (sizes[0], sizes[-1]) == (y.shape[0], y.shape[-1]):
        sizes = sizes[1:-1]
    if len(sizes) != rank:
        raise ValueError(
            f"output_shape must be {rank} spatial sizes, or those between {y.shape[0]} and {y.shape[-1]}, "
            f"got {output_shape!r}"
        )
    return tuple(as_int(size, "output_shape") for size in sizes)
