"""The Keras layers against Keras' max pooling in a compiled graph, a copy of the input, and the usual ways.

A is float32 64x32x32x64, which fits into the cache; B is 32x112x112x64, which does not.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.timing import medians, row

A, B = (64, 32, 32, 64), (32, 112, 112, 64)
EXTREMES = ("max_pool", "min_pool", "average_pool")
RANKED = ("avg_topk_pool", "rank_average_pool", "rank_weighted_pool", "ordinal_pool")
MEANS = ("lp_pool", "soft_pool", "weighted_pool", "information_pool", "lip_pool", "mixed_pool", "gated_pool")
DRAWN = ("stochastic_pool", "rank_stochastic_pool")
POWER = "lp_pool(p=2.5)"
CLEAR = Path("/proc/self/clear_refs")


def rows() -> Iterator[dict]:
    for name in (*EXTREMES, *RANKED, *MEANS, POWER, *DRAWN):
        for size in (2, 3):
            yield from windowed(name, size, "A")
    for name in (*EXTREMES, "avg_topk_pool", "lp_pool", "soft_pool", "stochastic_pool"):
        yield from windowed(name, 2, "B")
    yield from other_rows()
    yield from eager_caller()
    yield from usual_ways()
    yield from given_size()
    yield from regions()
    yield from memory()


def images(shape=A):
    import tensorflow as tf

    return tf.constant(np.abs(np.random.default_rng(0).standard_normal(shape, np.float32)))


def graph(function, **options) -> Callable:
    import tensorflow as tf

    return tf.function(function, autograph=False, **options)


def pooling(name: str, size: int) -> Callable:
    """`x -> y`: a windowed pooling of stride 2, with the further arguments that it needs."""
    import keras

    from course_lib.layers import functional

    window = np.ones((size, size), np.float32)
    beside = {
        "weighted_pool": lambda x: [window], "gated_pool": lambda x: [window], "lip_pool": lambda x: [x],
        "ordinal_pool": lambda x: [window.ravel()],
    }.get(name, lambda x: [])
    how = {"training": True, "rng": keras.random.SeedGenerator(1)} if name in DRAWN else {}
    if name == POWER:
        name, how = "lp_pool", {"p": 2.5}
    return lambda x: getattr(functional, name)(x, *beside(x), size, 2, **how)


def keras_max(size: int) -> Callable:
    import tensorflow as tf

    return lambda x: tf.nn.max_pool2d(x, size, 2, "VALID")


def step(function) -> Callable:
    """`x -> y, dx`."""
    import tensorflow as tf

    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return y, tape.gradient(y, x)

    return both


def seconds_of(function, x) -> float:
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def ratio(functions: dict, x, over: str) -> dict[str, float]:
    """Medians of functions of `x`, in terms of one of them."""
    taken = medians({name: (lambda f=f: f(x)) for name, f in functions.items()})
    return {name: seconds / taken[over] for name, seconds in taken.items()}


def forward_bar(name: str, size: int, where: str) -> float:
    if name in EXTREMES:
        bar = 1.2 if where == "A" else 1.0
    else:
        bar = 6.0 if name in DRAWN else 10.0 if name == POWER else 2.0
    return bar if size == 2 else 2 * bar


def gradient_bar(name: str, size: int) -> float | None:
    if size == 3:
        return 4.0 if name in RANKED else None
    return 1.3 if name in EXTREMES else 3.0


def windowed(name: str, size: int, where: str) -> Iterator[dict]:
    import tensorflow as tf

    x, label = images({"A": A, "B": B}[where]), f"{name} {size}x{size} {where}"
    ours = graph(pooling(name, size))
    yield row(f"{label}: first call", seconds_of(ours, x), 1.5, unit="s")
    copy = graph(lambda x: x + tf.zeros((), x.dtype), jit_compile=True)
    found = ratio({"ours": ours, "keras": graph(keras_max(size)), "copy": copy}, x, "keras")
    yield row(f"{label}: forward / Keras max", found["ours"], forward_bar(name, size, where))
    yield row(f"{label}: forward / copy", found["ours"] / found["copy"])
    ours = graph(step(pooling(name, size)))
    yield row(f"{label}: first call with gradient", seconds_of(ours, x), 1.5, unit="s")
    found = ratio({"ours": ours, "keras": graph(step(keras_max(size)))}, x, "keras")
    yield row(f"{label}: with gradient / Keras max", found["ours"], gradient_bar(name, size))


def other_rows() -> Iterator[dict]:
    """The rows of the catalogue that slide no window, with the arguments of the reference's benchmark."""
    from benchmarks.reference import arguments
    from course_lib.layers import functional

    x = images()
    for name, ((first, *others), how) in arguments(x.numpy()).items():
        if name in (*EXTREMES, *RANKED, *MEANS, *DRAWN) or not hasattr(functional, name):
            continue
        pool, own = getattr(functional, name), images(first.shape)
        for what, wrapped in (("forward", lambda function: function), ("with gradient", step)):
            ours = graph(wrapped(lambda x, pool=pool, others=others, how=how: pool(x, *others, **how)))
            keras = graph(wrapped(keras_max(2)))
            taken = medians({"ours": functools.partial(ours, own), "keras": functools.partial(keras, x)})
            yield row(f"{name} A: {what} / Keras max", taken["ours"] / taken["keras"])


def eager_caller() -> Iterator[dict]:
    """A caller without a graph pays no more."""
    x = images()
    found = ratio({
        "ours": step(pooling("max_pool", 2)), "keras, eager": step(keras_max(2)), "keras": graph(step(keras_max(2))),
    }, x, "keras")
    yield row("max_pool 2x2 A, eager caller: with gradient / Keras max in a graph", found["ours"], 1.3)
    yield row("(Keras max 2x2 A, eager: with gradient / in a graph)", found["keras, eager"])


def usual_ways() -> Iterator[dict]:
    import tensorflow as tf

    def patches(x):
        n, h, w, c = x.shape
        taken = tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
        return tf.transpose(tf.reshape(taken, [n, h // 2, w // 2, 4, c]), [0, 1, 2, 4, 3])

    def top_k(x):
        return tf.reduce_mean(tf.math.top_k(patches(x), 2).values, -1)

    def categorical(x):
        cells = tf.reshape(patches(x), [-1, 4])
        return tf.gather(cells, tf.random.categorical(tf.math.log(cells), 1)[:, 0], batch_dims=1)

    x = images()
    for name, usual, bar in (("avg_topk_pool", top_k, 40), ("stochastic_pool", categorical, 15)):
        found = ratio({"ours": graph(pooling(name, 2)), "usual": graph(usual)}, x, "ours")
        yield row(f"{name} 2x2 A: tf {usual.__name__} on patches / ours", found["usual"], bar, at_least=True)


def given_size() -> Iterator[dict]:
    """Global and adaptive poolings against Keras' layers, compiled whichever way is faster, and PyTorch."""
    import keras

    from course_lib import layers

    x = images()
    others = _torch(x.numpy())
    for name, how in (
        ("GlobalAveragePooling2D", {}), ("GlobalMaxPooling2D", {}),
        ("AdaptiveAveragePooling2D", {"output_size": 7}), ("AdaptiveMaxPooling2D", {"output_size": 7}),
    ):
        theirs = getattr(keras.layers, name)(**how)
        functions = {
            "ours": graph(getattr(layers, name)(**how)), "keras": graph(theirs),
            "keras, xla": graph(theirs, jit_compile=True), **others.get(name, {}),
        }
        found = ratio(functions, x, "ours")
        best = min((label for label in found if label != "ours"), key=found.get)
        yield row(f"{name} A: forward / best other ({best})", 1 / found[best], 1.5)


def _torch(x) -> dict[str, dict[str, Callable]]:
    """PyTorch's kernels on the same image in its channels-last layout, where it is installed."""
    try:
        import torch
    except ImportError:
        return {}
    image = torch.from_numpy(x).permute(0, 3, 1, 2)
    modules = {
        "GlobalAveragePooling2D": torch.nn.AdaptiveAvgPool2d(1), "GlobalMaxPooling2D": torch.nn.AdaptiveMaxPool2d(1),
        "AdaptiveAveragePooling2D": torch.nn.AdaptiveAvgPool2d(7),
        "AdaptiveMaxPooling2D": torch.nn.AdaptiveMaxPool2d(7),
    }
    return {name: {"torch": lambda _, m=module: m(image)} for name, module in modules.items()}


def regions() -> Iterator[dict]:
    import tensorflow as tf

    from course_lib.layers import functional

    x, rng = images(), np.random.default_rng(0)
    corner, size = rng.uniform(0, 16, (256, 2)), rng.uniform(4, 15, (256, 2))
    batch = rng.integers(0, A[0], 256)
    rois = tf.constant(np.column_stack([batch, corner, corner + size]), tf.float32)
    boxes = tf.constant(np.column_stack([corner[:, ::-1], (corner + size)[:, ::-1]]) / 31, tf.float32)

    def crop(x):
        return tf.nn.max_pool2d(tf.image.crop_and_resize(x, boxes, batch, (14, 14)), 2, 2, "VALID")

    for name in ("roi_max_pool", "roi_align"):
        found = ratio({"ours": graph(lambda x: getattr(functional, name)(x, rois, 7)), "crop": graph(crop)}, x, "crop")
        yield row(f"{name} A, 256 regions: forward / crop, resize, pool", found["ours"], 2 if "max" in name else None)


def memory() -> Iterator[dict]:
    """Peak memory of one training step on B, the input included, in terms of the input; a fresh process each."""
    if not CLEAR.exists():
        return
    for name, size in (("max_pool", 2), ("avg_topk_pool", 3), ("soft_pool", 3)):
        code = f"from benchmarks import layers; print(layers.peak({name!r}, {size}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        yield row(f"{name} {size}x{size} B: peak memory of a step / input", float(done.stdout.split()[-1]), 4)


def peak(name: str, size: int) -> float:
    """Growth of the process from before it makes the input to its peak; what compiling takes is counted too."""
    import tensorflow as tf

    function = step(pooling(name, size))
    function(images((1, *B[1:])))
    held = _kibibytes("VmRSS")
    CLEAR.write_text("5")  # Linux: the high-water mark starts anew
    function(tf.random.uniform(B))
    return (_kibibytes("VmHWM") - held) * 1024 / (4 * np.prod(B))


def _kibibytes(field: str) -> int:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(int(words[1]) for words in lines if words[0] == f"{field}:")
