"""The NumPy reference beside Keras, TensorFlow and PyTorch, a copy of the input, and the obvious ways to write it.

A is float32 `64x32x32x64`, which fits in a processor's cache, B is `32x112x112x64`, which does not. Every row is a
ratio of medians taken in turns in one run. "Keras eager" is `tf.nn.max_pool2d`, the op behind Keras' layer.
"""

from __future__ import annotations

import functools
import importlib.util
import tracemalloc

import keras
import numpy as np
import tensorflow as tf

import course_lib as cl
from course_lib.catalogue import CATALOGUE

from .timing import medians, row

SHAPES = {"A": (64, 32, 32, 64), "B": (32, 112, 112, 64)}
# Where the definition needs a Fourier transform, or a loop over regions, the bar of 15 does not hold.
EXEMPT = {"spectral_pool", "roi_max_pool", "roi_align"}


def rows():
    for name, shape in SHAPES.items():
        x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        yield from _core(name, x)
        yield from _gradients(name, x)
    x = np.random.default_rng(0).standard_normal(SHAPES["A"], dtype=np.float32)
    yield from _obvious_ways(x)
    yield from _convolution(x)
    yield from _compact_bilinear(x)
    if importlib.util.find_spec("torch"):
        yield from _pytorch(x)
    yield from _kernels(x)
    for name, shape in SHAPES.items():
        x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        yield from _every_row(name, x)
    yield from _memory(np.random.default_rng(0).standard_normal(SHAPES["A"], dtype=np.float32))


def _core(name, x):
    t = tf.constant(x)
    times = medians({
        "copy": x.copy,
        "max of Keras": lambda: tf.nn.max_pool2d(t, 2, 2, "VALID"),
        "average of Keras": lambda: tf.nn.avg_pool2d(t, 2, 2, "VALID"),
        "max of Keras 3x3": lambda: tf.nn.max_pool2d(t, 3, 3, "VALID"),
        "max": lambda: cl.max_pool(x),
        "min": lambda: cl.min_pool(x),
        "average": lambda: cl.average_pool(x),
        "max 3x3": lambda: cl.max_pool(x, 3),
        "sliding windows": lambda: _sliding(x),
    })
    bar = {"A": 4, "B": 2.2}[name]
    for pool in ("max", "min", "average"):
        keras = times["average of Keras" if pool == "average" else "max of Keras"]
        yield row(f"{pool} 2x2 on {name}, to Keras eager", times[pool] / keras, bar)
        yield row(f"{pool} 2x2 on {name}, to a copy", times[pool] / times["copy"])
    yield row(f"max 3x3 on {name}, to Keras eager", times["max 3x3"] / times["max of Keras 3x3"], 6)
    yield row(
        f"max 2x2 on {name}, sliding_window_view to ours", times["sliding windows"] / times["max"],
        {"A": 1.5, "B": 2}[name], at_least=True,
    )


def _gradients(name, x):
    t = tf.constant(x)
    dy = np.ones(cl.max_pool(x).shape, np.float32)

    def keras():
        with tf.GradientTape() as tape:
            tape.watch(t)
            y = tf.nn.max_pool2d(t, 2, 2, "VALID")
        return tape.gradient(y, t)

    times = medians({
        "eager": keras, "graph": tf.function(keras), "ours": lambda: (cl.max_pool(x), cl.max_pool_backward(dy, x)),
    })
    yield row(f"max 2x2 and gradient on {name}, to Keras eager", times["ours"] / times["eager"], 0.7)
    yield row(f"max 2x2 and gradient on {name}, to Keras in a graph", times["ours"] / times["graph"], 6)


def _obvious_ways(x):
    few = x[:4]
    times = medians({"loops": lambda: _four_loops(few), "ours": lambda: cl.max_pool(x)}, repeat=3)
    ratio = (times["loops"] / len(few)) / (times["ours"] / len(x))
    yield row("max 2x2 on A, four loops (timed on 4 images) to ours, an image", ratio, 700, at_least=True)


def _sliding(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(1, 2))[:, ::2, ::2]
    return windows.max((-2, -1))


def _four_loops(x):
    n, h, w, c = x.shape
    y = np.empty((n, h // 2, w // 2, c), x.dtype)
    for i in range(n):
        for j in range(h // 2):
            for k in range(w // 2):
                for m in range(c):
                    y[i, j, k, m] = x[i, 2 * j:2 * j + 2, 2 * k:2 * k + 2, m].max()
    return y


def _convolution(x):
    kernel = np.random.default_rng(1).standard_normal((3, 3, x.shape[-1], 64), dtype=np.float32)
    t, k = tf.constant(x), tf.constant(kernel)
    times = medians({
        "tensorflow": lambda: tf.nn.conv2d(t, k, 1, "SAME"), "ours": lambda: cl.conv(x, kernel, padding="same"),
    })
    yield row("conv 3x3, 64 filters on A, to tf.nn.conv2d", times["ours"] / times["tensorflow"], 2.5)


def _compact_bilinear(x):
    few, dim = x[:16], 1024
    (h1, s1), (h2, s2) = cl.sketch(x.shape[-1], dim)

    def by_fourier():
        cells = few.reshape(len(few), -1, x.shape[-1])
        spectrum = 1
        for hashes, signs in ((h1, s1), (h2, s2)):
            sketched = np.zeros((*cells.shape[:2], dim), np.float32)
            np.add.at(sketched, (slice(None), slice(None), hashes), cells * signs.astype(np.float32))
            spectrum = spectrum * np.fft.rfft(sketched)
        return np.fft.irfft(spectrum.sum(1), dim)

    times = medians({"fourier": by_fourier, "ours": lambda: cl.compact_bilinear_pool(few, dim)}, repeat=3)
    yield row("compact bilinear to 1024, by FFT to ours", times["fourier"] / times["ours"], 20, at_least=True)


def _pytorch(x):
    import torch

    t = torch.tensor(np.moveaxis(x, -1, 1))  # channels-last memory
    functional = torch.nn.functional
    times = medians({
        "max": lambda: functional.max_pool2d(t, 2), "average": lambda: functional.avg_pool2d(t, 2),
        "lp": lambda: functional.lp_pool2d(t, 2, 2), "adaptive average": lambda: functional.adaptive_avg_pool2d(t, 7),
        "adaptive max": lambda: functional.adaptive_max_pool2d(t, 7),
        "our max": lambda: cl.max_pool(x), "our average": lambda: cl.average_pool(x), "our lp": lambda: cl.lp_pool(x),
        "our adaptive average": lambda: cl.adaptive_average_pool(x, 7),
        "our adaptive max": lambda: cl.adaptive_max_pool(x, 7),
    })
    for name in ("max", "average", "lp", "adaptive average", "adaptive max"):
        yield row(f"{name} on A, to PyTorch", times[f"our {name}"] / times[name])


def _kernels(x):
    """Beside the kernels of TensorFlow and Keras that mean the same."""
    calls, t = _calls(x), tf.constant(x)
    pooled = tf.nn.max_pool2d(t, 2, 2, "VALID")
    kernels = {
        "global_average_pool": lambda: tf.reduce_mean(t, [1, 2]), "global_max_pool": lambda: tf.reduce_max(t, [1, 2]),
        "lp_pool": lambda: tf.sqrt(tf.nn.avg_pool2d(t * t, 2, 2, "VALID")),
        "fractional_max_pool": lambda: tf.nn.fractional_max_pool(t, [1, 2**0.5, 2**0.5, 1]),
        "fractional_average_pool": lambda: tf.nn.fractional_avg_pool(t, [1, 2**0.5, 2**0.5, 1]),
        "adaptive_average_pool": _keras("AdaptiveAveragePooling2D", t),
        "adaptive_max_pool": _keras("AdaptiveMaxPooling2D", t),
        "average_unpool": lambda: tf.repeat(tf.repeat(pooled, 2, 1), 2, 2),
        "bilinear_pool": lambda: tf.einsum("nhwc,nhwd->ncd", t, t),
    }
    for name, kernel in kernels.items():
        times = medians({"theirs": kernel, "ours": calls[name]}, repeat=5, seconds=2)
        yield row(f"{name} on A, to TensorFlow's own", times["ours"] / times["theirs"])


def _keras(name: str, t):
    layer = getattr(keras.layers, name)(7)
    return lambda: layer(t)


def _every_row(where, x):
    t = tf.constant(x)
    calls = _calls(x)
    positive, rng = np.abs(x), np.random.default_rng(2)
    extra = {"stochastic_pool, drawn": lambda: cl.stochastic_pool(positive, training=True, rng=rng)}
    bars = {"avg_topk_pool": 8, "rank_average_pool": 8, "rank_weighted_pool": 8, "ordinal_pool": 8}
    for name, call in ({one.name: calls[one.name] for one in CATALOGUE} | extra).items():
        times = medians(
            {"keras": lambda: tf.nn.max_pool2d(t, 2, 2, "VALID"), "copy": x.copy, "ours": call}, repeat=5, seconds=2
        )
        bar = None if name in EXEMPT or name.startswith("conv") else bars.get(name, 15)
        yield row(f"{name} on {where}, to Keras eager max", times["ours"] / times["keras"], bar)
        yield row(f"{name} on {where}, to a copy", times["ours"] / times["copy"])


def _memory(x):
    for name, call in _calls(x).items():
        tracemalloc.start()
        y = call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The input is there already: what is allocated beside it may be three times both, less the input.
        yield row(f"{name} on A, peak memory to input and output", 1 + (peak - y.nbytes) / (x.nbytes + y.nbytes), 3)


def _calls(x):
    """One call for each row, on an input like A or B."""
    given = arguments(x)
    return {one.name: functools.partial(one.forward, *given[one.name][0], **given[one.name][1]) for one in CATALOGUE}


def arguments(x) -> dict[str, tuple[tuple, dict]]:
    """Arguments for each row, on an input like A or B."""
    rng = np.random.default_rng(3)
    n, h, w, c = x.shape
    positive = np.abs(x)
    pooled, index = cl.max_pool_argmax(x)
    labels = rng.integers(0, 16, x.shape[:-1])
    corners = rng.integers(0, h // 3, (256, 2))
    rois = np.column_stack([rng.integers(0, n, 256), corners, corners + rng.integers(7, 2 * h // 3, (256, 2))])
    cuts = [cl.fractional_sequence(size, int(size / 2**0.5), rng=rng) for size in (h, w)]
    kernel = rng.standard_normal((2, 2, c, c), dtype=np.float32)
    centres = x[0, 0, :8]
    first = {
        "conv": (kernel,), "conv_transpose": (kernel[:1, :1],), "gated_pool": (np.ones((2, 2)),),
        "weighted_pool": (np.ones((2, 2)),), "lip_pool": (x,), "ordinal_pool": ([4, 3, 2, 1],),
        "adaptive_average_pool": (7,), "adaptive_max_pool": (7,), "fractional_max_pool": (cuts,),
        "fractional_average_pool": (cuts,), "pixel_pyramid_pool": ((3, 1),), "spectral_pool": (h // 2,),
        "roi_max_pool": (rois, 7), "roi_align": (rois, 7), "superpixel_pool": (labels,), "max_unpool": (index, (h, w)),
        "compact_bilinear_pool": (1024,), "vlad_pool": (centres,), "mop_pool": (centres, (8,)),
        "attention_pool": (np.ones((8, c)), np.ones(8)), "intermap_pool": (4,),
    }
    inputs = {"information_pool": positive, "stochastic_pool": positive, "max_unpool": pooled, "average_unpool": pooled}
    named = {"conv": {"strides": 2}, "average_unpool": {"output_shape": (h, w)}}
    return {
        one.name: ((inputs.get(one.name, x), *first.get(one.name, ())), named.get(one.name, {})) for one in CATALOGUE
    }
