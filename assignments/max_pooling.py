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
# You write two functions: max pooling of a batch of images, and its gradient. About an hour.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type
# `course check max_pooling.ipynb` in a terminal: both run the visible tests. Behind every visible test there are
# hidden ones of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like. NumPy
# and Matplotlib are there; other libraries are not available where your notebook is graded.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import (
    case, check_arguments_kept, check_array, check_cases, check_dtype_kept, random_image, show_window,
)


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


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
# **Hints.** (1) Work out the number of windows along each axis first. (2) What is the largest value that can never
# win a maximum against a real number? (3) A loop over the cells *inside* the window is shorter and faster than one
# over the windows: the top left cells of all windows form a strided slice.

# %% nbgrader={"grade": false, "grade_id": "max_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d(x, pool_size, strides=None, padding="valid"):
    """Largest value in each window.

    x: array of shape (batch, rows, columns, channels).
    Returns an array of shape (batch, windows down, windows across, channels) and of the dtype of x.

    >>> max_pool2d(image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]]), 2)[0, :, :, 0]
    array([[3., 4.],
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
example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])
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
    for scale in [1.0, 0.01, 1e12]
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
for dtype in [np.float64, np.float32]:
    for padding in ["valid", "same"]:
        check_dtype_kept(max_pool2d, case(random_image(rng, 1, 6, 4, 1, dtype=dtype), 2, padding=padding))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone
check_array(max_pool2d(example, 2), image([[3, 4], [6, 1]]), what="max_pool2d(example, 2)")
check_arguments_kept(max_pool2d, case(example, 2))
### BEGIN HIDDEN TESTS
for padding in ["valid", "same"]:
    for pool_size in [2, 3, (2, 1)]:
        check_arguments_kept(max_pool2d, case(random_image(rng, 1, 6, 6, 1), pool_size, padding=padding))
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

    >>> max_pool2d_backward(np.ones((1, 1, 2, 1)), image([[3, 3, 0, 0], [3, 3, 1, 2]]), 2)[0, :, :, 0]
    array([[1., 0., 0., 0.],
           [0., 0., 0., 1.]])
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
    case(random_image(rng, 1, rows, columns, 1), distinct(1, k * rows, k * columns, 1), k)
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
])
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
])
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
for pool_size, padding, out in [(2, "valid", (3, 3)), (2, "same", (3, 3)), (3, "same", (2, 2))]:
    check_arguments_kept(max_pool2d_backward,
                         case(random_image(rng, 1, *out, 1), random_image(rng, 1, 6, 6, 1), pool_size, padding=padding))
### END HIDDEN TESTS
