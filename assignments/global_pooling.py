# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Global pooling
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Global pooling
#
# You write the poolings that stand at the end of a network: one number for each channel, by the mean, by the
# maximum, and by the generalised mean that lies between them, each with its gradient. About an hour and a
# half.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# global_pooling.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden
# ones of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell
# can use what is defined above it. NumPy and Matplotlib are there; other libraries are not available where
# your notebook is graded.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, check_dtype_kept, random_image


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1]])
pair = np.concatenate([example, -example], axis=3)  # two channels
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% [markdown] nbgrader={"grade": false, "grade_id": "global_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand
#
# Our map has 3 rows and 4 columns; below it, its negative as a second channel.
#
# ```
#  1  3  2 -1
#  3  0  4  4          mean 20/12 = 1.667      maximum 5
# -2  5  0  1
#
# -1 -3 -2  1
# -3  0 -4 -4          mean -1.667             maximum 2
#  2 -5  0 -1
# ```
#
# ## 2. `global_average_pool2d` and `global_max_pool2d`
#
# For each image and each channel, the mean and the maximum over all rows and columns. The result has shape
# `(batch, channels)`, whatever the size of the map; with `keepdims=True` it has shape `(batch, 1, 1,
# channels)`, which broadcasts against `x`.
#
# The maximum keeps the dtype of `x`. So does the mean of a floating map; of a map of integers it is
# `float64`. `x` keeps its values.
#
# Write each with loops first, then in one line.
#
# **Hints.** (1) Which axes disappear, and which stay? (2) NumPy's reductions take a tuple of axes. (3) They
# also take `keepdims`.

# %% nbgrader={"grade": false, "grade_id": "global_average_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_average_pool2d(x, keepdims=False):
    """Mean of each channel's map: shape (batch, channels), or (batch, 1, 1, channels) with keepdims.

    >>> global_average_pool2d(pair).round(3)
    array([[ 1.667, -1.667]])
    >>> global_average_pool2d(pair, keepdims=True).shape
    (1, 1, 1, 2)
    """
    ### BEGIN SOLUTION
    return x.mean(axis=(1, 2), keepdims=keepdims)
    ### END SOLUTION


def global_max_pool2d(x, keepdims=False):
    """Largest number of each channel's map: shape (batch, channels), or (batch, 1, 1, channels) with keepdims.

    >>> global_max_pool2d(pair)
    array([[5., 2.]])
    """
    ### BEGIN SOLUTION
    return x.max(axis=(1, 2), keepdims=keepdims)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_average_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the mean of a map
check_array(global_average_pool2d(example), np.array([[5 / 3]]), **close, what="global_average_pool2d(example)")
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool

check_cases(global_average_pool2d, global_average_pool, [
    case(random_image(rng, 1, rows, columns, 1)) for rows, columns in [(1, 1), (1, 3), (2, 2), (4, 3), (5, 7)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the maximum of a map, also where it is negative
check_array(global_max_pool2d(example), np.array([[5.0]]), **close, what="global_max_pool2d(example)")
check_array(global_max_pool2d(example - 6), np.array([[-1.0]]), **close, what="global_max_pool2d(example - 6)")
### BEGIN HIDDEN TESTS
from course_lib import global_max_pool

check_cases(global_max_pool2d, global_max_pool, [
    case(random_image(rng, 1, rows, columns, 1) / 8 + shift)
    for shift in [0, -20, -1e300] for rows, columns in [(1, 1), (1, 3), (2, 2), (4, 3), (5, 7)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_keepdims", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: keepdims
flat = np.full((1, 2, 3, 2), 4.0)
check_array(global_average_pool2d(flat, keepdims=True), np.array([[[[4.0, 4.0]]]]), **close,
            what="global_average_pool2d of a constant map, keepdims=True")
check_array(global_max_pool2d(flat, keepdims=True), np.array([[[[4.0, 4.0]]]]), **close,
            what="global_max_pool2d of a constant map, keepdims=True")
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool, global_max_pool

many = [case(np.full(shape, 1 + rng.random()), keepdims=keepdims) for keepdims in [True, False] for shape in [(1, 2, 2, 1), (2, 3, 2, 3), (3, 1, 4, 2)]]
check_cases(global_average_pool2d, global_average_pool, many, **close)
check_cases(global_max_pool2d, global_max_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the mean
check_array(global_average_pool2d(np.concatenate([pair, 2 * pair])), np.array([[5, -5], [10, -10]]) / 3, **close,
            what="global_average_pool2d of two images with two channels")
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool

many = [case(random_image(rng, *shape)) for shape in [(1, 2, 3, 2), (2, 3, 2, 1), (2, 2, 2, 2), (3, 2, 4, 5), (4, 5, 3, 2)]]
check_cases(global_average_pool2d, global_average_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the maximum
check_array(global_max_pool2d(np.concatenate([pair, 2 * pair])), np.array([[5.0, 2.0], [10.0, 4.0]]), **close,
            what="global_max_pool2d of two images with two channels")
### BEGIN HIDDEN TESTS
from course_lib import global_max_pool

many = [case(random_image(rng, *shape)) for shape in [(1, 2, 3, 2), (2, 3, 2, 1), (2, 2, 2, 2), (3, 2, 4, 5), (4, 5, 3, 2)]]
check_cases(global_max_pool2d, global_max_pool, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: dtype kept, but the mean of integers is float64
for function in [global_average_pool2d, global_max_pool2d]:
    check_dtype_kept(function, case(example.astype(np.float32)))
check_array(global_average_pool2d(example.astype(int)), np.array([[5 / 3]]), what="global_average_pool2d(example.astype(int))")
assert global_average_pool2d(example.astype(int)).dtype == np.float64, "The mean of integers should be float64."
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool

for dtype in [np.float64, np.float32]:
    for function in [global_average_pool2d, global_max_pool2d]:
        check_dtype_kept(function, case(random_image(rng, 2, 3, 4, 2, dtype=dtype)))
check_dtype_kept(global_max_pool2d, case(random_image(rng, 2, 3, 4, 2, dtype=np.int32)))
check_cases(global_average_pool2d, global_average_pool, [
    case(rng.integers(100, 120, (1, 3, 5, 1)).astype(dtype)) for dtype in [np.int64, np.int32, np.uint8]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone
check_arguments_kept(global_average_pool2d, case(example))
check_arguments_kept(global_max_pool2d, case(example))
### BEGIN HIDDEN TESTS
for keepdims in [False, True]:
    check_arguments_kept(global_average_pool2d, case(random_image(rng, 2, 3, 3, 2), keepdims=keepdims))
    check_arguments_kept(global_max_pool2d, case(random_image(rng, 2, 3, 3, 2), keepdims=keepdims))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "backward_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. Their gradients
#
# A loss $L$ depends on the map only through the pooled number. Given `dy`, the derivative of $L$ by the
# result (in the shape of the result: `(batch, channels)`, or `(batch, 1, 1, channels)` with `keepdims=True`),
# return `dx`, of the shape of `x`.
#
# - **Mean** of $m$ numbers: each of them receives `dy / m`.
# - **Maximum**: the largest number receives `dy`, the others nothing. Where several are equally large,
#   frameworks differ between windows and whole maps; for *global* maxima Keras and PyTorch let the tied ones
#   **share equally**, and so do we: three tied numbers receive a third each.
#
# ```
# map 3 3 1       mean: dy/9 everywhere       maximum:  0   0   0
#     1 0 2                                             0   0   0
#     5 5 5                                             dy/3 dy/3 dy/3
# ```
#
# **Hints.** (1) Bring `dy` into the shape `(batch, 1, 1, channels)` first, whatever it came in. (2) The
# mean's gradient is one number for each map, written everywhere. (3) For the maximum, compare `x` with its
# maximum: a mask of ones and zeros, which wants dividing by its own sum over each map.

# %% nbgrader={"grade": false, "grade_id": "global_average_pool2d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_average_pool2d_backward(dy, x, keepdims=False):
    """Gradient of `global_average_pool2d`: the derivative by x, given the derivative dy by its result. Shape of x.

    >>> global_average_pool2d_backward(np.array([[6.0]]), image([[3, 1, 0], [2, 5, 5]]))[0, :, :, 0]
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    ### BEGIN SOLUTION
    return np.ones(x.shape) * dy.reshape(len(x), 1, 1, -1) / (x.shape[1] * x.shape[2])
    ### END SOLUTION


def global_max_pool2d_backward(dy, x, keepdims=False):
    """Gradient of `global_max_pool2d`: the derivative by x, given the derivative dy by its result. Shape of x.

    >>> global_max_pool2d_backward(np.array([[6.0]]), image([[3, 1, 0], [2, 5, 5]]))[0, :, :, 0]
    array([[0., 0., 0.],
           [0., 3., 3.]])
    """
    ### BEGIN SOLUTION
    largest = x == x.max(axis=(1, 2), keepdims=True)
    return dy.reshape(len(x), 1, 1, -1) * largest / largest.sum(axis=(1, 2), keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_average_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: an equal share for every position
check_array(global_average_pool2d_backward(np.array([[6.0]]), image([[3, 1, 0], [2, 5, 5]])), image([[1, 1, 1], [1, 1, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool_backward

check_cases(global_average_pool2d_backward, global_average_pool_backward, [
    case(rng.normal(size=(batch, c)), random_image(rng, batch, rows, columns, c))
    for batch, rows, columns, c in [(1, 1, 1, 1), (1, 2, 3, 1), (1, 3, 3, 2), (2, 3, 2, 1), (3, 4, 5, 2), (2, 2, 2, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the largest position gets the gradient
check_array(global_max_pool2d_backward(np.array([[6.0]]), image([[3, 1, 0], [2, 7, 5]])), image([[0, 0, 0], [0, 6, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import global_max_pool_backward

def distinct(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2

check_cases(global_max_pool2d_backward, global_max_pool_backward, [
    case(rng.normal(size=(batch, c)), distinct(batch, rows, columns, c))
    for batch, rows, columns, c in [(1, 1, 1, 1), (1, 2, 3, 1), (1, 3, 3, 2), (2, 3, 2, 1), (3, 4, 5, 2), (2, 2, 2, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_ties", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: ties share equally
check_array(global_max_pool2d_backward(np.array([[6.0]]), image([[3, 3, 1], [1, 0, 2], [5, 5, 5]])),
            image([[0, 0, 0], [0, 0, 0], [2, 2, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import global_max_pool_backward

check_cases(global_max_pool2d_backward, global_max_pool_backward, [
    case(rng.normal(size=(batch, c)), rng.integers(low, low + 2, (batch, rows, columns, c)).astype(float))
    for low in [0, 3, -5]
    for batch, rows, columns, c in [(1, 1, 2, 1), (1, 2, 2, 1), (1, 3, 3, 1), (3, 2, 3, 1)]
] + [case(rng.normal(size=(1, 1)), 1 + 1e-6 * rng.permutation(12).reshape(1, 3, 4, 1))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_keepdims", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradients with keepdims
check_array(global_average_pool2d_backward(np.array([[[[6.0]]]]), image([[3, 1, 0], [2, 5, 5]]), keepdims=True),
            image([[1, 1, 1], [1, 1, 1]]), **close)
check_array(global_max_pool2d_backward(np.array([[[[6.0]]]]), image([[3, 1, 0], [2, 7, 5]]), keepdims=True),
            image([[0, 0, 0], [0, 6, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import global_average_pool_backward, global_max_pool_backward

def separate(*shape):
    return rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2

many = [
    case(rng.normal(size=(batch, 1, 1, c)), separate(batch, rows, columns, c), keepdims=True)
    for batch, rows, columns, c in [(1, 2, 3, 1), (1, 3, 3, 2), (2, 3, 2, 1), (3, 4, 5, 2)]
]
check_cases(global_average_pool2d_backward, global_average_pool_backward, many, **close)
check_cases(global_max_pool2d_backward, global_max_pool_backward, many, **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input and incoming gradient left alone
check_arguments_kept(global_average_pool2d_backward, case(np.array([[6.0]]), example))
check_arguments_kept(global_max_pool2d_backward, case(np.array([[6.0]]), example))
### BEGIN HIDDEN TESTS
for function in [global_average_pool2d_backward, global_max_pool2d_backward]:
    check_arguments_kept(function, case(rng.normal(size=(2, 3)), random_image(rng, 2, 3, 3, 3)))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "gem_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `gem_pool2d`: from the mean to the maximum
#
# The *generalised mean* with exponent $p>0$ over the $m$ positions of a map is
#
# $$y=\left(\frac1m\sum_i \hat x_i^{\,p}\right)^{1/p}, \qquad \hat x_i=\max(x_i, \varepsilon).$$
#
# With $p=1$ it is the mean, and the larger $p$, the closer it comes to the maximum. Powers of negative
# numbers make no sense here, so smaller values count as $\varepsilon$ (`eps`, 1e-6 unless told otherwise).
# For `[[1, 2], [3, 4]]`:
#
# ```
# p    1      2       3       10      100
# y    2.5    2.739   2.924   3.507   3.945
# ```
#
# - `p` and `eps` are numbers; `keepdims` as above.
# - $p$ may be large: the result and its gradient must be right for $p=500$, too, whether the map's numbers are
#   large or small. ($4^{500}$ still fits into a double, $5^{500}$ does not; $0.2^{500}$ is taken for 0.)
#
# The gradient: a position receives
#
# $$\frac{\partial y}{\partial x_i}\,dy=\frac{1}{m}\left(\frac{\hat x_i}{y}\right)^{p-1} dy \quad\text{if }
# x_i>\varepsilon,\qquad 0 \quad\text{if } x_i<\varepsilon.$$
#
# The figure shows how a cell's share of the gradient grows with its value.
#
# **Hints.** (1) Four steps, one after the other: clamp, power, mean, root. (2) The formula does not care
# about the scale: if all numbers of a map are divided by their maximum, so is the result. After that division no
# power can overflow. (3) In the gradient the ratio $\hat x_i/y$ is harmless whatever the scale: compute $y$ with
# `keepdims`, and everything broadcasts.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def shares(values, exponents):
    """For each exponent, the share of the gradient that every value of a map receives."""
    import matplotlib.pyplot as plt

    _, axis = plt.subplots(figsize=(4, 2.4), layout="constrained")
    for p in exponents:
        y = np.mean(values**p) ** (1 / p)
        axis.plot(values, (values / y) ** (p - 1) / len(values), marker="o", label=f"p = {p}")
    axis.set(xlabel="value of the cell", ylabel="its share of dy")
    axis.legend()
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    shares(np.arange(1.0, 9), [1, 2, 5, 20])

# %% nbgrader={"grade": false, "grade_id": "gem_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gem_pool2d(x, p=3.0, eps=1e-6, keepdims=False):
    """Generalised mean of each channel's map: shape (batch, channels), or (batch, 1, 1, channels) with keepdims.

    >>> gem_pool2d(image([[1, 2], [3, 4]])).round(3)
    array([[2.924]])
    >>> gem_pool2d(image([[1, 2], [3, -4]]), p=1).round(3)
    array([[1.5]])
    """
    ### BEGIN SOLUTION
    clamped = np.maximum(x, eps)
    top = clamped.max(axis=(1, 2), keepdims=True)
    y = top * np.mean((clamped / top) ** p, axis=(1, 2), keepdims=True) ** (1 / p)
    return y if keepdims else y[:, 0, 0]
    ### END SOLUTION


def gem_pool2d_backward(dy, x, p=3.0, eps=1e-6, keepdims=False):
    """Gradient of `gem_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> gem_pool2d_backward(np.array([[3.0]]), image([[1, 3, -5]]), p=1)[0, :, :, 0]
    array([[1., 1., 0.]])
    >>> gem_pool2d_backward(np.array([[5.0]]), image([[1, 7]]), p=2)[0, :, :, 0]
    array([[0.5, 3.5]])
    """
    ### BEGIN SOLUTION
    y = gem_pool2d(x, p, eps, keepdims=True)
    slope = (np.maximum(x, eps) / y) ** (p - 1) / (x.shape[1] * x.shape[2])
    return np.where(x > eps, slope * dy.reshape(y.shape), 0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gem_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the generalised mean, exponent three
check_array(gem_pool2d(image([[1, 2], [3, 4]])), np.array([[25 ** (1 / 3)]]), **close, what="gem_pool2d(image([[1, 2], [3, 4]]))")
### BEGIN HIDDEN TESTS
from course_lib import gem_pool

check_cases(gem_pool2d, gem_pool, [
    case(0.5 + 3 * rng.random((1, rows, columns, 1))) for rows, columns in [(1, 1), (1, 2), (2, 2), (3, 4), (5, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_exponents", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: any exponent
check_array(gem_pool2d(image([[1, 2], [3, 4]]), p=1), np.array([[2.5]]), **close, what="gem_pool2d(image([[1, 2], [3, 4]]), p=1)")
check_array(gem_pool2d(image([[1, 7]]), p=2), np.array([[5.0]]), **close, what="gem_pool2d(image([[1, 7]]), p=2)")
### BEGIN HIDDEN TESTS
from course_lib import gem_pool

check_cases(gem_pool2d, gem_pool, [
    case(0.5 + 3 * rng.random((1, rows, columns, 1)), p=p)
    for p in [1, 2, 0.5, 2.5, 4.0, 10] for rows, columns in [(1, 2), (2, 2), (3, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_clamp", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: what is below eps counts as eps
check_array(gem_pool2d(image([[1, 2], [3, -4]]), p=1), np.array([[1.5]]), **close, what="gem_pool2d(image([[1, 2], [3, -4]]), p=1)")
check_array(gem_pool2d(image([[1, 0], [0, 0]]), p=1, eps=0.5), np.array([[0.625]]), **close,
            what="gem_pool2d(image([[1, 0], [0, 0]]), p=1, eps=0.5)")
### BEGIN HIDDEN TESTS
from course_lib import gem_pool

check_cases(gem_pool2d, gem_pool, [
    case(random_image(rng, 1, rows, columns, 1) / 2, p=p, eps=eps)
    for p, eps in [(1, 1e-6), (3.0, 1e-6), (2, 0.75), (3.0, 1.25)] for rows, columns in [(2, 2), (3, 4), (4, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_batch_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch, channels and keepdims
check_array(gem_pool2d(np.array([1.0, 3.0, 7.0, 21.0]).reshape(1, 1, 2, 2), p=2, keepdims=True), np.array([[[[5.0, 15.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import gem_pool

check_cases(gem_pool2d, gem_pool, [
    case(0.5 + 3 * rng.random(shape), keepdims=keepdims)
    for keepdims in [False, True] for shape in [(1, 2, 2, 2), (2, 2, 3, 1), (3, 2, 2, 2), (2, 3, 4, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: large exponents do not overflow
check_array(gem_pool2d(image([[10, 10], [10, 10]]), p=500.0), np.array([[10.0]]), **close,
            what="gem_pool2d(image([[10, 10], [10, 10]]), p=500.0)")
### BEGIN HIDDEN TESTS
from course_lib import gem_pool

check_cases(gem_pool2d, gem_pool, [
    case(5 + 20 * rng.random((1, rows, columns, 1)), p=p) for p in [400.0, 500.0] for rows, columns in [(2, 2), (3, 4)]
] + [case((5 + 20 * rng.random((2, 2, 3, 2))) * np.array([1, 1e-3]), p=500.0)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient of the generalised mean
check_array(gem_pool2d_backward(np.array([[5.0]]), image([[1, 7]]), p=2), image([[0.5, 3.5]]), **close)
check_array(gem_pool2d_backward(np.array([[6.0]]), image([[10, 10, 10]]), p=500.0), image([[2, 2, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import gem_pool_backward

check_cases(gem_pool2d_backward, gem_pool_backward, [
    case(rng.normal(size=(shape[0], shape[3])), 0.5 + 3 * rng.random(shape), p=p)
    for p in [1, 2, 3.0, 4.5] for shape in [(1, 1, 2, 1), (1, 3, 3, 1), (2, 2, 3, 2)]
] + [case(rng.normal(size=(1, 2)), 5 + 20 * rng.random((1, 2, 3, 2)), p=500.0)], **close)
check_cases(gem_pool2d_backward, gem_pool_backward, [
    case(rng.normal(size=(2, 1, 1, 3)), 0.5 + 3 * rng.random((2, 2, 3, 3)), keepdims=True)
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_backward_clamp", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: no gradient below eps
check_array(gem_pool2d_backward(np.array([[3.0]]), image([[1, 3, -5]]), p=1), image([[1, 1, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import gem_pool_backward

check_cases(gem_pool2d_backward, gem_pool_backward, [
    case(rng.normal(size=(1, 1)), np.concatenate([image([[2.25, 0.25]]), random_image(rng, 1, 1, rows, 1) / 2 + 0.25], axis=2), p=p, eps=eps)
    for p, eps in [(1, 1e-6), (3.0, 1e-6), (2, 0.5), (3.0, 1.0)] for rows in [2, 4, 6]
] + [case(rng.normal(size=(1, 1)), random_image(rng, 1, 3, 4, 1) + 0.25, p=2)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gem_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone by the generalised mean
check_arguments_kept(gem_pool2d, case(example))
check_arguments_kept(gem_pool2d_backward, case(np.array([[6.0]]), example))
### BEGIN HIDDEN TESTS
check_arguments_kept(gem_pool2d, case(random_image(rng, 2, 3, 3, 2), p=1))
check_arguments_kept(gem_pool2d_backward, case(rng.normal(size=(2, 2)), random_image(rng, 2, 3, 3, 2), p=2))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. In words
#
# A network ends with maps of shape `(rows, columns, C)` and must decide between $K$ classes. Two heads are
# proposed: (a) a 1×1 convolution to $K$ channels, then the global average; (b) the global average, then a
# dense layer from $C$ to $K$ numbers. Both use the same $C \times K$ weights and no activation in between.
# Show that they give the same numbers. How many multiplications does each take? Does the equality survive if
# the mean is replaced by the maximum, and why? Name one reason why such a head accepts images of another size
# while *flatten, then dense* does not. Six to ten sentences and one formula.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_heads", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# The 1×1 convolution computes for every position i and class k the number z_ik = sum_c x_ic w_ck. Its global
# average is (1/m) sum_i sum_c x_ic w_ck = sum_c ((1/m) sum_i x_ic) w_ck, which is the dense layer applied to
# the global average: a mean is linear, so it changes places with the sum over channels (a bias is the same in
# both). (a) multiplies m·C·K times, (b) C·K times: m = rows · columns times fewer. With the maximum the
# equality fails, because a maximum is not linear: max_i sum_c x_ic w_ck and sum_c max_i(x_ic) w_ck differ as
# soon as two channels have their maximum at different positions, or a weight is negative. For x with channels
# (1, 0) and (0, 1) at two positions and weights 1 and 1, (a) gives 1 and (b) gives 2. The pooled vector has C
# numbers whatever the size of the map, so the dense layer fits; flattening gives rows·columns·C numbers,
# which change with the image while the weights' shape does not.
#
# ### BEGIN MARK SCHEME
# 1 point: the sums are exchanged (linearity of the mean), in a formula. 1 point: the number of
# multiplications, m times fewer for (b). 1 point: no for the maximum, with the reason or a counterexample in
# numbers. 1 point: the pooled vector has C entries for any size, the flattened one does not.
# ### END MARK SCHEME
