# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: A network with your own pooling
#     allow: [numpy, matplotlib, tensorflow, keras, course_lib.cifar.sample, course_lib.cifar.data,
#       course_lib.cifar.batchfile]
#     objects: [build_network, descend, train]
#     call_seconds: 20
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # A network with your own pooling
#
# You put two poolings behind Keras's layer interface, build a small convolutional network for images like those
# of CIFAR-10 around them, and train it. Two hours, if you have written max pooling in NumPy before.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# cifar10_cnn.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden ones of
# the same behaviour, on other arrays. NumPy, Matplotlib, TensorFlow and Keras are there; other libraries are not
# available where your notebook is graded. Your own cells may compute for two minutes there: put longer
# experiments into another notebook.
#
# Nothing here is graded by accuracy. Layers are compared with the same pooling in NumPy, the network with a
# network of the same weights in NumPy, and training step by step: whoever does what is asked gets the points,
# with any seed and on any machine.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import keras
import numpy as np
import tensorflow as tf

from course_lib.cifar import load_sample
from course_lib.testing import Mismatch, case, check_array, check_cases, check_integer, part, random_image

close = {"rtol": 1e-3, "atol": 1e-4}  # single precision, and sums taken in any order


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype="float32")[np.newaxis, :, :, np.newaxis]


def max_pool2d(x, *arguments, **options):
    """What your layer makes of an array."""
    return np.asarray(MaxPool(*arguments, **options)(x))


def mixed_pool2d(x, share, *arguments, **options):
    """What your layer makes of an array, with these shares as its weight."""
    return np.asarray(mixed_with(share, x, *arguments, **options)(x))


def mixed_with(share, x, *arguments, **options):
    """Your layer, built for x, with these shares as its weight."""
    layer = MixedPool(*arguments, **options)
    layer(x)
    layer.set_weights([np.asarray(share, dtype="float32")])
    return layer


def corners():
    """A layer without anything to learn: every second row and column."""
    return keras.layers.Lambda(lambda x: x[:, ::2, ::2])


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])

# %% [markdown] nbgrader={"grade": false, "grade_id": "images_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. The images
#
# `load_sample` draws images of the size of CIFAR-10's, 32×32 pixels in three colours, `uint8` from 0 to 255. Ten
# classes: five shapes, striped or checked. It needs no download and always draws the same for the same seed.

# %% nbgrader={"grade": false, "grade_id": "images", "locked": true, "schema_version": 3, "solution": false, "task": false}
images = load_sample(600, 200, seed=1)


def show_images(pictures, labels):
    """The pictures side by side, with the names of their classes."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, len(pictures), figsize=(1.3 * len(pictures), 1.7), layout="constrained")
    for axis, picture, label in zip(axes, pictures, labels):
        axis.imshow(picture)
        axis.set(title=images.classes[label].replace(" ", "\n"), xticks=[], yticks=[])
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    show_images(images.x_train[:10], images.y_train[:10])

# %% [markdown] nbgrader={"grade": false, "grade_id": "max_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 2. `MaxPool`
#
# A Keras layer is a class with four duties: `__init__` takes the arguments, `call` computes with tensors, and
# `compute_output_shape` and `get_config` tell others what they need for planning and for saving.
#
# ```
#  1  3 |  2 -1
#  3  0 |  4  4       MaxPool(2)      3  4
# ------+------    -------------->
# -2  5 |  0  1                       6  1
#  6  2 |  1  1
# ```
#
# Windows fall as in all poolings of this course:
#
# - `pool_size` is the height and width of the window, `strides` how far it moves, down and to the right: an
#   integer or a pair `(rows, columns)`; `strides=None` stands for the window's own size.
# - `padding="valid"`: only windows that lie wholly inside the image, $\lfloor (n-k)/s \rfloor + 1$ along an
#   axis of length $n$ with window $k$ and stride $s$.
# - `padding="same"`: $\lceil n/s \rceil$ windows. If they do not fit, the image is extended by
#   $P=\max\left((\lceil n/s \rceil-1)\,s+k-n,\ 0\right)$ rows, $\lfloor P/2 \rfloor$ of them above and the
#   rest below (columns likewise). The extension holds no numbers and never wins.
#
# `compute_output_shape(shape)` gets and returns `(batch, rows, columns, channels)` as a tuple; the batch size may
# be `None`, and stays so. `get_config()` returns a dict with everything that `__init__` takes, so that
# `MaxPool(**layer.get_config())` is the same layer again; other keyword arguments (such as `name`) go to Keras.
#
# Write it with TensorFlow's or Keras's operations on whole tensors. A loop over the windows, as in your first NumPy
# version, would become hundreds of operations in the network; a loop over the *cells of a window* becomes four. The
# ready-made poolings (`keras.layers.MaxPooling2D`, `tf.nn.max_pool2d`) are for comparing.
#
# **Hints.** (1) `super().__init__(**options)` takes care of Keras's own arguments, `super().get_config()` gives
# them back. (2) Rows and columns are known when `call` runs (`x.shape[1]`), so window counts and padding are
# ordinary Python numbers; only the batch size is not. (3) Pad with $-\infty$ (`tf.pad` has `constant_values`),
# take the strided slice that holds cell $(i, j)$ of every window, and let `tf.maximum` keep the larger one.

# %% nbgrader={"grade": false, "grade_id": "MaxPool", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MaxPool(keras.layers.Layer):
    """Largest value in each window: (batch, rows, columns, channels) to (batch, windows down, windows across, channels).

    >>> np.asarray(MaxPool(2)(example))[0, :, :, 0]
    array([[3., 4.],
           [6., 1.]], dtype=float32)
    >>> MaxPool(3, strides=2, padding="same").compute_output_shape((None, 5, 8, 3))
    (None, 3, 4, 3)
    """

    ### BEGIN SOLUTION
    def __init__(self, pool_size=2, strides=None, padding="valid", **options):
        super().__init__(**options)
        self.pool_size, self.strides, self.padding = pool_size, strides, padding

    def call(self, x):
        *others, result = self._cells(x, -np.inf)
        for cell in others:
            result = tf.maximum(cell, result)
        return result

    def compute_output_shape(self, shape):
        counts = [count for count, _ in self._windows(shape)]
        return (shape[0], *counts, shape[3])

    def get_config(self):
        own = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own}

    def _windows(self, shape):
        """For rows and columns: how many windows there are, and how many cells are added before and after."""
        for n, k, s in zip(shape[1:3], *self._geometry()):
            if self.padding == "valid":
                yield (n - k) // s + 1, (0, 0)
            else:
                count = -(-n // s)
                total = max((count - 1) * s + k - n, 0)
                yield count, (total // 2, total - total // 2)

    def _geometry(self):
        pool = (self.pool_size,) * 2 if isinstance(self.pool_size, int) else tuple(self.pool_size)
        strides = pool if self.strides is None else self.strides
        return pool, (strides,) * 2 if isinstance(strides, int) else tuple(strides)

    def _cells(self, x, padding_value):
        """For each cell of the window: that cell of all windows at once."""
        (down, rows), (across, columns) = self._windows(x.shape)
        padded = tf.pad(x, [(0, 0), rows, columns, (0, 0)], constant_values=padding_value)
        (height, width), (s, t) = self._geometry()
        return [padded[:, i : i + s * (down - 1) + 1 : s, j : j + t * (across - 1) + 1 : t]
                for i in range(height) for j in range(width)]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the largest value of each window, images and channels kept apart
check_array(max_pool2d(example, 2), image([[3, 4], [6, 1]]), what="MaxPool(2)(example)")
pair = np.concatenate([example, -example], axis=3)
check_array(max_pool2d(pair, 2), np.concatenate([image([[3, 4], [6, 1]]), image([[0, 1], [2, 0]])], axis=3),
            what="MaxPool(2)(pair)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, *shape, dtype="float32"), pool)
    for shape, pool in [((1, 2, 4, 1), 2), ((1, 5, 7, 1), (2, 3)), ((2, 6, 4, 3), 2), ((3, 5, 5, 2), (1, 4))]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_strides", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: stride different from the window
check_array(max_pool2d(example, 2, strides=1), image([[3, 4, 4], [5, 5, 4], [6, 5, 1]]),
            what="MaxPool(2, strides=1)(example)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, rows, columns, 1, dtype="float32"), pool, strides=strides)
    for rows, columns, pool, strides in [
        (4, 4, 2, 1), (5, 7, (2, 3), (1, 2)), (7, 7, 2, 3), (8, 7, (3, 2), (2, 3)), (9, 6, 1, 4),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: same padding puts the extra row below, and padding never wins
check_array(max_pool2d(example[:, :3, :3], 2, padding="same"), image([[3, 4], [5, 0]]),
            what='MaxPool(2, padding="same")(example[:, :3, :3])')
check_array(max_pool2d(-7 - example, 3, padding="same"), image([[-7, -6], [-5, -7]]),
            what='MaxPool(3, padding="same")(-7 - example)')
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, rows, columns, 1, dtype="float32") - shift, pool, strides=strides, padding="same")
    for shift in [0, 30]
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (3, 4, 2, 1), (4, 5, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, 4, 3), (7, 6, 2, 3), (8, 7, 1, 3),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_interface", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the layer tells its output shape and its arguments
layer = MaxPool(3, strides=(2, 1), padding="same", name="largest")
assert tuple(layer.compute_output_shape((None, 5, 8, 3))) == (None, 3, 8, 3), "compute_output_shape((None, 5, 8, 3))"
twin = MaxPool(**layer.get_config())
check_array(np.asarray(twin(example)), image([[5, 5, 5, 4], [6, 6, 5, 1]]), what="the layer made again from its config")
### BEGIN HIDDEN TESTS
for pool, strides, padding, rows, columns, expected in [
    (2, None, "valid", 5, 8, (2, 4)), ((2, 3), None, "same", 5, 8, (3, 3)), (3, 1, "valid", 6, 4, (4, 2)),
    (2, (3, 2), "valid", 7, 7, (2, 3)), ((1, 4), (3, 2), "same", 7, 7, (3, 4)),
]:
    layer = MaxPool(pool, strides=strides, padding=padding)
    for batch in (None, 2):
        shape = layer.compute_output_shape((batch, rows, columns, 2))
        assert tuple(shape) == (batch, *expected, 2), f"compute_output_shape({(batch, rows, columns, 2)}) gives {shape}"
    twin = MaxPool(**layer.get_config())
    x = random_image(rng, 2, rows, columns, 2, dtype="float32")
    check_array(np.asarray(twin(x)), np.asarray(layer(x)), what="the layer made again from its config")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "mixed_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `MixedPool`
#
# A layer may hold weights that training adjusts. *Mixed pooling* takes for each channel $c$ a share $\alpha_c$ and
# returns
#
# $$y=\alpha_c \max_i a_i + (1-\alpha_c)\,\frac1m \sum_i a_i,$$
#
# the sums over the $m$ **real** cells of the window: what pads the border neither wins nor counts. The shares are
# one trainable weight of shape `(channels,)`, 0.5 before training. With share 0.5 the window `[[1, 3], [3, 0]]`
# gives $0.5\cdot 3 + 0.5\cdot 1.75=2.375$, with share 1 the maximum 3, with share 0 the mean 1.75; nothing keeps
# training from leaving the interval.
#
# ```
#  1  3 |  2 -1
#  3  0 |  4  4     MixedPool(2)      2.375  3.125
# ------+------    -------------->
# -2  5 |  0  1                       4.375  0.875
#  6  2 |  1  1
# ```
#
# Arguments, shapes and config are as for `MaxPool`.
#
# **Hints.** (1) Weights are made in `build(self, shape)`, which Keras calls with the input's shape before the first
# `call`; inheriting from `MaxPool` saves the rest. (2) `self.add_weight(shape=..., initializer=...)` makes one;
# `keras.initializers.Constant(0.5)` is an initializer. (3) For the mean, pad with zeros, add up the cells of the
# window, and divide by the same sum for a padded image of ones.

# %% nbgrader={"grade": false, "grade_id": "MixedPool", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MixedPool(keras.layers.Layer):
    """Maximum and mean of each window, mixed by a learned share for each channel.

    >>> np.asarray(MixedPool(2)(example))[0, :, :, 0]
    array([[2.375, 3.125],
           [4.375, 0.875]], dtype=float32)
    >>> mixed_pool2d(example, [1], 2)[0, :, :, 0]
    array([[3., 4.],
           [6., 1.]], dtype=float32)
    """

    ### BEGIN SOLUTION
    def __init__(self, pool_size=2, strides=None, padding="valid", **options):
        super().__init__(**options)
        self.largest = MaxPool(pool_size, strides, padding)

    def build(self, shape):
        half = keras.initializers.Constant(0.5)
        self.share = self.add_weight(name="share", shape=(shape[3],), initializer=half)

    def call(self, x):
        total = tf.add_n(self.largest._cells(x, 0.0))
        count = tf.add_n(self.largest._cells(tf.ones_like(x), 0.0))
        return self.share * self.largest(x) + (1 - self.share) * total / count

    def compute_output_shape(self, shape):
        return self.largest.compute_output_shape(shape)

    def get_config(self):
        own = {name: getattr(self.largest, name) for name in ("pool_size", "strides", "padding")}
        return {**super().get_config(), **own}
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_mixed_values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a share of the maximum, the rest of the mean
check_array(mixed_pool2d(example, [1], 2), image([[3, 4], [6, 1]]), **close, what="share 1")
check_array(mixed_pool2d(example, [0.25], 2), image([[2.0625, 2.6875], [3.5625, 0.8125]]), **close, what="share 0.25")
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

def oracle(x, share, pool_size, strides=None, padding="valid"):
    return mixed_pool(x, pool_size, strides, padding, share=share)

check_cases(mixed_pool2d, oracle, [
    case(random_image(rng, *shape, dtype="float32"), rng.random(shape[3]), pool, strides=strides)
    for shape, pool, strides in [
        ((1, 2, 4, 1), 2, None), ((1, 5, 7, 1), (2, 3), (1, 2)), ((1, 7, 7, 1), 2, 3), ((2, 4, 6, 1), 3, 1),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, only real cells are counted
check_array(mixed_pool2d(np.full((1, 3, 3, 1), -4.0), [0.5], 2, padding="same"), image([[-4, -4], [-4, -4]]), **close,
            what='MixedPool(2, padding="same") of a constant image')
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

def oracle(x, share, pool_size, strides=None, padding="valid"):
    return mixed_pool(x, pool_size, strides, padding, share=share)

check_cases(mixed_pool2d, oracle, [
    case(random_image(rng, *shape, dtype="float32"), rng.random(shape[3]), pool, strides=strides, padding="same")
    for shape, pool, strides in [
        ((1, 3, 3, 1), 2, None), ((1, 4, 5, 1), 3, 2), ((2, 5, 7, 1), (2, 3), (1, 2)), ((1, 7, 5, 1), 4, 3),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_weight", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: one trainable share for each channel, a half before training
layer = MixedPool(2)
check_array(np.asarray(layer(example)), image([[2.375, 3.125], [4.375, 0.875]]), **close, what="MixedPool(2)(example)")
check_integer(len(layer.get_weights()), 1, what="the number of weights")
check_array(layer.get_weights()[0], np.array([0.5]), what="the weight")
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

for channels in (2, 3, 5):
    layer = MixedPool(2)
    layer(random_image(rng, 1, 4, 4, channels, dtype="float32"))
    check_array(layer.get_weights()[0], np.full(channels, 0.5), what=f"the weight for {channels} channels")
    check_integer(len(layer.trainable_weights), 1, what="the number of trainable weights")
    x, share = random_image(rng, 2, 4, 6, channels, dtype="float32"), rng.permutation(channels) / channels
    check_array(mixed_pool2d(x, share, 2), mixed_pool(x, 2, share=share), **close, what=f"{channels} channels, different shares")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_interface", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the layer with weights tells its output shape and its arguments
layer = MixedPool((2, 3), strides=1, padding="same")
assert tuple(layer.compute_output_shape((None, 5, 8, 3))) == (None, 5, 8, 3), "compute_output_shape((None, 5, 8, 3))"
check_array(np.asarray(MixedPool(**layer.get_config())(example)).mean(axis=(1, 2)), np.array([[3.1067708]]), **close,
            what="the layer made again from its config, on average")
### BEGIN HIDDEN TESTS
for pool, strides, padding, expected in [
    (2, None, "valid", (2, 4)), ((2, 3), None, "same", (3, 3)), (3, 1, "valid", (3, 6)), (2, (3, 2), "valid", (2, 4)),
]:
    layer = MixedPool(pool, strides=strides, padding=padding)
    shape = layer.compute_output_shape((None, 5, 8, 2))
    assert tuple(shape) == (None, *expected, 2), f"compute_output_shape((None, 5, 8, 2)) gives {shape}"
    x = random_image(rng, 1, 5, 8, 2, dtype="float32")
    check_array(np.asarray(MixedPool(**layer.get_config())(x)), np.asarray(layer(x)), **close,
                what="the layer made again from its config")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "gradients_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `gradients`
#
# In NumPy you wrote each gradient by hand. TensorFlow derives it from the operations in `call`, and it is good to
# look at what it derived. A loss $L$ depends on `x` only through `y = layer(x)`. Given `dy`, the derivative of $L$
# by every number of `y`, return the derivatives by every number of `x` and by the layer's trainable weights:
# `(dx, [dw, ...])`, NumPy arrays of the shapes of `x` and of each weight.
#
# By hand: for the window `[[1, 3], [2, 0]]` with share 0.5 and `dy` 8 the mean's half gives each cell $8\cdot
# 0.5/4=1$ and the maximum's half another 4 to the 3; and the share receives $8\cdot(3-1.5)=12$.
#
# **Hints.** (1) `tf.GradientTape` records operations, and watches weights by itself but constants only when told to.
# (2) `tape.gradient` takes `output_gradients`. (3) It takes a list of sources, too, and gives back one gradient for
# each of them.

# %% nbgrader={"grade": false, "grade_id": "gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradients(layer, x, dy):
    """Derivatives by x and by the layer's trainable weights, given the derivative dy by layer(x): `(dx, [dw, ...])`.

    >>> dx, (dshare,) = gradients(MixedPool(2), image([[1, 3], [2, 0]]), image([[8]]))
    >>> dx[0, :, :, 0]
    array([[1., 5.],
           [1., 1.]], dtype=float32)
    >>> dshare
    array([12.], dtype=float32)
    """
    ### BEGIN SOLUTION
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    dx, *dw = tape.gradient(y, [x, *layer.trainable_weights], output_gradients=tf.cast(dy, y.dtype))
    return np.asarray(dx), [np.asarray(one) for one in dw]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gradient_input", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient by the input
check_array(part(gradients, 0)(MaxPool(2), image([[1, 3], [2, 0]]), image([[8]])), image([[0, 8], [0, 0]]), **close,
            what="gradients(MaxPool(2), ...)[0]")
check_array(part(gradients, 0)(MixedPool(2), image([[1, 3], [2, 0]]), image([[8]])), image([[1, 5], [1, 1]]), **close,
            what="gradients(MixedPool(2), ...)[0]")
### BEGIN HIDDEN TESTS
from course_lib import max_pool, max_pool_backward, mixed_pool_backward

def distinct(*shape):
    """No two values alike, so that nothing ties."""
    return (rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) // 2).astype("float32")

for shape, pool, strides, padding in [
    ((1, 2, 4, 1), 2, None, "valid"), ((1, 4, 4, 1), 2, 1, "valid"), ((1, 5, 5, 1), 3, 2, "same"),
    ((2, 5, 7, 2), (2, 3), (1, 2), "same"),
]:
    x = distinct(*shape)
    dy = random_image(rng, *max_pool(x, pool, strides, padding).shape, dtype="float32")
    check_array(part(gradients, 0)(MaxPool(pool, strides, padding), x, dy), max_pool_backward(dy, x, pool, strides, padding),
                **close, what=f"the gradient by x of MaxPool({pool}, {strides}, {padding!r})")
    share = rng.random(shape[3])
    check_array(part(gradients, 0)(mixed_with(share, x, pool, strides, padding), x, dy),
                mixed_pool_backward(dy, x, pool, strides, padding, share=share), **close,
                what=f"the gradient by x of MixedPool({pool}, {strides}, {padding!r})")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gradient_weights", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradients by the weights
check_integer(len(part(gradients, 1)(MaxPool(2), image([[1, 3], [2, 0]]), image([[8]]))), 0, what="weights of MaxPool")
check_array(part(gradients, 1)(MixedPool(2), image([[1, 3], [2, 0]]), image([[8]]))[0], np.array([12.0]), **close,
            what="gradients(MixedPool(2), ...)[1][0]")
### BEGIN HIDDEN TESTS
from course_lib import average_pool, max_pool

for shape, pool, strides, padding in [
    ((1, 2, 4, 1), 2, None, "valid"), ((1, 4, 4, 2), 2, 1, "valid"), ((2, 5, 7, 3), (2, 3), (1, 2), "same"),
]:
    x = random_image(rng, *shape, dtype="float32")
    difference = max_pool(x, pool, strides, padding) - average_pool(x, pool, strides, padding)
    dy = random_image(rng, *difference.shape, dtype="float32")
    found = part(gradients, 1)(mixed_with(rng.random(shape[3]), x, pool, strides, padding), x, dy)
    check_array(found[0], (dy * difference).sum(axis=(0, 1, 2)), **close, what="the gradient by the shares")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "network_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `build_network`
#
# The network takes pixels from 0 to 255 and returns a probability for each class:
#
# | layer | output | weights |
# |---|---|---|
# | input | 32 × 32 × 3 | |
# | pixels divided by 255 | 32 × 32 × 3 | |
# | convolution 3×3, 8 filters, "valid", then ReLU | 30 × 30 × 8 | 3·3·3·8 + 8 = 224 |
# | pooling | 15 × 15 × 8 | 0, or 8 shares |
# | convolution 3×3, 16 filters, "valid", then ReLU | 13 × 13 × 16 | 3·3·8·16 + 16 = 1168 |
# | pooling | 6 × 6 × 16 | 0, or 16 shares |
# | global average | 16 | |
# | dense, `classes` outputs, then softmax | `classes` | 16·`classes` + `classes` |
#
# `pool()` gives a new pooling layer: `MaxPool` and `MixedPool` themselves will do, since their arguments have
# defaults, and so will any function that returns a layer. The weights come in the order of the table (kernel before
# bias), as they do by themselves in `keras.Sequential`.
#
# **Hints.** (1) `keras.layers` has everything but the poolings: `Rescaling`, `Conv2D`, `GlobalAveragePooling2D`,
# `Dense`. (2) `activation="relu"` and `activation="softmax"` save layers. (3) Two poolings need two calls of `pool`:
# a layer used twice shares its weights, and 8 channels are not 16.

# %% nbgrader={"grade": false, "grade_id": "build_network", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_network(pool, classes=10):
    """An untrained Keras model with the layers of the table: (batch, 32, 32, 3) pixels -> (batch, classes).

    >>> build_network(MaxPool).count_params(), build_network(MixedPool).count_params()
    (1562, 1586)
    >>> [weight.shape for weight in build_network(MixedPool, classes=4).get_weights()][-3:]
    [(16,), (16, 4), (4,)]
    """
    ### BEGIN SOLUTION
    return keras.Sequential([
        keras.Input((32, 32, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(8, 3, activation="relu"),
        pool(),
        keras.layers.Conv2D(16, 3, activation="relu"),
        pool(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(classes, activation="softmax"),
    ])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_network_weights", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the weights of the table, in its order
shapes = [np.shape(weight) for weight in build_network(MixedPool).get_weights()]
expected = [(3, 3, 3, 8), (8,), (8,), (3, 3, 8, 16), (16,), (16,), (16, 10), (10,)]
assert shapes == expected, f"the weights have shapes {shapes}; expected are {expected}"
### BEGIN HIDDEN TESTS
for classes in (2, 7):
    for pool, shares in [(MaxPool, []), (MixedPool, [(8,), (16,)]), (corners, [])]:
        shapes = [np.shape(weight) for weight in build_network(pool, classes=classes).get_weights()]
        expected = [(3, 3, 3, 8), (8,), *shares[:1], (3, 3, 8, 16), (16,), *shares[1:], (16, classes), (classes,)]
        assert shapes == expected, f"{classes} classes: the weights have shapes {shapes}; expected are {expected}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_network_outputs", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the network computes what the table says
network = build_network(corners, classes=3)
quiet = [np.zeros_like(weight) for weight in network.get_weights()]
quiet[0][1, 1] = 1  # each filter of the first convolution adds up the colours of its middle pixel
quiet[2][1, 1, 0, 0] = 1  # the first filter of the second one passes the first channel on
quiet[4][0] = [0, 1, -1]
network.set_weights(quiet)
grey = np.full((1, 32, 32, 3), 51, "uint8")  # a fifth of 255
check_array(np.asarray(network(grey)), np.array([[0.2967, 0.5405, 0.1628]]), rtol=0.001, what="the network on a grey image")
### BEGIN HIDDEN TESTS
from course_lib import conv, max_pool, mixed_pool

def numpy_network(weights, x, pools):
    """The network in NumPy: `pools` are the two poolings as functions of an array."""
    (k1, b1), (k2, b2), (k3, b3) = weights
    h = pools[0](np.maximum(conv(x / 255, k1, b1), 0))
    h = pools[1](np.maximum(conv(h, k2, b2), 0))
    z = np.exp(h.mean(axis=(1, 2)) @ k3 + b3)
    return z / z.sum(axis=1, keepdims=True)

def halve(x):
    return x[:, ::2, ::2]

for pool, classes in [(corners, 3), (MaxPool, 4), (MixedPool, 10)]:
    network = build_network(pool, classes=classes)
    kernels = [rng.normal(0, scale, shape).astype("float32") for scale, shape in
               [(0.3, (3, 3, 3, 8)), (0.3, (3, 3, 8, 16)), (2, (16, classes))]]
    biases = [rng.normal(0, 0.3, size).astype("float32") for size in (8, 16, classes)]
    pairs, shares = list(zip(kernels, biases)), []
    pools = {"corners": [halve] * 2, "MaxPool": [max_pool] * 2}.get(pool.__name__)
    if pools is None:
        shares = [rng.random(8).astype("float32"), rng.random(16).astype("float32")]
        pools = [lambda x, share=share: mixed_pool(x, share=share) for share in shares]
    network.set_weights([*pairs[0], *shares[:1], *pairs[1], *shares[1:], *pairs[2]])
    x = rng.integers(0, 256, (3, 32, 32, 3)).astype("uint8")
    check_array(np.asarray(network(x)), numpy_network(pairs, x, pools), **close,
                what=f"build_network({pool.__name__}, classes={classes}), with other weights, on three images")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "descend_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. `descend`
#
# Training is the loop that you now write: work out the loss on *all* the images, the gradient of the loss by each
# trainable weight, and move every weight against it,
#
# $$w \leftarrow w - \eta\,\frac{\partial L}{\partial w},\qquad L=-\frac1N\sum_{n=1}^N \ln p_{n,\,\mathrm{label}(n)},$$
#
# `steps` times with the learning rate $\eta$. No shuffling, no batches, no momentum: each step is a plain function
# of the weights, so that a network in NumPy must arrive at the same numbers. The network's weights change in
# place; return the loss *before* each step.
#
# By hand: a network that gives each of 10 classes the probability 0.1 has the loss $\ln 10 \approx 2.303$.
#
# **Hints.** (1) You have done one step in `gradients`. (2) `keras.losses.sparse_categorical_crossentropy` gives one
# number for each image; or pick the probability of each label with `tf.gather(..., batch_dims=1)`. (3) A Keras
# variable has `assign_sub`; or let `compile` and `fit` do it, with plain `SGD` and one batch.

# %% nbgrader={"grade": false, "grade_id": "descend", "locked": false, "schema_version": 3, "solution": true, "task": false}
def descend(network, pixels, labels, steps, learning_rate):
    """Plain gradient descent, in place. Returns a list: the mean cross-entropy before each step.

    >>> network = build_network(MaxPool)
    >>> network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
    >>> losses = descend(network, images.x_train[:5], images.y_train[:5], steps=2, learning_rate=1.0)
    >>> [round(float(loss), 3) for loss in losses]
    [2.303, 2.208]
    """
    ### BEGIN SOLUTION
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            each = keras.losses.sparse_categorical_crossentropy(labels, network(pixels))
            loss = tf.reduce_mean(each)
        for weight, slope in zip(network.trainable_weights, tape.gradient(loss, network.trainable_weights)):
            weight.assign_sub(learning_rate * slope)
        losses.append(float(loss))
    return losses
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_descend_losses", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the loss before each step
network = build_network(MaxPool)
network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
losses = descend(network, images.x_train[:5], images.y_train[:5], steps=2, learning_rate=1.0)
check_array(np.array(losses), np.array([2.302585, 2.207617]), **close, what="the losses")
### BEGIN HIDDEN TESTS
network = build_network(MaxPool, classes=4)
pixels, labels = rng.integers(0, 256, (7, 32, 32, 3)).astype("uint8"), rng.integers(0, 4, 7)
before = np.maximum(np.asarray(network(pixels))[np.arange(7), labels], 1e-7)
losses = descend(network, pixels, labels, steps=3, learning_rate=0.01)
check_integer(len(losses), 3, what="the number of losses")
check_array(np.array(losses[:1]), np.array([-np.log(before).mean()]), **close, what="the loss before the first step")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_descend_weights", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every weight moves against its gradient, step by step
network = build_network(MaxPool)
network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
descend(network, images.x_train[:5], images.y_train[:5], steps=2, learning_rate=1.0)
bias = [0.1900, 0.1900, 0.1900, 0.1900, 0.1900, -0.1900, -0.1900, -0.1900, -0.1900, -0.1900]
check_array(network.get_weights()[-1], np.array(bias), rtol=0.01, atol=0.001, what="the last bias after two steps from zero")
### BEGIN HIDDEN TESTS
from course_lib import conv, conv_backward, max_pool, max_pool_backward, mixed_pool, mixed_pool_backward

def step(weights, shares, x, labels, rate):
    """One step of gradient descent in NumPy; the new kernels and biases, and shares if there are any."""
    (k1, b1), (k2, b2), (k3, b3) = weights
    a = conv(x / 255, k1, b1)
    h = mixed_pool(np.maximum(a, 0), share=shares[0]) if shares else max_pool(np.maximum(a, 0))
    b = conv(h, k2, b2)
    g = mixed_pool(np.maximum(b, 0), share=shares[1]) if shares else max_pool(np.maximum(b, 0))
    mean = g.mean(axis=(1, 2))
    z = np.exp(mean @ k3 + b3)
    dz = (z / z.sum(axis=1, keepdims=True) - np.eye(len(b3))[labels]) / len(x)
    dg = np.broadcast_to((dz @ k3.T)[:, None, None] / (g.shape[1] * g.shape[2]), g.shape)
    db, ds2 = back(dg, b, shares[1:])
    dh, dk2, db2 = conv_backward(db, h, k2, b2)
    da, ds1 = back(dh, a, shares[:1])
    _, dk1, db1 = conv_backward(da, x / 255, k1, b1)
    moved = [(k1 - rate * dk1, b1 - rate * db1), (k2 - rate * dk2, b2 - rate * db2),
             (k3 - rate * mean.T @ dz, b3 - rate * dz.sum(axis=0))]
    return moved, [share - rate * slope for share, slope in zip(shares, ds1 + ds2)]

def back(dy, a, share):
    """Through pooling and ReLU: the derivative by a, and by the shares."""
    x = np.maximum(a, 0)
    if not share:
        return max_pool_backward(dy, x) * (a > 0), []
    slope = dy * (mixed_pool(x, share=1.0) - mixed_pool(x, share=0.0))
    return mixed_pool_backward(dy, x, share=share[0]) * (a > 0), [slope.sum(axis=(0, 1, 2))]

for pool, classes, count, steps, rate in [(MixedPool, 3, 4, 3, 0.05), (MaxPool, 4, 6, 2, 0.2)]:
    network = build_network(pool, classes=classes)
    kernels = [rng.normal(0, 0.3, shape) for shape in [(3, 3, 3, 8), (3, 3, 8, 16), (16, classes)]]
    biases = [rng.normal(0.2, 0.1, size) for size in (8, 16, classes)]
    weights, shares = list(zip(kernels, biases)), [] if pool.__name__ == "MaxPool" else [rng.random(8), rng.random(16)]
    x, labels = rng.integers(0, 256, (count, 32, 32, 3)).astype("uint8"), rng.integers(0, classes, count)
    network.set_weights([np.asarray(one, "float32") for one in
                         [*weights[0], *shares[:1], *weights[1], *shares[1:], *weights[2]]])
    descend(network, x, labels, steps=steps, learning_rate=rate)
    for _ in range(steps):
        weights, shares = step(weights, shares, x, labels, rate)
    expected = [*weights[0], *shares[:1], *weights[1], *shares[1:], *weights[2]]
    for number, (found, one) in enumerate(zip(network.get_weights(), expected)):
        check_array(found, one, rtol=1e-2, atol=1e-3, what=f"weight {number} of build_network({pool.__name__}) after {steps} steps")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "train_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 7. `train`
#
# In practice, batches are small and drawn at random, steps adapt to the slopes, and Keras keeps the loop. Now use
# it: build the network, and train it with Adam (learning rate 0.01), batches of 32 in a fresh random order in each
# epoch, and the same loss as above. Return the network and the list of the training losses, one for each epoch.
#
# Where numbers are drawn, the same **seed** must give the same result: call `keras.utils.set_random_seed(seed)`
# before anything random happens, and the initial weights and the batches follow from it. Two runs with the same
# seed agree (up to rounding), two runs with different seeds do not, and only several seeds together tell whether
# one network is better than another.
#
# **Hints.** (1) The first weights are drawn when the network is built. (2) `compile(optimizer, loss)`, then `fit`;
# `verbose=0` spares you the printing. (3) `fit` returns a history; its dictionary has one entry for the losses.

# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(pool, pixels, labels, seed, epochs=2, classes=10):
    """A trained network and its loss in each epoch: `(network, [loss, ...])`.

    >>> network, losses = train(MaxPool, images.x_train[:64], images.y_train[:64], seed=3, epochs=2)
    >>> len(losses), network.count_params()
    (2, 1562)
    >>> again, _ = train(MaxPool, images.x_train[:64], images.y_train[:64], seed=3, epochs=2)
    >>> np.allclose(again.get_weights()[0], network.get_weights()[0], atol=1e-3)
    True
    """
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    network = build_network(pool, classes)
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    history = network.fit(pixels, labels, batch_size=32, epochs=epochs, verbose=0)
    return network, [float(loss) for loss in history.history["loss"]]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_train_seed", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the same seed gives the same network, another seed another
pixels, labels = images.x_train[:64], images.y_train[:64]
network, losses = train(MaxPool, pixels, labels, seed=5, epochs=1)
again, losses_again = train(MaxPool, pixels, labels, seed=5, epochs=1)
check_array(np.array(losses_again), np.array(losses), **close, what="the losses of a second run with the same seed")
for first, second in zip(network.get_weights(), again.get_weights()):
    check_array(second, first, rtol=0.01, atol=0.001, what="a weight after a second run with the same seed")
### BEGIN HIDDEN TESTS
other, _ = train(MaxPool, pixels, labels, seed=int(rng.integers(6, 1000)), epochs=1, classes=10)
for first, second in zip(network.get_weights()[::2], other.get_weights()[::2]):
    if np.allclose(second, first, rtol=0.01, atol=0.001):
        raise Mismatch("Two different seeds gave the same network.")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_train_learns", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the network that comes back has learnt from all the epochs
dark, light = np.zeros((32, 32, 32, 3), "uint8"), np.full((32, 32, 32, 3), 255, "uint8")
pixels, labels = np.concatenate([dark, light]), np.repeat([0, 1], 32)
network, losses = train(MaxPool, pixels, labels, seed=0, epochs=5, classes=2)
check_integer(len(losses), 5, what="the number of losses")
assert losses[-1] < losses[0], f"the losses do not fall: {losses}"
### BEGIN HIDDEN TESTS
noise = rng.integers(0, 40, (96, 32, 32, 3)).astype("uint8")
labels = rng.permutation(96) % 2
pixels = np.where(labels[:, None, None, None] == 1, 255 - noise, noise).astype("uint8")
network, losses = train(MixedPool, pixels, labels, seed=int(rng.integers(1000)), epochs=6, classes=2)
chosen = np.asarray(network(pixels))[np.arange(96), labels]
after = float(-np.log(np.maximum(chosen, 1e-7)).mean())
shapes, expected = ([np.shape(weight) for weight in one.get_weights()] for one in [network, build_network(MixedPool, classes=2)])
assert shapes == expected, f"after training the weights have shapes {shapes}; those of the network are {expected}"
check_integer(len(losses), 6, what="the number of losses")
assert losses[-1] < 0.9 * losses[0], f"dark and light images were not told apart: the losses are {losses}"
assert after < 0.5 * (losses[0] + losses[-1]), f"the returned network's loss is {after:.3f}; those of the epochs were {losses}"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 8. In words
#
# Train the network with `MaxPool` and with `MixedPool` on the 600 images for ten epochs, with the same three seeds
# each, and measure the accuracy on the 200 test images. (In another notebook, or in a cell that you empty before
# handing in: it takes some minutes.) Report all six numbers, mean and standard deviation, and what the shares have
# become. Then say what you can conclude, why the seeds should be the same for both, and how you would find out
# whether a difference of one percentage point is real. Five to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_seeds", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# Accuracies on the 200 test images after ten epochs, seeds 0, 1, 2: something like 17, 21 and 19 % with MaxPool
# and 18, 20 and 22 % with MixedPool: means of 19 and 20 %, standard deviations of 2 points. The shares have moved
# from 0.5 by up to 0.2 in both directions. The difference between the means is smaller than the spread between seeds,
# so nothing can be concluded about which pooling is better; with 200 test images alone the standard error of a
# single accuracy is about 3 points. The same seeds give the same order of batches and the same initial kernels to
# both, so that their differences can be taken pair by pair and part of the luck cancels. For a difference of one
# point I would fix the comparison beforehand, run many more seeds in pairs, test on far more images, and report the
# mean of the paired differences with its confidence interval.
#
# ### BEGIN MARK SCHEME
# 1 point: six accuracies with mean and standard deviation, and what became of the shares. 1 point: the conclusion
# fits the numbers, comparing the difference with the spread between seeds. 1 point: same seeds, so that differences
# are paired and share their luck. 1 point: more seeds (or more test images) and a measure of uncertainty, decided
# before looking.
# ### END MARK SCHEME
