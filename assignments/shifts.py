# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Shifts
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Shifts
#
# Pooling is said to make networks indifferent to small shifts. You measure how far that is true, and write
# two poolings made for it: blurring before subsampling, and cutting the spectrum. About an hour and a half.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# shifts.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden ones of
# the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell can use
# what is defined above it. NumPy and Matplotlib are there; other libraries are not available where your
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


def framed(x, width=3):
    """Zeros around an image, so that it does not matter what is done at the border."""
    return np.pad(x, [(0, 0), (width, width), (width, width), (0, 0)])


def corners(x):
    """Plain subsampling: every second row and column."""
    return x[:, ::2, ::2]


def block_maxima(x):
    """Max pooling, 2x2, side by side."""
    return np.maximum(np.maximum(x[:, ::2, ::2], x[:, 1::2, ::2]), np.maximum(x[:, ::2, 1::2], x[:, 1::2, 1::2]))


def whole_mean(x):
    """The global average: shape (batch, channels)."""
    return x.mean(axis=(1, 2))


ramp = image([[1, 3, 2, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]])
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% [markdown] nbgrader={"grade": false, "grade_id": "consistency_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand: a line moves
#
# A vertical line of ones, two cells wide, moves right by one cell; below it 2×2 max pooling and average
# pooling of each:
#
# ```
# image          0 0 1 1 0 0      0 0 0 1 1 0
# maximum         0   1   0        0   1   1          the maximum has doubled
# average         0   1   0        0  .5  .5          the average has spread
# ```
#
# Neither is indifferent to the shift. Moved by *two* cells, both results move by exactly one.
#
# ## 2. `shift_consistency`
#
# How much of a result survives a shift? `fn` is a function from an image batch to an array whose first axis
# is the batch; `shifts` is a list of shifts, each an integer (rows and columns alike) or a pair `(rows,
# columns)`. For each shift and each image of the batch
#
# $$1-\frac{\lVert fn(S\,x)-fn(x)\rVert}{\lVert fn(x)\rVert}$$
#
# where $S$ moves the image down and to the right and lets what falls off come in on the other side (so that
# nothing is lost; negative shifts go up and to the left), and $\lVert\cdot\rVert$ is the root of the sum of
# squares of all numbers that belong to an image (for $fn(x)$ it is never 0 here). 1 means: nothing changed. The
# result has shape `(len(shifts), batch)`.
#
# By hand: subsampling `[[3, 0, 4, 0]]` gives `[3, 4]`, of norm 5; shifted by one column it gives `[0, 0]`, so
# the consistency is $1-5/5=0$; shifted by two it gives `[4, 3]`, so $1-\sqrt2/5=0.717$; shifted by four it is
# 1.
#
# **Hints.** (1) `np.roll` moves and lets come in again; it takes a tuple of shifts and a tuple of axes. (2)
# Call `fn` on the whole batch, then flatten everything but the first axis. (3) `np.linalg.norm` with `axis=1`
# gives one number for each image.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def moving_line(function, shifts):
    """How a line looks after pooling, for each shift of the image."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, len(shifts), figsize=(1.4 * len(shifts), 1.6), layout="constrained")
    for axis, shift in zip(axes, shifts):
        line = np.zeros((1, 8, 8, 1))
        line[:, :, 2:4] = 1
        axis.imshow(function(np.roll(line, shift, axis=2))[0, :, :, 0], cmap="gray", vmin=0, vmax=1)
        axis.set(title=f"shift {shift}", xticks=[], yticks=[])
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    moving_line(block_maxima, range(5))

# %% nbgrader={"grade": false, "grade_id": "shift_consistency", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_consistency(fn, x, shifts):
    """1 - |fn(shifted x) - fn(x)| / |fn(x)| for each shift and image: shape (len(shifts), batch).

    >>> shift_consistency(corners, image([[3, 0, 4, 0]]), [(0, 1), (0, 2), (0, 4)]).round(3)
    array([[0.   ],
           [0.717],
           [1.   ]])
    """
    ### BEGIN SOLUTION
    before = fn(x).reshape(len(x), -1)
    rows = []
    for shift in shifts:
        moved = np.roll(x, tuple(np.broadcast_to(shift, 2).tolist()), axis=(1, 2))
        change = fn(moved).reshape(len(x), -1) - before
        rows.append(1 - np.linalg.norm(change, axis=1) / np.linalg.norm(before, axis=1))
    return np.array(rows)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_consistency_example", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: what survives a shift
check_array(shift_consistency(corners, image([[3, 0, 4, 0]]), [(0, 1), (0, 2), (0, 4)]), np.array([[0], [1 - 2**0.5 / 5], [1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import shift_consistency as oracle

check_cases(shift_consistency, oracle, [
    case(fn, 1 + rng.random((1, n, n, 1)), shifts)
    for fn in [corners, block_maxima, whole_mean] for n, shifts in [(2, [1]), (4, [0, 1, 2, 7]), (6, [1, 2, 3, 6]), (8, [3, 5])]
] + [case(corners, (1 + rng.random((1, 4, 4, 1))) * np.array([[1], [-1], [1], [-1]]), [1, 2])], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_consistency_pairs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: shifts down and to the right, also negative ones, and round the border
check_array(shift_consistency(corners, image([[3, 0], [0, 0], [4, 0], [0, 0]]), [(2, 0), (-2, 0), (0, 1)]),
            np.array([[1 - 2**0.5 / 5], [1 - 2**0.5 / 5], [0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import shift_consistency as oracle

check_cases(shift_consistency, oracle, [
    case(fn, 1 + rng.random((1, rows, columns, 1)), shifts)
    for fn in [corners, block_maxima]
    for rows, columns, shifts in [(4, 6, [(0, 1), (1, 0)]), (6, 4, [(2, 0), (0, 2), (-1, 3)]), (8, 6, [(-2, 0), (3, -3), -1])]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_consistency_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every image of the batch measured by itself, all channels together
check_array(shift_consistency(corners, np.concatenate([image([[3, 0, 4, 0]]), image([[5, 0, 5, 0]])]), [(0, 2)]),
            np.array([[1 - 2**0.5 / 5, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import shift_consistency as oracle

check_cases(shift_consistency, oracle, [
    case(fn, 1 + rng.random(shape), [1, (0, 2), 3])
    for fn in [corners, block_maxima, whole_mean] for shape in [(2, 4, 4, 1), (1, 4, 4, 2), (3, 4, 6, 2)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "blur_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `blur_pool2d`: blur first, then subsample
#
# Subsampling reads every second cell as if the others did not exist: fine patterns come out as coarse ones
# (*aliasing*). The cure is old: take the fine patterns out first. `blur_pool2d` weighs each cell and its
# neighbours and keeps every `strides`-th result.
#
# - The filter along an axis is a row of Pascal's triangle, divided by its sum: `filter_size` 2 is `[1, 1] /
#   2`, 3 is `[1, 2, 1] / 4`, 4 is `[1, 3, 3, 1] / 8`, …; in two dimensions it is applied along rows and along
#   columns.
# - At the border the image is *mirrored* without repeating the edge (`4 3 2 | 1 2 3 4`): $\lfloor (f-1)/2
#   \rfloor$ cells before and the rest of $f-1$ after, $f$ being `filter_size`. The blurred image is as large
#   as the image.
# - Then every `strides`-th row and column is kept, from the first on: $\lceil n/s \rceil$. `strides` is an
#   integer or a pair.
#
# By hand for the row `1 3 2 4` and filter 3: mirrored `3 | 1 3 2 4 | 2`, blurred $\frac{3+2+3}4,
# \frac{1+6+2}4, \frac{3+4+4}4, \frac{2+8+2}4 = 2, 2.25, 2.75, 3$, every second one: `2 2.75`.
#
# ## 4. `max_blur_pool2d`
#
# Max pooling with a stride is a maximum at stride 1 (harmless) followed by subsampling (not). Put the blur
# between: the maximum of each `pool_size` × `pool_size` window at stride 1 (windows that lie wholly inside
# the image), then `blur_pool2d`.
#
# **Hints.** (1) `np.pad` has a mode that mirrors without repeating the edge. (2) The blurred image is a sum
# of shifted copies of the padded one, a weight for each; rows first, columns next. (3) Pascal's row can be
# made by `math.comb`, or by adding the row to itself shifted by one.

# %% nbgrader={"grade": false, "grade_id": "blur_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def blur_pool2d(x, filter_size=3, strides=2):
    """Binomial blur along rows and columns, then every strides-th cell: shape (batch, ceil(n / stride), ..., channels).

    >>> blur_pool2d(image([[1, 3, 2, 4], [1, 3, 2, 4]]))[0, :, :, 0]
    array([[2.  , 2.75]])
    >>> blur_pool2d(ramp)[0, :, :, 0]
    array([[ 3.75 ,  4.875],
           [ 9.5  , 11.   ]])
    """
    ### BEGIN SOLUTION
    weights = np.ones(1)
    for _ in range(filter_size - 1):
        weights = np.convolve(weights, [0.5, 0.5])
    before, after = (filter_size - 1) // 2, filter_size // 2
    for axis, step in zip((1, 2), np.broadcast_to(strides, 2)):
        padded = np.pad(x, [(before, after) if a == axis else (0, 0) for a in range(4)], mode="reflect")
        cells = np.arange(0, x.shape[axis], step)
        x = sum(weight * padded.take(cells + k, axis) for k, weight in enumerate(weights))
    return x
    ### END SOLUTION


def max_blur_pool2d(x, pool_size=2, filter_size=3, strides=2):
    """Maximum of windows at stride 1, then blur_pool2d.

    >>> max_blur_pool2d(image([[0, 0, 4, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))[0, :, :, 0]
    array([[1. , 1.5]])
    """
    ### BEGIN SOLUTION
    rows, columns = x.shape[1] - pool_size + 1, x.shape[2] - pool_size + 1
    shifted = [x[:, i : i + rows, j : j + columns] for i in range(pool_size) for j in range(pool_size)]
    return blur_pool2d(np.max(shifted, axis=0), filter_size, strides)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_blur_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: blurred by 1 2 1, inside the image
check_array(blur_pool2d(framed(image([[16]]), 2)), image([[0, 0, 0], [0, 4, 0], [0, 0, 0]]), **close,
            what="blur_pool2d(framed(image([[16]]), 2))")
### BEGIN HIDDEN TESTS
from course_lib import blur_pool

check_cases(blur_pool2d, blur_pool, [
    case(framed(random_image(rng, 1, rows, columns, 1))) for rows, columns in [(1, 1), (2, 2), (3, 4), (5, 3), (6, 6)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_blur_border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the border is mirrored without repeating the edge, as far as the filter reaches
check_array(blur_pool2d(ramp), image([[3.75, 4.875], [9.5, 11]]), **close, what="blur_pool2d(ramp)")
check_array(blur_pool2d(np.full((1, 3, 3, 1), 4.0)), image([[4, 4], [4, 4]]), **close, what="blur_pool2d(np.full((1, 3, 3, 1), 4.0))")
### BEGIN HIDDEN TESTS
from course_lib import blur_pool

check_cases(blur_pool2d, blur_pool, [
    case(random_image(rng, 1, rows, columns, 1), f)
    for rows, columns, f in [(2, 2, 3), (3, 3, 3), (3, 4, 3), (5, 4, 3), (6, 7, 3), (4, 5, 4), (6, 5, 5)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_blur_filters", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: other filters, also of even size
check_array(blur_pool2d(framed(image([[64, 0], [0, 0]])), 4), image([[0, 0, 0, 0], [0, 9, 3, 0], [0, 3, 1, 0], [0, 0, 0, 0]]), **close,
            what="blur_pool2d(framed(image([[64, 0], [0, 0]])), 4)")
check_array(blur_pool2d(ramp, 1), ramp[:, ::2, ::2], **close, what="blur_pool2d(ramp, 1)")
### BEGIN HIDDEN TESTS
from course_lib import blur_pool

check_cases(blur_pool2d, blur_pool, [
    case(framed(random_image(rng, 1, rows, columns, 1), 4), f) for f in [1, 2, 4, 5, 6] for rows, columns in [(1, 2), (3, 3), (2, 5)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_blur_strides", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: other strides
check_array(blur_pool2d(ramp, 1, (3, 1)), ramp[:, ::3], **close, what="blur_pool2d(ramp, 1, (3, 1))")
### BEGIN HIDDEN TESTS
from course_lib import blur_pool

check_cases(blur_pool2d, blur_pool, [
    case(framed(random_image(rng, 1, rows, columns, 1)), 3, strides)
    for rows, columns, strides in [(3, 3, 1), (4, 6, (1, 2)), (6, 4, (2, 1)), (7, 7, 3), (5, 8, (3, 4))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_blur_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: images and channels blurred by themselves
dot = framed(image([[16]]), 2)
check_array(blur_pool2d(np.concatenate([dot, -2 * dot], axis=3)),
            np.concatenate([framed(image([[4]]), 1), framed(image([[-8]]), 1)], axis=3), **close)
### BEGIN HIDDEN TESTS
from course_lib import blur_pool

check_cases(blur_pool2d, blur_pool, [
    case(framed(random_image(rng, *shape))) for shape in [(1, 1, 1, 2), (2, 1, 2, 1), (2, 2, 2, 3), (3, 3, 1, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_blur", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: maximum at stride one, then blur and subsample
check_array(max_blur_pool2d(framed(image([[16]]))), image([[0, 0, 0], [0, 9, 3], [0, 3, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import max_blur_pool

check_cases(max_blur_pool2d, max_blur_pool, [
    case(framed(random_image(rng, *shape)) - 5) for shape in [(1, 1, 1, 1), (1, 3, 2, 1), (1, 4, 5, 1), (2, 3, 3, 3), (1, 6, 6, 2)]
] + [case(1e9 * (framed(random_image(rng, 1, 3, 4, 1)) - 10))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_blur_sizes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: other windows, filters and strides for the maximum
check_array(max_blur_pool2d(ramp, 3, 1, 1), image([[11, 12], [15, 16]]), **close, what="max_blur_pool2d(ramp, 3, 1, 1)")
### BEGIN HIDDEN TESTS
from course_lib import max_blur_pool

check_cases(max_blur_pool2d, max_blur_pool, [
    case(framed(random_image(rng, 1, 4, 3, 1), 5) - 5, pool, f, s) for pool, f, s in [(1, 3, 2), (3, 3, 2), (2, 4, 2), (3, 2, 3), (2, 5, 1), (2, 3, (2, 1))]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "spectral_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `spectral_pool2d`: keep the low frequencies
#
# Every image is a sum of waves; its discrete Fourier transform holds their amplitudes. Spectral pooling keeps
# the `output_size` lowest frequencies along each axis and transforms back to an image of that size.
# `output_size` is an integer or a pair `(rows, columns)`, at most the size of the image, and need not divide
# it.
#
# 1. Transform each map: `np.fft.fft2` over rows and columns.
# 2. Shift frequency 0 to the middle, index $n//2$ along an axis of $n$: `np.fft.fftshift`.
# 3. Keep $o$ frequencies along each axis, from index $n//2-o//2$ on.
# 4. Shift frequency 0 back to the front (`np.fft.ifftshift`), transform back, take the real part.
# 5. Multiply by the ratio of the sizes, $\frac{o_1\,o_2}{n_1\,n_2}$: then the mean of the image is kept
#    (NumPy's inverse divides by the number of frequencies there are *now*).
#
# By hand for an axis: the mean of `1 2 6` is 3; with one frequency kept, the wave of frequency 0, that is all
# that is left: `3`. With all frequencies kept, the image comes back.
#
# **Hints.** (1) All of NumPy's functions take `axes=(1, 2)`. (2) Try a constant image: it must stay constant,
# with the same value. (3) If the result is complex, only the lowest negative frequency of an even $o$ is to
# blame; the real part is asked for, not the absolute value.

# %% nbgrader={"grade": false, "grade_id": "spectral_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spectral_pool2d(x, output_size):
    """The lowest frequencies of each map, as an image: shape (batch, *output_size, channels).

    >>> spectral_pool2d(image([[1, 2, 6]]), 1)[0, :, :, 0]
    array([[3.]])
    >>> spectral_pool2d(ramp, 2)[0, :, :, 0]
    array([[ 6.125,  6.875],
           [10.   , 11.   ]])
    """
    ### BEGIN SOLUTION
    axes, size, kept = (1, 2), x.shape[1:3], np.broadcast_to(output_size, 2).tolist()
    spectrum = np.fft.fftshift(np.fft.fft2(x, axes=axes), axes=axes)
    rows, columns = (slice(n // 2 - o // 2, n // 2 - o // 2 + o) for n, o in zip(size, kept))
    low = np.fft.ifftshift(spectrum[:, rows, columns], axes=axes)
    return np.fft.ifft2(low, axes=axes).real * np.prod(kept) / np.prod(size)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_spectral_example", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the low frequencies, odd sizes
check_array(spectral_pool2d(image([[1, 2, 6]]), 1), image([[3]]), **close, what="spectral_pool2d(image([[1, 2, 6]]), 1)")
check_array(spectral_pool2d(ramp, 3), image([[3.875, 4.271234, 5.353766], [6.035898, 6.669873, 8.401924], [12.964102, 13.598076, 15.330127]]), **close,
            what="spectral_pool2d(ramp, 3)")
### BEGIN HIDDEN TESTS
from course_lib import spectral_pool

check_cases(spectral_pool2d, spectral_pool, [
    case(random_image(rng, 1, n, n, 1), o) for n, o in [(1, 1), (3, 1), (3, 3), (5, 3), (6, 3), (7, 5), (8, 5), (9, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_spectral_even", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: even numbers of frequencies, the real part
check_array(spectral_pool2d(ramp, 2), image([[6.125, 6.875], [10, 11]]), **close, what="spectral_pool2d(ramp, 2)")
check_array(spectral_pool2d(ramp, 4), ramp, **close, what="spectral_pool2d(ramp, 4)")
### BEGIN HIDDEN TESTS
from course_lib import spectral_pool

check_cases(spectral_pool2d, spectral_pool, [
    case(random_image(rng, 1, n, n, 1), o) for n, o in [(2, 2), (3, 2), (4, 2), (5, 4), (6, 4), (7, 4), (8, 2), (8, 6)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_spectral_mean", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the mean is kept
check_array(spectral_pool2d(np.full((1, 4, 5, 1), 7.0), (2, 3)), np.full((1, 2, 3, 1), 7.0), **close, what="spectral_pool2d of a constant image")
### BEGIN HIDDEN TESTS
from course_lib import spectral_pool

check_cases(spectral_pool2d, spectral_pool, [
    case(np.full((1, rows, columns, 1), rng.normal(5)), o) for rows, columns, o in [(2, 2, 1), (4, 4, 3), (5, 6, (3, 1)), (7, 4, (2, 4))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_spectral_pairs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: different numbers of frequencies down and across
check_array(spectral_pool2d(ramp, (4, 1)), image([[2.5], [6.5], [10.5], [14.5]]), **close, what="spectral_pool2d(ramp, (4, 1))")
### BEGIN HIDDEN TESTS
from course_lib import spectral_pool

check_cases(spectral_pool2d, spectral_pool, [
    case(random_image(rng, 1, rows, columns, 1), o)
    for rows, columns, o in [(3, 5, (1, 3)), (5, 3, (3, 1)), (4, 7, (3, 5)), (7, 6, (5, 3)), (6, 8, (1, 7))]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_spectral_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: images and channels transformed by themselves
check_array(spectral_pool2d(np.array([1.0, 20, 2, 50, 6, 20]).reshape(1, 1, 3, 2), 1), np.array([[[[3.0, 30.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import spectral_pool

check_cases(spectral_pool2d, spectral_pool, [case(random_image(rng, *shape), 3) for shape in [(1, 3, 3, 2), (2, 4, 3, 1), (2, 5, 5, 3), (3, 6, 4, 2)]], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone
check_arguments_kept(blur_pool2d, case(ramp))
check_arguments_kept(spectral_pool2d, case(ramp, 2))
### BEGIN HIDDEN TESTS
x = random_image(rng, 2, 6, 6, 2) + 10
check_arguments_kept(blur_pool2d, case(x, 4))
check_arguments_kept(max_blur_pool2d, case(x))
check_arguments_kept(spectral_pool2d, case(x, 3))
check_arguments_kept(shift_consistency, case(corners, x, [1, 2]))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. In words
#
# Measure, with the functions that you wrote, `corners`, `block_maxima`, a blur pooling and a max-blur pooling
# (each of stride 2, defaults otherwise) on a random image of 16×16 numbers between 0 and 1, for shifts of 1,
# 2, 3 and 4. Give the table. Which claim about pooling and shifts do the numbers support, which not? Why are
# shifts of 2 special, and what should one compare there instead of the results as they stand? What remains of
# the dependence on shifts if a global average follows each of the four? Six to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_shifts", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# A table for one random image (yours will differ in the first digit or two): corners 0.29, 0.40, 0.41, 0.34;
# block_maxima 0.76, 0.70, 0.70, 0.70; blur 0.79, 0.70, 0.68, 0.70; max-blur 0.87, 0.80, 0.80, 0.80. All
# results change under every shift: "pooling makes the result independent of small shifts" is not supported.
# "Pooling reduces the change" is: maximum and blur far better than plain subsampling, both together best.
# After a shift of 2 cells the result of a stride-2 pooling is the old one moved by one cell: the pooling is
# equivariant. One should move the old result by one cell before comparing; then the difference is zero for
# even shifts (for the blurs up to the mirrored border) and not for odd ones, where other cells or blocks are
# formed. With a global average behind them, corners and block_maxima do not change at all under even shifts
# and a little under odd ones (0.93 and 0.98 for shift 1). The blurs stay above 0.96 for every shift, since
# the mean of a blurred and subsampled image is nearly that of the image; they miss 1 even at even shifts
# because the border is mirrored while our shift goes round it.
#
# ### BEGIN MARK SCHEME
# 1 point: a plausible table for four functions and four shifts (blurring scores higher than plain
# subsampling). 1 point: the change is reduced, not removed. 1 point: shifts of 2 move the result by one cell;
# compare after moving it back. 1 point: with a global average little remains: even shifts change nothing
# (blurs: the border), odd shifts a little.
# ### END MARK SCHEME
