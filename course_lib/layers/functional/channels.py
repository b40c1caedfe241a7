"""Inter-map pooling: windows over the channels instead of over positions."""

from __future__ import annotations

import tensorflow as tf

from course_lib.arguments import as_int
from course_lib.layers.engine import as_floats, as_input, differentiable, dims, program, unconverted
from course_lib.layers.functional.local import largest


@unconverted
def intermap_pool(x, group_size, mode="max"):
    """Largest value (or mean) of each group of consecutive channels: `course_lib.intermap_pool`.

    Args:
        x: `(N, *spatial, C)` with one, two or three spatial axes; integers or floats.
        group_size: channels in a group; it must divide C.
        mode: `"max"` or `"average"`.

    Returns:
        `(N, *spatial, C / group_size)`; a maximum of the dtype of `x`, a mean of integers in float64.

    Raises:
        TypeError, ValueError: as the reference.

    >>> intermap_pool([[[0.0, 1.0, 5.0, 3.0]]], 2).numpy()
    array([[[1., 5.]]], dtype=float32)
    """
    if mode not in ("max", "average"):
        raise ValueError(f'mode must be "max" or "average", got {mode!r}')
    x = as_input(x) if mode == "max" else as_floats(x)
    size = as_int(group_size, "group_size")
    if x.shape[-1] is None or x.shape[-1] % size:
        raise ValueError(f"group_size must divide the {x.shape[-1]} channels, got {size}")
    if mode == "average":
        return program(_mean, size)(x)
    return differentiable(_maximum, _maximum_backward, [x], size)


def _groups(x, size):
    *shape, channels = dims(x)
    return tf.reshape(x, [*shape, channels // size, size])


def _mean(x, size):
    return tf.reduce_mean(_groups(x, size), -1)


def _maximum(x, size):
    return largest(tf.unstack(_groups(x, size), axis=-1))


def _maximum_backward(dy, x, size):
    return program(_maximum_gradient, size)(dy, x)


def _maximum_gradient(dy, x, size):
    first = tf.argmax(_groups(x, size), -1, output_type=tf.int32)
    return tf.reshape(tf.where(first[..., None] == tf.range(size), dy[..., None], tf.zeros((), dy.dtype)), dims(x))
