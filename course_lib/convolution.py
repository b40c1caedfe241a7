"""Convolution as deep learning has it: a correlation of `x` with a kernel, and its gradients.

Mathematics turns the kernel round before it slides: `(x * k)[o] = sum_i x[o - i] k[i]`. Deep learning does not,
and neither does this module: `y[o] = sum_i x[o + i] k[i]`. Turn the kernel's spatial axes (`np.flip`) to change
one into the other; a learned kernel does not care.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .arguments import as_gradient, as_input, as_int, as_matching, as_real, gradient_dtype, per_axis, working_dtype
from .windows import Windows, lay


def conv(x, kernel, bias=None, *, strides=1, padding="valid", dilation=1, groups=1) -> np.ndarray:
    """Correlate `x` with `kernel`: `y[n, o, f] = bias[f] + sum_ic x[n, o*strides + i*dilation, c] * kernel[i, c, f]`.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes; padding counts as zeros.
        kernel: `(*window, C/groups, F)`, the layout of Keras.
        bias: `(F,)`, or `None`.
        strides, padding, dilation: as for `course_lib.max_pool`; explicit padding may be of any size.
        groups: channels and filters fall into this many consecutive groups that do not see each other; with
            `groups=C` every channel has its own kernels (depthwise convolution).

    Returns:
        `(N, *O, F)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError: an array is not real-valued, or a number of the geometry is not an integer.
        ValueError: shapes or geometry do not fit together.

    Source: LeCun et al. 1989; `keras.layers.Conv2D`, `torch.nn.Conv2d`, ONNX `Conv`.

    >>> conv([[[1.0], [2.0], [4.0]]], [[[-1.0]], [[1.0]]])[0, :, 0]
    array([1., 2.])
    """
    x, kernel, bias, groups = _arguments(x, kernel, bias, groups)
    laid = _lay(x.shape, kernel, strides, padding, dilation)
    y = _correlate(x, kernel, laid, groups)
    if bias is not None:
        y += bias
    return y.astype(gradient_dtype(x), copy=False)


def conv_backward(dy, x, kernel, bias=None, *, strides=1, padding="valid", dilation=1, groups=1):
    """Gradients of `conv`.

    A cell of `x` receives `dy` through every kernel entry that met it; an entry of the kernel the sum of `dy`
    times the cells it met; a bias the sum of its filter's `dy`.

    Args:
        dy: gradient of the output, `(N, *O, F)`.
        x, kernel, bias, strides, padding, dilation, groups: as for `conv`. The value of `bias` plays no part.

    Returns:
        `(dx, dkernel, dbias)`, each of the shape and (floating) dtype of its array; `dbias` also without a bias.

    Raises:
        TypeError, ValueError: as `conv`, and where `dy` does not have the output's shape.

    >>> dx, dkernel, dbias = conv_backward([[[1.0], [1.0]]], [[[1.0], [2.0], [4.0]]], [[[-1.0]], [[1.0]]])
    >>> dx[0, :, 0], dkernel[:, 0, 0], dbias
    (array([-1.,  0.,  1.]), array([3., 6.]), array([2.]))
    """
    x, kernel, bias, groups = _arguments(x, kernel, bias, groups)
    laid = _lay(x.shape, kernel, strides, padding, dilation)
    dy = as_gradient(dy, (x.shape[0], *laid.out, kernel.shape[-1])).astype(working_dtype(x), copy=False)
    return _gradients(x, _spread(dy, kernel, laid, groups), kernel, _meet(dy, x, kernel.shape, laid, groups), dy)


def conv_transpose(
    x, kernel, bias=None, *, strides=1, padding="valid", dilation=1, groups=1, output_padding=0
) -> np.ndarray:
    """Paste `kernel` at every cell of `x`, scaled by it, and add up where they overlap.

    `y[n, o*strides + i*dilation, f] += x[n, o, c] * kernel[i, c, f]`. The adjoint of `conv`: with
    `adjoint = np.swapaxes(kernel, -1, -2)` and the same strides, padding and dilation (one group),
    `conv_transpose(dy, adjoint)` is the gradient of `conv(x, kernel)` in `x`, up to trailing cells that no window of
    the convolution reached.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        kernel: `(*window, C/groups, F)`, the layout of `conv`. Keras wants `(*window, F, C)`, PyTorch and ONNX
            `(C, F/groups, *window)`.
        bias: `(F,)`, or `None`.
        strides, dilation, groups: as for `conv`.
        padding: cells cut from the borders of the full result: none for `"valid"`; for `"same"` and `"same_lower"` what
            leaves `spatial * strides` cells; or `((before, after), ...)`.
        output_padding: cells added after each spatial axis, one number or one for each: a convolution that skipped
            its last cells has them back. They hold what the cut would have taken, else the bias alone. Not with the
            `same` paddings, which fix the size.

    Returns:
        `(N, *O, F)` with `O = (spatial - 1) * strides + extent - before - after + output_padding` in the dtype of
        `x`, integers in float64.

    Raises:
        TypeError, ValueError: as `conv`, and for padding that leaves nothing.

    Source: Zeiler et al. 2010; `keras.layers.Conv2DTranspose`, `torch.nn.ConvTranspose2d`, ONNX `ConvTranspose`.

    >>> conv_transpose([[[1.0], [10.0]]], [[[1.0]], [[2.0]]])[0, :, 0]
    array([ 1., 12., 20.])
    """
    x, kernel, bias, groups = _arguments(x, kernel, bias, groups)
    laid = _lay_transposed(x, kernel, strides, padding, dilation, output_padding)
    y = _spread(x.astype(working_dtype(x), copy=False), _swap(kernel, groups), laid, groups)
    if bias is not None:
        y += bias
    return y.astype(gradient_dtype(x), copy=False)


def conv_transpose_backward(
    dy, x, kernel, bias=None, *, strides=1, padding="valid", dilation=1, groups=1, output_padding=0
):
    """Gradients of `conv_transpose`: in `x` it is a convolution of `dy` with the kernel.

    Args:
        dy: gradient of the output, `(N, *O, F)`.
        x, kernel, bias, strides, padding, dilation, groups, output_padding: as for `conv_transpose`.

    Returns:
        `(dx, dkernel, dbias)`, as `conv_backward`.

    Raises:
        TypeError, ValueError: as `conv_transpose`, and where `dy` does not have the output's shape.

    >>> conv_transpose_backward(np.ones((1, 3, 1)), [[[1.0], [10.0]]], [[[1.0]], [[2.0]]])[1][:, 0, 0]
    array([11., 11.])
    """
    x, kernel, bias, groups = _arguments(x, kernel, bias, groups)
    laid = _lay_transposed(x, kernel, strides, padding, dilation, output_padding)
    swapped = _swap(kernel, groups)
    dy = as_gradient(dy, (x.shape[0], *(a.size for a in laid.axes), kernel.shape[-1]))
    dy = dy.astype(working_dtype(x), copy=False)
    dkernel = _meet(x.astype(dy.dtype, copy=False), dy, swapped.shape, laid, groups)
    return _gradients(x, _correlate(dy, swapped, laid, groups), kernel, _swap(dkernel, groups), dy)


def _gradients(x, dx, kernel, dkernel, dy):
    """`(dx, dkernel, dbias)` in their dtypes."""
    dtype, dbias = gradient_dtype(kernel), dy.sum(tuple(range(dy.ndim - 1)))
    return dx.astype(gradient_dtype(x), copy=False), dkernel.astype(dtype, copy=False), dbias.astype(dtype, copy=False)


def _arguments(x, kernel, bias, groups):
    x, kernel, groups = as_input(x), as_real(kernel, "kernel"), as_int(groups, "groups")
    channels = x.shape[-1]
    if kernel.ndim != x.ndim:
        raise ValueError(f"kernel must have shape (*window, C/groups, F) of rank {x.ndim}, got {kernel.shape}")
    if channels % groups or kernel.shape[-1] % groups:
        raise ValueError(f"groups must divide the {channels} channels and {kernel.shape[-1]} filters, got {groups}")
    if kernel.shape[-2] != channels // groups:
        raise ValueError(
            f"kernel must have {channels // groups} input channels (C/groups) on axis -2, got shape {kernel.shape}"
        )
    return x, kernel, None if bias is None else as_matching(bias, kernel.shape[-1:], "bias"), groups


def _lay(shape, kernel, strides, padding, dilation):
    strides = per_axis(strides, kernel.ndim - 2, "strides")
    return lay(shape, kernel.shape[:-2], strides, padding, dilation, convolving=True)


def _lay_transposed(x, kernel, strides, padding, dilation, output_padding) -> Windows:
    """The windows of the convolution that leads from the result back to `x`."""
    rank, cells = kernel.ndim - 2, x.shape[1:-1]
    strides, dilation = per_axis(strides, rank, "strides"), per_axis(dilation, rank, "dilation")
    more = per_axis(output_padding, rank, "output_padding", least=0)
    if isinstance(padding, str) and padding in ("same", "same_lower"):
        if any(more):
            raise ValueError(f"output_padding must be 0 with padding={padding!r}, which fixes the size; got {more}")
        spatial = [n * s for n, s in zip(cells, strides, strict=True)]
    else:
        geometry = zip(cells, kernel.shape[:-2], strides, dilation, strict=True)
        full = [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in geometry]
        # Checked here as any other padding, on the full result.
        cut = [a.before + a.after for a in _lay((1, *full, 1), kernel, strides, padding, dilation).axes]
        spatial = [n - c + m for n, c, m in zip(full, cut, more, strict=True)]
        if min(spatial) < 1:
            raise ValueError(f"padding {padding!r} leaves nothing of the full result of shape {tuple(full)}")
    laid = _lay((1, *spatial, 1), kernel, strides, padding, dilation)
    # A long output padding has room for windows that `x` has no cells for.
    return Windows(tuple(replace(axis, out=n) for axis, n in zip(laid.axes, cells, strict=True)))


def _swap(kernel: np.ndarray, groups: int) -> np.ndarray:
    """`(*window, A/groups, B)` as `(*window, B/groups, A)`: input and output channels change places in each group."""
    *window, a, b = kernel.shape
    split = kernel.reshape(*window, a, groups, b // groups)
    return np.swapaxes(split, -1, -3).reshape(*window, b // groups, groups * a)


# By definition y[outputs] += x[inputs] @ kernel[offset] for every offset of the window. One matrix product does it
# faster: the cells of each window side by side, a few images at a time. A group is one more matrix.


def _parts(x, laid, dtype):
    # The cells of all windows side by side are many copies of `x`; those of a part are about eight `BLOCK_BYTES`.
    side_by_side = math.prod(laid.out) * laid.cells * dtype.itemsize
    return laid.parts(x, max(1, side_by_side // (8 * math.prod(x.shape[1:-1]) * x.itemsize)))


def _correlate(x, kernel, laid, groups):
    y = np.empty((x.shape[0], *laid.out, kernel.shape[-1]), working_dtype(x))
    weights = _matrices(kernel.astype(y.dtype, copy=False), groups)
    for outputs, inputs, some in _parts(x, laid, y.dtype):
        filtered = _by_window(x[inputs], some, groups, y.dtype) @ weights
        y[outputs] = np.moveaxis(filtered, 0, -2).reshape(y[outputs].shape)
    return y


def _spread(dy, kernel, laid, groups):
    """Adjoint of `_correlate` in `x`."""
    dx = np.zeros((dy.shape[0], *(a.size for a in laid.axes), groups * kernel.shape[-2]), dy.dtype)
    weights = np.swapaxes(_matrices(kernel.astype(dy.dtype, copy=False), groups), -1, -2)
    for outputs, inputs, some in _parts(dx, laid, dx.dtype):
        part, target = dy[outputs], _by_group(dx[inputs], groups)
        cells = (_matrices(part, groups) @ weights).reshape(groups, *part.shape[:-1], *some.pool, kernel.shape[-2])
        # One axis after the other: k + k passes instead of k * k.
        for i, axis in enumerate(some.axes, start=2):
            windows, place = np.moveaxis(cells, len(some.axes) + 2, 0), (slice(None),) * i
            cells = np.zeros((*windows.shape[1:i + 1], axis.size, *windows.shape[i + 2:]), dy.dtype)
            for window, (before, after) in zip(windows, axis.spans, strict=True):
                cells[(*place, after)] += window[(*place, before)]
        target += cells
    return dx


def _meet(dy, x, shape, laid, groups):
    """Gradient of `_correlate` in the kernel."""
    dkernel = np.zeros((groups, math.prod(shape[:-1]), shape[-1] // groups), dy.dtype)
    for outputs, inputs, some in _parts(x, laid, dy.dtype):
        cells = _by_window(x[inputs], some, groups, dy.dtype)
        dkernel += np.swapaxes(cells, -1, -2) @ _matrices(dy[outputs], groups)
    return np.moveaxis(dkernel, 0, -2).reshape(shape)


def _by_window(x, laid, groups, dtype):
    """The cells of each window side by side, `(groups, windows, cells*C/groups)`."""
    return _matrices(laid.view(x.astype(dtype, copy=False), 0), groups, len(laid.axes) + 1)


def _matrices(x: np.ndarray, groups: int, side_by_side: int = 1) -> np.ndarray:
    """A matrix for each group: its columns are the last axes of `x`, its rows all before them."""
    split = _by_group(x, groups)
    first = split.ndim - side_by_side
    return split.reshape(groups, math.prod(split.shape[1:first]), math.prod(split.shape[first:]))


def _by_group(x: np.ndarray, groups: int) -> np.ndarray:
    """View `(groups, ..., C/groups)`."""
    return np.moveaxis(x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups), -2, 0)
