"""The one way that windowed poolings run on TensorFlow.

A pooling is two functions of whole arrays: the reduction of the cells that lie at the same offset in every window
(`cells`), and the sum, for every input cell, over the windows that cover it (`spread`). Neither unfolds the
windows. Both are slices and elementwise arithmetic, which XLA fuses into a few loops over memory; run one by one
by TensorFlow the same slices are some forty times slower, so they are always compiled (`program`), whether the
caller is eager, a graph, or itself compiled.

Where the windows fall is for `course_lib.windows` to say. Sizes that are unknown while a graph is traced are
carried as scalar tensors through the same arithmetic.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from course_lib import windows as reference

HALF = (tf.float16, tf.bfloat16)

# Autograph rewrites whatever a `tf.function` calls; here it could only break the checks of arguments.
unconverted = tf.autograph.experimental.do_not_convert


@dataclass(frozen=True)
class Geometry:
    """The windows of a pooling, without the input that they fall on; hashable."""

    pool: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil_mode: bool

    @classmethod
    def of(cls, rank, pool_size=2, strides=None, padding="valid", dilation=1, ceil_mode=False) -> Geometry:
        """Arguments as the reference takes them, checked as the reference checks them."""
        pool = reference.per_axis(pool_size, rank, "pool_size")
        strides = pool if strides is None else reference.per_axis(strides, rank, "strides")
        if not isinstance(padding, str) and np.ndim(padding):
            padding = tuple(tuple(pair) if np.ndim(pair) else pair for pair in padding)
        geometry = cls(pool, strides, padding, reference.per_axis(dilation, rank, "dilation"), ceil_mode)
        geometry.lay((None,) * rank)
        return geometry

    @classmethod
    def over(cls, x: tf.Tensor, *args) -> Geometry:
        """`Geometry.of` for the rank of `x`, with windows that fit into `x` as far as its sizes are known."""
        geometry = cls.of(x.shape.rank - 2, *args)
        geometry.lay(x.shape[1:-1])
        return geometry

    @property
    def rank(self) -> int:
        return len(self.pool)

    @property
    def size(self) -> int:
        """Number of cells in a window."""
        return math.prod(self.pool)

    @property
    def extents(self) -> tuple[int, ...]:
        """Cells of the input that a window reaches over along each axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.pool, self.dilation, strict=True))

    @property
    def disjoint(self) -> bool:
        """Is every input cell in at most one window?"""
        return all(s >= extent for s, extent in zip(self.strides, self.extents, strict=True))

    def inside(self, x: tf.Tensor) -> bool:
        """Does every window surely lie wholly inside `x`?"""
        if self.padding == "valid" and not self.ceil_mode:
            return True
        sizes = x.shape[1:-1]
        return sizes.is_fully_defined() and self.lay(sizes).inside

    def along(self, axis: int) -> Geometry:
        """The same windows along one spatial axis, single cells along the others."""
        def only(values, otherwise):
            return tuple(v if i == axis else otherwise for i, v in enumerate(values))

        padding = self.padding if isinstance(self.padding, str) else only(self.padding, (0, 0))
        return Geometry(only(self.pool, 1), only(self.strides, 1), padding, only(self.dilation, 1), self.ceil_mode)

    def lay(self, sizes) -> reference.Windows:
        """The windows on an input of these spatial sizes: ints, scalar tensors, or None where nothing is known."""
        fits = [n if isinstance(n, int) else extent for n, extent in zip(sizes, self.extents, strict=True)]
        laid = reference.lay((1, *fits, 1), self.pool, self.strides, self.padding, self.dilation, self.ceil_mode)
        return reference.Windows(tuple(
            axis if isinstance(n, int) else self._unknown(axis, n) for axis, n in zip(laid.axes, sizes, strict=True)
        ))

    def _unknown(self, axis, n):
        """`axis` with a size known only when the graph runs (`n` a tensor) or not at all (`n` None)."""
        if n is None:
            return replace(axis, size=None, out=None)
        if self.padding in ("same", "same_lower"):
            out = -(-n // axis.stride)
            pad = tf.maximum((out - 1) * axis.stride + axis.extent - n, 0)
            near = pad // 2 if self.padding == "same" else pad - pad // 2
            return replace(axis, size=n, before=near, after=pad - near, out=out)
        room = n + axis.before + axis.after - axis.extent
        out = (-(-room // axis.stride) if self.ceil_mode else room // axis.stride) + 1
        if self.ceil_mode:
            out -= tf.cast((out - 1) * axis.stride >= n + axis.before, out.dtype)
        return replace(axis, size=n, out=out)


def as_input(x, name: str = "x") -> tf.Tensor:
    """`x` as a tensor `(batch, *spatial, channels)` of integers or floats, with one to three spatial axes."""
    x = tf.convert_to_tensor(x)
    if not (x.dtype.is_floating or x.dtype.is_integer):
        raise TypeError(f"{name} must hold integers or floats, got dtype {x.dtype.name}")
    if x.shape.rank is None or not 3 <= x.shape.rank <= 5:
        raise ValueError(
            f"{name} must have shape (batch, *spatial, channels) with 1, 2 or 3 spatial axes, got shape {x.shape}"
        )
    if 0 in x.shape[1:-1]:
        raise ValueError(f"{name} must have at least one cell on each spatial axis, got shape {x.shape}")
    return x


def as_floats(x, name: str = "x") -> tf.Tensor:
    """`as_input`, with integers as float64: the dtype in which the reference averages them."""
    x = as_input(x, name)
    return tf.cast(x, tf.float64) if x.dtype.is_integer else x


def dims(x: tf.Tensor) -> list:
    """Shape of `x`: ints, and scalar tensors where the graph does not know."""
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    shape = tf.shape(x)
    return [shape[i] if n is None else n for i, n in enumerate(x.shape)]


@functools.cache
def program(function, *static, narrow: bool = True):
    """`function(*tensors, *static)` compiled by XLA, once for each `static`.

    Half types are computed in float32, and so returned unless `narrow`.
    """

    def body(*tensors):
        halves = [t.dtype for t in tf.nest.flatten(tensors) if t.dtype in HALF]
        if not halves:
            return function(*tensors, *static)
        wide = tf.nest.map_structure(lambda t: tf.cast(t, tf.float32) if t.dtype in HALF else t, tensors)
        results = function(*wide, *static)
        if not narrow:
            return results
        return tf.nest.map_structure(lambda r: tf.cast(r, halves[0]) if r.dtype == tf.float32 else r, results)

    body.__name__ = function.__name__.lstrip("_")
    # TensorFlow counts retracing by code object: five programs that shared one would be taken for one that is
    # compiled again with every call.
    body.__code__ = body.__code__.replace(co_name=f"{body.__name__}{static}")
    return tf.function(body, jit_compile=True, autograph=False)


def differentiable(forward, backward, tensors, *static):
    """`forward(*tensors, *static)` as one program, with the gradient `backward(dy, *tensors, *static)`.

    `backward` composes programs of its own, and gives None for a tensor that has no gradient. Nothing but the
    inputs is kept between the two: recomputing a winner costs less than writing it out in every forward pass,
    most of which are never differentiated.
    """

    @tf.custom_gradient
    def call(*tensors):
        # An eager tape would else have the forward program return all that its own gradient might need.
        y = program(forward, *static)(*(tf.stop_gradient(t) for t in tensors))
        return y, lambda dy: backward(tf.ensure_shape(dy, y.shape), *tensors, *static)

    return call(*tensors)


@dataclass(frozen=True)
class Rule:
    """A windowed pooling.

    measure: `measure(x, *others, geometry, *static)` gives the pooled values, and a tuple of what else of each
        window its gradient needs: arrays `(N, *O, C)`, or broadcastable to that.
    term: `term(offset, dy, cell, measured, *others, geometry, *static)`, elementwise: what a window with the
        gradient `dy` and that tuple `measured` sends back to its `cell` at `offset`.
    collect: `collect(dy, x, *others, geometry, *static)` gives the gradients of `others`; without it they have none.
    """

    measure: Callable
    term: Callable
    collect: Callable | None = None

    def __call__(self, geometry: Geometry, tensors, *static):
        """The pooling of `tensors`, `[x, *others]`."""
        return differentiable(_pooled, _gradients, tensors, self, geometry, static)


def _pooled(*arguments):
    *tensors, rule, geometry, static = arguments
    return rule.measure(*tensors, geometry, *static)[0]


def _measured(*arguments):
    *tensors, rule, geometry, static = arguments
    return rule.measure(*tensors, geometry, *static)[1]


def _spread_terms(dy, measured, x, *arguments):
    *others, rule, geometry, static = arguments

    def term(offset, values, cells):
        return rule.term(offset, values[0], cells[0], values[1:], *others, geometry, *static)

    return spread(term, geometry, [dy, *measured], [x])


def _spread_gradient(dy, *arguments):
    return _spread_terms(dy, _measured(*arguments), *arguments)


def _gradients(dy, *arguments):
    *tensors, rule, geometry, static = arguments
    if geometry.disjoint:
        dx = program(_spread_gradient, rule, geometry, static)(dy, *tensors)
    else:
        # Apart, or XLA would measure each window again for every cell that it covers.
        measured = program(_measured, rule, geometry, static, narrow=False)(*tensors)
        dx = program(_spread_terms, rule, geometry, static)(dy, measured, *tensors)
    if rule.collect is None:
        return dx, *(None for _ in tensors[1:])
    return dx, *program(rule.collect, geometry, *static)(dy, *tensors)


def cells(x: tf.Tensor, geometry: Geometry, fill=0) -> list[tf.Tensor]:
    """The cells of all windows, offset by offset in row-major order: a list of `(N, *O, C)`.

    Cells outside the input are `fill`.
    """
    axes = geometry.lay(dims(x)[1:-1]).axes
    ends = [(a.out - 1) * a.stride + a.extent - a.before - a.size for a in axes]
    x = _pad(x, [(a.before, _greater(end, 0)) for a, end in zip(axes, ends, strict=True)], fill)
    spans = [
        [slice(k * a.dilation, k * a.dilation + (a.out - 1) * a.stride + 1, a.stride) for k in range(a.pool)]
        for a in axes
    ]
    return [x[(slice(None), *cell)] for cell in itertools.product(*spans)]


def counts(x: tf.Tensor, geometry: Geometry, include_pad: bool = False) -> tf.Tensor:
    """Cells of each window inside the input (or inside it and its padding), `(1, *O, 1)` of the dtype of `x`.

    At least 1, for a dilated window can miss the input altogether.
    """
    total = tf.ones([1] * (geometry.rank + 2), x.dtype)
    for i, a in enumerate(geometry.lay(dims(x)[1:-1]).axes):
        where = _range(a.out)[:, None] * a.stride + np.arange(a.pool) * a.dilation - a.before
        low, high = (-a.before, a.size + a.after) if include_pad else (0, a.size)
        along = tf.reduce_sum(tf.cast((where >= low) & (where < high), x.dtype), 1)
        total *= aligned(along, i + 1, geometry.rank + 2)
    return tf.maximum(total, 1)


def real(x: tf.Tensor, geometry: Geometry) -> list:
    """For each offset, which windows have that cell inside the input: booleans `(1, *O, 1)`, or plain True."""
    if geometry.inside(x):
        return [True] * geometry.size
    sizes = dims(x)[1:-1]
    return cells(tf.ones([1, *sizes, 1], tf.bool), geometry, False)


def spread(term, geometry: Geometry, per_window, own) -> tf.Tensor:
    """For each input cell, the sum over the windows that cover it of `term(offset, values, cells)`.

    `term` is elementwise. `offset` is the cell's row-major place in the window, `values` are that window's entries
    of `per_window`, each `(N, *O, C)` or broadcastable to it, and `cells` those of `own`, arrays like the input.

    This is the adjoint of `cells` written as a gather. With the padding counted, input cell `b * stride + r` lies
    in window `b - q` at offset `q * stride + r`. So for each of the few `q` the windows are shifted by `q` and
    laid over blocks of `stride` cells; nothing is scattered, and an aligned pooling is one pass over memory.

    Returns an array of the shape of `own[0]`.
    """
    batch, *sizes, channels = dims(own[0])
    axes = geometry.lay(sizes).axes
    steps = [(a.extent - 1) // a.stride + 1 for a in axes]
    blocks = [_least(-(-(a.before + a.size) // a.stride), a.out + q - 1) for a, q in zip(axes, steps, strict=True)]
    reach = [b * a.stride for a, b in zip(axes, blocks, strict=True)]
    covered = [_least(a.size, end - a.before) for a, end in zip(axes, reach, strict=True)]
    blocked = [batch, *(n for a, b in zip(axes, blocks, strict=True) for n in (b, a.stride)), channels]
    margins = [(a.before, end - a.before - n) for a, end, n in zip(axes, reach, covered, strict=True)]
    blocked_own = [
        tf.reshape(_pad(a[(slice(None), *(slice(0, n) for n in covered))], margins), blocked) for a in own
    ]
    total = None
    for shift in itertools.product(*map(range, steps)):
        offset = _offsets(geometry, shift)
        if (offset < 0).all():
            continue
        part = term(offset, [_shifted(v, axes, blocks, shift) for v in per_window], blocked_own)
        inside = _exists(axes, blocks, shift) & (offset >= 0)
        if not (isinstance(inside, np.ndarray) and inside.all()):
            part = tf.where(inside, part, tf.zeros((), part.dtype))
        total = part if total is None else total + part
    total = tf.reshape(tf.broadcast_to(total, blocked), [batch, *reach, channels])
    total = total[(slice(None), *(slice(a.before, a.before + n) for a, n in zip(axes, covered, strict=True)))]
    return _pad(total, [(0, a.size - n) for a, n in zip(axes, covered, strict=True)])


def _offsets(geometry: Geometry, shift) -> np.ndarray:
    """Row-major window offset of each cell of a block in the window `shift` blocks earlier; -1 where it has none."""
    rank = 2 * geometry.rank + 2
    offsets, outside = np.zeros((1,) * rank, np.int32), np.zeros((1,) * rank, bool)
    for i, (pool, stride, dilation) in enumerate(zip(geometry.pool, geometry.strides, geometry.dilation)):
        distance = aligned(np.arange(stride, dtype=np.int32) + shift[i] * stride, 2 * i + 2, rank)
        offsets = offsets * pool + distance // dilation
        outside = outside | (distance % dilation != 0) | (distance // dilation >= pool)
    return np.where(outside, -1, offsets)


def _shifted(values, axes, blocks, shift):
    """Entries of the windows `shift` blocks earlier, `(N, B, 1, ..., C)`; zero where there is no such window."""
    kept = [_least(a.out, b - q) for a, b, q in zip(axes, blocks, shift, strict=True)]
    values = values[(slice(None), *(slice(0, n) for n in kept))]
    values = _pad(values, [(q, b - q - n) for b, q, n in zip(blocks, shift, kept, strict=True)])
    batch, *sizes, channels = dims(values)
    return tf.reshape(values, [batch, *(n for size in sizes for n in (size, 1)), channels])


def _exists(axes, blocks, shift):
    """Is there a window `shift` blocks earlier? `np.True_`, or booleans that broadcast against the blocks."""
    exists = np.True_
    for i, (a, b, q) in enumerate(zip(axes, blocks, shift, strict=True)):
        if isinstance(a.out, int) and q == 0 and b <= a.out:
            continue
        where = aligned(_range(b), 2 * i + 1, 2 * len(axes) + 2)
        exists = exists & (where >= q) & (where < a.out + q)
    return exists


def _pad(x, amounts, fill=0):
    """`x` with `(before, after)` cells added on each spatial axis."""
    if all(isinstance(n, int) and n == 0 for pair in amounts for n in pair):
        return x
    return tf.pad(x, [(0, 0), *amounts, (0, 0)], constant_values=tf.cast(fill, x.dtype))


def aligned(vector, axis: int, rank: int):
    """A vector along one axis of an array of that rank."""
    shape = [-1 if i == axis else 1 for i in range(rank)]
    return vector.reshape(shape) if isinstance(vector, np.ndarray) else tf.reshape(vector, shape)


def _range(n):
    return np.arange(n) if isinstance(n, int) else tf.range(n)


def _least(a, b):
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else tf.minimum(a, b)


def _greater(a, b):
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else tf.maximum(a, b)
