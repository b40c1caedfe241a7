"""Poolings of given regions: boxes (RoI max, RoI align) and segments (superpixels)."""

from __future__ import annotations

import itertools

import numpy as np

from ..arguments import (
    as_choice,
    as_gradient,
    as_input,
    as_int,
    as_number,
    as_real,
    gradient_dtype,
    lowest,
    per_axis,
    working_dtype,
)
from ..windows import by_blocks
from .bins import apply_along, argmax_bins, bin_sizes, fold_bins, scatter


def roi_max_pool(x, rois, output_size, spatial_scale=1.0) -> np.ndarray:
    """Largest value in each bin of each region, on a region rounded to whole cells.

    Corners are scaled and rounded (halves away from zero), both ends included, at least one cell. Bin `i` of `o`
    over a region of `n` cells is `floor(i * n / o) <= cell < ceil((i + 1) * n / o)`: neighbours share cells and
    none is lost. Cells outside the image are left out.

    Args:
        x: `(N, H, W, C)` integers or floats.
        rois: `(R, 5)`, each batch index, x1, y1, x2, y2 in the coordinates of the original image.
        output_size: bins, one number or `(rows, columns)`.
        spatial_scale: cells of `x` for a unit of those coordinates.

    Returns:
        `(R, *output_size, C)` in the dtype of `x`; 0 for a bin without a cell.

    Raises:
        TypeError, ValueError: for an `x` that is no batch of images, and for malformed regions, sizes or scale.

    Source: Girshick 2015 (arXiv:1504.08083); `torchvision.ops.roi_pool`, ONNX `MaxRoiPool`.

    >>> roi_max_pool(np.arange(24.0).reshape(1, 4, 6, 1), [[0, 0, 0, 5, 3]], 3)[0, :, :, 0].tolist()
    [[7.0, 9.0, 11.0], [13.0, 15.0, 17.0], [19.0, 21.0, 23.0]]
    """
    x, regions, shape = _regions(x, rois, output_size, spatial_scale, _whole_bins)
    y = np.zeros(shape, x.dtype)
    for result, (image, bins) in zip(y, regions, strict=True):
        result[...] = np.where(bin_sizes(bins) > 0, fold_bins(x[image], bins, np.maximum, lowest(x.dtype)), 0)
    return y


def roi_max_pool_backward(dy, x, rois, output_size, spatial_scale=1.0) -> np.ndarray:
    """Gradient of `roi_max_pool` in `x`: `dy` to the first largest cell of each bin; regions add up.

    The regions have no gradient: rounding has none.

    Args:
        dy: gradient of the output, `(R, *output_size, C)`.
        x, rois, output_size, spatial_scale: as for `roi_max_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> roi_max_pool_backward(np.ones((1, 1, 1, 1)), np.eye(2).reshape(1, 2, 2, 1), [[0, 0, 0, 1, 1]], 1)[0, :, :, 0]
    array([[1., 0.],
           [0., 0.]])
    """
    x, regions, shape = _regions(x, rois, output_size, spatial_scale, _whole_bins)
    dx = np.zeros(x.shape, gradient_dtype(x))
    for gradient, (image, bins) in zip(as_gradient(dy, shape), regions, strict=True):
        _, index = argmax_bins(x[image], bins)
        dx[image] += scatter(gradient[None], index, (1, *x.shape[1:]), dx.dtype)
    return dx


def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True, mode="average") -> np.ndarray:
    """Mean (or maximum) of bilinear samples in each bin of each region, nothing rounded.

    A bin holds `sampling_ratio` by `sampling_ratio` evenly spaced samples. A sample more than one cell outside the
    image counts as 0, one nearer is moved to its edge.

    Args:
        x, rois, output_size, spatial_scale: as for `roi_max_pool`; regions end where they say.
        sampling_ratio: samples along each axis of a bin; 0 means as many as the bin has cells, rounded up.
        aligned: take a cell's centre for its coordinate, that is subtract half a cell (torchvision `aligned=True`,
            ONNX `half_pixel`). Without it (ONNX `output_half_pixel`) a region covers at least one cell.
        mode: `"average"`, `"max"` of the samples, or `"corner_max"`: the largest of all weighted corner values that the
            samples would add up, which is what ONNX's reference and its conformance cases call `max`.

    Returns:
        `(R, *output_size, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: as `roi_max_pool`, and for another mode or a negative ratio.

    Source: He et al. 2017 (arXiv:1703.06870); `torchvision.ops.roi_align`, ONNX `RoiAlign`.

    >>> roi_align(np.arange(4.0).reshape(1, 1, 4, 1), [[0, 0, 0, 4, 1]], (1, 2), aligned=False)[0, 0, :, 0]
    array([1.  , 2.75])
    """
    x, regions, shape = _sampled(x, rois, output_size, spatial_scale, sampling_ratio, aligned, mode)
    y = np.empty(shape, gradient_dtype(x))
    for result, (cells, planes) in zip(y, regions, strict=True):
        result[...] = _sample(x[cells], planes, shape).max((0, 2, 4))
    return y


def roi_align_backward(
    dy, x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True, mode="average"
) -> np.ndarray:
    """Gradient of `roi_align` in `x`: `dy`, over the samples of a bin, to each sample's four cells by their weights.

    With a maximum it goes to the first largest sample alone. The regions are taken as given.
    Args, returns, errors: as `roi_max_pool_backward` and `roi_align`.

    >>> roi_align_backward(np.ones((1, 1, 1, 1)), np.zeros((1, 2, 2, 1)), [[0, 0, 0, 2, 2]], 1)[0, :, :, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    x, regions, shape = _sampled(x, rois, output_size, spatial_scale, sampling_ratio, aligned, mode)
    dx = np.zeros(x.shape, working_dtype(x))
    for gradient, (cells, planes) in zip(as_gradient(dy, shape).astype(dx.dtype, copy=False), regions, strict=True):
        spread = gradient[None] if mode == "average" else _to_largest(gradient, _sample(x[cells], planes, shape))
        for plane, sides in zip(spread, planes, strict=True):
            dx[cells] += apply_along([matrix.T for matrix in sides], plane[None])
    return dx.astype(gradient_dtype(x), copy=False)


def superpixel_pool(x, labels, segments=None, mode="mean") -> np.ndarray:
    """Mean (or maximum) of each segment of a label map: `y[n, s, c] = mean(x[n, cells with label s, c])`.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        labels: `(N, *spatial)` integers from 0, the segment of each cell.
        segments: number of segments S; `None` means the largest label plus 1.
        mode: `"mean"` or `"max"`.

    Returns:
        `(N, S, C)`; a mean in the dtype of `x`, integers in float64, a maximum in the dtype of `x`. 0 for a segment
        without a cell.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, for labels of another shape, not integer, negative or not
            below `segments`, and for another mode.

    Source: Kwak, Hong and Han 2017 (AAAI); `tf.math.unsorted_segment_mean`.

    >>> superpixel_pool([[[1.0], [3.0], [8.0]]], [[0, 0, 2]])[0, :, 0]
    array([2., 0., 8.])
    """
    x, labels, segments = _as_segments(x, labels, segments, mode)
    combine, dtype = (np.add, working_dtype(x)) if mode == "mean" else (np.maximum, x.dtype)

    def pool(x, labels):
        flat, order, keys, starts, sizes = _sorted(x, labels, segments)
        cells, y = flat.take(order, 0), np.zeros((len(x) * segments, x.shape[-1]), dtype)
        # One by one: `reduceat` over a first axis takes several times longer, except for segments of a few cells.
        for key, start, stop in zip(keys, starts, starts + sizes, strict=True):
            combine.reduce(cells[start:stop], 0, dtype, out=y[key])
        if mode == "mean":
            y[keys] /= sizes[:, None].astype(dtype)
        return y.reshape(len(x), segments, x.shape[-1])

    return by_blocks(pool, x, labels, dtype=gradient_dtype(x) if mode == "mean" else dtype)


def superpixel_pool_backward(dy, x, labels, segments=None, mode="mean") -> np.ndarray:
    """Gradient of `superpixel_pool`: `dy / m` to every cell of a segment of `m`, or `dy` to its first largest cell.

    Args:
        dy: gradient of the output, `(N, S, C)`.
        x, labels, segments, mode: as for `superpixel_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> superpixel_pool_backward(np.ones((1, 3, 1)), [[[1.0], [3.0], [8.0]]], [[0, 0, 2]])[0, :, 0]
    array([0.5, 0.5, 1. ])
    """
    x, labels, segments = _as_segments(x, labels, segments, mode)
    flat, order, keys, starts, sizes = _sorted(x, labels, segments)
    dy = as_gradient(dy, (x.shape[0], segments, x.shape[-1])).reshape(len(x) * segments, x.shape[-1])[keys]
    dx = np.zeros(flat.shape, gradient_dtype(x))
    if mode == "mean":
        dx[order] = np.repeat(dy / sizes[:, None], sizes, axis=0)
    else:
        cells, channels = flat.take(order, 0), np.arange(x.shape[-1])
        for start, stop, share in zip(starts, starts + sizes, dy, strict=True):
            dx[order[start + cells[start:stop].argmax(0)], channels] = share
    return dx.reshape(x.shape)


def _regions(x, rois, output_size, spatial_scale, side):
    """`x`; each region's image and `side(start, end, bins, cells)` of its rows and columns; the shape of the output."""
    x, size = as_input(x), per_axis(output_size, 2, "output_size")
    if x.ndim != 4:
        raise ValueError(f"x must have shape (batch, height, width, channels), got {x.shape}")
    rois = as_real(rois, "rois").astype(float)
    if rois.ndim != 2 or rois.shape[1] != 5:
        raise ValueError(f"rois must have shape (R, 5): batch index, x1, y1, x2, y2; got {rois.shape}")
    if not np.isfinite(rois).all():
        raise ValueError("rois must be finite")
    batch = rois[:, 0].astype(int)
    if (batch != rois[:, 0]).any() or (batch < 0).any() or (batch >= x.shape[0]).any():
        raise ValueError(f"rois must name a batch index from 0 to {x.shape[0] - 1} first, got {rois[:, 0].tolist()}")
    scale = as_number(spatial_scale, "spatial_scale", "a positive number", lambda scale: 0 < scale < np.inf)
    # One after the other: the weights of many regions would take more memory than the image.
    regions = (
        (slice(n, n + 1), [side(y1, y2, size[0], x.shape[1]), side(x1, x2, size[1], x.shape[2])])
        for n, (x1, y1, x2, y2) in zip(batch, rois[:, 1:] * float(scale), strict=True)
    )
    return x, regions, (len(rois), *size, x.shape[-1])


def _whole_bins(start, end, bins, cells):
    # NumPy rounds halves to even; the definition rounds them away from zero.
    start, end = (int(np.copysign(np.floor(min(abs(c), 2**31) + 0.5), c)) for c in (start, end))
    length = max(end - start + 1, 1)
    low = start + np.arange(bins) * length // bins
    high = start - (-(np.arange(bins) + 1) * length // bins)
    return np.clip(low, 0, cells), np.clip(high, 0, cells)


def _sampled(x, rois, output_size, spatial_scale, sampling_ratio, aligned, mode):
    """As `_regions`, but the cells that the samples of each region meet, and their weights."""
    ratio = as_int(sampling_ratio, "sampling_ratio", 0)
    as_choice(mode, "mode", "average", "max", "corner_max")

    def weights(start, end, bins, cells):
        start, end = (start - 0.5, end - 0.5) if aligned else (start, end)
        length = end - start if aligned else max(end - start, 1.0)
        return _sample_axis(start, length / bins, bins, ratio or max(int(np.ceil(length / bins)), 1), cells)

    x, regions, shape = _regions(x, rois, output_size, spatial_scale, weights)
    return x, (_cut(image, sides, shape[1:3], mode) for image, sides in regions), shape


def _cut(image, sides, size, mode):
    """The part of an image that the samples meet, and the weights in this part."""
    met = [np.flatnonzero(side.any((0, 1))) for side in sides]
    rows, columns = (slice(cells[0], cells[-1] + 1) if len(cells) else slice(1) for cells in met)
    return (image, rows, columns), _planes((sides[0][..., rows], sides[1][..., columns]), size, mode)


def _sample_axis(start, step, bins, ratio, cells):
    """The weights of the cell at or before each sample and of the cell after it, `(2, bins * ratio, cells)`."""
    place = (start + step * (np.arange(bins)[:, None] + (np.arange(ratio) + 0.5) / ratio)).ravel()
    met = (place >= -1) & (place <= cells)
    place = np.clip(place, 0, cells - 1)
    low = np.floor(place).astype(int)
    weights, sample = np.zeros((2, place.size, cells)), np.arange(place.size)
    weights[0, sample, low] = met * (1 - (place - low))
    weights[1, sample, np.minimum(low + 1, cells - 1)] = met * (place - low)
    return weights


def _planes(sides, size, mode):
    """Pairs of row and column weights; a bin is the largest of what they give. A mean is one pair, one row a bin."""
    if mode == "corner_max":
        return list(itertools.product(*sides))
    rows, columns = (side.sum(0) for side in sides)
    if mode == "max":
        return [(rows, columns)]
    return [tuple(m.reshape(o, -1, m.shape[-1]).mean(1) for m, o in zip((rows, columns), size, strict=True))]


def _sample(image, planes, shape) -> np.ndarray:
    """`(planes, bins down, samples, bins across, samples, C)` of one image."""
    image = image.astype(working_dtype(image), copy=False)
    samples = np.concatenate([apply_along(sides, image) for sides in planes])
    (n, rows, columns, channels), (_, o, p, _) = samples.shape, shape
    return samples.reshape(n, o, rows // o, p, columns // p, channels)


def _to_largest(dy, samples):
    """`dy` at the largest sample of its bin, `(planes, rows, columns, C)`: among ties the upper left one."""
    planes, o, r, p, s, c = samples.shape
    flat = samples.transpose(1, 3, 5, 2, 4, 0).reshape(o, p, c, r * s * planes)
    winner = np.arange(flat.shape[-1]) == flat.argmax(-1)[..., None]
    spread = (winner * dy[..., None]).reshape(o, p, c, r, s, planes).transpose(5, 0, 3, 1, 4, 2)
    return spread.reshape(planes, o * r, p * s, c)


def _as_segments(x, labels, segments, mode):
    x, labels = as_input(x), np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must hold integers, got dtype {labels.dtype}")
    if labels.shape != x.shape[:-1]:
        raise ValueError(f"labels must have shape {x.shape[:-1]}, got {labels.shape}")
    if labels.size and labels.min() < 0:
        raise ValueError(f"labels must not be negative, got {labels.min()}")
    largest = int(labels.max()) if labels.size else -1
    segments = max(largest + 1, 1) if segments is None else as_int(segments, "segments")
    if largest >= segments:
        raise ValueError(f"labels must be below segments={segments}, got {largest}")
    as_choice(mode, "mode", "mean", "max")
    return x, labels.astype(np.intp, copy=False), segments


def _sorted(x, labels, segments):
    """All cells, their order by image and segment, which segments have cells, where each begins, and its size."""
    image = np.arange(len(x)).reshape(-1, *(1,) * (labels.ndim - 1))
    # A stable sort keeps row-major order within a segment, which decides between tied maxima; of short integers it
    # takes one pass a byte.
    key = (image * segments + labels).ravel().astype(np.min_scalar_type(len(x) * segments))
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    return x.reshape(key.size, x.shape[-1]), order, key[starts], starts, np.diff(starts, append=key.size)
