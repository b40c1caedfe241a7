# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Convolution
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Convolution
#
# You write what every layer of the course stands on: where windows fall, the convolution of a batch of
# images, its two gradients, and the transposed convolution. About two hours.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# convolution.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden
# ones of the same behaviour, on other numbers. You may add cells, plot, and print as much as you like; a cell
# can use what is defined above it. NumPy and Matplotlib are there; other libraries are not available where
# your notebook is graded. Single and double precision are both fine.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`, and a kernel has
# shape `(rows, columns, channels of the image, channels of the result)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, check_integer, check_raises, part


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


def kernel_of(rows):
    """A kernel from one channel to one channel: shape (rows, columns, 1, 1)."""
    return np.array(rows, dtype=float)[:, :, np.newaxis, np.newaxis]


def check_numbers(actual, expected, what):
    """Compare a number, or a pair of numbers, whatever their type."""
    check_array(np.array(actual, dtype=float), np.array(expected, dtype=float), what=what)


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% [markdown] nbgrader={"grade": false, "grade_id": "size_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. How many windows?
#
# Lay a window of $k=3$ cells on an axis of $n=7$ cells and move it by the stride $s=2$:
#
# ```
# cells      0 1 2 3 4 5 6
# window 0   x x x
# window 1       x x x
# window 2           x x x          3 windows
# ```
#
# - `padding="valid"`: only windows that lie wholly on the axis, $\lfloor (n-k)/s \rfloor + 1$ of them. If not
#   even one fits ($k>n$), raise a `ValueError`. Nothing is added to the axis: the padding is `(0, 0)`.
# - `padding="same"`: $o=\lceil n/s \rceil$ windows, whatever the window's size. They need
#   $P=\max\left((o-1)\,s+k-n,\ 0\right)$ more cells than there are. $\lfloor P/2 \rfloor$ of them are added
#   before the axis and the rest after it, so an odd one goes after.
#
# `pool_output_size` returns the number of windows, `pool_padding` the pair `(before, after)`, both as
# integers (`int`). By hand: $n=5$, $k=3$, $s=2$ has 2 windows under "valid", and 3 under "same" with padding
# `(1, 1)`.
#
# **Hints.** (1) Python's `//` rounds down, also for negative numbers. (2) Rounding up is rounding down of the
# negative, negated. (3) `pool_padding` is short once you ask `pool_output_size` for the number of windows.

# %% nbgrader={"grade": false, "grade_id": "pool_output_size", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pool_output_size(n, pool, stride, padding="valid"):
    """Number of windows along an axis of n cells: an int. ValueError if no window fits under "valid".

    >>> pool_output_size(7, 3, 2)
    3
    >>> pool_output_size(7, 3, 2, "same")
    4
    """
    ### BEGIN SOLUTION
    if padding == "same":
        return -(-n // stride)
    if pool > n:
        raise ValueError(f"a window of {pool} does not fit on {n} cells")
    return (n - pool) // stride + 1
    ### END SOLUTION


def pool_padding(n, pool, stride, padding="valid"):
    """Cells added before and after an axis of n cells: a pair of ints.

    >>> pool_padding(7, 3, 2), pool_padding(7, 3, 2, "same"), pool_padding(8, 3, 2, "same")
    ((0, 0), (1, 1), (0, 1))
    """
    ### BEGIN SOLUTION
    if padding == "valid":
        return 0, 0
    total = max((pool_output_size(n, pool, stride, "same") - 1) * stride + pool - n, 0)
    return total // 2, total - total // 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_size_valid", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: number of windows, valid
check_numbers(pool_output_size(7, 3, 2), 3, what="pool_output_size(7, 3, 2)")
check_numbers(pool_output_size(26, 2, 2), 13, what="pool_output_size(26, 2, 2)")
check_numbers(pool_padding(7, 3, 2), (0, 0), what="pool_padding(7, 3, 2)")
### BEGIN HIDDEN TESTS
from course_lib import output_size

for n in range(1, 11):
    for k in range(1, min(n, 5) + 1):
        for s in range(1, 5):
            check_numbers(pool_output_size(n, k, s), output_size(n, k, s), what=f"pool_output_size({n}, {k}, {s})")
            check_numbers(pool_padding(n, k, s, "valid"), (0, 0), what=f'pool_padding({n}, {k}, {s}, "valid")')
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_size_same", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: number of windows, same
check_numbers(pool_output_size(7, 3, 2, "same"), 4, what='pool_output_size(7, 3, 2, "same")')
check_numbers(pool_output_size(2, 3, 1, "same"), 2, what='pool_output_size(2, 3, 1, "same")')
### BEGIN HIDDEN TESTS
from course_lib import output_size

for n in range(1, 11):
    for k in range(1, 6):
        for s in range(1, 5):
            check_numbers(pool_output_size(n, k, s, padding="same"), output_size(n, k, s, "same"),
                          what=f'pool_output_size({n}, {k}, {s}, padding="same")')
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_padding_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: as much padding as the windows need, the odd cell after
check_numbers(pool_padding(7, 3, 2, "same"), (1, 1), what='pool_padding(7, 3, 2, "same")')
check_numbers(pool_padding(8, 3, 2, "same"), (0, 1), what='pool_padding(8, 3, 2, "same")')
check_numbers(pool_padding(7, 2, 3, "same"), (0, 1), what='pool_padding(7, 2, 3, "same")')
check_numbers(pool_padding(6, 1, 3, "same"), (0, 0), what='pool_padding(6, 1, 3, "same")')
### BEGIN HIDDEN TESTS
from course_lib import padding_amounts

for n in range(1, 11):
    for k in range(1, 6):
        for s in range(1, 5):
            check_numbers(pool_padding(n, k, s, padding="same"), padding_amounts(n, k, s, "same"),
                          what=f'pool_padding({n}, {k}, {s}, padding="same")')
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_size_integers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: counts are integers
for padding in ("valid", "same"):
    count = pool_output_size(7, 3, 2, padding)
    check_integer(count, int(count), what=f'pool_output_size(7, 3, 2, "{padding}")')
    for number in pool_padding(7, 3, 2, padding):
        check_integer(number, int(number), what=f'one of pool_padding(7, 3, 2, "{padding}")')
### BEGIN HIDDEN TESTS
for padding in ["valid", "same"]:
    for n, k, s in [(6, 2, 2), (5, 1, 1), (9, 3, 4)]:
        for number in [pool_output_size(n, k, s, padding), *pool_padding(n, k, s, padding)]:
            check_integer(number, int(number), what=f'a count for ({n}, {k}, {s}, "{padding}")')
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_size_too_large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a window that does not fit is an error
check_raises(ValueError, pool_output_size, case(2, 3, 1))
### BEGIN HIDDEN TESTS
for n, k, s in [(1, 2, 1), (3, 5, 2), (4, 5, 4), (2, 9, 3)]:
    check_raises(ValueError, pool_output_size, case(n, k, s, "valid"))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "forward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 2. Convolution by hand
#
# Lay the kernel on the image, multiply the numbers that lie on each other, add up; move one cell; again.
# (Strictly this is *cross-correlation*: a mathematician's convolution turns the kernel round first. Deep
# learning does not, and calls it convolution all the same. Do not turn it round.)
#
# ```
#  1  3  2 -1
#  3  0  4  4      1  0             1-0   3-4   2-4           1 -1 -2
# -2  5  0  1      0 -1     -->     3-5   0-0   4-1     =    -2  0  3
#  6  2  1  1                      -2-2   5-1   0-1          -4  4 -1
# ```
#
# With several channels the kernel has a layer of weights for each: the products of all channels go into one
# sum. Each *filter* (last axis of the kernel) makes one channel of the result.
#
# The figure shows a filter with columns $-1, 2, -1$ that answers to a vertical line and to nothing else: not
# to a bright area, since its weights add up to zero.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def pictures(**images):
    """Draw small images side by side, with their numbers."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, len(images), figsize=(2 * len(images), 2.2), layout="constrained")
    for axis, (title, values) in zip(axes, images.items()):
        axis.imshow(values, cmap="gray", vmin=-6, vmax=6)
        axis.set(title=title, xticks=[], yticks=[])
        for (i, j), value in np.ndenumerate(values):
            axis.text(j, i, f"{value:g}", ha="center", va="center", fontsize=7, color="tab:orange")
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    line = np.zeros((6, 6))
    line[:, 2] = 1
    pictures(image=line, kernel=np.tile([-1, 2, -1], (3, 1)), result=np.tile([-3, 6, -3, 0], (4, 1)))

# %% [markdown] nbgrader={"grade": false, "grade_id": "conv_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `conv2d`
#
# - `x` has shape `(batch, rows, columns, C)`, `kernel` has shape `(kernel rows, kernel columns, C, F)`, and
#   the result has shape `(batch, windows down, windows across, F)`.
# - `strides` is how far the kernel moves, down and to the right: an integer, or a pair `(rows, columns)`.
# - `padding` as in part 1, with the kernel as window; the added cells count as **zeros**.
# - `x` and `kernel` keep their values.
#
# Write it with loops first: over the windows, and inside each a sum over a small block of the image. Then
# make it fast: for each of the *kernel's* cells, all windows at once.
#
# **Hints.** (1) Pad the image with zeros once, and "same" becomes "valid". (2) The cells of all windows that
# lie under kernel cell `(i, j)` form a strided slice of the padded image; its shape is that of the result but
# for the channels. (3) That slice has `C` channels last and the kernel cell is a `C × F` matrix: one matrix
# product for every kernel cell, added up.

# %% nbgrader={"grade": false, "grade_id": "conv2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d(x, kernel, strides=1, padding="valid"):
    """Cross-correlation of each image with each filter.

    x: shape (batch, rows, columns, C). kernel: shape (kernel rows, kernel columns, C, F).
    Returns shape (batch, windows down, windows across, F).

    >>> conv2d(example, kernel_of([[1, 0], [0, -1]]))[0, :, :, 0]
    array([[ 1., -1., -2.],
           [-2.,  0.,  3.],
           [-4.,  4., -1.]])
    >>> conv2d(example, kernel_of([[1]]), strides=2)[0, :, :, 0]
    array([[ 1.,  2.],
           [-2.,  0.]])
    """
    ### BEGIN SOLUTION
    padded, slices, _ = _layout(x, kernel, strides, padding)
    return sum(padded[where] @ kernel[cell] for cell, where in slices)


def _layout(x, kernel, strides, padding):
    """The padded image; for each kernel cell the slice of it under that cell; and where the image lies in it."""
    steps = (strides, strides) if np.ndim(strides) == 0 else strides
    sizes = list(zip(x.shape[1:3], kernel.shape[:2], steps))
    counts = [pool_output_size(*size, padding) for size in sizes]
    edges = [pool_padding(*size, padding) for size in sizes]
    slices = [
        (cell, (slice(None), *(slice(k, k + (o - 1) * s + 1, s) for k, o, s in zip(cell, counts, steps))))
        for cell in np.ndindex(kernel.shape[:2])
    ]
    middle = (slice(None), *(slice(before, before + n) for (before, _), n in zip(edges, x.shape[1:3])))
    return np.pad(x, ((0, 0), *edges, (0, 0))), slices, middle
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: multiply and add up, window by window
check_array(conv2d(example, kernel_of([[1, 2, 1], [2, 4, 2], [1, 2, 1]])), image([[31, 36], [34, 29]]), **close,
            what="conv2d(example, kernel_of([[1, 2, 1], [2, 4, 2], [1, 2, 1]]))")
### BEGIN HIDDEN TESTS
from course_lib import conv

def symmetric(k):
    """The same read from any side: turned or transposed it stays what it is."""
    half = rng.normal(size=(k, k))
    half = half + half.T
    half = half + half[::-1]
    return kernel_of(half + half[:, ::-1])

check_cases(conv2d, conv, [
    case(rng.normal(size=(1, n, n, 1)), symmetric(k)) for n, k in [(1, 1), (3, 1), (2, 2), (4, 2), (5, 3), (6, 4), (7, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_orientation", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the kernel lies as it is, rows on rows, and need not be square
check_array(conv2d(example, kernel_of([[1, 0], [0, -1]])), image([[1, -1, -2], [-2, 0, 3], [-4, 4, -1]]), **close,
            what="conv2d(example, kernel_of([[1, 0], [0, -1]]))")
check_array(conv2d(example, kernel_of([[0, 1]])), example[:, :, 1:], **close, what="conv2d(example, kernel_of([[0, 1]]))")
### BEGIN HIDDEN TESTS
from course_lib import conv

check_cases(conv2d, conv, [
    case(rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(*window, 1, 1)))
    for rows, columns, window in [
        (3, 3, (2, 2)), (3, 4, (1, 2)), (4, 3, (3, 1)), (5, 6, (3, 3)), (5, 7, (2, 4)), (7, 5, (4, 2))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_strides", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: strides, down and across
check_array(conv2d(example, kernel_of([[1]]), strides=2), image([[1, 2], [-2, 0]]), **close,
            what="conv2d(example, kernel_of([[1]]), strides=2)")
check_array(conv2d(example, kernel_of([[1, 1], [1, 1]]), strides=(2, 1)), image([[7, 9, 9], [11, 8, 3]]), **close,
            what="conv2d(example, kernel_of([[1, 1], [1, 1]]), strides=(2, 1))")
### BEGIN HIDDEN TESTS
from course_lib import conv

check_cases(conv2d, conv, [
    case(rng.normal(size=(1, rows, columns, 1)), np.full((k, k, 1, 1), rng.normal()), strides=strides)
    for rows, columns, k, strides in [
        (3, 3, 1, 2), (4, 4, 2, 2), (5, 5, 2, 2), (5, 6, 2, (2, 1)), (6, 5, 2, (1, 3)), (7, 8, 3, 2), (8, 7, 3, (3, 2)),
        (7, 7, 2, 3), (9, 6, 1, 4),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: same padding adds zeros, the odd row below and the odd column to the right
check_array(conv2d(example[:, :3, :3], kernel_of([[1, 1], [1, 1]]), padding="same"),
            image([[7, 9, 6], [6, 9, 4], [3, 5, 0]]), **close,
            what='conv2d(example[:, :3, :3], kernel_of([[1, 1], [1, 1]]), padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import conv

check_cases(conv2d, conv, [
    case(rng.normal(size=(1, rows, columns, 1)) + 1, np.full((k, m, 1, 1), rng.normal()), strides=strides, padding="same")
    for rows, columns, k, m, strides in [
        (2, 3, 2, 2, 1), (3, 3, 3, 3, 1), (4, 4, 2, 2, 2), (4, 5, 1, 4, 1), (5, 4, 3, 3, 2), (5, 4, 4, 2, 1), (5, 7, 2, 2, (1, 2)),
        (7, 5, 4, 4, 3), (6, 6, 1, 1, 3), (7, 6, 2, 2, 3), (2, 2, 5, 5, 1), (8, 9, 5, 5, (2, 3)),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_channels", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: sum over the image's channels, one channel for each filter
two = np.concatenate([example, 10 * example], axis=3)
check_array(conv2d(two, np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).reshape(1, 1, 2, 3)),
            np.concatenate([41 * example, 52 * example, 63 * example], axis=3), **close,
            what="conv2d(two, 1x1 kernel with weights [[1, 2, 3], [4, 5, 6]])")
### BEGIN HIDDEN TESTS
from course_lib import conv

check_cases(conv2d, conv, [
    case(rng.normal(size=(1, 4, 4, c)), np.ones((k, k, 1, 1)) * rng.normal(size=(c, f)))
    for k, c, f in [(1, 1, 2), (1, 2, 1), (1, 2, 2), (2, 2, 3), (2, 3, 3), (3, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: each image by itself
three = np.concatenate([image([[1, 3], [2, 0]]), image([[5, 0], [4, 1]]), image([[-1, 2], [7, 0]])])
check_array(conv2d(three, kernel_of([[1, 1], [1, 1]])), np.concatenate([image([[6]]), image([[10]]), image([[8]])]), **close,
            what="conv2d(three, kernel_of([[1, 1], [1, 1]]))")
### BEGIN HIDDEN TESTS
from course_lib import conv

check_cases(conv2d, conv, [
    case(rng.normal(size=(batch, 3, 4, 1)), np.full((2, 2, 1, 1), rng.normal())) for batch in [2, 3, 5]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_pooling", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: strided convolution as pooling
check_array(conv2d(example, np.full((2, 2, 1, 1), 0.25), strides=2), image([[1.75, 2.25], [2.75, 0.75]]), **close,
            what="conv2d(example, a box of quarters, strides=2)")
### BEGIN HIDDEN TESTS
from course_lib import average_pool

def by_box(x, k):
    return conv2d(x, np.full((k, k, 1, 1), 1 / k**2), strides=k)

def by_one_cell(x, s):
    return conv2d(x, kernel_of([[1]]), strides=s)

many = [case(rng.normal(size=(1, n, n, 1)), k) for n, k in [(2, 2), (4, 2), (6, 3), (7, 2), (8, 3)]]
check_cases(by_box, average_pool, many, **close)
check_cases(by_one_cell, lambda x, s: x[:, ::s, ::s], many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: image and kernel left alone
check_arguments_kept(conv2d, case(example, kernel_of([[1, 2], [2, 1]])))
check_array(conv2d(example, kernel_of([[2]])), 2 * example, **close, what="conv2d(example, kernel_of([[2]]))")
### BEGIN HIDDEN TESTS
check_arguments_kept(conv2d, *[
    case(rng.normal(size=(1, 5, 5, 2)), rng.normal(size=(k, k, 2, 2)), padding=padding)
    for padding in ["valid", "same"] for k in [1, 2, 3]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "backward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `conv2d_backward`
#
# A loss $L$ depends on the image and on the kernel only through $y=$ `conv2d(x, kernel, ...)`. Given `dy`,
# the derivative of $L$ by every number of $y$, find `dx` and `dkernel`, the derivatives by every number of
# `x` and of `kernel`.
#
# Every number of $y$ is a sum of products *image cell × weight*. So for each such product
#
# - the image cell receives `dy` times the weight, and
# - the weight receives `dy` times the image cell.
#
# A cell lies in several windows, and a weight is used in every window of every image: all contributions add
# up. What falls on padding is dropped, and image cells that no window touches get 0. With one row, the kernel
# `[1, 10]` and `dy` all ones:
#
# ```
# x         3  5  7              dx        1  1+10  10   =   1  11  10
# dy        1  1                 dkernel   3+5   5+7     =   8  12
# ```
#
# **Hints.** (1) Loop version: take the loops of `conv2d` and replace the product by the two lines above. (2)
# In the vectorised version the strided slice of kernel cell `(i, j)` is read for `dkernel` and added to for
# `dx`. (3) For `dx` add `dy` times the transposed `C × F` matrix into a padded array of zeros, slice by
# slice, and cut the padding off at the end; for `dkernel` the slice and `dy` are summed over batch and
# positions.

# %% nbgrader={"grade": false, "grade_id": "conv2d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    """Gradients of `conv2d`: derivatives by x and by kernel, given the derivative dy by its result.

    dy: array of the shape of conv2d(x, kernel, strides, padding).
    Returns the pair (dx, dkernel), arrays of the shapes of x and kernel.

    >>> dx, dkernel = conv2d_backward(np.ones((1, 1, 2, 1)), image([[3, 5, 7]]), kernel_of([[1, 10]]))
    >>> dx[0, :, :, 0], dkernel[:, :, 0, 0]
    (array([[ 1., 11., 10.]]), array([[ 8., 12.]]))
    """
    ### BEGIN SOLUTION
    padded, slices, middle = _layout(x, kernel, strides, padding)
    dx, dkernel = np.zeros(padded.shape), np.zeros(kernel.shape)
    for cell, where in slices:
        dx[where] += dy @ kernel[cell].T
        dkernel[cell] = np.tensordot(padded[where], dy, axes=([0, 1, 2], [0, 1, 2]))
    return dx[middle], dkernel
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_backward_image", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the image
dx, dkernel = conv2d_backward(np.ones((1, 1, 2, 1)), image([[3, 5, 7]]), kernel_of([[1, 10]]))
check_array(dx, image([[1, 11, 10]]), **close, what="dx")
### BEGIN HIDDEN TESTS
from course_lib import conv_backward

check_cases(part(conv2d_backward, 0), part(conv_backward, 0), [
    case(rng.normal(size=(1, rows - k + 1, columns - m + 1, 1)), rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(k, m, 1, 1)))
    for rows, columns, k, m in [(1, 1, 1, 1), (2, 3, 1, 2), (3, 3, 2, 2), (4, 4, 3, 3), (5, 6, 2, 3), (6, 5, 4, 1)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_kernel", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the kernel
dx, dkernel = conv2d_backward(np.ones((1, 1, 2, 1)), image([[3, 5, 7]]), kernel_of([[1, 10]]))
check_array(dkernel, kernel_of([[8, 12]]), **close, what="dkernel")
### BEGIN HIDDEN TESTS
from course_lib import conv_backward

check_cases(part(conv2d_backward, 1), part(conv_backward, 1), [
    case(rng.normal(size=(1, rows - k + 1, columns - m + 1, 1)), rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(k, m, 1, 1)))
    for rows, columns, k, m in [(1, 1, 1, 1), (2, 3, 1, 2), (3, 3, 2, 2), (4, 4, 3, 3), (5, 6, 2, 3), (6, 5, 4, 1)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_strides", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradients with strides, and cells that no window touches
dx, dkernel = conv2d_backward(image([[1, 2]]), image([[3, 5, 7, 9, 2]]), kernel_of([[1, 10]]), strides=2)
check_array(dx, image([[1, 10, 2, 20, 0]]), **close, what="dx")
check_array(dkernel, kernel_of([[17, 23]]), **close, what="dkernel")
### BEGIN HIDDEN TESTS
from course_lib import conv, conv_backward

def strided(rows, columns, k, strides):
    x, kernel = rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(k, k, 1, 1))
    return case(rng.normal(size=conv(x, kernel, strides=strides).shape), x, kernel, strides=strides)

many = [strided(*one) for one in [
    (3, 3, 1, 2), (4, 4, 2, 2), (5, 5, 2, 2), (5, 6, 2, (2, 1)), (6, 5, 2, (1, 3)), (7, 8, 3, 2), (7, 7, 2, 3), (8, 7, 3, (3, 2)),
]]
check_cases(part(conv2d_backward, 0, 1), part(conv_backward, 0, 1), many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradients with padding
dx, dkernel = conv2d_backward(image([[1, 1, 1]]), image([[3, 5, 7]]), kernel_of([[1, 10]]), padding="same")
check_array(dx, image([[1, 11, 11]]), **close, what="dx")
check_array(dkernel, kernel_of([[15, 12]]), **close, what="dkernel")
### BEGIN HIDDEN TESTS
from course_lib import conv, conv_backward

def padded(rows, columns, k, m, strides):
    x, kernel = rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(k, m, 1, 1))
    return case(rng.normal(size=conv(x, kernel, strides=strides, padding="same").shape), x, kernel, strides=strides, padding="same")

many = [padded(*one) for one in [
    (2, 3, 2, 2, 1), (3, 3, 3, 3, 1), (4, 5, 4, 4, 1), (4, 5, 1, 4, 1), (5, 4, 4, 2, 1), (5, 5, 2, 2, 2), (5, 7, 3, 3, (1, 2)),
    (7, 5, 4, 4, 3), (2, 2, 5, 5, 1), (7, 6, 2, 2, 3), (6, 6, 3, 3, 2),
]]
check_cases(part(conv2d_backward, 0, 1), part(conv_backward, 0, 1), many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_channels", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradients with several images, channels and filters
pair = np.concatenate([example, 10 * example])[:, :1, :2]
dx, dkernel = conv2d_backward(np.concatenate([pair, -pair], axis=3), pair, np.array([[[[1.0, 3.0]]]]))
check_array(dx, -2 * pair, **close, what="dx")
check_array(dkernel, np.array([[[[1010.0, -1010.0]]]]), **close, what="dkernel")
### BEGIN HIDDEN TESTS
from course_lib import conv_backward

many = [
    case(rng.normal(size=(batch, 4 - k + 1, 4 - k + 1, f)), rng.normal(size=(batch, 4, 4, c)), rng.normal(size=(k, k, c, f)))
    for batch, k, c, f in [(1, 1, 1, 2), (1, 1, 2, 1), (2, 1, 1, 1), (1, 2, 2, 2), (2, 2, 2, 3), (3, 3, 3, 2)]
]
check_cases(part(conv2d_backward, 0, 1), part(conv_backward, 0, 1), many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: dy, image and kernel left alone by the gradient
check_arguments_kept(conv2d_backward, case(np.ones((1, 3, 3, 1)), example, kernel_of([[1, 2], [3, 4]])))
dx, dkernel = conv2d_backward(np.ones((1, 4, 4, 1)), example, kernel_of([[2]]))
check_array(dx, np.full((1, 4, 4, 1), 2.0), **close, what="dx")
### BEGIN HIDDEN TESTS
check_arguments_kept(conv2d_backward, *[
    case(rng.normal(size=(1, out, out, 3)), rng.normal(size=(1, 5, 5, 2)), rng.normal(size=(2, 2, 2, 3)), padding=padding)
    for padding, out in [("valid", 4), ("same", 5)]
])
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "transpose_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `conv_transpose2d`
#
# The transposed convolution walks the other way: each cell of `x` *paints* the kernel, times its value, onto
# a larger image; where paintings overlap they add up. Cell `(i, j)` paints with the kernel's top left corner
# at `(i * stride, j * stride)`, so $n$ cells and a window of $k$ make $(n-1)\,s+k$ (let $s \le k$). The
# kernel has shape `(kernel rows, kernel columns, C, F)` again: `x` has `C` channels, the result `F`.
#
# With stride 2, the kernel `[1, 10, 100]` and `x = [2, 3]`:
#
# ```
# 2 paints   2  20  200
# 3 paints           3  30  300
#            2  20  203 30  300
# ```
#
# It has its name from the gradient: it is what `conv2d_backward` does with `dy` to get `dx`.
#
# **Hints.** (1) Start from an array of zeros of the size of the result. (2) Loop over the cells of the
# kernel: each is painted by all cells of `x` at once, onto a strided slice. (3) A kernel cell is a `C × F`
# matrix; `x` times that matrix is what is added to the slice.

# %% nbgrader={"grade": false, "grade_id": "conv_transpose2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_transpose2d(x, kernel, strides=1):
    """Transposed convolution: every cell of x adds the kernel, times its value, to the result.

    x: shape (batch, rows, columns, C). kernel: shape (kernel rows, kernel columns, C, F). strides: an integer or a pair.
    Returns shape (batch, (rows - 1) * stride + kernel rows, (columns - 1) * stride + kernel columns, F).

    >>> conv_transpose2d(image([[2, 3]]), kernel_of([[1, 10, 100]]), strides=2)[0, :, :, 0]
    array([[  2.,  20., 203.,  30., 300.]])
    >>> conv_transpose2d(image([[2]]), kernel_of([[1, 0], [0, -1]]))[0, :, :, 0]
    array([[ 2.,  0.],
           [ 0., -2.]])
    """
    ### BEGIN SOLUTION
    steps = (strides, strides) if np.ndim(strides) == 0 else strides
    y = np.zeros((len(x), *((n - 1) * s + k for n, k, s in zip(x.shape[1:3], kernel.shape, steps)), kernel.shape[3]))
    for i, j in np.ndindex(kernel.shape[:2]):
        rows, columns = (slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip((i, j), x.shape[1:3], steps))
        y[:, rows, columns] += x @ kernel[i, j]
    return y
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_transpose_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every cell paints the kernel
check_array(conv_transpose2d(image([[2]]), kernel_of([[1, 0], [0, -1]])), image([[2, 0], [0, -2]]), **close,
            what="conv_transpose2d(image([[2]]), kernel_of([[1, 0], [0, -1]]))")
check_array(conv_transpose2d(image([[2, 3]]), kernel_of([[1, 10]]), strides=2), image([[2, 20, 3, 30]]), **close,
            what="conv_transpose2d(image([[2, 3]]), kernel_of([[1, 10]]), strides=2)")
### BEGIN HIDDEN TESTS
from course_lib import conv_transpose

check_cases(conv_transpose2d, conv_transpose, [
    case(rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(k, k, 1, 1)), strides=k)
    for rows, columns, k in [(1, 1, 1), (1, 1, 3), (2, 2, 2), (2, 3, 2), (3, 2, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_transpose_overlap", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: overlapping paintings add up
check_array(conv_transpose2d(image([[2, 3]]), kernel_of([[1, 10, 100]]), strides=2), image([[2, 20, 203, 30, 300]]), **close,
            what="conv_transpose2d(image([[2, 3]]), kernel_of([[1, 10, 100]]), strides=2)")
### BEGIN HIDDEN TESTS
from course_lib import conv_transpose

check_cases(conv_transpose2d, conv_transpose, [
    case(rng.normal(size=(1, rows, columns, 1)), rng.normal(size=(*window, 1, 1)), strides=strides)
    for rows, columns, window, strides in [
        (2, 2, (2, 2), 1), (3, 3, (3, 3), 1), (2, 3, (3, 3), 2), (3, 2, (2, 4), (1, 2)), (4, 3, (4, 3), (3, 1)), (3, 4, (5, 2), (2, 1)),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_transpose_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: channels and batch in the transposed convolution
check_array(conv_transpose2d(np.array([[[[1.0, 10.0]]]]), np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).reshape(1, 1, 2, 3)),
            np.array([[[[41.0, 52.0, 63.0]]]]), **close, what="one cell with two channels, three filters")
### BEGIN HIDDEN TESTS
from course_lib import conv_transpose

check_cases(conv_transpose2d, conv_transpose, [
    case(rng.normal(size=(batch, 2, 3, c)), rng.normal(size=(2, 2, c, f)), strides=2)
    for batch, c, f in [(1, 1, 2), (1, 2, 1), (2, 1, 1), (1, 2, 2), (2, 2, 3), (3, 3, 2)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. In words
#
# A network computes a convolution at stride 1 and then takes the maximum over 2×2 windows. A colleague
# proposes the same convolution at stride 2 without any pooling: "the result has the same size and it costs a
# quarter". Is the size the same? Does it cost a quarter, and of what? What can the first network do that the
# second cannot, and the other way round? Five to eight sentences, with one small example in numbers.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_strided_or_pooled", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# With a kernel of k cells and "same" padding both results have about half the rows and columns. The stride-1
# convolution computes four times as many positions as the stride-2 one, so the colleague's convolution does
# indeed take a quarter of the multiplications; the maximum itself is cheap. The colleague's network never
# looks at three of four positions: it is the first network with the maximum replaced by "keep the top left".
# If a feature fires at one of the skipped positions only, say responses [[0, 9], [0, 0]] in a window, pooling
# reports 9 and the strided convolution 0. In return the strided convolution is linear and, with a larger
# kernel, can learn how to summarise, where the maximum is fixed: with the box kernel it becomes average
# pooling exactly. A maximum is not linear, so no strided convolution equals it.
#
# ### BEGIN MARK SCHEME
# 1 point: the sizes agree (say for which padding or sizes). 1 point: a quarter of the convolution's
# multiplications, with the reason (a quarter of the positions). 1 point: a correct example in numbers where
# the two differ, or the remark that skipped positions are lost. 1 point: the strided convolution is learned
# and linear (average pooling is a special case) while the maximum is neither.
# ### END MARK SCHEME
