# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Average pooling and its relatives
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Average pooling and its relatives
#
# You write average pooling, minimum pooling and weighted pooling of a batch of images, each with its
# gradient. About two hours; if you have done the assignment on max pooling, you may bring your helper
# functions along.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# average_pooling.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden
# ones of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell
# can use what is defined above it. NumPy and Matplotlib are there; other libraries are not available where
# your notebook is graded.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import (
    case, check_arguments_kept, check_array, check_cases, check_dtype_kept, random_image, show_maps, show_window,
)


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
if "get_ipython" in globals():  # nobody looks where the notebook is graded
    show_maps(image=example, average=image([[1.75, 2.25], [2.75, 0.75]]), minimum=image([[0, -1], [-2, 0]]),
              weighted=image([[1.8, 1.8], [1, 0.4]]))
    show_maps(gradient_of_the_average=image([[0.25] * 4] * 4),
              of_the_minimum=image([[0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]),
              of_the_weighted=image([[0.6, 0.2, 0.6, 0.2], [0.2, 0, 0.2, 0]] * 2))

# %% [markdown] nbgrader={"grade": false, "grade_id": "average_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand
#
# Cut the image into windows of two rows and two columns, and write down the mean of each:
#
# ```
#  1  3 |  2 -1
#  3  0 |  4  4           7/4   9/4           1.75  2.25
# ------+------    -->                   =
# -2  5 |  0  1          11/4   3/4           2.75  0.75
#  6  2 |  1  1
# ```
#
# ## 2. `average_pool2d`
#
# Windows fall as in all poolings of this course:
#
# - `pool_size` is the height and width of the window, `strides` how far it moves, down and to the right: an
#   integer or a pair `(rows, columns)`; `strides=None` stands for the window's own size.
# - `padding="valid"`: only windows that lie wholly inside the image, $\lfloor (n-k)/s \rfloor + 1$ along an
#   axis of length $n$ with window $k$ and stride $s$.
# - `padding="same"`: $\lceil n/s \rceil$ windows. If they do not fit, the image is extended by
#   $P=\max\left((\lceil n/s \rceil-1)\,s+k-n,\ 0\right)$ rows, $\lfloor P/2 \rfloor$ of them above and the
#   rest below (columns likewise, the odd one to the right).
#
# The extension holds no numbers: **a window at the border is averaged over its real cells only**. So the
# average of a constant image is that constant everywhere, also at the border:
#
# ```
# 4 4 4         4 4 | 4 .               4 4 | 4
# 4 4 4   -->   4 4 | 4 .     means     ----+--     not 4 2
# 4 4 4         ----+----               4 4 | 4         2 1
#               4 4 | 4 .
#               . . | . .
# ```
#
# - Each image of the batch and each channel is pooled by itself, and `x` keeps its values.
# - The result has the dtype of `x` where that is a floating one. Means of whole numbers are seldom whole: for
#   an image of integers the result is `float64`.
#
# Write it with loops over the windows first, then for all windows at once.
#
# **Hints.** (1) A mean is a sum divided by a count; find both. (2) Zeros do no harm in a sum: pad with zeros,
# and pool an image of ones padded in the same way to count the real cells. (3) Add up the cells of the window
# one by one: each, for all windows, is a strided slice of the padded image; start from zeros of a floating
# dtype, so that small integers do not overflow.

# %% nbgrader={"grade": false, "grade_id": "average_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_pool2d(x, pool_size, strides=None, padding="valid"):
    """Mean of the real cells of each window.

    x: array of shape (batch, rows, columns, channels).
    Returns an array of shape (batch, windows down, windows across, channels): floats as in x, else float64.

    >>> average_pool2d(example, 2)[0, :, :, 0]
    array([[1.75, 2.25],
           [2.75, 0.75]])
    >>> average_pool2d(example, 3, padding="same")[0, :, :, 0]
    array([[1.75, 2.25],
           [2.75, 0.75]])
    """
    ### BEGIN SOLUTION
    return _weigh(x, np.ones(_pair(pool_size)), strides, padding)


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _walk(x, pool, strides, padding):
    """For each cell of the window: the outputs whose cell there is real, and those cells, as indices. And the shape."""
    spans, counts = [], []
    for n, k, s in zip(x.shape[1:3], pool, pool if strides is None else _pair(strides)):
        count = (n - k) // s + 1 if padding == "valid" else -(-n // s)
        before = 0 if padding == "valid" else max((count - 1) * s + k - n, 0) // 2
        rows = []
        for cell in range(k):
            starts = [o * s + cell - before for o in range(count)]
            rows.append(([o for o in range(count) if 0 <= starts[o] < n], [h for h in starts if 0 <= h < n]))
        spans.append(rows)
        counts.append(count)
    cells = [
        ((i, j), np.ix_(range(len(x)), rows[0], columns[0]), np.ix_(range(len(x)), rows[1], columns[1]))
        for i, rows in enumerate(spans[0])
        for j, columns in enumerate(spans[1])
    ]
    return cells, (len(x), *counts, x.shape[3])


def _float(x):
    return x.dtype if x.dtype.kind == "f" else np.dtype(float)


def _weigh(x, weights, strides, padding):
    cells, shape = _walk(x, weights.shape, strides, padding)
    y, total = np.zeros(shape), np.zeros(shape)
    for cell, outputs, inputs in cells:
        y[outputs] += weights[cell] * x[inputs]
        total[outputs] += weights[cell]
    return (y / total).astype(_float(x))


def _weigh_backward(dy, x, weights, strides, padding):
    cells, shape = _walk(x, weights.shape, strides, padding)
    dx, total = np.zeros(x.shape), np.zeros(shape)
    for cell, outputs, _ in cells:
        total[outputs] += weights[cell]
    for cell, outputs, inputs in cells:
        dx[inputs] += weights[cell] * dy[outputs] / total[outputs]
    return dx.astype(_float(x))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_average_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows side by side
check_array(average_pool2d(example, 2), image([[1.75, 2.25], [2.75, 0.75]]), **close, what="average_pool2d(example, 2)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(random_image(rng, 1, k * rows, k * columns, 1), k)
    for k, rows, columns in [(2, 1, 2), (3, 2, 1), (1, 3, 4), (2, 4, 3), (4, 2, 2)]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_window_shape", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows that are not square, rows left over
check_array(average_pool2d(example, (1, 2)), image([[2, 0.5], [1.5, 4], [1.5, 0.5], [4, 1]]), **close,
            what="average_pool2d(example, (1, 2))")
check_array(average_pool2d(example, 3), image([[16 / 9]]), **close, what="average_pool2d(example, 3)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(random_image(rng, 1, 5, 7, 1), pool) for pool in [(2, 3), (3, 2), (1, 4), (5, 1), 2, 3, 4]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_strides", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: stride different from the window
check_array(average_pool2d(example, 2, strides=1), image([[1.75, 2.25, 2.25], [1.5, 2.25, 2.25], [2.75, 2, 0.75]]), **close,
            what="average_pool2d(example, 2, strides=1)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides=strides)
    for rows, columns, pool, strides in [
        (4, 4, 2, 1), (5, 6, 2, (2, 1)), (6, 5, (2, 2), (1, 2)), (5, 7, (2, 3), (1, 2)), (7, 7, 2, 3),
        (7, 8, 3, 2), (8, 7, (3, 2), (2, 3)), (9, 6, 1, 4), (6, 9, 2, (4, 3)),
    ]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: same padding puts the extra row below and the extra column to the right
check_array(average_pool2d(example[:, :3, :3], 2, padding="same"), image([[1.75, 3], [1.5, 0]]), **close,
            what='average_pool2d(example[:, :3, :3], 2, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides=strides, padding="same")
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (3, 4, 2, 1), (4, 5, 3, 2), (5, 5, 2, 2), (5, 7, (2, 3), (1, 2)), (5, 7, (3, 2), (2, 3)),
        (7, 5, 4, 3), (6, 6, 3, 1), (7, 6, 2, 3), (8, 7, 1, 3), (9, 8, 5, (2, 4)),
    ]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, only real cells are counted
check_array(average_pool2d(np.full((1, 3, 3, 1), 4.0), 2, padding="same"), image([[4, 4], [4, 4]]), **close,
            what='average_pool2d(np.full((1, 3, 3, 1), 4.0), 2, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(np.full((1, rows, columns, 1), rng.normal(5)), pool, strides, "same")
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (4, 4, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, 4, 3), (6, 6, 3, 1), (2, 2, 5, 1),
    ]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart
pair = np.concatenate([example, -10 * example], axis=3)
check_array(average_pool2d(pair, 2), np.concatenate([image([[1.75, 2.25], [2.75, 0.75]]), image([[-17.5, -22.5], [-27.5, -7.5]])],
            axis=3), **close, what="average_pool2d(pair, 2)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_cases(average_pool2d, average_pool, [
    case(random_image(rng, batch, 4, 6, channels), 2) for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2), (1, 4)]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_dtype", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: floats stay what they are, integers become float64
check_dtype_kept(average_pool2d, case(example.astype(np.float32), 2))
check_array(average_pool2d(example.astype(int), 2), image([[1.75, 2.25], [2.75, 0.75]]),
            what="average_pool2d(example.astype(int), 2)")
assert average_pool2d(example.astype(int), 2).dtype == np.float64, "The average of integers should be float64."
### BEGIN HIDDEN TESTS
from course_lib import average_pool

check_dtype_kept(average_pool2d, *[
    case(random_image(rng, 1, 5, 4, 1, dtype=dtype), 2, padding=padding)
    for dtype in [np.float64, np.float32] for padding in ["valid", "same"]
])
check_cases(average_pool2d, average_pool, [
    case(rng.integers(low, 120, (1, 4, 6, 1)).astype(dtype), 2)
    for dtype, low in [(np.int64, -120), (np.int32, -120), (np.uint8, 100)]
], **close)
check_array(average_pool2d(np.full((1, 2, 2, 1), 3), 2).astype(np.float64), image([[3]]))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone
check_array(average_pool2d(example, 2), image([[1.75, 2.25], [2.75, 0.75]]), **close, what="average_pool2d(example, 2)")
check_arguments_kept(average_pool2d, case(example, 2))
### BEGIN HIDDEN TESTS
check_arguments_kept(average_pool2d, *[
    case(random_image(rng, 1, 6, 6, 1), pool_size, padding=padding)
    for padding in ["valid", "same"] for pool_size in [2, 3, (2, 1)]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "average_backward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `average_pool2d_backward`
#
# A loss $L$ depends on the image only through $y=$ `average_pool2d(x, ...)`. Given `dy`, the derivative of
# $L$ by every number of $y$, return `dx`, the derivative by every number of `x`. Raise one cell of a window
# of $m$ real cells by a little: the mean rises by that little divided by $m$. So **each real cell of a window
# receives `dy / m`**; where windows overlap, contributions add up; what no window touches gets 0; `dx` has
# the shape of `x`. At the border $m$ is smaller and the share larger. A 3×3 image, pool size 2, "same", `dy`
# all ones:
#
# ```
# .25 .25 | .5
# .25 .25 | .5
# --------+---
# .5  .5  | 1
# ```
#
# **Hints.** (1) The values of `x` do not matter, only its shape. (2) Divide `dy` by the counts first. (3)
# Walk over the cells of the window as in the forward function, but add to the strided slice instead of
# reading it.

# %% nbgrader={"grade": false, "grade_id": "average_pool2d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    """Gradient of `average_pool2d`: the derivative by x, given the derivative dy by its result. Shape of x.

    >>> average_pool2d_backward(image([[4, 8]]), image([[1, 3, 2, -1], [3, 0, 4, 4]]), 2)[0, :, :, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """
    ### BEGIN SOLUTION
    return _weigh_backward(dy, x, np.ones(_pair(pool_size)), strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_average_backward_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every cell of a window gets an equal share
check_array(average_pool2d_backward(image([[4, 8]]), example[:, :2], 2), image([[1, 1, 2, 2], [1, 1, 2, 2]]), **close,
            what="average_pool2d_backward(image([[4, 8]]), example[:, :2], 2)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool_backward

check_cases(average_pool2d_backward, average_pool_backward, [
    case(random_image(rng, 1, rows, columns, 1), random_image(rng, 1, k * rows, m * columns, 1), (k, m))
    for k, m, rows, columns in [(2, 2, 1, 2), (2, 2, 2, 2), (3, 3, 2, 1), (1, 2, 3, 2), (3, 2, 3, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_backward_overlap", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: overlapping windows add up
check_array(average_pool2d_backward(np.ones((1, 2, 2, 1)), example[:, :3, :3], 2, strides=1),
            image([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import average_pool, average_pool_backward

def overlapping(rows, columns, pool, strides):
    x = random_image(rng, 1, rows, columns, 1)
    return case(random_image(rng, *average_pool(x, pool, strides).shape), x, pool, strides)

check_cases(average_pool2d_backward, average_pool_backward, [
    overlapping(*geometry) for geometry in [
        (3, 3, 2, 1), (4, 3, (3, 2), 1), (4, 6, 2, (1, 2)), (5, 5, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, (4, 2), (3, 1)),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_backward_edges", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: padding, gaps between windows and rows left over
check_array(average_pool2d_backward(np.ones((1, 2, 2, 1)), example[:, :3, :3], 2, padding="same"),
            image([[0.25, 0.25, 0.5], [0.25, 0.25, 0.5], [0.5, 0.5, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import average_pool, average_pool_backward

def bordered(rows, columns, pool, strides, padding):
    x = random_image(rng, 1, rows, columns, 1)
    return case(random_image(rng, *average_pool(x, pool, strides, padding).shape), x, pool, strides, padding)

check_cases(average_pool2d_backward, average_pool_backward, [
    bordered(*geometry) for geometry in [
        (3, 3, 2, None, "same"), (4, 4, 3, None, "same"), (5, 5, 4, None, "same"), (5, 7, (2, 3), None, "same"),
        (7, 5, (3, 2), (4, 3), "same"), (5, 6, 2, None, "valid"), (7, 7, 2, 3, "valid"), (6, 8, (2, 3), (4, 3), "valid"),
        (7, 6, 1, 3, "same"),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_backward_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the gradient
check_array(average_pool2d_backward(np.array([4.0, 8.0]).reshape(1, 1, 1, 2), np.zeros((1, 1, 2, 2)), (1, 2)),
            np.array([2.0, 4.0, 2.0, 4.0]).reshape(1, 1, 2, 2), **close)
### BEGIN HIDDEN TESTS
from course_lib import average_pool_backward

check_cases(average_pool2d_backward, average_pool_backward, [
    case(random_image(rng, batch, 2, 3, channels), random_image(rng, batch, 4, 6, channels), 2)
    for batch, channels in [(1, 2), (2, 1), (2, 3), (3, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_backward_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input and incoming gradient left alone
check_array(average_pool2d_backward(image([[4]]), image([[1, 3], [3, 0]]), 2), image([[1, 1], [1, 1]]), **close)
check_arguments_kept(average_pool2d_backward, case(np.ones((1, 2, 2, 1)), example, 2))
### BEGIN HIDDEN TESTS
check_arguments_kept(average_pool2d_backward, *[
    case(random_image(rng, 1, *out, 1), random_image(rng, 1, 6, 6, 1), pool_size, padding=padding)
    for pool_size, padding, out in [(2, "valid", (3, 3)), (2, "same", (3, 3)), (3, "same", (2, 2))]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "min_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `min_pool2d` and its gradient
#
# The smallest number of each window. On our example with pool size 2:
#
# ```
#  1  3 |  2 -1
#  3  0 |  4  4           0 -1
# ------+------    -->
# -2  5 |  0  1          -2  0
#  6  2 |  1  1
# ```
#
# Windows fall as before; the extension of "same" never wins a minimum, also where every number in the window
# is positive. In the gradient, each number of `dy` goes to the smallest cell of its window; **among equal
# ones to the first, reading the window row by row**. Overlaps add up. `min_pool2d` keeps the dtype of a
# floating image.
#
# **Hints.** (1) What is the minimum of a window, told by someone who only knows maxima? (2) There are two
# signs to change. (3) In the gradient, remember for each window whether its winner has been found while you
# walk over its cells in row order.

# %% nbgrader={"grade": false, "grade_id": "min_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def min_pool2d(x, pool_size, strides=None, padding="valid"):
    """Smallest value in each window: shape (batch, windows down, windows across, channels).

    >>> min_pool2d(example, 2)[0, :, :, 0]
    array([[ 0., -1.],
           [-2.,  0.]])
    """
    ### BEGIN SOLUTION
    cells, shape = _walk(x, _pair(pool_size), strides, padding)
    y = np.full(shape, np.inf, _float(x))
    for _, outputs, inputs in cells:
        y[outputs] = np.minimum(y[outputs], x[inputs])
    return y
    ### END SOLUTION


def min_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    """Gradient of `min_pool2d`: the derivative by x, given the derivative dy by its result. Shape of x.

    >>> min_pool2d_backward(image([[10, 20]]), image([[1, 3, 2, -1], [3, 1, 4, 4]]), 2)[0, :, :, 0]
    array([[10.,  0.,  0., 20.],
           [ 0.,  0.,  0.,  0.]])
    """
    ### BEGIN SOLUTION
    cells, shape = _walk(x, _pair(pool_size), strides, padding)
    y, waiting = min_pool2d(x, pool_size, strides, padding), np.ones(shape, bool)
    dx = np.zeros(x.shape, _float(x))
    for _, outputs, inputs in cells:
        wins = waiting[outputs] & (x[inputs] == y[outputs])
        dx[inputs] += wins * dy[outputs]
        waiting[outputs] &= ~wins
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_min_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the smallest of each window
check_array(min_pool2d(example, 2), image([[0, -1], [-2, 0]]), **close, what="min_pool2d(example, 2)")
### BEGIN HIDDEN TESTS
from course_lib import min_pool

check_cases(min_pool2d, min_pool, [
    case(random_image(rng, batch, k * rows, k * columns, channels) / 8, k)
    for batch, k, rows, columns, channels in [
        (1, 2, 1, 2, 1), (1, 3, 2, 1, 1), (2, 2, 2, 2, 1), (1, 2, 2, 3, 2), (2, 3, 1, 2, 3),
    ]
] + [case(random_image(rng, 1, 4, 6, 1, low=1), 2)], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_min_geometry", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows of any shape and stride
check_array(min_pool2d(example, (1, 2), strides=(2, 1)), image([[1, 2, -1], [-2, 0, 0]]), **close,
            what="min_pool2d(example, (1, 2), strides=(2, 1))")
### BEGIN HIDDEN TESTS
from course_lib import min_pool

check_cases(min_pool2d, min_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides=strides)
    for rows, columns, pool, strides in [
        (4, 4, 2, 1), (5, 7, (2, 3), None), (6, 5, (2, 2), (1, 2)), (7, 7, 2, 3), (8, 7, (3, 2), (2, 3)), (9, 6, 1, 4),
    ]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_min_border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: positive values at the border
check_array(min_pool2d(10 + example[:, :3, :3], 2, padding="same"), image([[10, 12], [8, 10]]), **close,
            what='min_pool2d(10 + example[:, :3, :3], 2, padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import min_pool

check_cases(min_pool2d, min_pool, [
    case(scale * random_image(rng, 1, rows, columns, 1, low=1), pool, strides, "same")
    for scale in [1.0, 1e12, 1e300]
    for rows, columns, pool, strides in [
        (3, 3, 2, None), (4, 4, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, 4, 3), (6, 6, 3, 1), (2, 2, 5, 1),
    ]
], explain=show_window, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_min_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: dtype kept, input left alone
check_dtype_kept(min_pool2d, case(example.astype(np.float32), 2))
check_arguments_kept(min_pool2d, case(example, 2))
### BEGIN HIDDEN TESTS
poolings = [case(random_image(rng, 1, 5, 4, 1), 2, padding=padding) for padding in ["valid", "same"]]
check_dtype_kept(min_pool2d, *poolings)
check_arguments_kept(min_pool2d, *poolings)
check_arguments_kept(min_pool2d_backward, *[
    case(np.ones((1, 2, 2, 1)), random_image(rng, 1, 4, 4, 1), 2, padding=padding) for padding in ["valid", "same"]
])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_min_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the smallest cell gets the gradient
check_array(min_pool2d_backward(image([[10, 20]]), image([[1, 3, 2, -1], [3, 4, 5, 4]]), 2),
            image([[10, 0, 0, 20], [0, 0, 0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import min_pool, min_pool_backward

def distinct(rows, columns, pool, strides, padding):
    x = rng.permutation(rows * columns).reshape(1, rows, columns, 1) - rows * columns / 2
    return case(random_image(rng, *min_pool(x, pool, strides, padding).shape) / 8, x, pool, strides, padding)

check_cases(min_pool2d_backward, min_pool_backward, [
    distinct(*geometry) for geometry in [
        (2, 4, 2, None, "valid"), (3, 3, 2, 1, "valid"), (5, 7, (2, 3), (1, 2), "valid"), (7, 7, 2, 3, "valid"),
        (3, 3, 2, None, "same"), (5, 5, 4, None, "same"), (7, 5, (3, 2), (4, 3), "same"),
    ]
] + [case(image([[2]]), image([[3]]), 3, padding="same")], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_min_ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: ties go to the first cell
check_array(min_pool2d_backward(image([[1]]), image([[5, 3], [3, 3]]), 2), image([[0, 1], [0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import min_pool_backward

check_cases(min_pool2d_backward, min_pool_backward, [
    case(1 + np.abs(random_image(rng, batch, rows, columns, channels)),
         rng.integers(low, low + 2, (batch, k * rows, k * columns, channels)).astype(float), k)
    for low in [0, 3, -4]
    for batch, k, rows, columns, channels in [(1, 2, 1, 1, 1), (1, 2, 2, 3, 1), (1, 3, 2, 2, 1), (2, 2, 1, 2, 2)]
] + [case(1 + np.abs(random_image(rng, 1, 2, 2, 1)), 1 - 1e-6 * np.arange(16).reshape(1, 4, 4, 1), 2)], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "weighted_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `weighted_pool2d` and its gradient
#
# An average in which cells count differently: with weights $w_i \ge 0$, one for each cell of the window,
#
# $$y=\frac{\sum_i w_i\,a_i}{\sum_i w_i},$$
#
# both sums over the **real** cells of the window. Equal weights give the average back. `weights` is an array
# of shape `(window rows, window columns)`, shared by all windows, images and channels: it takes the place of
# `pool_size`, and `strides=None` stands for its shape. With the weights `[[3, 1], [1, 0]]` on `[[1, 3], [3,
# 0]]`: $(3+3+3+0)/5=1.8$.
#
# In the gradient a cell receives `dy` times its share $w_i/\sum_j w_j$.
#
# **Hints.** (1) Your average pooling is this with weights of one: what changes in the sum, what in the count?
# (2) At the border the divisor is the sum of the weights that lie on real cells. (3) As before: divide `dy`
# by those sums first, then add it, times the weight, cell of the window by cell of the window.

# %% nbgrader={"grade": false, "grade_id": "weighted_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_pool2d(x, weights, strides=None, padding="valid"):
    """Weighted mean of the real cells of each window: shape (batch, windows down, windows across, channels).

    >>> weighted_pool2d(example, np.array([[3, 1], [1, 0]]))[0, :, :, 0]
    array([[1.8, 1.8],
           [1. , 0.4]])
    """
    ### BEGIN SOLUTION
    return _weigh(x, weights, strides, padding)
    ### END SOLUTION


def weighted_pool2d_backward(dy, x, weights, strides=None, padding="valid"):
    """Gradient of `weighted_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> weighted_pool2d_backward(image([[5, 10]]), image([[1, 3, 2, -1], [3, 0, 4, 4]]), np.array([[3, 1], [1, 0]]))[0, :, :, 0]
    array([[3., 1., 6., 2.],
           [1., 0., 2., 0.]])
    """
    ### BEGIN SOLUTION
    return _weigh_backward(dy, x, weights, strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_weighted_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights, on the cells where they lie
check_array(weighted_pool2d(example, np.array([[3.0, 1.0], [1.0, 0.0]])), image([[1.8, 1.8], [1, 0.4]]), **close,
            what="weighted_pool2d(example, np.array([[3.0, 1.0], [1.0, 0.0]]))")
### BEGIN HIDDEN TESTS
from course_lib import weighted_pool

def oracle(x, weights, strides=None, padding="valid"):
    return weighted_pool(x, weights, weights.shape, strides, padding)

check_cases(weighted_pool2d, oracle, [
    case(random_image(rng, *shape), 0.1 + rng.random(window))
    for shape, window in [
        ((1, 1, 2, 1), (1, 2)), ((1, 2, 4, 1), (2, 2)), ((1, 6, 2, 1), (3, 2)), ((2, 4, 6, 1), (2, 3)), ((1, 4, 6, 2), (2, 2)),
    ]
], explain=lambda index, x, weights: show_window(index, x, weights.shape), **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_weighted_strides", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: stride different from the weights' shape
check_array(weighted_pool2d(example, np.array([[3.0, 1.0]]), strides=(2, 1)),
            image([[1.5, 2.75, 1.25], [-0.25, 3.75, 0.25]]), **close,
            what="weighted_pool2d(example, np.array([[3.0, 1.0]]), strides=(2, 1))")
### BEGIN HIDDEN TESTS
from course_lib import weighted_pool

def oracle(x, weights, strides=None, padding="valid"):
    return weighted_pool(x, weights, weights.shape, strides, padding)

check_cases(weighted_pool2d, oracle, [
    case(random_image(rng, 1, rows, columns, 1), 0.1 + rng.random(window), strides=strides)
    for rows, columns, window, strides in [(4, 4, (2, 2), 1), (5, 7, (2, 3), (1, 2)), (7, 7, (2, 2), 3), (8, 7, (3, 2), (2, 3))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_weighted_border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, only the weights of real cells are counted
check_array(weighted_pool2d(np.full((1, 3, 3, 1), 4.0), np.array([[3.0, 1.0], [1.0, 1.0]]), padding="same"),
            image([[4, 4], [4, 4]]), **close, what="weighted_pool2d of a constant image")
### BEGIN HIDDEN TESTS
from course_lib import weighted_pool

def oracle(x, weights, strides=None, padding="valid"):
    return weighted_pool(x, weights, weights.shape, strides, padding)

check_cases(weighted_pool2d, oracle, [
    case(np.full((1, rows, columns, 1), rng.normal(5)), 0.1 + rng.random(window), strides, "same")
    for rows, columns, window, strides in [(3, 3, (2, 2), None), (4, 4, (3, 3), 2), (5, 7, (2, 3), (1, 2)), (2, 2, (5, 5), 1)]
], **close)
check_cases(weighted_pool2d, oracle, [
    case(random_image(rng, 1, rows, columns, 1), 0.1 + rng.random(window), strides, "same")
    for rows, columns, window, strides in [(3, 3, (2, 2), None), (4, 4, (3, 3), 2), (5, 7, (2, 3), (1, 2)), (2, 2, (5, 5), 1)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_weighted_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient in proportion to the weights
check_array(weighted_pool2d_backward(image([[5, 10]]), example[:, :2], np.array([[3.0, 1.0], [1.0, 0.0]])),
            image([[3, 1, 6, 2], [1, 0, 2, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import weighted_pool, weighted_pool_backward

def oracle(dy, x, weights, strides, padding):
    return weighted_pool_backward(dy, x, weights, weights.shape, strides, padding)

def weighted(shape, window, strides, padding):
    x, weights = random_image(rng, *shape), 0.1 + rng.random(window)
    return case(random_image(rng, *weighted_pool(x, weights, window, strides, padding).shape), x, weights, strides, padding)

check_cases(weighted_pool2d_backward, oracle, [
    weighted(*geometry) for geometry in [
        ((1, 2, 4, 1), (2, 2), None, "valid"), ((1, 3, 3, 1), (2, 2), 1, "valid"), ((1, 5, 7, 1), (2, 3), (1, 2), "valid"),
        ((1, 3, 3, 1), (2, 2), None, "same"), ((2, 5, 4, 3), (3, 2), None, "same"), ((1, 7, 6, 1), (2, 3), (3, 2), "same"),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_weighted_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: image and weights left alone
check_arguments_kept(weighted_pool2d, case(example, np.array([[3.0, 1.0], [1.0, 0.0]])))
check_arguments_kept(weighted_pool2d_backward, case(np.ones((1, 2, 2, 1)), example, np.array([[3.0, 1.0], [1.0, 0.0]])))
### BEGIN HIDDEN TESTS
check_arguments_kept(weighted_pool2d, *[
    case(random_image(rng, 1, 5, 5, 2), 0.1 + rng.random((2, 3)), padding=padding) for padding in ["valid", "same"]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. In words
#
# The weights need not be fixed: they may depend on the image. *Information-weighted* pooling of numbers that
# are not negative takes $p_i=a_i/\sum_j a_j$ in each window and the weights $h_i=-p_i\ln p_i$ (and $0\ln
# 0=0$), so that $y=\sum_i h_i a_i/\sum_i h_i$. Work out by hand what it gives for the windows `[[1, 1], [1,
# 1]]`, `[[8, 1], [1, 0]]` and `[[5, 0], [0, 0]]`; say what should be returned where the formula breaks down,
# and why. Then compare: is this closer to the average or to the maximum, does the largest number always have
# the largest weight, and is this pooling still linear? Five to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_information", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# For [[1, 1], [1, 1]] all p are 1/4, all weights are equal, and y = 1. For [[8, 1], [1, 0]] p = (0.8, 0.1,
# 0.1, 0); h = (0.179, 0.230, 0.230, 0); y = (8 · 0.179 + 0.230 + 0.230) / 0.639 = 2.96: above the mean 2.5,
# far below the maximum. For [[5, 0], [0, 0]] p = (1, 0, 0, 0) and every h is 0: 0/0. The window holds one
# piece of information, the 5, and the limit of a window in which all but one number vanish should be that
# number, so 5 is the sensible answer; for an all-zero window, where p itself is 0/0, it is 0. The largest
# number need not have the largest weight: -p ln p is largest at p = 1/e, about 0.37, and above that it falls
# again, so in the second window the 8 weighs less than either 1. Since the weights depend on the numbers,
# doubling one cell does not add a fixed amount to y: the pooling is not linear, although scaling the whole
# image scales the result.
#
# ### BEGIN MARK SCHEME
# 1 point: 1 and about 2.96 (accept 2.9 to 3.0) for the first two windows. 1 point: the third window is 0/0
# and a value is proposed with a reason (the single number, and 0 for a window of zeros). 1 point: -p ln p is
# largest at 1/e, so the largest number need not weigh most. 1 point: not linear, because the weights depend
# on the numbers; it lies between mean and maximum in the example.
# ### END MARK SCHEME
