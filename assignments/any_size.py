# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Any size in, fixed size out
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Any size in, fixed size out
#
# A dense layer wants a vector of fixed length; images and regions come in any size. You write the poolings
# that stand between: adaptive pooling with its gradients, the spatial pyramid, the pyramid around every
# pixel, and two ways to pool a region of interest. About two hours.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# any_size.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden ones
# of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell can
# use what is defined above it. NumPy and Matplotlib are there; other libraries are not available where your
# notebook is graded. Single and double precision are both fine.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`. Images and channels
# are treated by themselves, and arguments keep their values.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, random_image


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


count = image(np.arange(24).reshape(4, 6))  # 4 rows, 6 columns, counting from 0
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% [markdown] nbgrader={"grade": false, "grade_id": "adaptive_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand: seven cells, three bins
#
# Seven cells do not divide into three equal bins. Adaptive pooling lets bins overlap so that they are nearly
# equal and together cover everything. Bin $i$ of $o$ bins (counting from 0) over $n$ cells holds the cells
# from $\lfloor i\,n/o \rfloor$ up to, not including, $\lceil (i+1)\,n/o \rceil$:
#
# ```
# cells     0  1  2  3  4  5  6
# bin 0     x  x  x                  0 to 7/3, rounded up: 3
# bin 1           x  x  x            7/3 rounded down: 2, to 14/3 rounded up: 5
# bin 2                 x  x  x      14/3 rounded down: 4, to 7
# ```
#
# The figure shows the bins for other sizes. There may be more bins than cells; then cells are used several
# times.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def bins(cases):
    """Draw the bins of adaptive pooling as bars over the cells of an axis."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, len(cases), figsize=(2.4 * len(cases), 1.6), layout="constrained")
    for axis, (n, o) in zip(axes, cases):
        for i in range(o):
            start, stop = i * n // o, -((-i - 1) * n // o)
            axis.barh(i, stop - start, left=start, height=0.7, color="tab:blue")
        axis.set(title=f"{n} cells, {o} bins", xlim=(0, n), xticks=range(n + 1), yticks=range(o))
        axis.invert_yaxis()
        axis.grid(axis="x")
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    bins([(7, 3), (7, 5), (6, 3), (3, 5)])

# %% [markdown] nbgrader={"grade": false, "grade_id": "adaptive_functions", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 2. Adaptive pooling and its gradients
#
# `output_size` is the number of bins down and across: an integer or a pair. Rows and columns are cut by
# themselves, so the bins of the image are rectangles. The results have shape `(batch, *output_size,
# channels)`.
#
# In the gradients `dy` has that shape and `dx` the shape of `x`. Of the average, every cell of a bin with $m$
# cells receives `dy / m`; of the maximum, the largest cell receives `dy`, among equal ones the *first*,
# reading the bin row by row. A cell that lies in several bins receives from each of them.
#
# **Hints.** (1) `//` rounds down; rounding up is rounding the negative down and negating. (2) A helper that
# gives the start and stop of every bin along an axis serves all four functions. (3) Two loops over bins, and
# a slice of the image in each; for the maximum's gradient flatten the slice's rows and columns and ask
# `argmax`.

# %% nbgrader={"grade": false, "grade_id": "adaptive_average_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adaptive_average_pool2d(x, output_size):
    """Mean of each bin: shape (batch, *output_size, channels).

    >>> adaptive_average_pool2d(image([[1, 2, 3, 4, 5, 6, 7]]), (1, 3))[0, :, :, 0]
    array([[2., 4., 6.]])
    """
    ### BEGIN SOLUTION
    y = np.zeros(_shape(x, output_size))
    for place, where in _bins(x, output_size):
        y[place] = x[where].mean(axis=(1, 2))
    return y


def _shape(x, output_size):
    return (len(x), *np.broadcast_to(output_size, 2), x.shape[3])


def _bins(x, output_size):
    """For each bin its place in the result and its rectangle of the image, as indices."""
    spans = [
        [slice(i * n // o, -((-i - 1) * n // o)) for i in range(o)]
        for n, o in zip(x.shape[1:3], np.broadcast_to(output_size, 2).tolist())
    ]
    for i, rows in enumerate(spans[0]):
        for j, columns in enumerate(spans[1]):
            yield (slice(None), i, j), (slice(None), rows, columns)
    ### END SOLUTION


def adaptive_average_pool2d_backward(dy, x, output_size):
    """Gradient of `adaptive_average_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> adaptive_average_pool2d_backward(image([[2, 4]]), image([[1, 2, 3]]), (1, 2))[0, :, :, 0]
    array([[1., 3., 2.]])
    """
    ### BEGIN SOLUTION
    dx = np.zeros(x.shape)
    for place, where in _bins(x, output_size):
        dx[where] += dy[place][:, np.newaxis, np.newaxis] / x[0, :, :, 0][where[1:]].size
    return dx
    ### END SOLUTION


def adaptive_max_pool2d(x, output_size):
    """Largest number of each bin: shape (batch, *output_size, channels).

    >>> adaptive_max_pool2d(image([[1, 5, 2, 4, 3, 6, 0]]), (1, 3))[0, :, :, 0]
    array([[5., 4., 6.]])
    """
    ### BEGIN SOLUTION
    y = np.zeros(_shape(x, output_size))
    for place, where in _bins(x, output_size):
        y[place] = x[where].max(axis=(1, 2))
    return y
    ### END SOLUTION


def adaptive_max_pool2d_backward(dy, x, output_size):
    """Gradient of `adaptive_max_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> adaptive_max_pool2d_backward(image([[2, 4]]), image([[1, 3, 2]]), (1, 2))[0, :, :, 0]
    array([[0., 6., 0.]])
    """
    ### BEGIN SOLUTION
    dx = np.zeros(x.shape)
    for place, where in _bins(x, output_size):
        part = x[where].reshape(len(x), -1, x.shape[3])
        first = np.arange(part.shape[1])[:, np.newaxis] == part.argmax(axis=1)[:, np.newaxis]
        dx[where] += (first * dy[place][:, np.newaxis]).reshape(x[where].shape)
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_adaptive_even", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: sizes that divide
check_array(adaptive_average_pool2d(count, 2), image([[4, 7], [16, 19]]), **close, what="adaptive_average_pool2d(count, 2)")
check_array(adaptive_max_pool2d(count, 2), image([[8, 11], [20, 23]]), **close, what="adaptive_max_pool2d(count, 2)")
### BEGIN HIDDEN TESTS
from course_lib import adaptive_average_pool, adaptive_max_pool

many = [case(random_image(rng, 1, n * rows, n * columns, 1), n) for n, rows, columns in [(1, 2, 3), (2, 1, 2), (3, 2, 2), (4, 1, 2)]]
check_cases(adaptive_average_pool2d, adaptive_average_pool, many, **close)
check_cases(adaptive_max_pool2d, adaptive_max_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_bins", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: bins overlap where sizes do not divide, average
check_array(adaptive_average_pool2d(image([[1, 2, 3, 4, 5, 6, 7]]), (1, 3)), image([[2, 4, 6]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_average_pool

check_cases(adaptive_average_pool2d, adaptive_average_pool, [
    case(random_image(rng, 1, n, n, 1), o) for n, o in [(3, 2), (4, 3), (5, 2), (5, 3), (7, 3), (7, 5), (8, 5), (9, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_bins", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: bins overlap where sizes do not divide, maximum
check_array(adaptive_max_pool2d(image([[1, 5, 2, 4, 3, 6, 0]]), (1, 3)), image([[5, 4, 6]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_max_pool

check_cases(adaptive_max_pool2d, adaptive_max_pool, [
    case(random_image(rng, 1, n, n, 1) / 8 - 5, o) for n, o in [(3, 2), (4, 3), (5, 2), (5, 3), (7, 3), (7, 5), (8, 5), (9, 4)]
] + [case(random_image(rng, 1, 5, 4, 1) - 1e12, 3)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_adaptive_pairs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: different numbers of bins down and across, also more bins than cells
check_array(adaptive_average_pool2d(count, (2, 3)), image([[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]), **close,
            what="adaptive_average_pool2d(count, (2, 3))")
check_array(adaptive_max_pool2d(image([[1, 2, 3]]), (1, 5)), image([[1, 2, 2, 3, 3]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_average_pool, adaptive_max_pool

many = [case(random_image(rng, 1, 4, 6, 1), o) for o in [(2, 3), (1, 2), (4, 1), (6, 2), (2, 12)]]
many += [case(random_image(rng, 1, n, n, 1), o) for n, o in [(2, 3), (3, 5), (1, 2)]]
check_cases(adaptive_average_pool2d, adaptive_average_pool, many, **close)
check_cases(adaptive_max_pool2d, adaptive_max_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_adaptive_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart
check_array(adaptive_max_pool2d(np.array([1.0, 8.0, 2.0, 7.0]).reshape(1, 1, 2, 2), 1), np.array([[[[2.0, 8.0]]]]), **close)
check_array(adaptive_average_pool2d(np.array([1.0, 8.0, 2.0, 7.0]).reshape(1, 1, 2, 2), 1), np.array([[[[1.5, 7.5]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_average_pool, adaptive_max_pool

many = [case(random_image(rng, *shape), 2) for shape in [(1, 2, 2, 2), (2, 4, 2, 1), (2, 4, 4, 3), (3, 2, 4, 2)]]
check_cases(adaptive_average_pool2d, adaptive_average_pool, many, **close)
check_cases(adaptive_max_pool2d, adaptive_max_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the average, overlapping bins add up
check_array(adaptive_average_pool2d_backward(image([[2, 4]]), image([[1, 2, 3]]), (1, 2)), image([[1, 3, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_average_pool_backward

check_cases(adaptive_average_pool2d_backward, adaptive_average_pool_backward, [
    case(random_image(rng, batch, *np.broadcast_to(o, 2), c), random_image(rng, batch, rows, columns, c), o)
    for batch, rows, columns, c, o in [
        (1, 2, 2, 1, 2), (1, 3, 3, 1, 2), (1, 4, 5, 1, 3), (1, 7, 5, 1, (3, 4)), (1, 2, 3, 1, 4), (2, 4, 6, 3, (3, 2)), (2, 5, 5, 2, 5),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the maximum, overlapping bins add up
check_array(adaptive_max_pool2d_backward(image([[2, 4]]), image([[1, 3, 2]]), (1, 2)), image([[0, 6, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_max_pool_backward

def distinct(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2

check_cases(adaptive_max_pool2d_backward, adaptive_max_pool_backward, [
    case(random_image(rng, batch, *np.broadcast_to(o, 2), c) / 8, distinct(batch, rows, columns, c), o)
    for batch, rows, columns, c, o in [
        (1, 2, 2, 1, 2), (1, 3, 3, 1, 2), (1, 4, 5, 1, 3), (1, 7, 5, 1, (3, 4)), (1, 2, 3, 1, 4), (2, 4, 6, 3, (3, 2)), (2, 5, 5, 2, 5),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: ties go to the first cell of the bin
check_array(adaptive_max_pool2d_backward(image([[8]]), image([[1, 3], [3, 3]]), 1), image([[0, 8], [0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import adaptive_max_pool_backward

check_cases(adaptive_max_pool2d_backward, adaptive_max_pool_backward, [
    case(1 + rng.random((1, o, o, 1)), rng.integers(low, low + 2, (1, o * 2, o * 3, 1)).astype(float), o)
    for low in [0, -4] for o in [1, 2, 3]
] + [case(1 + rng.random((1, 2, 2, 1)), 1 + 1e-6 * np.arange(24).reshape(1, 4, 6, 1), 2)], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "pyramid_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. Two pyramids
#
# **`spatial_pyramid_pool2d`** describes a whole image by a vector of fixed length: adaptive *maximum* pooling
# with $l \times l$ bins for each `l` in `levels`, all written one after the other. The length is $C\sum_l
# l^2$, whatever the size of the image. The order: levels as given; in a level the bins row by row; the
# channels of a bin side by side.
#
# **`pixel_pyramid_pool2d`** describes the surroundings of *every* pixel: for each `k` in `sizes` (odd
# numbers) the maximum of the $k \times k$ window centred on the pixel, as far as it lies inside the image.
# The results stand side by side in the channels: first all channels for the first size, then all for the
# second, …: shape `(batch, rows, columns, C * len(sizes))`.
#
# ```
#  0 0 0 0 0
#  0 0 0 0 0        size 3        size 1
#  0 0 1 0 0        0 1 1 1 0     0 0 0 0 0
#  0 0 0 0 0        0 1 1 1 0     0 0 1 0 0     (middle three rows)
#  0 0 0 0 0        0 1 1 1 0     0 0 0 0 0
# ```
#
# **Hints.** (1) For the first, `reshape(len(x), -1)` of `(batch, l, l, channels)` has just the order that is
# asked for. (2) For the second, slices that stop at the border need no padding; only their start must not be
# negative. (3) `np.concatenate` has an `axis`.

# %% nbgrader={"grade": false, "grade_id": "spatial_pyramid_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spatial_pyramid_pool2d(x, levels=(1, 2, 4)):
    """Maxima of l times l adaptive bins for every level l, one after the other: shape (batch, C * sum of l squared).

    >>> spatial_pyramid_pool2d(count, (1, 2))
    array([[23.,  8., 11., 20., 23.]])
    """
    ### BEGIN SOLUTION
    return np.concatenate([adaptive_max_pool2d(x, level).reshape(len(x), -1) for level in levels], axis=1)
    ### END SOLUTION


def pixel_pyramid_pool2d(x, sizes=(27, 9, 3, 1)):
    """Maxima of windows of several sizes around every pixel: shape (batch, rows, columns, C * len(sizes)).

    >>> pixel_pyramid_pool2d(image([[0, 1, 0, 0]]), (3, 1))[0, 0].T
    array([[1., 1., 1., 0.],
           [0., 1., 0., 0.]])
    """
    ### BEGIN SOLUTION
    return np.concatenate([_around(_around(x, 1, size), 2, size) for size in sizes], axis=3)


def _around(x, axis, size):
    cells = np.arange(x.shape[axis])
    return np.stack([x.take(cells[max(i - size // 2, 0) : i + size // 2 + 1], axis).max(axis) for i in cells], axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_spatial_pyramid", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a vector of all levels
check_array(spatial_pyramid_pool2d(count, (1, 2)), np.array([[23.0, 8, 11, 20, 23]]), **close, what="spatial_pyramid_pool2d(count, (1, 2))")
### BEGIN HIDDEN TESTS
from course_lib import spatial_pyramid_pool

check_cases(spatial_pyramid_pool2d, spatial_pyramid_pool, [
    case(random_image(rng, 1, n, m, 1) / 8 - 5, levels)
    for n, m, levels in [(2, 2, (1,)), (4, 4, (2,)), (4, 6, (1, 2)), (5, 7, (1, 2, 3)), (6, 5, (3, 2, 1)), (8, 8, (4, 1))]
] + [case(random_image(rng, 1, 8, 8, 1))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_spatial_pyramid_order", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: in a level, bins row by row and the channels of a bin side by side
check_array(spatial_pyramid_pool2d(np.concatenate([count, 100 + count], axis=3), (1, 2)),
            np.array([[23.0, 123, 8, 108, 11, 111, 20, 120, 23, 123]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import spatial_pyramid_pool

check_cases(spatial_pyramid_pool2d, spatial_pyramid_pool, [
    case(random_image(rng, *shape), levels)
    for shape, levels in [((1, 2, 2, 2), (2,)), ((2, 4, 4, 1), (1, 2)), ((2, 4, 6, 3), (1, 2)), ((3, 5, 5, 2), (2, 3))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_pixel_pyramid", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: windows of several sizes around every pixel
check_array(pixel_pyramid_pool2d(image([[0, 1, 0, 0]]), (3, 1)), np.array([[[[1.0, 0], [1, 1], [1, 0], [0, 0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import pixel_pyramid_pool

check_cases(pixel_pyramid_pool2d, pixel_pyramid_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0) / 8, sizes)
    for rows, columns, sizes in [(3, 3, (3,)), (3, 4, (3, 1)), (5, 6, (5, 3)), (6, 4, (1, 3, 5)), (4, 4, (9, 1))]
] + [case(random_image(rng, 1, 5, 5, 1, low=0)), case(random_image(rng, 1, 1, 40, 1, low=-2000))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_pixel_pyramid_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border of a negative image nothing is made up
check_array(pixel_pyramid_pool2d(image([[-3, -1, -2, -2]]), (3,)), image([[-1, -1, -1, -2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import pixel_pyramid_pool

check_cases(pixel_pyramid_pool2d, pixel_pyramid_pool, [
    case(random_image(rng, 1, rows, columns, 1) - shift, sizes)
    for shift in [10, 1e12] for rows, columns, sizes in [(3, 3, (3,)), (4, 5, (5, 3)), (3, 4, (9, 1))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_pixel_pyramid_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: all channels of the first size, then all of the second
check_array(pixel_pyramid_pool2d(np.array([1.0, 20.0, 3.0, 10.0]).reshape(1, 1, 2, 2), (3, 1)),
            np.array([[[[3.0, 20, 1, 20], [3, 20, 3, 10]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import pixel_pyramid_pool

check_cases(pixel_pyramid_pool2d, pixel_pyramid_pool, [
    case(random_image(rng, *shape, low=0), (3, 1)) for shape in [(1, 2, 2, 2), (2, 3, 2, 1), (2, 3, 4, 3)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "roi_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. Regions of interest: `roi_max_pool`
#
# A detector proposes regions of an image; each is pooled to the same size. `rois` is an array of shape `(R,
# 5)`, a row for each region: *number of the image in the batch, x1, y1, x2, y2*, where x counts columns and y
# counts rows, in the coordinates of the original image. `spatial_scale` is the ratio of the map to that
# image, 1/16 for instance. `output_size` is an integer or a pair `(rows, columns)`. The result has shape `(R,
# *output_size, channels)`.
#
# 1. Multiply the four coordinates by `spatial_scale` and round each to the nearest whole number; a half is
#    rounded up (`np.round` rounds 2.5 down to 2: not what we want).
# 2. Both ends belong to the region: rows from y1 to y2 *inclusive* are $h=\max(y2-y1+1, 1)$ rows; columns
#    likewise.
# 3. Cut the $h$ rows into bins as adaptive pooling does, from $\lfloor i\,h/o \rfloor$ to $\lceil (i+1)\,h/o
#    \rceil$, counted from y1; columns likewise.
# 4. Of each bin take the maximum of the cells that lie on the map. If there are none, the result is 0.
#
# On `count` (4 rows, 6 columns), the region `0, 0, 0, 5, 3` with 3×3 bins, rows `0 1`, `1 2`, `2 3`, columns
# `0 1`, `2 3`, `4 5`:
#
# ```
#  0  1 |  2  3 |  4  5
#  6  7 |  8  9 | 10 11            7   9  11
# 12 13 | 14 15 | 16 17     -->   13  15  17
# 18 19 | 20 21 | 22 23           19  21  23
# ```
#
# **Hints.** (1) Adding a half and then rounding down rounds halves up. (2) A region may begin left of column
# 0: in NumPy a negative index counts from the far end, so clip the starts and stops of the *bins* to the map.
# (3) A slice of no cells has no maximum: ask for its size first.

# %% nbgrader={"grade": false, "grade_id": "roi_max_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def roi_max_pool(x, rois, output_size, spatial_scale=1.0):
    """Largest number in each bin of each region, rounded to whole cells: shape (R, *output_size, channels).

    >>> roi_max_pool(count, np.array([[0, 0, 0, 5, 3]]), 3)[0, :, :, 0]
    array([[ 7.,  9., 11.],
           [13., 15., 17.],
           [19., 21., 23.]])
    """
    ### BEGIN SOLUTION
    size = np.broadcast_to(output_size, 2).tolist()
    y = np.zeros((len(rois), *size, x.shape[3]))
    for r, (n, *corners) in enumerate(rois):
        left, top, right, bottom = np.floor(np.array(corners) * spatial_scale + 0.5).astype(int)
        rows = _region_bins(top, bottom, size[0], x.shape[1])
        columns = _region_bins(left, right, size[1], x.shape[2])
        for i, j in np.ndindex(*size):
            part = x[int(n), rows[i], columns[j]]
            if part.size:
                y[r, i, j] = part.max(axis=(0, 1))
    return y


def _region_bins(first, last, o, cells):
    length = max(last - first + 1, 1)
    bounds = [(first + i * length // o, first - ((-i - 1) * length // o)) for i in range(o)]
    return [slice(np.clip(a, 0, cells), np.clip(b, 0, cells)) for a, b in bounds]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_roi_max_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the whole map as a region
check_array(roi_max_pool(count, np.array([[0.0, 0, 0, 5, 3]]), 3), image([[7, 9, 11], [13, 15, 17], [19, 21, 23]]), **close,
            what="roi_max_pool(count, np.array([[0.0, 0, 0, 5, 3]]), 3)")
### BEGIN HIDDEN TESTS
from course_lib import roi_max_pool as oracle

check_cases(roi_max_pool, oracle, [
    case(random_image(rng, 1, rows, columns, 1) / 8 - 5, np.array([[0.0, 0, 0, columns - 1, rows - 1]]), o)
    for rows, columns, o in [(2, 2, 2), (3, 3, 2), (4, 6, 3), (5, 4, 3), (7, 5, 4), (3, 2, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_roi_max_regions", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: regions anywhere, x across and y down, both ends included
check_array(roi_max_pool(count, np.array([[0.0, 1, 0, 2, 3]]), (2, 1)), image([[8], [20]]), **close,
            what="roi_max_pool(count, np.array([[0.0, 1, 0, 2, 3]]), (2, 1))")
### BEGIN HIDDEN TESTS
from course_lib import roi_max_pool as oracle

check_cases(roi_max_pool, oracle, [
    case(random_image(rng, 1, rows, columns, 1) - 5, np.array([[0.0, x1, y1, x2, y2]]), o)
    for rows, columns, x1, y1, x2, y2, o in [
        (4, 6, 1, 0, 2, 3, (2, 1)), (4, 6, 2, 1, 5, 2, (1, 2)), (6, 6, 0, 2, 4, 3, 2), (6, 8, 3, 1, 7, 4, (3, 2)), (5, 5, 2, 2, 2, 2, 1),
        (5, 5, 1, 3, 3, 3, 2), (8, 7, 0, 1, 6, 7, (3, 4)), (5, 6, 3, 2, 2, 1, 1), (5, 6, 4, 3, 1, 3, 2),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_roi_max_rounding", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: coordinates are scaled, then rounded, halves up
check_array(roi_max_pool(count, np.array([[0.0, 2, 2, 5, 4]]), 1, 0.5), image([[15]]), **close,
            what="roi_max_pool(count, np.array([[0.0, 2, 2, 5, 4]]), 1, 0.5): rows 1 to 2, columns 1 to 3")
### BEGIN HIDDEN TESTS
from course_lib import roi_max_pool as oracle

rising = np.arange(48.0).reshape(1, 6, 8, 1)  # its maxima tell where regions end, those of 47 - rising where they begin
check_cases(roi_max_pool, oracle, [
    case(x, np.array([[0.0, *corners]]), o, scale)
    for x in [rising, 47 - rising, random_image(rng, 1, 6, 8, 1, low=0)]
    for corners, o, scale in [
        ((2, 2, 5, 4), 1, 0.5), ((1, 1, 5, 5), 2, 0.5), ((0.5, 1.5, 4.5, 2.5), 2, 1.0), ((0.4, 0.6, 3.4, 3.6), (2, 1), 1.0),
        ((16, 32, 100, 72), 2, 1 / 16), ((8, 24, 104, 40), (1, 3), 1 / 16), ((1, 0, 3, 2), 2, 2.0),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_roi_max_outside", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: cells beyond the map are left out, an empty bin gives 0
check_array(roi_max_pool(count - 30, np.array([[0.0, -2, 0, 1, 3]]), (1, 2)), image([[0, -11]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_max_pool as oracle

check_cases(roi_max_pool, oracle, [
    case(random_image(rng, 1, 4, 5, 1) - shift, np.array([[0.0, *corners]]), o)
    for shift in [20, 1e12]
    for corners, o in [((-2, 0, 1, 3), (1, 2)), ((-1, -1, 2, 2), 2), ((3, 2, 7, 5), 2), ((-3, -3, 8, 8), 3), ((5, 0, 8, 3), 2), ((-1, 1, 5, 2), (2, 3))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_roi_max_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: each region from its own image, all channels
check_array(roi_max_pool(np.concatenate([count, 100 + count]), np.array([[1.0, 0, 0, 1, 1], [0, 0, 0, 1, 1]]), 1),
            np.array([107.0, 7.0]).reshape(2, 1, 1, 1), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_max_pool as oracle

check_cases(roi_max_pool, oracle, [
    case(random_image(rng, batch, 4, 4, c), np.array([[n, 0.0, 0, 3, 3] for n in order]), 2)
    for batch, c, order in [(2, 1, [1, 0]), (1, 2, [0]), (3, 2, [2, 0, 2, 1]), (2, 3, [0, 1, 1])]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "align_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. Without rounding: `roi_align`
#
# Rounding moves a region by up to half a cell of the map, eight pixels of the image at a scale of 1/16.
# *RoIAlign* rounds nothing: it reads the map *between* its cells.
#
# 1. Multiply the coordinates by `spatial_scale`. With `aligned=True` then subtract 0.5 from each (a cell's
#    value sits at its centre). The region is x2 − x1 wide and y2 − y1 high; with `aligned=False` at least 1
#    each.
# 2. Divide height and width into equal bins, $b=(y2-y1)/o$ high.
# 3. In each bin lay a grid of `sampling_ratio` × `sampling_ratio` points: row $p$ of $g$ in bin $i$ is at
#    $y1+\left(i+\frac{p+0.5}{g}\right) b$; columns likewise.
# 4. Read the map at each point by bilinear interpolation between the four cells around it. A point more than
#    one cell outside ($y<-1$ or $y>H$; columns likewise) reads 0; any other is first moved into the map, $y$
#    to between 0 and $H-1$.
# 5. The result is the mean over the points of a bin.
#
# For the region `0, 0, 0, 6, 4` of `count` with 3×3 bins, `aligned=False`, 2×2 points: a bin is 4/3 high and
# 2 wide; the first has points at rows 1/3 and 1, columns 0.5 and 1.5. `count` rises evenly, by 6 a row and by
# 1 a column, so the mean is what stands at the middle of the points, row 2/3 and column 1:
# $6\cdot\frac23+1=5$.
#
# **Hints.** (1) Bilinear interpolation along rows and then along columns is the same as with four weights.
# (2) Along one axis a point between cells $l$ and $l+1$ reads $(1-t)\,a_l+t\,a_{l+1}$, a row of a matrix with
# two entries that are not zero. (3) Write that matrix for the rows (points × rows of the map, zero rows for
# points too far outside) and for the columns: the region's samples are matrix · map · matrixᵀ, and averaging
# over a bin's points can be done on the matrices beforehand.

# %% nbgrader={"grade": false, "grade_id": "roi_align", "locked": false, "schema_version": 3, "solution": true, "task": false}
def roi_align(x, rois, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Mean of bilinear samples in each bin of each region: shape (R, *output_size, channels).

    >>> roi_align(count, np.array([[0, 0, 0, 6, 4]]), 3, aligned=False)[0, :, :, 0]
    array([[ 5.  ,  7.  ,  8.75],
           [13.  , 15.  , 16.75],
           [19.  , 21.  , 22.75]])
    """
    ### BEGIN SOLUTION
    size = np.broadcast_to(output_size, 2).tolist()
    y = np.zeros((len(rois), *size, x.shape[3]))
    for r, (n, *corners) in enumerate(rois):
        left, top, right, bottom = np.array(corners) * spatial_scale - 0.5 * aligned
        rows = _readings(top, bottom, size[0], x.shape[1], sampling_ratio, aligned)
        columns = _readings(left, right, size[1], x.shape[2], sampling_ratio, aligned)
        y[r] = np.einsum("ih,jw,hwc->ijc", rows, columns, x[int(n)])
    return y


def _readings(start, end, o, cells, ratio, aligned):
    """What each bin reads of each cell along an axis: shape (bins, cells)."""
    length = end - start if aligned else max(end - start, 1)
    points = start + length / o * (np.arange(o * ratio) + 0.5) / ratio
    inside = (points >= -1) & (points <= cells)
    distance = np.abs(points.clip(0, cells - 1)[:, np.newaxis] - np.arange(cells))
    weights = np.maximum(1 - distance, 0) * inside[:, np.newaxis]
    return weights.reshape(o, ratio, cells).mean(axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_align_example", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: means of bilinear samples
check_array(roi_align(count, np.array([[0.0, 0, 0, 6, 4]]), 3, aligned=False), image([[5, 7, 8.75], [13, 15, 16.75], [19, 21, 22.75]]),
            **close, what="roi_align(count, np.array([[0.0, 0, 0, 6, 4]]), 3, aligned=False)")
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(random_image(rng, 1, 6, 7, 1), np.array([[0.0, *corners]]), o, aligned=False)
    for corners, o in [((0, 0, 4, 4), 2), ((1, 2, 5, 4), (1, 2)), ((0.3, 1.2, 4.7, 4.1), 2), ((2.5, 0.5, 3.8, 4.9), (3, 1)), ((1, 1, 6, 5), 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_align_half_cell", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: aligned, half a cell is subtracted
check_array(roi_align(count, np.array([[0.0, 0, 0, 6, 4]]), 3), image([[2, 4, 6], [9.5, 11.5, 13.5], [17, 19, 21]]), **close,
            what="roi_align(count, np.array([[0.0, 0, 0, 6, 4]]), 3)")
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(random_image(rng, 1, 6, 7, 1), np.array([[0.0, *corners]]), o)
    for corners, o in [((1, 1, 5, 5), 2), ((1, 2, 5, 4), (1, 2)), ((1.3, 1.2, 4.7, 4.1), 2), ((2.5, 0.5, 3.8, 4.9), (3, 1)), ((2, 2, 2.4, 2.3), 1)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_align_scale", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: scale, and other numbers of points
check_array(roi_align(count, np.array([[0.0, 0, 0, 12, 8]]), 1, 0.5, sampling_ratio=1, aligned=False), image([[15]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(random_image(rng, 1, 6, 7, 1), np.array([[0.0, *corners]]), o, scale, sampling_ratio=ratio)
    for corners, o, scale, ratio in [
        ((2, 2, 10, 10), 2, 0.5, 2), ((20, 30, 90, 70), 2, 1 / 16, 1), ((1, 1, 5, 5), 2, 1.0, 3), ((16, 16, 96, 80), (1, 2), 1 / 16, 4), ((1, 1, 2, 2), 2, 2.0, 1),
    ]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_align_outside", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: near the border points move to the edge, far outside they read 0
check_array(roi_align(image([[5, 5], [5, 5]]), np.array([[0.0, -3, 0, 1, 2]]), (1, 2), sampling_ratio=1, aligned=False), image([[0, 5]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(10 + random_image(rng, 1, 4, 5, 1), np.array([[0.0, *corners]]), o, aligned=aligned)
    for aligned in [True, False]
    for corners, o in [((-3, 0, 2, 3), (1, 2)), ((-1, -1, 3, 3), 2), ((3, 2, 7, 6), 3), ((-4, -4, 9, 9), 3), ((6.5, 0, 9, 3), 2), ((0, 0, 5, 4), 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_align_small", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: not aligned, a region is at least one cell wide and high
check_array(roi_align(count, np.array([[0.0, 1, 1, 1.5, 1.5]]), 1, sampling_ratio=1, aligned=False), image([[7 + 3.5]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(random_image(rng, 1, 5, 6, 1), np.array([[0.0, *corners]]), o, aligned=False)
    for corners, o in [((1, 1, 1.5, 1.5), 1), ((1, 1, 1, 1), 2), ((0.5, 1, 0.75, 3), (2, 1)), ((2, 1.25, 4, 1.5), (1, 2))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_align_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: each aligned region from its own image, all channels
check_array(roi_align(np.concatenate([count, 100 + count]), np.array([[1.0, 0, 0, 2, 2], [0, 0, 0, 2, 2]]), 1, aligned=False),
            np.array([107.0, 7.0]).reshape(2, 1, 1, 1), **close)
### BEGIN HIDDEN TESTS
from course_lib import roi_align as oracle

check_cases(roi_align, oracle, [
    case(random_image(rng, batch, 4, 4, c), np.array([[n, 1.0, 1, 3, 3] for n in order]), 2)
    for batch, c, order in [(2, 1, [1, 0]), (1, 2, [0]), (3, 2, [2, 0, 2, 1]), (2, 3, [0, 1, 1])]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone
check_arguments_kept(adaptive_average_pool2d, case(count, 3))
check_arguments_kept(roi_align, case(count, np.array([[0.0, 0, 0, 6, 4]]), 3, 0.5))
### BEGIN HIDDEN TESTS
x, rois = random_image(rng, 2, 5, 6, 2), np.array([[1.0, 1, 1, 4, 3], [0, 0, 0, 9, 9]])
check_arguments_kept(adaptive_max_pool2d, case(x, 3))
check_arguments_kept(adaptive_average_pool2d_backward, case(np.ones((2, 3, 3, 2)), x, 3))
check_arguments_kept(adaptive_max_pool2d_backward, case(np.ones((2, 3, 3, 2)), x, 3))
check_arguments_kept(spatial_pyramid_pool2d, case(x, (1, 2)))
check_arguments_kept(pixel_pyramid_pool2d, case(x, (3, 1)))
check_arguments_kept(roi_max_pool, case(x, rois, 2, 0.5))
check_arguments_kept(roi_align, case(x, rois, 2, 0.5))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. In words
#
# A tutorial pools a region of 4×6 cells to 3×3 with bins of one row and two columns, "since 4 cannot be
# divided by 3", and the last row is lost. Compare with `roi_max_pool` and `roi_align` on the same region:
# which cells does each use, and where does each lose or blur information? Then move a region of `count` by a
# quarter of a cell to the right: what happens to the two results? Which of the two passes a useful gradient
# to the *coordinates* of the region? Six to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_regions", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# With one-row bins the rows 0, 1, 2 are used and row 3, a quarter of the region, is never seen. roi_max_pool
# uses overlapping bins, rows 0–1, 1–2 and 2–3: every cell of the region is in some bin, the middle rows in
# two, so nothing inside the region is lost; what it loses is the region's exact position, because the corners
# were rounded to whole cells. roi_align uses points: with 2×2 points in a bin it reads the cells around four
# places and blurs them by interpolation; cells between the points of a large bin may go unread, but nothing
# is rounded. A quarter of a cell to the right changes roi_max_pool's corners only if the rounding flips: the
# result stays the same and then jumps by a whole cell (for count with corner 0.25 nothing changes; at 0.5
# every number rises by 1). roi_align's numbers rise by exactly 0.25 away from the border. As a function of
# the coordinates roi_max_pool is a staircase whose derivative is zero almost everywhere, so no gradient
# reaches them; roi_align is continuous and piecewise linear along each axis, so it could pass one (most
# implementations nevertheless send gradient to the map only).
#
# ### BEGIN MARK SCHEME
# 1 point: the last row is lost by floor bins, overlapping bins of roi_max_pool cover everything. 1 point:
# roi_max_pool loses position by rounding, roi_align blurs (or skips cells) but does not round. 1 point:
# staircase versus a change of 0.25 when the region moves. 1 point: only roi_align has a useful derivative by
# the coordinates.
# ### END MARK SCHEME
