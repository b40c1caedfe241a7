# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Between mean and maximum
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Between mean and maximum
#
# Five poolings that lie between the mean and the maximum of a window: by a power (Lp), by the softmax of the
# numbers themselves (SoftPool), by a fixed mixture, by a gate that looks at the window, and by importances
# that someone else computed (LIP). Each with its gradient, ten small functions; about two hours. Cutting an
# image into windows is done for you this time.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# between_mean_and_max.ipynb` in a terminal: both run the visible tests. Behind every visible test there are
# hidden ones of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like;
# a cell can use what is defined above it. NumPy and Matplotlib are there; other libraries are not available
# where your notebook is graded. Single and double precision are both fine.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, part, random_image


def image(rows):
    """One image with one channel: shape (1, rows, columns, 1)."""
    return np.array(rows, dtype=float)[np.newaxis, :, :, np.newaxis]


def places(x, pool_size, strides, padding):
    """Rows and columns of the image under each window, also where they lie outside; and where they lie inside."""
    found = []
    for axis in (1, 2):
        n, k = x.shape[axis], np.broadcast_to(pool_size, 2)[axis - 1]
        s = k if strides is None else np.broadcast_to(strides, 2)[axis - 1]
        count = (n - k) // s + 1 if padding == "valid" else -(-n // s)
        before = 0 if padding == "valid" else max((count - 1) * s + k - n, 0) // 2
        found.append(np.arange(count)[:, np.newaxis] * s + np.arange(k) - before)
    rows, columns = found[0][:, np.newaxis, :, np.newaxis], found[1][np.newaxis, :, np.newaxis, :]
    inside = (rows >= 0) & (rows < x.shape[1]) & (columns >= 0) & (columns < x.shape[2])
    return rows.clip(0, x.shape[1] - 1), columns.clip(0, x.shape[2] - 1), inside


def cut(x, pool_size, strides=None, padding="valid", fill=np.nan):
    """All windows of x: shape (batch, windows down, windows across, cells of a window, channels).

    The cells of a window come row by row. Cells outside the image (padding "same") hold `fill`.
    """
    rows, columns, inside = places(x, pool_size, strides, padding)
    cells = np.where(inside[..., np.newaxis], x[:, rows, columns], fill)
    return cells.reshape(*cells.shape[:3], -1, x.shape[3])


def paste(cells, x, pool_size, strides=None, padding="valid"):
    """The way back: an array of the shape of x, where each cell of each window is added to where it was cut from."""
    rows, columns, inside = places(x, pool_size, strides, padding)
    cells = cells.reshape(len(x), *inside.shape, x.shape[3])
    total = np.zeros(x.shape)
    np.add.at(total, (slice(None), rows, columns), np.where(inside[..., np.newaxis], cells, 0))
    return total


example = image([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])
close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# The windows of the hidden tests: rows and columns of the image, window, strides. Some overlap, some leave gaps.
laid = [(2, 4, 2, None), (3, 3, 2, 1), (5, 6, (2, 3), None), (7, 7, 2, 3), (5, 7, (2, 3), (1, 2)), (6, 4, (3, 1), (2, 1))]
over_the_border = [(3, 3, 2, None), (4, 4, 3, 2), (5, 7, (2, 3), (1, 2)), (7, 5, (3, 2), (4, 3)), (6, 6, 3, 1)]

# %% [markdown] nbgrader={"grade": false, "grade_id": "windows", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. Windows, given
#
# `cut(x, pool_size, strides, padding)` gives all windows at once, `paste` adds cells of windows back to where
# they came from. Read them in the cell above, and try them out:
#
# ```
# example              cut(example, 2)[0, 0, 0, :, 0]       [1, 3, 3, 0]
#  1  3 |  2 -1        cut(example, 2)[0, 0, 1, :, 0]       [2, -1, 4, 4]
#  3  0 |  4  4        cut(example, 2)[0, 1, 0, :, 0]       [-2, 5, 6, 2]
# ------+------        cut(example, 2)[0, 1, 1, :, 0]       [0, 1, 1, 1]
# -2  5 |  0  1
#  6  2 |  1  1        paste(np.ones((1, 3, 3, 4, 1)), example, 2, strides=1)  counts the windows over each cell
# ```
#
# You do not have to use them. `strides=None` stands for the window's own size. With `padding="same"` windows
# reach over the border; cells outside hold `fill`, which you choose. In **all** poolings below, only the $m$
# real cells of a window take part: padding is never counted and never wins.
#
# All functions take numbers of any sign, treat each image and each channel by itself, and leave their
# arguments as they are. In all gradients `dy` has the shape of the pooled result, contributions of
# overlapping windows add up (`paste` does that), and `dx` has the shape of `x`.
#
# The figure shows where the five lie between mean and maximum, for one window.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def between(window, knobs):
    """Mean, maximum, and what lies between them as a knob is turned."""
    import matplotlib.pyplot as plt

    powers = [np.mean(window**p) ** (1 / p) for p in knobs]
    soft = [np.sum(np.exp(k * window) * window) / np.sum(np.exp(k * window)) for k in knobs]
    _, axis = plt.subplots(figsize=(4, 2.4), layout="constrained")
    axis.plot(knobs, powers, label="Lp, p from 1 to 12")
    axis.plot(knobs, soft, label="softmax of k·a, k from 1 to 12")
    axis.axhline(window.mean(), color="gray", linestyle=":")
    axis.axhline(window.max(), color="gray", linestyle=":")
    axis.set(xlabel="knob", ylabel="pooled value", title="window 1, 2, 4, 5")
    axis.legend()
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    between(np.array([1.0, 2, 4, 5]), np.linspace(1, 12))

# %% [markdown] nbgrader={"grade": false, "grade_id": "lp_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 2. Power means: `lp_pool2d`
#
# $$y=\left(\frac1m\sum_i |a_i|^p\right)^{1/p}$$
#
# With $p=1$ it is the mean of the absolute values, with $p=2$ the root mean square, and as $p$ grows it
# approaches the largest absolute value. By hand, $p=2$, for the window `[3, -4]`: $\sqrt{(9+16)/2}=3.536$.
#
# The gradient: a cell receives
#
# $$\frac{dy}{m}\ \mathrm{sign}(a_i)\left(\frac{|a_i|}{y}\right)^{p-1}, \qquad\text{and 0 where } y=0.$$
#
# **Hints.** (1) `np.nanmean` and friends skip the cells that `cut` filled with NaN; or fill with 0 and count
# the real cells apart. (2) A window of zeros makes $0/0$ in the gradient: divide by 1 there instead; its
# numerator is 0. (3) Compute the derivative for all cells of all windows, in the shape that `cut` gave, then
# `paste`.

# %% nbgrader={"grade": false, "grade_id": "lp_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lp_pool2d(x, pool_size, strides=None, padding="valid", p=2.0):
    """Power mean of the absolute values in each window: shape (batch, windows down, windows across, channels).

    >>> lp_pool2d(image([[3, -4]]), (1, 2)).round(3)[0, :, :, 0]
    array([[3.536]])
    >>> lp_pool2d(example, 2, p=1)[0, :, :, 0]
    array([[1.75, 2.75],
           [3.75, 0.75]])
    """
    ### BEGIN SOLUTION
    return np.nanmean(np.abs(cut(x, pool_size, strides, padding)) ** p, axis=3) ** (1 / p)
    ### END SOLUTION


def lp_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", p=2.0):
    """Gradient of `lp_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> lp_pool2d_backward(image([[5 * 2**0.5]]), image([[3, -4]]), (1, 2)).round(6)[0, :, :, 0]
    array([[ 3., -4.]])
    """
    ### BEGIN SOLUTION
    cells = cut(x, pool_size, strides, padding)
    y = lp_pool2d(x, pool_size, strides, padding, p)[:, :, :, np.newaxis]
    ratio = np.abs(cells) / np.where(y == 0, 1, y)
    real = np.sum(~np.isnan(cells), axis=3, keepdims=True)
    return paste(dy[:, :, :, np.newaxis] * np.sign(cells) * ratio ** (p - 1) / real, x, pool_size, strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_lp_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the root of the mean of squares
check_array(lp_pool2d(image([[3, -4]]), (1, 2)), image([[12.5**0.5]]), **close, what="lp_pool2d(image([[3, -4]]), (1, 2))")
### BEGIN HIDDEN TESTS
from course_lib import lp_pool

check_cases(lp_pool2d, lp_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0), pool, strides) for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_exponents", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: other exponents
check_array(lp_pool2d(np.abs(example), 2, p=1), image([[1.75, 2.75], [3.75, 0.75]]), **close, what="lp_pool2d(np.abs(example), 2, p=1)")
### BEGIN HIDDEN TESTS
from course_lib import lp_pool

check_cases(lp_pool2d, lp_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0), pool, strides, p=p)
    for p in [1, 1.5, 3, 4.0, 7] for rows, columns, pool, strides in laid[:3]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_signs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: negative numbers count by their absolute value
check_array(lp_pool2d(image([[1, -1]]), (1, 2), p=3), image([[1]]), **close, what="lp_pool2d(image([[1, -1]]), (1, 2), p=3)")
### BEGIN HIDDEN TESTS
from course_lib import lp_pool

check_cases(lp_pool2d, lp_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides, p=p)
    for p in [1, 2.5, 3] for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, the power mean of real cells only
check_array(lp_pool2d(image([[2, 2, 2]]), (1, 2), padding="same"), image([[2, 2]]), **close,
            what='lp_pool2d(image([[2, 2, 2]]), (1, 2), padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import lp_pool

check_cases(lp_pool2d, lp_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=0), pool, strides, "same", p=p)
    for p in [2.0, 3.0] for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the power mean
check_array(lp_pool2d(np.array([3.0, 6.0, 4.0, 8.0]).reshape(1, 1, 2, 2), (1, 2)), 12.5**0.5 * np.array([[[[1.0, 2.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lp_pool

check_cases(lp_pool2d, lp_pool, [
    case(random_image(rng, *shape, low=0), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the power mean
check_array(lp_pool2d_backward(image([[5 * 2**0.5]]), image([[3, -4]]), (1, 2)), image([[3, -4]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lp_pool, lp_pool_backward

def given(shape, pool, strides, p):
    x = random_image(rng, *shape)
    return case(random_image(rng, *lp_pool(x, pool, strides).shape), x, pool, strides, p=p)

check_cases(lp_pool2d_backward, lp_pool_backward, [
    given((1, rows, columns, 1), pool, strides, p) for p in [2.0, 3.0, 1.5] for rows, columns, pool, strides in laid
] + [given((2, 4, 4, 3), 2, None, 2.0)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_backward_zero", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a window of zeros has gradient zero
check_array(lp_pool2d_backward(image([[1, 5 * 2**0.5]]), image([[0, 0, 3, -4]]), (1, 2)), image([[0, 0, 3, -4]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lp_pool_backward

check_cases(lp_pool2d_backward, lp_pool_backward, [
    case(1 + rng.random((1, rows, 2, 1)), np.repeat(rng.integers(0, 2, (1, rows, 2, 1)), k * k, 1).repeat(k, 2)[:, : rows * k] * 2.0, k, p=p)
    for p in [2.0, 3.0] for rows, k in [(1, 2), (2, 2), (3, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lp_backward_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the power mean at the border
check_array(lp_pool2d_backward(image([[1, 1]]), image([[2, 2, 2]]), (1, 2), padding="same"), image([[0.5, 0.5, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lp_pool, lp_pool_backward

def bordered(rows, columns, pool, strides):
    x = random_image(rng, 1, rows, columns, 1)
    return case(random_image(rng, *lp_pool(x, pool, strides, "same").shape), x, pool, strides, "same", p=3.0)

check_cases(lp_pool2d_backward, lp_pool_backward, [bordered(*one) for one in over_the_border], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "soft_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. SoftPool: `soft_pool2d`
#
# Each number of a window weighs as much as the exponential of itself:
#
# $$w_i=\frac{e^{a_i}}{\sum_j e^{a_j}},\qquad y=\sum_i w_i\,a_i$$
#
# both sums over the real cells of **one window of one channel**. By hand for `[0, ln 3]`: the weights are
# $1/4$ and $3/4$, so $y=\tfrac34\ln 3=0.824$, between the mean 0.549 and the maximum 1.099.
#
# Numbers of a thousand must not overflow: take the window's maximum away inside the exponential. It cancels
# in $w_i$.
#
# The gradient has two parts, since a number is weighed and also weighs; together a cell receives $dy\
# w_i\,(1+a_i-y)$, which can be negative: a small number pulls the result down when it gains weight.
#
# **Hints.** (1) What weight should a cell outside the image have, and of which `fill` is that the
# exponential? (2) But $-\infty$ times 0 is not a number: for the product use other numbers outside, for
# instance 0. (3) Write one function for the weights, of the shape that `cut` gives; both functions below are
# then two lines.

# %% nbgrader={"grade": false, "grade_id": "soft_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def soft_pool2d(x, pool_size, strides=None, padding="valid"):
    """Mean of each window, weighted by the softmax of its own numbers.

    >>> soft_pool2d(image([[0, np.log(3)]]), (1, 2)).round(3)[0, :, :, 0]
    array([[0.824]])
    >>> soft_pool2d(image([[1000, 1000]]), (1, 2))[0, :, :, 0]
    array([[1000.]])
    """
    ### BEGIN SOLUTION
    return np.sum(_softmax(x, pool_size, strides, padding) * cut(x, pool_size, strides, padding, 0), axis=3)


def _softmax(logits, pool_size, strides, padding):
    cells = cut(logits, pool_size, strides, padding, -np.inf)
    powers = np.exp(cells - cells.max(axis=3, keepdims=True))
    return powers / powers.sum(axis=3, keepdims=True)
    ### END SOLUTION


def soft_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    """Gradient of `soft_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> soft_pool2d_backward(image([[1]]), image([[2, 2]]), (1, 2))[0, :, :, 0]
    array([[0.5, 0.5]])
    """
    ### BEGIN SOLUTION
    y = soft_pool2d(x, pool_size, strides, padding)[:, :, :, np.newaxis]
    slope = _softmax(x, pool_size, strides, padding) * (1 + cut(x, pool_size, strides, padding, 0) - y)
    return paste(dy[:, :, :, np.newaxis] * slope, x, pool_size, strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_soft_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights by exponentials
check_array(soft_pool2d(image([[0, np.log(3)]]), (1, 2)), image([[0.75 * np.log(3)]]), **close,
            what="soft_pool2d(image([[0, np.log(3)]]), (1, 2))")
### BEGIN HIDDEN TESTS
from course_lib import soft_pool

check_cases(soft_pool2d, soft_pool, [
    case(random_image(rng, 1, rows, columns, 1) / 4, pool, strides) for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_soft_large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: large numbers do not overflow, small windows do not vanish beside them
check_array(soft_pool2d(image([[1000, 1000], [-1000, -1000]]), (1, 2)), image([[1000], [-1000]]), **close,
            what="soft_pool2d(image([[1000, 1000], [-1000, -1000]]), (1, 2))")
### BEGIN HIDDEN TESTS
from course_lib import soft_pool

check_cases(soft_pool2d, soft_pool, [
    case(random_image(rng, 1, 4, 6, 1) / 4 + shift * np.repeat(rng.choice([-1, 1], (1, 2, 6, 1)), 2, 1), 2) for shift in [800, 1000, 5000]
] + [case(random_image(rng, 1, 3, 3, 1) - 1e12, 2, padding="same")], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_soft_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, the softmax of real cells only
check_array(soft_pool2d(image([[2, 2, -2]]), (1, 2), padding="same"), image([[2, -2]]), **close,
            what='soft_pool2d(image([[2, 2, -2]]), (1, 2), padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import soft_pool

check_cases(soft_pool2d, soft_pool, [
    case(random_image(rng, 1, rows, columns, 1) / 4, pool, strides, "same") for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_soft_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the softmax
check_array(soft_pool2d(np.array([0, 0, np.log(3), 0]).reshape(1, 1, 2, 2), (1, 2)), np.array([[[[0.75 * np.log(3), 0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import soft_pool

check_cases(soft_pool2d, soft_pool, [
    case(random_image(rng, *shape) / 4, 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_soft_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of SoftPool, through the numbers and through their weights
check_array(soft_pool2d_backward(image([[4]]), image([[0, np.log(3)]]), (1, 2)),
            image([[1 - 0.75 * np.log(3), 3 + 0.75 * np.log(3)]]), **close)
check_array(soft_pool2d_backward(image([[4]]), image([[1000, 1000]]), (1, 2)), image([[2, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import soft_pool, soft_pool_backward

def given(shape, pool, strides):
    x = random_image(rng, *shape) / 4
    return case(random_image(rng, *soft_pool(x, pool, strides).shape), x, pool, strides)

check_cases(soft_pool2d_backward, soft_pool_backward, [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    given((2, 4, 4, 3), 2, None),
    case(random_image(rng, 1, 2, 3, 1), image(1000 * np.kron(rng.choice([-1, 1], (2, 3)), np.ones((2, 2)))), 2),
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_soft_backward_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of SoftPool at the border
check_array(soft_pool2d_backward(image([[1, 3]]), image([[2, 2, -2]]), (1, 2), padding="same"), image([[0.5, 0.5, 3]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import soft_pool, soft_pool_backward

def bordered(rows, columns, pool, strides):
    x = random_image(rng, 1, rows, columns, 1) / 4
    return case(random_image(rng, *soft_pool(x, pool, strides, "same").shape), x, pool, strides, "same")

check_cases(soft_pool2d_backward, soft_pool_backward, [bordered(*one) for one in over_the_border], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "mixed_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. A fixed mixture: `mixed_pool2d`
#
# $y=\lambda\,\max_i a_i+(1-\lambda)\,\frac1m\sum_i a_i$ with the number `share` for $\lambda$. With 1 it is
# max pooling, with 0 average pooling. By hand for `[1, 3]` and share 0.25: $0.25\cdot 3+0.75\cdot 2=2.25$.
#
# The gradient: the *first* largest cell, reading the window row by row, receives $\lambda\,dy$, and every
# cell receives $(1-\lambda)\,dy/m$.
#
# **Hints.** (1) Two poolings, one line. (2) Pad with NaN and use `np.nanmax` and `np.nanmean`. (3) For the
# gradient you need a mask of the first maximum of each window: `argmax` along the axis of cells says where it
# is, and comparing that with `arange` makes a mask of it. Fill with $-\infty$ there.

# %% nbgrader={"grade": false, "grade_id": "mixed_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mixed_pool2d(x, pool_size, strides=None, padding="valid", share=0.5):
    """share times the maximum of each window plus (1 - share) times its mean.

    >>> mixed_pool2d(image([[1, 3]]), (1, 2), share=0.25)[0, :, :, 0]
    array([[2.25]])
    >>> mixed_pool2d(example, 2)[0, :, :, 0]
    array([[2.375, 3.125],
           [4.375, 0.875]])
    """
    ### BEGIN SOLUTION
    cells = cut(x, pool_size, strides, padding)
    return share * np.nanmax(cells, axis=3) + (1 - share) * np.nanmean(cells, axis=3)
    ### END SOLUTION


def mixed_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", share=0.5):
    """Gradient of `mixed_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> mixed_pool2d_backward(image([[4]]), image([[1, 3]]), (1, 2), share=0.75)[0, :, :, 0]
    array([[0.5, 3.5]])
    """
    ### BEGIN SOLUTION
    return paste(dy[:, :, :, np.newaxis] * _mixture(x, share, pool_size, strides, padding), x, pool_size, strides, padding)


def _mixture(x, share, pool_size, strides, padding):
    """What the cells of each window receive: share to the first maximum, the rest to all real cells."""
    cells = cut(x, pool_size, strides, padding, -np.inf)
    real = np.isfinite(cells)
    first = np.arange(cells.shape[3])[:, np.newaxis] == cells.argmax(axis=3)[:, :, :, np.newaxis]
    return share * first + (1 - share) * real / real.sum(axis=3, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_mixed_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: half the maximum, half the mean
check_array(mixed_pool2d(example, 2), image([[2.375, 3.125], [4.375, 0.875]]), **close, what="mixed_pool2d(example, 2)")
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

check_cases(mixed_pool2d, mixed_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_share", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the share belongs to the maximum
check_array(mixed_pool2d(image([[1, 3]]), (1, 2), share=0.25), image([[2.25]]), **close, what="mixed_pool2d(image([[1, 3]]), (1, 2), share=0.25)")
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

check_cases(mixed_pool2d, mixed_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides, share=share)
    for share in [0.0, 0.2, 0.9, 1.0] for rows, columns, pool, strides in laid[:4]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, maximum and mean of real cells only
check_array(mixed_pool2d(image([[-2, -2, -2]]), (1, 2), padding="same"), image([[-2, -2]]), **close,
            what='mixed_pool2d(image([[-2, -2, -2]]), (1, 2), padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

check_cases(mixed_pool2d, mixed_pool, [
    case(random_image(rng, 1, rows, columns, 1) - shift, pool, strides, "same")
    for shift in [0, 12, 1e12] for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart in the mixture
check_array(mixed_pool2d(np.array([1.0, 10.0, 3.0, 30.0]).reshape(1, 1, 2, 2), (1, 2)), np.array([[[[2.5, 25.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool

check_cases(mixed_pool2d, mixed_pool, [
    case(random_image(rng, *shape), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the mixture
check_array(mixed_pool2d_backward(image([[4]]), image([[1, 3]]), (1, 2), share=0.75), image([[0.5, 3.5]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool, mixed_pool_backward

def given(shape, pool, strides, share):
    x = rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2
    return case(random_image(rng, *mixed_pool(x, pool, strides).shape), x, pool, strides, share=share)

check_cases(mixed_pool2d_backward, mixed_pool_backward, [
    given((1, rows, columns, 1), pool, strides, share) for share in [0.5, 0.2, 1.0] for rows, columns, pool, strides in laid
] + [given((2, 4, 4, 3), 2, None, 0.25)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: among equal maxima the first receives the share
check_array(mixed_pool2d_backward(image([[8]]), image([[1, 3], [3, 3]]), 2), image([[1, 5], [1, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool_backward

check_cases(mixed_pool2d_backward, mixed_pool_backward, [
    case(1 + rng.random((1, rows, 2, 1)), rng.integers(low, low + 2, (1, k * rows, k * 2, 1)).astype(float), k)
    for low in [0, -4] for rows, k in [(1, 2), (2, 2), (2, 3)]
] + [case(1 + rng.random((1, 2, 2, 1)), 1 + 1e-6 * np.arange(16).reshape(1, 4, 4, 1), 2)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_mixed_backward_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the mixture at the border
check_array(mixed_pool2d_backward(image([[4, 4]]), image([[-1, -3, -3]]), (1, 2), padding="same"), image([[3, 1, 4]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import mixed_pool, mixed_pool_backward

def bordered(rows, columns, pool, strides):
    x = -1.0 - rng.permutation(rows * columns).reshape(1, rows, columns, 1)
    return case(1 + rng.random(mixed_pool(x, pool, strides, "same").shape), x, pool, strides, "same")

check_cases(mixed_pool2d_backward, mixed_pool_backward, [bordered(*one) for one in [(1, 1, 3, None), *over_the_border]], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "gated_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. A gate that looks: `gated_pool2d`
#
# The share is no longer fixed: a small array `gate` of the window's shape is laid on the window, as a
# convolution kernel is (not turned round), and its answer $z$ becomes a share by the sigmoid:
#
# $$z=\sum_i g_i\,a_i,\qquad s=\frac1{1+e^{-z}},\qquad y=s\,\max_i a_i+(1-s)\,\frac1m\sum_i a_i$$
#
# One gate serves all windows, images and channels; cells outside the image take no part in $z$.
# `strides=None` stands for the gate's shape. By hand for the window `[1, 3]` and the gate `[0, ln(3)/3]`:
# $z=\ln 3$, $s=3/4$, $y=\tfrac34\cdot 3+\tfrac14\cdot 2=2.75$.
#
# The gradient, with $d=dy\,(\max-\mathrm{mean})\,s\,(1-s)$ for each window: a cell receives what the mixture
# with share $s$ sends it (part 4), **and** $d\,g_i$ through the gate; an entry of the gate receives the sum
# of $d\,a_i$ over all windows, images and channels.
#
# **Hints.** (1) Fill with 0 for $z$: the sum over the axis of cells of `cut(...)` times the gate, flattened
# row by row. (2) Your mixture works with an array of shares as well as with a number, if the array
# broadcasts. (3) The derivative of the sigmoid is $s(1-s)$; for the gate's gradient sum over every axis but
# that of the cells and reshape.

# %% nbgrader={"grade": false, "grade_id": "gated_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gated_pool2d(x, gate, strides=None, padding="valid"):
    """Mixture of the maximum and the mean of each window, with a share that a gate reads off the window.

    gate: array of the window's shape (rows, columns).

    >>> gated_pool2d(image([[1, 3]]), np.array([[0, np.log(3) / 3]])).round(6)[0, :, :, 0]
    array([[2.75]])
    >>> gated_pool2d(image([[1, 3, 5]]), np.zeros((1, 2)), strides=1)[0, :, :, 0]
    array([[2.5, 4.5]])
    """
    ### BEGIN SOLUTION
    cells = cut(x, gate.shape, strides, padding)
    share = _open(x, gate, strides, padding)
    return share * np.nanmax(cells, axis=3) + (1 - share) * np.nanmean(cells, axis=3)


def _open(x, gate, strides, padding):
    z = np.einsum("nijkc,k->nijc", cut(x, gate.shape, strides, padding, 0), gate.ravel())
    return 1 / (1 + np.exp(-z))
    ### END SOLUTION


def gated_pool2d_backward(dy, x, gate, strides=None, padding="valid"):
    """Gradients of `gated_pool2d`: the pair (dx, dgate), of the shapes of x and gate.

    >>> dx, dgate = gated_pool2d_backward(image([[1]]), image([[1, 3]]), np.array([[0.0, 0.0]]))
    >>> dx[0, :, :, 0], dgate
    (array([[0.25, 0.75]]), array([[0.25, 0.75]]))
    """
    ### BEGIN SOLUTION
    where = gate.shape, strides, padding
    cells, share = cut(x, *where), _open(x, gate, strides, padding)
    d = dy * (np.nanmax(cells, axis=3) - np.nanmean(cells, axis=3)) * share * (1 - share)
    slope = dy[:, :, :, np.newaxis] * _mixture(x, share[:, :, :, np.newaxis], *where)
    slope = slope + d[:, :, :, np.newaxis] * gate.reshape(-1, 1)
    return paste(slope, x, *where), np.einsum("nijc,nijkc->k", d, cut(x, *where, 0)).reshape(gate.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gated_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gate chooses between maximum and mean
check_array(gated_pool2d(image([[1, 3]]), np.array([[0, np.log(3) / 3]])), image([[2.75]]), **close)
check_array(gated_pool2d(example, np.zeros((2, 2))), image([[2.375, 3.125], [4.375, 0.875]]), **close, what="gated_pool2d(example, np.zeros((2, 2)))")
### BEGIN HIDDEN TESTS
from course_lib import gated_pool

def oracle(x, gate, strides=None, padding="valid"):
    return gated_pool(x, gate, gate.shape, strides, padding)

check_cases(gated_pool2d, oracle, [
    case(random_image(rng, 1, rows, columns, 1) / 4, rng.normal(size=np.broadcast_to(pool, 2)), strides)
    for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gated_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, only real cells take part
check_array(gated_pool2d(image([[1, 3, -2]]), np.array([[0, np.log(3) / 3]]), padding="same"), image([[2.75, -2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import gated_pool

def oracle(x, gate, strides=None, padding="valid"):
    return gated_pool(x, gate, gate.shape, strides, padding)

check_cases(gated_pool2d, oracle, [
    case(random_image(rng, 1, rows, columns, 1) / 4 - shift, rng.normal(size=np.broadcast_to(pool, 2)), strides, "same")
    for shift in [0, 3] for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gated_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: one gate for every image and channel
check_array(gated_pool2d(np.array([1.0, 0.0, 3.0, 4.0]).reshape(1, 1, 2, 2), np.zeros((1, 2))), np.array([[[[2.5, 3.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import gated_pool

def oracle(x, gate):
    return gated_pool(x, gate, gate.shape)

check_cases(gated_pool2d, oracle, [
    case(random_image(rng, *shape) / 4, rng.normal(size=(2, 2))) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gated_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the image through the mixture and through the gate
dx, dgate = gated_pool2d_backward(image([[16]]), image([[1, 3]]), np.array([[0, np.log(3) / 3]]))
check_array(dx, image([[2, 14 + np.log(3)]]), **close, what="dx")
### BEGIN HIDDEN TESTS
from course_lib import gated_pool, gated_pool_backward

def oracle(dy, x, gate, strides=None):
    return gated_pool_backward(dy, x, gate, gate.shape, strides)

def given(shape, pool, strides):
    x, gate = rng.normal(size=shape), rng.normal(size=np.broadcast_to(pool, 2))
    return case(random_image(rng, *gated_pool(x, gate, pool, strides).shape), x, gate, strides)

tied = rng.integers(0, 2, (1, 4, 6, 1)).astype(float)
check_cases(part(gated_pool2d_backward, 0), part(oracle, 0), [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [given((2, 4, 4, 3), 2, None), case(1 + rng.random((1, 2, 3, 1)), tied, rng.normal(size=(2, 2)))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gated_backward_gate", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the gate, summed over windows, images and channels
dx, dgate = gated_pool2d_backward(image([[16, 16]]), image([[1, 3, 2, 4]]), np.array([[0.0, 0.0]]))
check_array(dgate, np.array([[12.0, 28.0]]), **close, what="dgate")
### BEGIN HIDDEN TESTS
from course_lib import gated_pool, gated_pool_backward

def oracle(dy, x, gate, strides=None, padding="valid"):
    return gated_pool_backward(dy, x, gate, gate.shape, strides, padding)

def given(shape, pool, strides, padding):
    x, gate = rng.normal(size=shape), rng.normal(size=np.broadcast_to(pool, 2))
    return case(random_image(rng, *gated_pool(x, gate, pool, strides, padding).shape), x, gate, strides, padding)

check_cases(part(gated_pool2d_backward, 1), part(oracle, 1), [
    given((1, rows, columns, 1), pool, strides, "valid") for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((2, 4, 4, 3), 2, None, "valid")], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gated_backward_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the gated mixture at the border
dx, dgate = gated_pool2d_backward(image([[16, 5]]), image([[1, 3, -2]]), np.array([[0, np.log(3) / 3]]), padding="same")
check_array(dx, image([[2, 14 + np.log(3), 5]]), **close, what="dx")
### BEGIN HIDDEN TESTS
from course_lib import gated_pool, gated_pool_backward

def oracle(dy, x, gate, strides, padding):
    return gated_pool_backward(dy, x, gate, gate.shape, strides, padding)

def bordered(rows, columns, pool, strides):
    x, gate = rng.normal(size=(1, rows, columns, 1)) - 1, rng.normal(size=np.broadcast_to(pool, 2))
    return case(random_image(rng, *gated_pool(x, gate, pool, strides, "same").shape), x, gate, strides, "same")

check_cases(part(gated_pool2d_backward, 0), part(oracle, 0), [bordered(*one) for one in over_the_border], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "lip_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. Importance from elsewhere: `lip_pool2d`
#
# SoftPool asks the numbers themselves how important they are. *Local importance-based pooling* takes
# importances from an array `logits` of the shape of `x`, which a small network computes in the original
# paper:
#
# $$w_i=\frac{e^{l_i}}{\sum_j e^{l_j}},\qquad y=\sum_i w_i\,a_i$$
#
# over the real cells of each window, with $l_i$ the logits of the same cells. Equal logits give the mean,
# `logits=x` SoftPool, and large multiples of `x` approach the maximum: logits of a thousand must not overflow
# here either. By hand for numbers `[1, 5]` with logits `[ln 3, 0]`: weights $3/4$ and $1/4$, $y=2$.
#
# The gradients: a cell receives $dy\,w_i$, its logit $dy\,w_i\,(a_i-y)$.
#
# **Hints.** (1) You have written the softmax of each window in part 3; what changes is whose. (2) Cut
# `logits` with $-\infty$ and `x` with 0 outside. (3) Both gradients are cells in the shape of `cut` and go
# back by `paste`.

# %% nbgrader={"grade": false, "grade_id": "lip_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lip_pool2d(x, logits, pool_size, strides=None, padding="valid"):
    """Mean of each window, weighted by the softmax of the logits that belong to its cells.

    logits: array of the shape of x.

    >>> lip_pool2d(image([[1, 5]]), image([[np.log(3), 0]]), (1, 2)).round(6)[0, :, :, 0]
    array([[2.]])
    >>> lip_pool2d(example, np.zeros((1, 4, 4, 1)), 2)[0, :, :, 0]
    array([[1.75, 2.25],
           [2.75, 0.75]])
    """
    ### BEGIN SOLUTION
    return np.sum(_softmax(logits, pool_size, strides, padding) * cut(x, pool_size, strides, padding, 0), axis=3)
    ### END SOLUTION


def lip_pool2d_backward(dy, x, logits, pool_size, strides=None, padding="valid"):
    """Gradients of `lip_pool2d`: the pair (dx, dlogits), both of the shape of x.

    >>> dx, dlogits = lip_pool2d_backward(image([[1]]), image([[1, 5]]), image([[0, 0]]), (1, 2))
    >>> dx[0, :, :, 0], dlogits[0, :, :, 0]
    (array([[0.5, 0.5]]), array([[-1.,  1.]]))
    """
    ### BEGIN SOLUTION
    where = pool_size, strides, padding
    received = dy[:, :, :, np.newaxis] * _softmax(logits, *where)
    distance = cut(x, *where, 0) - lip_pool2d(x, logits, *where)[:, :, :, np.newaxis]
    return paste(received, x, *where), paste(received * distance, x, *where)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_lip_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights by the exponentials of the logits, also of large ones
check_array(lip_pool2d(image([[1, 5]]), image([[np.log(3), 0]]), (1, 2)), image([[2]]), **close)
check_array(lip_pool2d(image([[1, 5]]), image([[1000, 1000]]), (1, 2)), image([[3]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lip_pool

check_cases(lip_pool2d, lip_pool, [
    case(random_image(rng, 1, rows, columns, 1), logits, pool, strides)
    for rows, columns, pool, strides in laid
    for logits in [rng.normal(size=(1, rows, columns, 1)), 500 * random_image(rng, 1, rows, columns, 1)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lip_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, weights of real cells only
check_array(lip_pool2d(image([[1, 5, 7]]), image([[np.log(3), 0, -2]]), (1, 2), padding="same"), image([[2, 7]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lip_pool

check_cases(lip_pool2d, lip_pool, [
    case(random_image(rng, 1, rows, columns, 1), rng.normal(size=(1, rows, columns, 1)), pool, strides, "same")
    for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lip_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels kept apart by the logits
check_array(lip_pool2d(np.array([1.0, 1.0, 5.0, 5.0]).reshape(1, 1, 2, 2), np.array([np.log(3), 0, 0, 0]).reshape(1, 1, 2, 2), (1, 2)),
            np.array([[[[2.0, 3.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import lip_pool

check_cases(lip_pool2d, lip_pool, [
    case(random_image(rng, *shape), rng.normal(size=shape), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lip_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the numbers, by their weights
dx, dlogits = lip_pool2d_backward(image([[4]]), image([[1, 5]]), image([[np.log(3), 0]]), (1, 2))
check_array(dx, image([[3, 1]]), **close, what="dx")
dx, dlogits = lip_pool2d_backward(image([[4]]), image([[1, 5]]), image([[1000, 1000]]), (1, 2))
check_array(dx, image([[2, 2]]), **close, what="dx")
### BEGIN HIDDEN TESTS
from course_lib import lip_pool, lip_pool_backward

def given(shape, pool, strides, padding):
    x, logits = random_image(rng, *shape), rng.normal(size=shape)
    return case(random_image(rng, *lip_pool(x, logits, pool, strides, padding).shape), x, logits, pool, strides, padding)

check_cases(part(lip_pool2d_backward, 0), part(lip_pool_backward, 0), [
    given((1, rows, columns, 1), pool, strides, "valid") for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((2, 4, 4, 3), 2, None, "valid")], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lip_backward_logits", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient of the logits
dx, dlogits = lip_pool2d_backward(image([[4]]), image([[1, 5]]), image([[np.log(3), 0]]), (1, 2))
check_array(dlogits, image([[-3, 3]]), **close, what="dlogits")
### BEGIN HIDDEN TESTS
from course_lib import lip_pool, lip_pool_backward

def given(shape, pool, strides, padding):
    x, logits = random_image(rng, *shape), rng.normal(size=shape)
    return case(random_image(rng, *lip_pool(x, logits, pool, strides, padding).shape), x, logits, pool, strides, padding)

check_cases(part(lip_pool2d_backward, 1), part(lip_pool_backward, 1), [
    given((1, rows, columns, 1), pool, strides, "valid") for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((2, 4, 4, 3), 2, None, "valid")], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone by the poolings
ones, flat = np.ones((1, 2, 2, 1)), np.zeros((1, 4, 4, 1))
for function in [lp_pool2d, soft_pool2d, mixed_pool2d]:
    check_arguments_kept(function, case(example, 2))
check_arguments_kept(gated_pool2d, case(example, np.ones((2, 2))))
check_arguments_kept(lip_pool2d, case(example, flat, 2))
### BEGIN HIDDEN TESTS
for padding in ["valid", "same"]:
    x = random_image(rng, 2, 5, 4, 2)
    for function in [lp_pool2d, soft_pool2d, mixed_pool2d]:
        check_arguments_kept(function, case(x, 2, padding=padding))
    check_arguments_kept(gated_pool2d, case(x, rng.normal(size=(2, 2)), padding=padding))
    check_arguments_kept(lip_pool2d, case(x, rng.normal(size=x.shape), 2, padding=padding))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_backward_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone by the gradients
ones, flat = np.ones((1, 2, 2, 1)), np.zeros((1, 4, 4, 1))
for function in [lp_pool2d_backward, soft_pool2d_backward, mixed_pool2d_backward]:
    check_arguments_kept(function, case(ones, example, 2))
check_arguments_kept(gated_pool2d_backward, case(ones, example, np.ones((2, 2))))
check_arguments_kept(lip_pool2d_backward, case(ones, example, flat, 2))
### BEGIN HIDDEN TESTS
dy, x = random_image(rng, 2, 3, 2, 2), random_image(rng, 2, 5, 4, 2)
for function in [lp_pool2d_backward, soft_pool2d_backward, mixed_pool2d_backward]:
    check_arguments_kept(function, case(dy, x, 2, padding="same"))
check_arguments_kept(gated_pool2d_backward, case(dy, x, rng.normal(size=(2, 2)), padding="same"))
check_arguments_kept(lip_pool2d_backward, case(dy, x, rng.normal(size=x.shape), 2, padding="same"))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 7. In words
#
# Order the mean, the maximum, the root mean square (Lp with $p=2$) and SoftPool of the window `[0, 0, 0, 2]`
# by size, with their values. Then multiply the window by 10: which of the four results are simply multiplied
# by 10, which is not, and why? Last: one cell of a large window is replaced by a wild outlier. Which of the
# four would you trust most, which least, and what does the *gradient* then teach the layer below? Six to
# eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_between", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# Mean 0.5; SoftPool: weights 1, 1, 1 and e² = 7.39, so 2 · 7.39 / 10.39 = 1.42; root mean square sqrt(4/4) =
# 1; maximum 2. In order: mean 0.5, RMS 1, SoftPool 1.42, maximum 2. Times 10, mean, RMS and maximum become 5,
# 10 and 20: they are homogeneous. SoftPool becomes 20 e^20 / (e^20 + 3), practically 20: the exponential
# turns differences into ratios of weights, so scaling the numbers works like raising the temperature's
# inverse, and the result approaches the maximum. An outlier in one of m cells moves the mean by 1/m of its
# size, the RMS by its size over the root of m, SoftPool and the maximum by nearly all of it: trust the mean
# most, the maximum (and SoftPool) least. The gradient tells the same story: the mean sends each cell the same
# share, whereas maximum and SoftPool send almost all of it to the outlier's cell, so the layer below learns
# from that one position only.
#
# ### BEGIN MARK SCHEME
# 1 point: the four values in order (SoftPool 1.4). 1 point: mean, RMS and maximum scale; SoftPool does not,
# because of the exponential. 1 point: the mean is least, the maximum (or SoftPool) most sensitive, with a
# reason. 1 point: the gradient is spread evenly for the mean and concentrated on one cell for the maximum.
# ### END MARK SCHEME
