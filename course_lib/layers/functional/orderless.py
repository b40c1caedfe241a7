"""Poolings that forget where: second-order statistics, residuals to a codebook, attention over positions."""

from __future__ import annotations

import math

import tensorflow as tf

from course_lib.layers.engine import as_floats, program, unconverted
from course_lib.layers.functional.local import average_pool
from course_lib.layers.functional.sized import flat
from course_lib.pooling.orderless import sketch


@unconverted
def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    """Sum over positions of the outer product of the channels: `course_lib.bilinear_pool`.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        signed_sqrt: take the signed square root; where it meets 0 the gradient is 0.
        l2: normalise each image's vector.

    Returns:
        `(N, C * C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference.

    >>> bilinear_pool([[[0.0, 1.0], [2.0, 3.0]]], signed_sqrt=False, l2=False).numpy()
    array([[ 4.,  6.,  6., 10.]], dtype=float32)
    """
    x = as_floats(x)
    return program(_bilinear, int(x.shape[-1]), bool(signed_sqrt), bool(l2))(x)


@unconverted
def compact_bilinear_pool(x, dim, *, method="tensor_sketch", seed=0):
    """A random projection of `bilinear_pool` to `dim` numbers: `course_lib.compact_bilinear_pool`.

    Args:
        x: as for `bilinear_pool`.
        dim: length of the result.
        method: `"tensor_sketch"` or `"random_maclaurin"`.
        seed: of the hashes and signs; the same seed gives the reference's projection.

    Returns:
        `(N, dim)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference.

    >>> compact_bilinear_pool([[[1.0, 2.0]]], 8).shape
    TensorShape([1, 8])
    """
    x = as_floats(x)
    first, second = sketch(x.shape[-1], dim, method=method, seed=seed)
    if method == "random_maclaurin":
        projections = [tf.constant(w / dim**0.25, x.dtype) for w in (first, second)]
        return program(_maclaurin)(x, *projections)
    (h1, s1), (h2, s2) = first, second
    bins = ((h1[:, None] + h2) % dim).ravel()
    signs = tf.constant((s1[:, None] * s2).ravel(), x.dtype)
    # The sum over positions commutes with the sketch: one small matrix an image is sketched, not every position.
    entries = program(_signed_gram, int(x.shape[-1]), narrow=False)(x, signs)
    sums = tf.math.unsorted_segment_sum(tf.transpose(entries), tf.constant(bins, tf.int32), dim)
    return tf.cast(tf.transpose(sums), x.dtype)


@unconverted
def vlad_pool(x, centres):
    """Residuals to the nearest of K centres, summed: `course_lib.vlad_pool`.

    Args:
        x: as for `bilinear_pool`.
        centres: `(K, C)`. Differentiable; the assignments are not.

    Returns:
        `(N, K * C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference.

    >>> vlad_pool([[[1.0], [2.0], [9.0]]], [[0.0], [10.0]]).numpy()
    array([[ 3., -1.]], dtype=float32)
    """
    x = as_floats(x)
    centres = tf.cast(tf.convert_to_tensor(centres), x.dtype)
    if centres.shape.rank != 2 or centres.shape[0] == 0 or centres.shape[1] != x.shape[-1]:
        raise ValueError(f"centres must have shape (K, {x.shape[-1]}), got {centres.shape}")
    return program(_vlad)(x, centres)


@unconverted
def mop_pool(x, centres, levels):
    """Multi-scale orderless pooling, `vlad_pool` of the window means of each level: `course_lib.mop_pool`.

    Args:
        x, centres: as for `vlad_pool`.
        levels: window of each level, an integer for all spatial axes or one for each.

    Returns:
        `(N, len(levels) * K * C)`.

    Raises:
        TypeError, ValueError: as the reference.

    >>> mop_pool([[[1.0], [2.0], [9.0], [8.0]]], [[0.0], [10.0]], (4, 2)).numpy()
    array([[ 5. ,  0. ,  1.5, -1.5]], dtype=float32)
    """
    if not isinstance(levels, (tuple, list)) or not levels:
        raise ValueError(f"levels must be a sequence of one or more windows, got {levels!r}")
    return tf.concat([vlad_pool(average_pool(x, level), centres) for level in levels], 1)


@unconverted
def attention_pool(x, w, v):
    """Mean over positions with learned weights: `course_lib.attention_pool`.

    Args:
        x: as for `bilinear_pool`.
        w: `(D, C)`. Differentiable.
        v: `(D,)`. Differentiable.

    Returns:
        `(N, C)` of the dtype of `x`, float64 for integers.

    Raises:
        TypeError, ValueError: as the reference.

    >>> attention_pool([[[1.0], [3.0]]], [[1.0]], [0.0]).numpy()
    array([[2.]], dtype=float32)
    """
    x = as_floats(x)
    w, v = tf.cast(tf.convert_to_tensor(w), x.dtype), tf.cast(tf.convert_to_tensor(v), x.dtype)
    if w.shape.rank != 2 or w.shape[1] != x.shape[-1]:
        raise ValueError(f"w must have shape (D, {x.shape[-1]}), got {w.shape}")
    if v.shape != w.shape[:1]:
        raise ValueError(f"v must have shape {tuple(w.shape[:1])}, got {tuple(v.shape)}")
    return program(_attention)(x, w, v)


def _bilinear(x, channels, signed_sqrt, l2):
    cells = flat(x)
    y = tf.reshape(tf.matmul(cells, cells, transpose_a=True), [-1, channels * channels])
    one, zero = tf.ones((), y.dtype), tf.zeros((), y.dtype)
    if signed_sqrt:
        # The inner choice keeps the infinite slope at 0 out of the gradient.
        y = tf.sign(y) * tf.where(y == 0, zero, tf.sqrt(tf.where(y == 0, one, tf.abs(y))))
    if l2:
        square = tf.reduce_sum(y * y, 1, keepdims=True)
        y = y / tf.where(square == 0, one, tf.sqrt(tf.where(square == 0, one, square)))
    return y


def _signed_gram(x, signs, channels):
    cells = flat(x)
    return tf.reshape(tf.matmul(cells, cells, transpose_a=True), [-1, channels * channels]) * signs


def _maclaurin(x, first, second):
    cells = flat(x)
    gram = tf.matmul(cells, cells, transpose_a=True)
    return tf.reduce_sum(tf.matmul(first, gram) * second, -1)


def _vlad(x, centres):
    cells = flat(x)
    # Of |x - c|^2 the part |x|^2 is the same for all centres.
    distance = tf.reduce_sum(centres**2, 1) - 2 * tf.matmul(cells, centres, transpose_b=True)
    nearest = tf.one_hot(tf.argmin(distance, -1), centres.shape[0], dtype=x.dtype)
    y = tf.matmul(nearest, cells, transpose_a=True) - tf.reduce_sum(nearest, 1)[..., None] * centres
    return tf.reshape(y, [-1, math.prod(centres.shape)])


def _attention(x, w, v):
    cells = flat(x)
    scores = tf.linalg.matvec(tf.tanh(tf.matmul(cells, w, transpose_b=True)), v)
    return tf.matmul(tf.nn.softmax(scores, 1)[:, None], cells)[:, 0]
