"""Poolings of given regions: boxes (RoI max, RoI align) and segments (superpixels)."""

from __future__ import annotations

import itertools
import math

import tensorflow as tf

from course_lib.arguments import as_int, per_axis
from course_lib.layers.engine import HALF, as_floats, as_input, differentiable, dims, program, unconverted
from course_lib.layers.functional.local import is_nan

BLOCK = 4


@unconverted
def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    """Largest value in each bin of each region, rounded to whole cells: `course_lib.roi_max_pool`.

    Args:
        x: `(N, H, W, C)` integers or floats.
        rois: `(R, 5)`, each batch index, x1, y1, x2, y2 in the coordinates of the original image. A batch index
            outside of `x` is not checked.
        output_size: bins, one number or `(rows, columns)`.
        spatial_scale: cells of `x` for a unit of those coordinates.

    Returns:
        `(R, *output_size, C)` of the dtype of `x`; 0 for a bin without a cell. The regions have no gradient.

    Raises:
        TypeError, ValueError: as the reference, but for the values of `rois`.

    >>> roi_max_pool([[[[1.0], [3.0]], [[2.0], [0.0]]]], [[0.0, 0.0, 0.0, 1.0, 1.0]], 1).numpy()
    array([[[[3.]]]], dtype=float32)
    """
    x, rois = _as_image(x), _as_rois(rois)
    size = per_axis(output_size, 2, "output_size")
    batch = tf.cast(rois[:, 0], tf.int32)
    # Halves are rounded away from zero, where `tf.round` takes them to the even side.
    corners = rois[:, 1:] * tf.cast(_as_scale(spatial_scale), rois.dtype)
    corners = tf.cast(tf.sign(corners) * tf.floor(tf.abs(corners) + 0.5), tf.int32)
    rows = _bins(corners[:, 1], corners[:, 3], tf.shape(x)[1], size[0])
    columns = _bins(corners[:, 0], corners[:, 2], tf.shape(x)[2], size[1])

    return differentiable(_maxima, _maxima_backward, [x, batch, rows, columns])


@unconverted
def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True, mode="average"):
    """Mean (or maximum) of bilinear samples in each bin of each region: `course_lib.roi_align`.

    Args:
        x, rois, output_size, spatial_scale: as for `roi_max_pool`.
        sampling_ratio: samples along each axis of a bin; 0 means as many as the bin has cells, rounded up.
        aligned: subtract half a cell from the coordinates.
        mode: `"average"`, `"max"` or `"corner_max"`.

    Returns:
        `(R, *output_size, C)` of the dtype of `x`, float64 for integers. The regions have no gradient.

    Raises:
        TypeError, ValueError: as the reference, but for the values of `rois`.

    >>> row = [[[[0.0], [1.0], [2.0], [3.0]]]]
    >>> roi_align(row, [[0.0, 0.0, 0.0, 4.0, 1.0]], (1, 2), aligned=False).numpy()[0, 0, :, 0]
    array([1.  , 2.75], dtype=float32)
    """
    x, rois = _as_image(as_floats(x)), _as_rois(rois)
    size = per_axis(output_size, 2, "output_size")
    ratio = as_int(sampling_ratio, "sampling_ratio", 0)
    if mode not in ("average", "max", "corner_max"):
        raise ValueError(f'mode must be "average", "max" or "corner_max", got {mode!r}')
    batch = tf.cast(rois[:, 0], tf.int32)
    corners = rois[:, 1:] * tf.cast(_as_scale(spatial_scale), rois.dtype) - (0.5 if aligned else 0)
    sides = []
    for start, end, n, out in (
        (corners[:, 1], corners[:, 3], tf.shape(x)[1], size[0]), (corners[:, 0], corners[:, 2], tf.shape(x)[2], size[1])
    ):
        length = end - start if aligned else tf.maximum(end - start, 1)
        sides.append(_samples_along(start, length / out, out, ratio, n))
    wide = tf.cast(x, tf.float32) if x.dtype in HALF else x
    return tf.cast(_pooled_samples(wide, batch, *sides, mode), x.dtype)


@unconverted
def superpixel_pool(x, labels, segments=None, mode="mean"):
    """Mean (or maximum) of each segment of a label map: `course_lib.superpixel_pool`.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        labels: `(N, *spatial)` integers from 0; a cell with a label outside the segments is left out.
        segments: number of segments S; `None` means the largest label plus 1.
        mode: `"mean"` or `"max"`.

    Returns:
        `(N, S, C)` of the dtype of `x`, float64 for means of integers; 0 for a segment without a cell.

    Raises:
        TypeError, ValueError: as the reference, but for the values of `labels`.

    >>> superpixel_pool([[[1.0], [3.0], [8.0]]], [[0, 0, 2]]).numpy()[0, :, 0]
    array([2., 0., 8.], dtype=float32)
    """
    if mode not in ("mean", "max"):
        raise ValueError(f'mode must be "mean" or "max", got {mode!r}')
    x, labels = as_floats(x) if mode == "mean" else as_input(x), tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise TypeError(f"labels must hold integers, got dtype {labels.dtype.name}")
    if not labels.shape.is_compatible_with(x.shape[:-1]):
        raise ValueError(f"labels must have shape {x.shape[:-1]}, got {labels.shape}")
    labels = tf.cast(labels, tf.int32)
    total = tf.maximum(tf.reduce_max(labels) + 1, 1) if segments is None else as_int(segments, "segments")
    batch, channels = dims(x)[0], dims(x)[-1]
    own = tf.reshape(labels, [batch, -1])
    known = (own >= 0) & (own < total)
    ids = tf.reshape(tf.where(known, own + tf.range(batch)[:, None] * total, -1), [-1])
    cells = tf.reshape(x, [-1, channels])
    y = (_segment_means if mode == "mean" else _segment_maxima)(cells, ids, batch * total)
    return tf.reshape(y, [batch, total, channels])


def _as_image(x):
    x = as_input(x)
    if x.shape.rank != 4:
        raise ValueError(f"x must have shape (batch, height, width, channels), got {x.shape}")
    return x


def _as_rois(rois):
    rois = tf.convert_to_tensor(rois)
    rois = rois if rois.dtype in (tf.float32, tf.float64) else tf.cast(rois, tf.float32)
    if rois.shape.rank != 2 or rois.shape[1] != 5:
        raise ValueError(f"rois must have shape (R, 5): batch index, x1, y1, x2, y2; got {rois.shape}")
    return rois


def _as_scale(scale) -> float:
    if not 0 < scale < math.inf:
        raise ValueError(f"spatial_scale must be a positive number, got {scale!r}")
    return float(scale)


def _bins(start, end, n, out):
    """First cell and end of each bin of each region along one axis, cut to the image: `(2, R, out)`."""
    length = tf.maximum(end - start + 1, 1)[:, None]
    place, start = tf.range(out), start[:, None]
    return tf.clip_by_value(tf.stack([start + place * length // out, start - (-(place + 1) * length // out)]), 0, n)


def _over_bins(meet, state, rows, columns):
    """`meet(i, j, *state)` for every place `(i, j)` of the largest bin, in row-major order within each block.

    How deep the largest bin is only the regions tell. The places are met in blocks of a few, for a loop's every turn
    writes its state to memory.
    """
    (top, bottom), (left, right) = tf.unstack(rows), tf.unstack(columns)
    tallest, widest = tf.reduce_max(bottom - top), tf.reduce_max(right - left)

    def block(i, j, *state):
        for down, across in itertools.product(range(BLOCK), repeat=2):
            state = meet(i + down, j + across, *state)
        return i, j + BLOCK, *state

    def band(i, *state):
        _, _, *state = tf.while_loop(lambda i, j, *_: j < widest, block, (i, tf.constant(0), *state))
        return i + BLOCK, *state

    return tf.while_loop(lambda i, *_: i < tallest, band, (tf.constant(0), *state))[1:]


def _reader(x, batch, rows, columns):
    """`(i, j) -> value, index, inside` of the cells at that place of all bins."""
    _, height, width, channels = dims(x)
    cells = tf.reshape(x, [-1, channels])
    (top, bottom), (left, right) = tf.unstack(rows), tf.unstack(columns)

    def read(i, j):
        row, column = (top + i)[:, :, None], (left + j)[:, None, :]
        inside = (row < bottom[:, :, None]) & (column < right[:, None, :])
        place = tf.minimum(row, height - 1) * width + tf.minimum(column, width - 1)
        index = batch[:, None, None] * (height * width) + place
        return tf.gather(cells, index), index[..., None], inside[..., None]

    shape = [tf.shape(top)[0], top.shape[1], left.shape[1], channels]
    least = tf.constant(-math.inf if x.dtype.is_floating else x.dtype.min, x.dtype)
    return read, tf.fill(shape, least)


def _maxima(x, batch, rows, columns):
    read, best = _reader(x, batch, rows, columns)

    def meet(i, j, best):
        value, _, inside = read(i, j)
        return (tf.where(inside & tf.logical_not((best >= value) | is_nan(best)), value, best),)

    best, = _over_bins(meet, (best,), rows, columns)
    (top, bottom), (left, right) = tf.unstack(rows), tf.unstack(columns)
    met = (top < bottom)[:, :, None, None] & (left < right)[:, None, :, None]
    return tf.where(met, best, tf.zeros((), x.dtype))


def _maxima_backward(dy, x, batch, rows, columns):
    return _scattered(dy, program(_index)(x, batch, rows, columns), tf.shape(x)), None, None, None


def _index(x, batch, rows, columns):
    """Index of each largest cell into the flattened `x`, among ties the first; -1 where there is none."""
    read, best = _reader(x, batch, rows, columns)

    def meet(i, j, best, index):
        value, cell, inside = read(i, j)
        # A block reaches its later rows before the next block's earlier columns: the index settles ties.
        wins = (value > best) | (is_nan(value) & ~is_nan(best)) | ((value == best) & (cell < index)) | (index < 0)
        wins &= inside
        return tf.where(wins, value, best), tf.where(wins, cell, index)

    _, index = _over_bins(meet, (best, tf.fill(tf.shape(best), -1)), rows, columns)
    channels = dims(x)[-1]
    return tf.where(index >= 0, index * channels + tf.range(channels), -1)


def _scattered(values, index, shape):
    """Zeros of `shape` with every value added at its flat index, -1 nowhere."""
    wide = tf.cast(values, tf.float32) if values.dtype in HALF else values
    flat = tf.math.unsorted_segment_sum(tf.reshape(wide, [-1]), tf.reshape(index, [-1]), tf.reduce_prod(shape))
    return tf.cast(tf.reshape(flat, shape), values.dtype)


def _samples_along(start, step, out, ratio, n):
    """Samples along one axis: cells before and after, their weights, and how many a bin holds; each `(R, out, g)`.

    The weights of a sample that does not count are 0.
    """
    held = tf.fill(tf.shape(step), float(ratio)) if ratio else tf.maximum(tf.math.ceil(tf.cast(step, tf.float32)), 1)
    most = ratio or tf.cast(tf.reduce_max(held), tf.int32)
    held = tf.cast(held, step.dtype)[:, None, None]
    sample = tf.cast(tf.range(most), step.dtype)
    inner = (sample + 0.5) / held
    place = start[:, None, None] + step[:, None, None] * (tf.cast(tf.range(out), step.dtype)[:, None] + inner)
    edge = tf.cast(n, step.dtype)
    counts = (place >= -1) & (place <= edge) & (sample < held)
    place = tf.clip_by_value(place, 0, edge - 1)
    low = tf.floor(place)
    zero = tf.zeros((), step.dtype)
    before, after = tf.where(counts, 1 - (place - low), zero), tf.where(counts, place - low, zero)
    low = tf.cast(low, tf.int32)
    return low, tf.minimum(low + 1, n - 1), before, after, held, tf.broadcast_to(sample < held, tf.shape(place))


def _pooled_samples(x, batch, rows, columns, mode):
    """Samples at every crossing of the rows and columns, reduced within each bin."""
    height, width, channels = dims(x)[1:]
    cells = tf.reshape(x, [-1, channels])
    planes = []
    for row, vertical in ((rows[0], rows[2]), (rows[1], rows[3])):
        for column, horizontal in ((columns[0], columns[2]), (columns[1], columns[3])):
            place = row[:, :, :, None, None] * width + column[:, None, None]
            value = tf.gather(cells, batch[:, None, None, None, None] * (height * width) + place)
            weight = tf.cast(vertical[:, :, :, None, None] * horizontal[:, None, None], x.dtype)[..., None]
            planes.append(tf.where(weight == 0, tf.zeros((), x.dtype), weight * value))
    samples = tf.stack(planes, -2) if mode == "corner_max" else tf.add_n(planes)[..., None, :]
    if mode == "average":
        held = tf.cast(rows[4] * columns[4], x.dtype)[..., None]
        return tf.reduce_sum(samples, [2, 4, 5]) / held
    met = rows[5][:, :, :, None, None] & columns[5][:, None, None]
    samples = tf.where(met[..., None, None], samples, tf.constant(-math.inf, x.dtype))
    # A bin's samples in one axis, in row-major order, so that the first of the largest wins.
    samples = tf.transpose(samples, [0, 1, 3, 6, 2, 4, 5])
    shape = tf.shape(samples)
    samples = tf.reshape(samples, tf.concat([shape[:4], [-1]], 0))
    first = tf.one_hot(tf.argmax(samples, -1), tf.shape(samples)[-1], on_value=True, off_value=False, dtype=tf.bool)
    return tf.reduce_sum(tf.where(first, samples, tf.zeros((), x.dtype)), -1)


def _segment_means(cells, ids, total):
    wide = tf.cast(cells, tf.float32) if cells.dtype in HALF else cells
    sums = tf.math.unsorted_segment_sum(wide, ids, total)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(ids, wide.dtype), ids, total)[:, None]
    return tf.cast(sums / tf.maximum(counts, 1), cells.dtype)


def _segment_maxima(cells, ids, total):
    met = tf.math.unsorted_segment_sum(tf.ones_like(ids), ids, total)[:, None] > 0
    rows = tf.range(tf.size(ids))[:, None]

    @tf.custom_gradient
    def pool(cells):
        largest = tf.math.unsorted_segment_max(cells, ids, total)

        def backward(dy):
            own = tf.maximum(ids, 0)
            tied = (cells == tf.gather(largest, own)) & (ids >= 0)[:, None]
            first = tf.math.unsorted_segment_min(tf.where(tied, rows, tf.int32.max), ids, total)
            return tf.where(tied & (tf.gather(first, own) == rows), tf.gather(dy, own), tf.zeros((), dy.dtype))

        return tf.where(met, largest, tf.zeros((), cells.dtype)), backward

    return pool(cells)
