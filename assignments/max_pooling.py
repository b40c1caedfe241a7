# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Max pooling
#     allow: [numpy, matplotlib]
#     call_seconds: 5
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Max pooling
#
# You write max pooling of a batch of images and its gradient, then find out where each maximum was and put the
# maxima back in their places. About two hours.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# max_pooling.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden ones of
# the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell can use what
# is defined above it. NumPy and Matplotlib are there; other libraries are not available where your notebook is
# graded.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`. Images hold floating-point
# numbers, and no window is larger than its image under `"valid"`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import (
    case, check_arguments_kept, check_array, check_cases, check_dtype_kept, part, random_image, show_maps,
    show_window,
)


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])
unlike = image([[1, 3, 2, -1], [0, -3, 5, 4], [-2, 7, 8, 9], [6, -4, 10, -5]])  # no two numbers alike

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
if "get_ipython" in globals():  # nobody looks where the notebook is graded
    show_maps(image=example, maxima=image([[3, 4], [6, 1]]), places=image([[1, 6], [12, 11]]))
    show_maps(gradient=image([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]),
              unpooled=image([[0, 3, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1], [6, 0, 0, 0]]))

# %% [markdown] nbgrader={"grade": false, "grade_id": "forward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand
#
# Cut the image into windows of two rows and two columns, and keep the largest number of each:
#
# ```
#  1  3 |  2 -1
#  3  0 |  4  4           3  4
# ------+------    -->
# -2  5 |  0  1           6  1
#  6  2 |  1  1
# ```
#
# ## 2. `max_pool2d`
#
# - `pool_size` is the height and width of the window: an integer, or a pair `(rows, columns)`.
# - `strides` is how far the window moves, down and to the right: an integer, a pair, or `None` for the window's own
#   size. With a stride smaller than the window, windows overlap; with a larger one, cells lie between windows.
# - `padding="valid"`: only windows that lie wholly inside the image. Along an axis of length $n$ with window $k$ and
#   stride $s$ there are $\lfloor (n-k)/s \rfloor + 1$ of them; rows and columns left over at the end are not used.
# - `padding="same"`: there are $\lceil n/s \rceil$ windows. If they do not fit, the image is extended by
#   $P=\max\left((\lceil n/s \rceil-1)\,s+k-n,\ 0\right)$ rows, $\lfloor P/2 \rfloor$ of them above and the rest below
#   (columns likewise, the odd one to the right). The extension holds no numbers: it never wins a maximum, also
#   where every number in the window is negative.
# - Each image of the batch and each channel is pooled by itself. The result has the dtype of `x`, and `x` keeps its
#   values.
#
# Write it with loops over the windows first; `show_maps(image=example, mine=max_pool2d(example, 2))` draws what you
# got. Then write it for all windows at once.
#
# **Hints.** (1) Work out the number of windows along each axis first. (2) What is the largest value that can never
# win a maximum against a real number? (3) A loop over the cells *inside* the window is shorter and faster than one
# over the windows: the top left cells of all windows form a strided slice.

# %% nbgrader={"grade": false, "grade_id": "max_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d(x, pool_size, strides=None, padding="valid"):
    """Largest value in each window.

    x: array of shape (batch, rows, columns, channels).
    Returns an array of shape (batch, windows down, windows across, channels) and of the dtype of x.

    >>> max_pool2d(example, 2)[0, :, :, 0]
    array([[3., 4.],
           [6., 1.]])
    >>> max_pool2d(example, 3, strides=2, padding="same")[0, :, :, 0]
    array([[5., 4.],
           [6., 1.]])
    """
    ### BEGIN SOLUTION
    pool, steps = _pair(pool_size), _pair(pool_size if strides is None else strides)
    counts, amounts = zip(*(_windows(*axis, padding) for axis in zip(x.shape[1:3], pool, steps)))
    padded = np.pad(x, ((0, 0), *amounts, (0, 0)), constant_values=-np.inf)
    y = np.full((len(x), *counts, x.shape[3]), -np.inf, x.dtype)
    for cell in _cells(padded, pool, steps, counts):
        np.maximum(y, cell, out=y)
    return y


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _windows(n, k, s, padding):
    """How many windows there are along an axis, and how many cells are added before and after it."""
    if padding == "valid":
        return (n - k) // s + 1, (0, 0)
    count = -(-n // s)
    total = max((count - 1) * s + k - n, 0)
    return count, (total // 2, total - total // 2)


def _cells(padded, pool, steps, counts):
    """For each cell of the window, row by row: that cell of all windows at once, as a view."""
    for i in range(pool[0]):
        for j in range(pool[1]):
            yield padded[:, i : i + steps[0] * counts[0] : steps[0], j : j + steps[1] * counts[1] : steps[1]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_max_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows side by side
check_array(max_pool2d(example, 2), image([[3, 4], [6, 1]]), what="max_pool2d(example, 2)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, k * rows, k * columns, 1, low=0), k)
    for k, rows, columns in [(2, 1, 2), (3, 2, 1), (1, 3, 4), (2, 4, 3), (4, 2, 2)]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_window_shape", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows that are not square, rows left over
check_array(max_pool2d(example, (1, 2)), image([[3, 2], [3, 4], [5, 1], [6, 1]]), what="max_pool2d(example, (1, 2))")
check_array(max_pool2d(example, 3), image([[5]]), what="max_pool2d(example, 3)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, 5, 7, 1, low=0), pool) for pool in [(2, 3), (3, 2), (1, 4), (5, 1), 2, 3, 4]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_strides", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: stride different from the window
check_array(max_pool2d(example, 2, strides=1), image([[3, 4, 4], [5, 5, 4], [6, 5, 1]]),
            what="max_pool2d(example, 2, strides=1)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0), pool, strides=strides)
    for rows, columns, pool, strides in [
        (4, 4, 2, 1), (5, 6, 2, (2, 1)), (6, 5, (2, 2), (1, 2)), (5, 7, (2, 3), (1, 2)), (7, 7, 2, 3),
        (7, 8, 3, 2), (8, 7, (3, 2), (2, 3)), (9, 6, 1, 4), (6, 9, 2, (4, 3)),
    ]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: same padding puts the extra row below and the extra column to the right
check_array(max_pool2d(example[:, :3, :3], 2, padding="same"), image([[3, 4], [5, 0]]),
            what='max_pool2d(example[:, :3, :3], 2, padding="same")')
check_array(max_pool2d(example, 3, strides=2, padding="same"), image([[5, 4], [6, 1]]),
            what='max_pool2d(example, 3, strides=2, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0), pool, strides=strides, padding="same")
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (3, 4, 2, 1), (4, 5, 3, 2), (5, 5, 2, 2), (5, 7, (2, 3), (1, 2)), (5, 7, (3, 2), (2, 3)),
        (7, 5, 4, 3), (6, 6, 3, 1), (7, 6, 2, 3), (8, 7, 1, 3), (9, 8, 5, (2, 4)),
    ]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_negative", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: negative values at the border
check_array(max_pool2d(-7 - example, 3, padding="same"), image([[-7, -6], [-5, -7]]),
            what='max_pool2d(-7 - example, 3, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(scale * random_image(rng, 1, rows, columns, 1, low=-30) - 10 * scale, pool, padding=padding)
    for scale in [1.0, 0.01, 1e12, 1e300]
    for rows, columns, pool, padding in [
        (2, 4, 2, "valid"), (4, 4, 3, "same"), (4, 7, 3, "same"), (7, 4, 3, "same"), (6, 6, 4, "same"),
    ]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart
pair = np.concatenate([example, -example], axis=3)
check_array(max_pool2d(pair, 2), np.concatenate([image([[3, 4], [6, 1]]), image([[0, 1], [2, 0]])], axis=3),
            what="max_pool2d(pair, 2)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool

check_cases(max_pool2d, max_pool, [
    case(random_image(rng, batch, 4, 6, channels, low=0), 2)
    for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2), (1, 4)]
], explain=show_window)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: dtype kept
check_dtype_kept(max_pool2d, case(example.astype(np.float32), 2))
### BEGIN HIDDEN TESTS
check_dtype_kept(max_pool2d, *[
    case(random_image(rng, 1, 6, 4, 1, dtype=dtype), 2, padding=padding)
    for dtype in [np.float64, np.float32] for padding in ["valid", "same"]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone
check_array(max_pool2d(example, 2), image([[3, 4], [6, 1]]), what="max_pool2d(example, 2)")
check_arguments_kept(max_pool2d, case(example, 2))
### BEGIN HIDDEN TESTS
check_arguments_kept(max_pool2d, *[
    case(random_image(rng, 1, 6, 6, 1), pool_size, padding=padding)
    for padding in ["valid", "same"] for pool_size in [2, 3, (2, 1)]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "backward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `max_pool2d_backward`
#
# A loss $L$ depends on the image only through $y=$ `max_pool2d(x, ...)`. Given `dy`, the derivative of $L$ by every
# number of `y`, find `dx`, the derivative by every number of `x`.
#
# Raise the largest cell of a window a little and the maximum rises as much; change any other cell a little and
# nothing happens. So each number of `dy` goes to *one* cell of its window, the one that won. Three things need care:
#
# - **Ties.** Where several cells of a window hold the maximum, the *first* one gets everything, reading the window row
#   by row. (Giving each of them everything would create gradient out of nothing.)
# - **Overlap.** A cell that wins in several windows receives from each of them: contributions add up.
# - **Shape.** `dx` has the shape of `x`, padding or not; cells that won nowhere get 0.
#
# With `dy` all ones, pool size 2:
#
# ```
#  1  3 |  2 -1           0  1  0  0
#  3  0 |  4  4           0  0  1  0
# ------+------    -->
# -2  5 |  0  1           0  0  0  1
#  6  2 |  1  1           1  0  0  0
# ```
#
# **Hints.** (1) Compute `y` again; a cell can only have won if it equals it. (2) Keep track of which windows have
# already found their winner while you walk over the cells of the window in row order. (3) Add into a padded `dx`
# through the same strided slices, and cut the padding off at the end.

# %% nbgrader={"grade": false, "grade_id": "max_pool2d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    """Gradient of `max_pool2d`: the derivative by x, given the derivative dy by its result.

    dy: array of the shape of max_pool2d(x, pool_size, strides, padding).
    Returns an array of the shape of x.

    >>> max_pool2d_backward(image([[5, 7]]), image([[3, 3, 0, 0], [3, 3, 1, 2]]), 2)[0, :, :, 0]
    array([[5., 0., 0., 0.],
           [0., 0., 0., 7.]])
    >>> max_pool2d_backward(image([[5, 7]]), image([[1, 9, 1]]), (1, 2), strides=1)[0, :, :, 0]
    array([[ 0., 12.,  0.]])
    """
    ### BEGIN SOLUTION
    pool, steps = _pair(pool_size), _pair(pool_size if strides is None else strides)
    counts, amounts = zip(*(_windows(*axis, padding) for axis in zip(x.shape[1:3], pool, steps)))
    edges = ((0, 0), *amounts, (0, 0))
    padded = np.pad(x, edges, constant_values=-np.inf)
    dx = np.zeros_like(padded)
    y, waiting = max_pool2d(x, pool_size, strides, padding), np.ones(dy.shape, bool)
    for cell, gradient in zip(_cells(padded, pool, steps, counts), _cells(dx, pool, steps, counts)):
        wins = waiting & (cell == y)
        gradient += np.where(wins, dy, 0)
        waiting &= ~wins
    return dx[:, edges[1][0] : edges[1][0] + x.shape[1], edges[2][0] : edges[2][0] + x.shape[2]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_backward_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the winner gets the gradient
check_array(
    max_pool2d_backward(image([[10, 20], [30, 40]]), image([[1, 3, 2, 0], [2, 0, 4, 1], [0, 5, 0, 1], [6, 2, 3, 2]]), 2),
    image([[0, 10, 0, 0], [0, 0, 20, 0], [0, 0, 0, 0], [30, 0, 40, 0]]))
### BEGIN HIDDEN TESTS
from course_lib import max_pool_backward

def distinct(*shape):
    """No two values alike, both signs: no ties anywhere."""
    return (rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) // 2).astype(float)

check_cases(max_pool2d_backward, max_pool_backward, [
    case(random_image(rng, 1, rows, columns, 1) / 8, distinct(1, k * rows, k * columns, 1), k)
    for k, rows, columns in [(2, 1, 2), (2, 2, 2), (3, 2, 1), (1, 3, 2), (2, 3, 4)]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_ties", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: ties go to the first cell
check_array(max_pool2d_backward(np.ones((1, 2, 2, 1)), example, 2),
            image([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]))
### BEGIN HIDDEN TESTS
from course_lib import max_pool_backward

check_cases(max_pool2d_backward, max_pool_backward, [
    case(1 + np.abs(random_image(rng, 1, rows, columns, 1)),
         rng.integers(low, low + 2, (1, k * rows, k * columns, 1)).astype(float), k)
    for low in [0, 3, -4]
    for k, rows, columns in [(2, 1, 1), (2, 2, 3), (3, 2, 2), (4, 1, 2)]
] + [case(1 + np.abs(random_image(rng, 1, 2, 2, 1)), 1 + 1e-6 * np.arange(16).reshape(1, 4, 4, 1), 2)])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_overlap", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: overlapping windows add up
check_array(max_pool2d_backward(np.ones((1, 2, 2, 1)), image([[0, 1, 2], [3, 9, 4], [5, 6, 7]]), 2, strides=1),
            image([[0, 0, 0], [0, 4, 0], [0, 0, 0]]))
### BEGIN HIDDEN TESTS
from course_lib import max_pool, max_pool_backward

def overlapping(rows, columns, pool, strides):
    x = rng.permutation(rows * columns).reshape(1, rows, columns, 1) - rows * columns / 2
    return case(random_image(rng, *max_pool(x, pool, strides).shape), x, pool, strides)

check_cases(max_pool2d_backward, max_pool_backward, [
    overlapping(*geometry) for geometry in [
        (3, 3, 2, 1), (4, 3, (3, 2), 1), (4, 6, 2, (1, 2)), (5, 5, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, (4, 2), (3, 1)),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_edges", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: padding, gaps between windows and rows left over
check_array(
    max_pool2d_backward(np.ones((1, 2, 2, 1)), -1 - image([[0, 1, 2], [3, 9, 4], [5, 6, 7]]), 2, padding="same"),
    image([[1, 0, 1], [0, 0, 0], [1, 0, 1]]))
### BEGIN HIDDEN TESTS
from course_lib import max_pool, max_pool_backward

def bordered(rows, columns, pool, strides, padding):
    x = -1.0 - rng.permutation(rows * columns).reshape(1, rows, columns, 1)
    return case(random_image(rng, *max_pool(x, pool, strides, padding).shape), x, pool, strides, padding)

check_cases(max_pool2d_backward, max_pool_backward, [
    bordered(*geometry) for geometry in [
        (3, 3, 2, None, "same"), (4, 4, 3, None, "same"), (5, 5, 4, None, "same"), (5, 7, (2, 3), None, "same"),
        (7, 5, (3, 2), (4, 3), "same"), (5, 6, 2, None, "valid"), (7, 7, 2, 3, "valid"), (6, 8, (2, 3), (4, 3), "valid"),
        (7, 6, 1, 3, "same"),
    ]
] + [case(image([[2]]), image([[-3]]), 3, padding="same")])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the gradient
check_array(
    max_pool2d_backward(
        np.ones((1, 1, 1, 2)), np.concatenate([image([[1, 2], [3, 4]]), image([[8, 7], [6, 5]])], axis=3), 2),
    np.concatenate([image([[0, 0], [0, 1]]), image([[1, 0], [0, 0]])], axis=3))
### BEGIN HIDDEN TESTS
from course_lib import max_pool_backward

def shuffled(batch, channels):
    return rng.permutation(batch * 24 * channels).reshape(batch, 4, 6, channels) - 20.0

check_cases(max_pool2d_backward, max_pool_backward, [
    case(random_image(rng, batch, 2, 3, channels), shuffled(batch, channels), 2)
    for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2)]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input and incoming gradient left alone
check_array(
    max_pool2d_backward(np.ones((1, 2, 2, 1)), image([[1, 2, 3, 4], [5, 6, 7, 8], [1, 3, 2, 4], [0, 5, 1, 6]]), 2),
    image([[0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 0, 1]]))
check_arguments_kept(max_pool2d_backward, case(np.ones((1, 2, 2, 1)), example, 2))
### BEGIN HIDDEN TESTS
check_arguments_kept(max_pool2d_backward, *[
    case(random_image(rng, 1, *out, 1), random_image(rng, 1, 6, 6, 1), pool_size, padding=padding)
    for pool_size, padding, out in [(2, "valid", (3, 3)), (2, "same", (3, 3)), (3, "same", (2, 2))]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "argmax_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `max_pool2d_with_argmax`
#
# Now say not only how large each maximum is but also *where it was*. The answer is one whole number for each window:
# the row and the column of the winning cell **in the image** (not in its window, and not in a padded image), counted
# row by row, $\text{row}\cdot W+\text{column}$ for an image of $W$ columns. Each image and channel has its own
# numbers, starting from 0. Among ties the first cell counts, as in the gradient. By hand:
#
# ```
#  0  1 |  2  3           1  3 |  2 -1
#  4  5 |  6  7           3  0 |  4  4           3  4            1   6
# ------+------          ------+------    -->          and
#  8  9 | 10 11          -2  5 |  0  1           6  1           12  11
# 12 13 | 14 15           6  2 |  1  1
# the numbers of the cells   the image          maxima        their places
# ```
#
# The places are an array of integers of the same shape as the maxima.
#
# **Hints.** (1) Whatever finds the winner of a window knows its row and column there; the window's first row and
# column are known, too. (2) Under "same" a window may begin above or left of the image: subtract the padding. (3)
# An image whose cells hold their own numbers, cut into the same windows, tells the place of the winner directly.

# %% nbgrader={"grade": false, "grade_id": "max_pool2d_with_argmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    """The maxima and where they were: `(y, index)`, both of shape (batch, windows down, windows across, channels).

    y: as `max_pool2d`. index: integers, row * columns + column of the first cell of x that holds the maximum.

    >>> y, index = max_pool2d_with_argmax(example, 2)
    >>> index[0, :, :, 0]
    array([[ 1,  6],
           [12, 11]])
    >>> max_pool2d_with_argmax(example[:, :3, :3], 2, padding="same")[1][0, :, :, 0]
    array([[1, 5],
           [7, 8]])
    """
    ### BEGIN SOLUTION
    pool, steps = _pair(pool_size), _pair(pool_size if strides is None else strides)
    counts, amounts = zip(*(_windows(*axis, padding) for axis in zip(x.shape[1:3], pool, steps)))
    edges = ((0, 0), *amounts, (0, 0))
    padded = np.pad(x, edges, constant_values=-np.inf)
    numbers = np.pad(np.arange(x.shape[1] * x.shape[2]).reshape(1, x.shape[1], x.shape[2], 1), edges)
    y = max_pool2d(x, pool_size, strides, padding)
    index, waiting = np.zeros(y.shape, int), np.ones(y.shape, bool)
    for cell, number in zip(_cells(padded, pool, steps, counts), _cells(numbers, pool, steps, counts)):
        wins = waiting & (cell == y)
        index += wins * number
        waiting &= ~wins
    return y, index
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_argmax_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the place in the image, not in the window
check_array(part(max_pool2d_with_argmax, 0)(unlike, 2), image([[3, 5], [7, 10]]), what="the maxima")
check_array(part(max_pool2d_with_argmax, 1)(unlike, 2), image([[1, 6], [9, 14]]).astype(int), what="the places")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax

def shuffled(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - 5.0

check_cases(max_pool2d_with_argmax, max_pool_argmax, [
    case(shuffled(1, rows, columns, 1), pool)
    for rows, columns, pool in [(2, 4, 2), (4, 2, 2), (3, 6, 3), (5, 7, (2, 3)), (7, 5, (4, 1))]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_argmax_ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: among ties the first place
check_array(part(max_pool2d_with_argmax, 1)(image([[3, 3, 0, 0], [3, 3, 2, 2]]), 2), image([[0, 6]]).astype(int),
            what="the places")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax

check_cases(part(max_pool2d_with_argmax, 1), part(max_pool_argmax, 1), [
    case(rng.integers(low, low + 2, (1, k * rows, k * columns, 1)).astype(float), k)
    for low in [0, 3, -4]
    for k, rows, columns in [(2, 1, 1), (2, 2, 3), (3, 2, 2), (4, 1, 2)]
] + [case(1 + 1e-6 * np.arange(16).reshape(1, 4, 4, 1), 2)])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_argmax_strides", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the place where windows overlap or leave gaps
check_array(part(max_pool2d_with_argmax, 1)(unlike, 2, strides=1), image([[1, 6, 6], [9, 10, 11], [9, 14, 14]]).astype(int),
            what="the places in max_pool2d_with_argmax(unlike, 2, strides=1)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax

def shuffled(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) + 1.0

check_cases(part(max_pool2d_with_argmax, 1), part(max_pool_argmax, 1), [
    case(shuffled(1, rows, columns, 1), pool, strides=strides)
    for rows, columns, pool, strides in [
        (4, 4, 2, 1), (5, 6, 2, (2, 1)), (5, 7, (2, 3), (1, 2)), (7, 7, 2, 3), (8, 7, (3, 2), (2, 3)), (6, 9, 2, (4, 3)),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_argmax_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the place does not count the padding
check_array(part(max_pool2d_with_argmax, 1)(-7 - unlike, 3, padding="same"), image([[5, 3], [13, 15]]).astype(int),
            what='the places in max_pool2d_with_argmax(-7 - unlike, 3, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax

def shuffled(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - 5.0

check_cases(max_pool2d_with_argmax, max_pool_argmax, [
    case(shuffled(1, rows, columns, 1) - 50, pool, strides=strides, padding="same")
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (4, 4, 3, 2), (4, 5, 3, None), (5, 7, (2, 3), (1, 2)), (7, 5, 4, 3), (7, 6, 2, 3), (9, 8, 5, (2, 4)),
    ]
] + [case(image([[-3]]), 3, padding="same")])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_argmax_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: each image and channel has its own places, from 0
pair = np.concatenate([unlike, -unlike], axis=3)
check_array(part(max_pool2d_with_argmax, 1)(pair, 2),
            np.concatenate([image([[1, 6], [9, 14]]), image([[5, 3], [13, 15]])], axis=3).astype(int), what="the places")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax

def shuffled(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - 5.0

check_cases(part(max_pool2d_with_argmax, 1), part(max_pool_argmax, 1), [
    case(shuffled(batch, 4, 6, channels), 2) for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2), (1, 4)]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "unpool_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `max_unpool2d`
#
# With the places the maxima can be put back: each value of `y` goes to its place in an image of `output_shape =
# (rows, columns)`, and all other cells are 0. That is how decoders of segmentation networks and pictures of what a
# network has seen undo max pooling, as far as it can be undone.
#
# ```
# 3  4            1   6             0  3  0  0
#       at                   -->    0  0  4  0
# 6  1           12  11             0  0  0  1
#                                   6  0  0  0
# ```
#
# Images and channels stay apart, and the result has the dtype of `y`. Where windows had overlapped, a place may occur
# several times; it then comes with the same value each time, which is written there **once**, not added up.
#
# **Hints.** (1) Rows and columns as one axis make the place a plain index. (2) Arrays of integers can stand as
# indices on the left of an assignment, one for each axis: the images' numbers and the channels' then have to
# broadcast with `index`. (3) Reshape `y` and `index` to `(batch, windows, channels)`, assign into zeros of shape
# `(batch, rows * columns, channels)`, and reshape at the end.

# %% nbgrader={"grade": false, "grade_id": "max_unpool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_unpool2d(y, index, output_shape):
    """Each value at its place, zeros elsewhere: shape (batch, rows, columns, channels).

    y, index: as `max_pool2d_with_argmax` returns them. output_shape: (rows, columns).

    >>> max_unpool2d(image([[3, 4], [6, 1]]), np.array([[1, 6], [12, 11]]).reshape(1, 2, 2, 1), (4, 4))[0, :, :, 0]
    array([[0., 3., 0., 0.],
           [0., 0., 4., 0.],
           [0., 0., 0., 1.],
           [6., 0., 0., 0.]])
    >>> max_unpool2d(image([[-9, -9]]), np.array([[1, 1]]).reshape(1, 1, 2, 1), (1, 3))[0, :, :, 0]
    array([[ 0., -9.,  0.]])
    """
    ### BEGIN SOLUTION
    batch, channels = len(y), y.shape[3]
    flat = np.zeros((batch, output_shape[0] * output_shape[1], channels), y.dtype)
    places = index.reshape(batch, -1, channels)
    flat[np.arange(batch)[:, None, None], places, np.arange(channels)] = y.reshape(places.shape)
    return flat.reshape(batch, *output_shape, channels)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_unpool_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every maximum back in its place
check_array(max_unpool2d(image([[3, 4], [6, 1]]), image([[1, 6], [12, 11]]).astype(int), (4, 4)),
            image([[0, 3, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1], [6, 0, 0, 0]]), what="max_unpool2d of the example")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax, max_unpool

def pooled(x, *geometry, **options):
    return case(*max_pool_argmax(x, *geometry, **options), x.shape[1:3])

check_cases(max_unpool2d, max_unpool, [
    pooled(random_image(rng, 1, rows, columns, 1) / 8, pool)
    for rows, columns, pool in [(2, 2, 2), (2, 4, 2), (3, 6, 3), (6, 4, 2), (6, 6, (3, 2))]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_unpool_shape", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the shape is the one asked for, with rows left over and gaps
check_array(max_unpool2d(image([[4, 7]]), image([[0, 7]]).astype(int), (3, 5)),
            image([[4, 0, 0, 0, 0], [0, 0, 7, 0, 0], [0, 0, 0, 0, 0]]), what="max_unpool2d into (3, 5)")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax, max_unpool

def pooled(x, *geometry, **options):
    return case(*max_pool_argmax(x, *geometry, **options), x.shape[1:3])

check_cases(max_unpool2d, max_unpool, [
    pooled(random_image(rng, 1, rows, columns, 1), pool, strides=strides, padding=padding)
    for rows, columns, pool, strides, padding in [
        (5, 7, 2, None, "valid"), (7, 5, (3, 2), None, "valid"), (7, 7, 2, 3, "valid"), (3, 5, 2, None, "same"),
        (7, 4, 3, None, "same"), (1, 6, (1, 2), (1, 3), "valid"),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_unpool_overlap", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a place that occurs twice is written once
check_array(max_unpool2d(image([[9, 9], [9, 9]]), image([[4, 4], [4, 4]]).astype(int), (3, 3)),
            image([[0, 0, 0], [0, 9, 0], [0, 0, 0]]), what="four windows with the same winner")
check_array(max_unpool2d(image([[-2, -2]]), image([[1, 1]]).astype(int), (1, 3)), image([[0, -2, 0]]), what="a negative maximum")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax, max_unpool

def pooled(x, *geometry, **options):
    return case(*max_pool_argmax(x, *geometry, **options), x.shape[1:3])

check_cases(max_unpool2d, max_unpool, [
    pooled(random_image(rng, 1, rows, columns, 1) - shift, pool, strides=strides, padding=padding)
    for shift in [0, 20]
    for rows, columns, pool, strides, padding in [
        (3, 3, 2, 1, "valid"), (4, 5, 3, 1, "same"), (5, 6, (2, 3), (1, 2), "valid"), (6, 5, 3, 2, "same"),
    ]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_unpool_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: images and channels stay apart
check_array(max_unpool2d(np.array([[[[5.0, 6.0]]], [[[7.0, 8.0]]]]), np.array([[[[0, 3]]], [[[1, 2]]]]), (2, 2)),
            np.array([[[[5.0, 0], [0, 0]], [[0, 0], [0, 6]]], [[[0, 0], [7, 0]], [[0, 8], [0, 0]]]]),
            what="max_unpool2d of two images with two channels")
### BEGIN HIDDEN TESTS
from course_lib import max_pool_argmax, max_unpool

def pooled(x, *geometry, **options):
    return case(*max_pool_argmax(x, *geometry, **options), x.shape[1:3])

check_cases(max_unpool2d, max_unpool, [
    pooled(random_image(rng, batch, 4, 6, channels), 2) for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2), (1, 4)]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_places_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: image, maxima and places left alone, dtype kept
check_arguments_kept(max_pool2d_with_argmax, case(example, 2))
check_arguments_kept(max_unpool2d, case(image([[3, 4], [6, 1]]), image([[1, 6], [12, 11]]).astype(int), (4, 4)))
check_dtype_kept(max_unpool2d, case(image([[3, 4]]).astype(np.float32), image([[1, 2]]).astype(int), (2, 2)))
### BEGIN HIDDEN TESTS
images = [random_image(rng, 1, 5, 4, 2, dtype=dtype) for dtype in [np.float64, np.float32]]
poolings = [case(x, 2, padding=padding) for x in images for padding in ["valid", "same"]]
check_arguments_kept(max_pool2d_with_argmax, *poolings)
check_dtype_kept(part(max_pool2d_with_argmax, 0), *poolings)
unpoolings = [case(x[:, :2, :2], rng.permutation(20)[:8].reshape(1, 2, 2, 2), (5, 4)) for x in images]
check_arguments_kept(max_unpool2d, *unpoolings)
check_dtype_kept(max_unpool2d, *unpoolings)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. In words
#
# A colleague pads with zeros before max pooling, gives the gradient to *every* tied cell, and says that neither
# matters, since a ReLU stands in front of the pooling. Decide for each of the two whether that is right; give a window
# of numbers as an example where it is, or is not. Then say what of an image is still known after 2×2 max pooling with
# the places kept, and what is lost; and whether pooling the unpooled map again gives the same maxima, also where they
# are negative. Five to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_zeros", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# After a ReLU no number is negative, so a zero in the padding can tie with the maximum but never beat it: the values
# of zero padding are right there, and wrong as soon as the ReLU is moved behind the pooling or left out, e.g. the window
# [-3, -1] at a border gives 0 instead of -1. The gradient is another matter: after a ReLU, windows of four zeros are
# common, and four full gradients come out of one (dy = 1 for [[0, 0], [0, 0]] gives a sum of 4 instead of 1). The
# ReLU's own gradient at 0 would stop them if it is taken as 0, but ties of positive numbers, such as [[3, 3], [1, 2]],
# are paid twice all the same: gradient is made out of nothing. With the places kept we know one number of each four
# exactly, with its position, and that the other three are not larger; their values are lost. Pooling the unpooled map
# again gives the same maxima where they are not negative; a negative maximum loses against the zeros around it.
#
# ### BEGIN MARK SCHEME
# 1 point: zero padding is harmless after a ReLU and wrong for negative numbers, with an example. 1 point: paying every
# tie is wrong, with an example of ties that survive a ReLU (or: zeros, unless ReLU's gradient at 0 is 0). 1 point: value
# and position of each maximum are known and bound the others, whose values are lost. 1 point: the same maxima again
# unless they are negative, because of the zeros.
# ### END MARK SCHEME
