# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Ranks and chance
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Ranks and chance
#
# Poolings that look at the *order* of a window's numbers (the mean of the k largest, weights that fall by
# rank, any weights by rank, and a small genetic search for such weights), and poolings that leave something
# to *chance* (a cell drawn in proportion to its value, and regions of drawn sizes). About two hours. Cutting
# an image into windows is done for you.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# ranks_and_chance.ipynb` in a terminal: both run the visible tests. Behind every visible test there are
# hidden ones of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like;
# a cell can use what is defined above it. NumPy and Matplotlib are there; other libraries are not available
# where your notebook is graded. Single and double precision are both fine.
#
# Arrays are *channels-last*: an image batch has shape `(batch, rows, columns, channels)`.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
from itertools import pairwise

import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, check_integer, check_raises, random_image


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


def near_falling(weights):
    """A fitness for weights of any number: largest (zero) at weights that fall by half from rank to rank."""
    target = 0.5 ** np.arange(len(weights))
    return -float(np.sum((np.asarray(weights) - target / target.sum()) ** 2))


def near_ends(weights):
    """Another fitness: largest (zero) where the first and the last weight are a half each."""
    target = np.zeros(len(weights))
    target[0] = target[-1] = 0.5
    return -float(np.sum((np.asarray(weights) - target) ** 2))

# %% [markdown] nbgrader={"grade": false, "grade_id": "ranks_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. By hand
#
# Sort the numbers of a window, the largest first. Its place in this order is a cell's *rank*: 1 for the
# largest. Of equal numbers the earlier one, reading the window row by row, has the smaller rank.
#
# ```
# window        sorted       mean of the 2 largest     weights 1/2, 1/4, 1/8, 1/8 by rank
#  1  3
#  3  0         3 3 1 0      (3+3)/2 = 3               3/2 + 3/4 + 1/8 + 0 = 2.375
# ```
#
# `cut` and `paste`, in the cell above, cut an image into windows and add windows' cells back up: `cut(x,
# pool_size, strides, padding, fill)` has shape `(batch, windows down, windows across, cells, channels)`, the
# cells row by row, and `fill` (you choose it) where a window of `padding="same"` reaches over the border. You
# do not have to use them. `strides=None` stands for the window's own size. In all windowed poolings below
# only the $m$ real cells of a window take part. Images and channels are treated by themselves, arguments keep
# their values, and in every gradient `dy` has the shape of the pooled result, `dx` that of `x`, and
# contributions of overlapping windows add up.
#
# ## 2. `avg_topk_pool2d`: the mean of the k largest
#
# A plain mean, not a weighted one: the `k` largest numbers of the window count equally, the others not at
# all ($k$ is at most the number of the window's cells). A window at the border with fewer than $k$ real cells
# takes the mean of those it has. The gradient: each of the chosen cells (of rank 1 to k) receives `dy / k`, or
# `dy / m` where there were only $m<k$.
#
# **Hints.** (1) `fill` the cells outside with a number that is sorted to the end. (2) `np.argsort` gives the
# places of the smallest first, and with `kind="stable"` equal numbers keep their order: sort the negatives.
# (3) Make weights by rank, zero where a rank holds no real cell, divided by their sum; `np.take_along_axis`
# reads cells in order of rank, `np.put_along_axis` writes weights back to the cells. All of parts 2 to 4 then
# is one function with different weights.

# %% nbgrader={"grade": false, "grade_id": "avg_topk_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def avg_topk_pool2d(x, pool_size, strides=None, padding="valid", k=2):
    """Mean of the k largest real cells of each window: shape (batch, windows down, windows across, channels).

    >>> avg_topk_pool2d(example, 2)[0, :, :, 0]
    array([[3. , 4. ],
           [5.5, 1. ]])
    >>> avg_topk_pool2d(example, 2, k=4)[0, :, :, 0]
    array([[1.75, 2.25],
           [2.75, 0.75]])
    """
    ### BEGIN SOLUTION
    return _by_rank(x, _top(pool_size, k), pool_size, strides, padding)


def _top(pool_size, k):
    return (np.arange(np.prod(np.broadcast_to(pool_size, 2))) < k) * 1.0


def _ordered(x, weights, *where):
    """The places of the cells by rank, the cells by rank (0 where there is none), and their weights, of sum 1."""
    cells = cut(x, *where, -np.inf)
    order = np.argsort(-cells, axis=3, kind="stable")
    cells = np.take_along_axis(cells, order, axis=3)
    real = np.isfinite(cells)
    weights = weights[:, np.newaxis] * real
    return order, np.where(real, cells, 0), weights / weights.sum(axis=3, keepdims=True)


def _by_rank(x, weights, *where):
    _, cells, weights = _ordered(x, weights, *where)
    return np.sum(weights * cells, axis=3)


def _by_rank_backward(dy, x, weights, *where):
    order, _, weights = _ordered(x, weights, *where)
    slope = np.empty(order.shape)
    np.put_along_axis(slope, order, dy[:, :, :, np.newaxis] * weights, axis=3)
    return paste(slope, x, *where)
    ### END SOLUTION


def avg_topk_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", k=2):
    """Gradient of `avg_topk_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> avg_topk_pool2d_backward(image([[6]]), image([[1, 3], [3, 3]]), 2)[0, :, :, 0]
    array([[0., 3.],
           [3., 0.]])
    """
    ### BEGIN SOLUTION
    return _by_rank_backward(dy, x, _top(pool_size, k), pool_size, strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_topk_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the mean of the two largest
check_array(avg_topk_pool2d(example, 2), image([[3, 4], [5.5, 1]]), **close, what="avg_topk_pool2d(example, 2)")
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool

check_cases(avg_topk_pool2d, avg_topk_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_topk_k", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: any k, from the maximum to the mean
check_array(avg_topk_pool2d(example, 2, k=1), image([[3, 4], [6, 1]]), **close, what="avg_topk_pool2d(example, 2, k=1)")
check_array(avg_topk_pool2d(example, 2, k=4), image([[1.75, 2.25], [2.75, 0.75]]), **close, what="avg_topk_pool2d(example, 2, k=4)")
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool

check_cases(avg_topk_pool2d, avg_topk_pool, [
    case(random_image(rng, 1, 6, 7, 1), pool, k=k) for pool, ks in [(2, [1, 3, 4]), (3, [1, 4, 9]), ((1, 3), [1, 3])] for k in ks
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_topk_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, the largest real cells
check_array(avg_topk_pool2d(image([[-1, -3, -5]]), (1, 2), padding="same"), image([[-2, -5]]), **close,
            what='avg_topk_pool2d(image([[-1, -3, -5]]), (1, 2), padding="same")')
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool

check_cases(avg_topk_pool2d, avg_topk_pool, [
    case(random_image(rng, 1, rows, columns, 1) - shift, pool, strides, "same", k=k)
    for shift, k in [(0, 1), (0, 2), (0, 3), (10, 2), (10, 3), (0, 4), (1e12, 2)]
    for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_topk_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: batch and channels sorted by themselves
check_array(avg_topk_pool2d(np.array([1.0, 30.0, 2.0, 10.0, 3.0, 20.0]).reshape(1, 1, 3, 2), (1, 3)), np.array([[[[2.5, 25.0]]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool

check_cases(avg_topk_pool2d, avg_topk_pool, [
    case(random_image(rng, *shape), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 2, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_topk_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the chosen cells share the gradient equally
check_array(avg_topk_pool2d_backward(image([[6, 8]]), image([[1, 2, 5, 4], [4, 3, 9, 0]]), 2), image([[0, 0, 4, 0], [3, 3, 4, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool, avg_topk_pool_backward

def given(shape, pool, strides, padding="valid", k=2):
    x = rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2
    return case(random_image(rng, *avg_topk_pool(x, pool, strides, padding, k=k).shape), x, pool, strides, padding, k=k)

check_cases(avg_topk_pool2d_backward, avg_topk_pool_backward, [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((1, 6, 6, 1), 3, None, k=k) for k in [1, 4, 9]] + [given((2, 4, 4, 3), 2, None)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_topk_ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: among equal numbers the earlier cells are chosen
check_array(avg_topk_pool2d_backward(image([[6]]), image([[1, 3], [3, 3]]), 2), image([[0, 3], [3, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import avg_topk_pool_backward

check_cases(avg_topk_pool2d_backward, avg_topk_pool_backward, [
    case(1 + rng.random((1, rows, 2, 1)), rng.integers(low, low + 2, (1, n * rows, n * 2, 1)).astype(float), n, k=k)
    for k in [1, 2, 3] for low in [0, -4] for rows, n in [(1, 2), (2, 2), (2, 3)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "weighted_ranks_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `rank_weighted_pool2d`: weights that fall by rank
#
# The cell of rank $r$ weighs $\alpha\,(1-\alpha)^{r-1}$, divided by the sum of the weights of the window's
# real cells so that they sum to one (`alpha` is above 0 and below 1). By hand for `[8, 0, 4, 2]` and
# $\alpha=1/2$: weights 8/15, 4/15, 2/15, 1/15 for 8, 4, 2, 0: $y=(64+16+4)/15=5.6$. A constant image keeps
# its value.
#
# The gradient: the cell of rank $r$ receives `dy` times its weight.
#
# ## 4. `ordinal_pool2d`: any weights by rank
#
# `weights` holds a number for each rank, as many as the window has cells, none negative: maximum `[1, 0, …]`,
# minimum `[…, 0, 1]`, mean and median are all of this kind. The result is $\sum_r w_r\,a_{(r)}/\sum_r w_r$. A
# window with only $m$ real cells uses the first $m$ weights.
#
# **Hints.** (1) Both differ from part 2 in the weights only. (2) `np.arange` of the window's cells is $r-1$.
# (3) Mask first, then divide by the sum that is left.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def falling(shares, cells):
    """How the weights fall by rank."""
    import matplotlib.pyplot as plt

    _, axis = plt.subplots(figsize=(4, 2.4), layout="constrained")
    for alpha in shares:
        weights = alpha * (1 - alpha) ** np.arange(cells)
        axis.plot(1 + np.arange(cells), weights / weights.sum(), marker="o", label=f"alpha = {alpha}")
    axis.set(xlabel="rank", ylabel="weight")
    axis.legend()
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    falling([0.05, 0.3, 0.5, 0.8], 9)

# %% nbgrader={"grade": false, "grade_id": "rank_weighted_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rank_weighted_pool2d(x, pool_size, strides=None, padding="valid", alpha=0.5):
    """Mean of each window with weights alpha (1 - alpha)^(rank - 1), divided by their sum.

    >>> rank_weighted_pool2d(image([[8, 0], [4, 2]]), 2)[0, :, :, 0]
    array([[5.6]])
    >>> rank_weighted_pool2d(image([[8, 0, 1], [4, 2, 0]]), (1, 2), strides=1, alpha=0.75)[0, :, :, 0].round(2)
    array([[6.4, 0.8],
           [3.6, 1.6]])
    """
    ### BEGIN SOLUTION
    return _by_rank(x, _falling(pool_size, alpha), pool_size, strides, padding)


def _falling(pool_size, alpha):
    return alpha * (1 - alpha) ** np.arange(np.prod(np.broadcast_to(pool_size, 2)))
    ### END SOLUTION


def rank_weighted_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", alpha=0.5):
    """Gradient of `rank_weighted_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> rank_weighted_pool2d_backward(image([[15]]), image([[8, 0], [4, 2]]), 2)[0, :, :, 0]
    array([[8., 1.],
           [4., 2.]])
    """
    ### BEGIN SOLUTION
    return _by_rank_backward(dy, x, _falling(pool_size, alpha), pool_size, strides, padding)
    ### END SOLUTION


def ordinal_pool2d(x, weights, pool_size, strides=None, padding="valid"):
    """Mean of each window with a given weight for each rank, divided by their sum.

    weights: array with one number for each cell of the window, for the largest cell first.

    >>> ordinal_pool2d(example, np.array([0, 1, 1, 0]), 2)[0, :, :, 0]
    array([[2. , 3. ],
           [3.5, 1. ]])
    """
    ### BEGIN SOLUTION
    return _by_rank(x, weights, pool_size, strides, padding)
    ### END SOLUTION


def ordinal_pool2d_backward(dy, x, weights, pool_size, strides=None, padding="valid"):
    """Gradient of `ordinal_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> ordinal_pool2d_backward(image([[10]]), image([[8, 0], [4, 2]]), np.array([4, 3, 2, 1]), 2)[0, :, :, 0]
    array([[4., 1.],
           [3., 2.]])
    """
    ### BEGIN SOLUTION
    return _by_rank_backward(dy, x, weights, pool_size, strides, padding)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_rank_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights that fall by half from rank to rank
check_array(rank_weighted_pool2d(image([[8, 0], [4, 2]]), 2), image([[5.6]]), **close, what="rank_weighted_pool2d(image([[8, 0], [4, 2]]), 2)")
### BEGIN HIDDEN TESTS
from course_lib import rank_weighted_pool

check_cases(rank_weighted_pool2d, rank_weighted_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    case(random_image(rng, *shape), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 4, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_rank_alpha", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: other alphas
check_array(rank_weighted_pool2d(image([[9, 0, 3]]), (1, 3), alpha=0.75), image([[52 / 7]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import rank_weighted_pool

check_cases(rank_weighted_pool2d, rank_weighted_pool, [
    case(random_image(rng, 1, rows, columns, 1), pool, strides, alpha=alpha)
    for alpha in [0.1, 0.35, 0.8] for rows, columns, pool, strides in laid
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_rank_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, the weights of real cells sum to one
check_array(rank_weighted_pool2d(image([[-3, -3, -3]]), (1, 2), padding="same"), image([[-3, -3]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import rank_weighted_pool

check_cases(rank_weighted_pool2d, rank_weighted_pool, [
    case(random_image(rng, 1, rows, columns, 1) - shift, pool, strides, "same")
    for shift in [0, 10, 1e12] for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_rank_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient falls by rank
check_array(rank_weighted_pool2d_backward(image([[15]]), image([[8, 0], [4, 2]]), 2), image([[8, 1], [4, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import rank_weighted_pool, rank_weighted_pool_backward

def given(shape, pool, strides, padding="valid", alpha=0.5):
    x = rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2
    return case(random_image(rng, *rank_weighted_pool(x, pool, strides, padding).shape), x, pool, strides, padding, alpha=alpha)

check_cases(rank_weighted_pool2d_backward, rank_weighted_pool_backward, [
    given((1, rows, columns, 1), pool, strides, alpha=alpha) for alpha in [0.5, 0.3] for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((2, 4, 4, 3), 2, None), case(1 + rng.random((1, 2, 3, 1)), rng.integers(0, 2, (1, 4, 6, 1)) - 1.0, 2)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_ordinal_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: given weights, for the largest first
check_array(ordinal_pool2d(example, np.array([0.0, 1.0, 1.0, 0.0]), 2), image([[2, 3], [3.5, 1]]), **close)
check_array(ordinal_pool2d(example, np.array([0.0, 0.0, 0.0, 1.0]), 2), image([[0, -1], [-2, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import ordinal_pool

check_cases(ordinal_pool2d, ordinal_pool, [
    case(random_image(rng, 1, rows, columns, 1), 0.1 + rng.random(np.prod(np.broadcast_to(pool, 2))), pool, strides)
    for rows, columns, pool, strides in laid
] + [
    case(random_image(rng, *shape), 0.1 + rng.random(4), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 4, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_ordinal_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a window with m real cells uses the first m weights
check_array(ordinal_pool2d(image([[-1, -3, -5]]), np.array([3.0, 1.0]), (1, 2), padding="same"), image([[-1.5, -5]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import ordinal_pool

check_cases(ordinal_pool2d, ordinal_pool, [
    case(random_image(rng, 1, rows, columns, 1) - 5, 0.1 + rng.random(np.prod(np.broadcast_to(pool, 2))), pool, strides, "same")
    for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_ordinal_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient by given weights
check_array(ordinal_pool2d_backward(image([[10]]), image([[8, 0], [4, 2]]), np.array([4.0, 3.0, 2.0, 1.0]), 2), image([[4, 1], [3, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import ordinal_pool, ordinal_pool_backward

def given(shape, pool, strides, padding="valid"):
    x = rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) / 2
    weights = 0.1 + rng.random(np.prod(np.broadcast_to(pool, 2)))
    return case(random_image(rng, *ordinal_pool(x, weights, pool, strides, padding).shape), x, weights, pool, strides, padding)

check_cases(ordinal_pool2d_backward, ordinal_pool_backward, [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [
    given((2, 4, 4, 3), 2, None), case(1 + rng.random((1, 2, 3, 1)), rng.integers(0, 2, (1, 4, 6, 1)) - 1.0, 0.1 + rng.random(4), 2),
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_ranks_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone by the poolings by rank
weights = np.array([4.0, 3.0, 2.0, 1.0])
for function in [avg_topk_pool2d, rank_weighted_pool2d]:
    check_arguments_kept(function, case(example, 2))
check_arguments_kept(ordinal_pool2d, case(example, weights, 2))
### BEGIN HIDDEN TESTS
for padding in ["valid", "same"]:
    dy, x = random_image(rng, 2, 2, 2, 2), random_image(rng, 2, 4, 4, 2)
    for forward, backward in [(avg_topk_pool2d, avg_topk_pool2d_backward), (rank_weighted_pool2d, rank_weighted_pool2d_backward)]:
        check_arguments_kept(forward, case(x, 2, padding=padding))
        check_arguments_kept(backward, case(dy, x, 2, padding=padding))
    check_arguments_kept(ordinal_pool2d, case(x, weights, 2, padding=padding))
    check_arguments_kept(ordinal_pool2d_backward, case(dy, x, weights, 2, padding=padding))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "evolve_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `evolve_weights`: a genetic search
#
# Which weights by rank are best? If all one can do is *try* weights, a genetic search is a simple way: keep a
# population of weights, let the better ones have children (mixtures of two parents with a little noise), keep
# the best.
#
# `fitness` is a function from an array of `size` weights to a number, larger is better; `rng` is a
# `numpy.random.Generator`, the only source of chance. Return the pair `(weights, history)`:
#
# - `weights`: array of shape `(size,)`, none negative, of sum 1;
# - `history`: the best fitness in the first generation and after each later one. **It never falls** (carry
#   the best weights over unchanged), and its last number is the fitness of `weights`.
#
# The same generator in the same state gives the same answer, another one another. How many weights in a
# generation and how many generations (two at least) is yours to choose; 2000 calls of `fitness` are more than
# enough. For up to 6 weights, the search must come within a squared distance of 0.05 of the best weights of the
# two functions `near_falling` and `near_ends` in the cell above.
#
# **Hints.** (1) `rng.dirichlet` with ones for its parameters draws weights of sum one, none negative. (2) After
# adding noise, put a child back: negative numbers become 0, then divide by the sum. (3) Each generation: sort
# by fitness, keep the best few unchanged, fill up with mixtures of two of the better half plus normal noise of
# 0.1 or less, append the best fitness to the history; 16 weights and 40 generations are plenty.

# %% nbgrader={"grade": false, "grade_id": "evolve_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def evolve_weights(fitness, size, rng):
    """Search for weights (not negative, of sum 1) of large fitness. Returns the pair (weights, history).

    >>> weights, history = evolve_weights(near_falling, 4, np.random.default_rng(0))
    >>> weights.shape, bool(near_falling(weights) == history[-1] > -0.05)
    ((4,), True)
    """
    ### BEGIN SOLUTION
    population = rng.dirichlet(np.ones(size), 16)
    history = []
    for _ in range(40):
        scores = np.array([fitness(weights) for weights in population])
        population = population[np.argsort(-scores, kind="stable")]
        history.append(scores.max())
        parents = population[rng.integers(8, size=(2, 12))]
        children = parents.mean(axis=0) + 0.05 * rng.normal(size=(12, size))
        children = np.maximum(children, 1e-9)
        population = np.concatenate([population[:4], children / children.sum(axis=1, keepdims=True)])
    return population[0], np.array(history)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_evolve_simplex", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights that are not negative and sum to one
weights, history = evolve_weights(near_falling, 4, np.random.default_rng(0))
check_array(weights.sum(keepdims=True), np.array([1.0]), **close, what="the sum of the weights")
check_array(np.minimum(weights, 0.0), np.zeros(4), what="the negative weights")
### BEGIN HIDDEN TESTS
for fitness in [near_falling, near_ends]:
    for size in [2, 4, 6]:
        weights, history = evolve_weights(fitness, size, np.random.default_rng(rng.integers(1000)))
        check_array(weights.sum(keepdims=True), np.array([1.0]), **close, what="the sum of the weights")
        check_array(np.minimum(weights, 0.0), np.zeros(size), what="the negative weights")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_evolve_history", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the best fitness rises, never falls, and ends as that of the weights
weights, history = evolve_weights(near_falling, 4, np.random.default_rng(0))
check_array(np.minimum(np.diff(history), 0.0), np.zeros(len(history) - 1), what="where the history falls")
check_array(np.array(history[-1:]), np.array([near_falling(weights)]), what="the last number of the history")
### BEGIN HIDDEN TESTS
for fitness in [near_falling, near_ends]:
    for size in [2, 4, 6]:
        weights, history = evolve_weights(fitness, size, np.random.default_rng(rng.integers(1000)))
        check_array(np.minimum(np.diff(history), 0.0), np.zeros(len(history) - 1), what="where the history falls")
        check_array(np.array(history[-1:]), np.array([fitness(weights)]), **close, what="the last number of the history")
    check_array(np.array([history[0] < history[-1]]), np.array([True]), what="the history rises from its first number")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_evolve_finds", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the search comes close to the best weights
weights, history = evolve_weights(near_falling, 4, np.random.default_rng(0))
check_array(np.array([near_falling(weights) > -0.05]), np.array([True]), what="near_falling(weights) > -0.05")
### BEGIN HIDDEN TESTS
for fitness in [near_falling, near_ends]:
    for size in [3, 4, 6]:
        weights, history = evolve_weights(fitness, size, np.random.default_rng(rng.integers(1000)))
        check_array(np.array([fitness(weights) > -0.05]), np.array([True]), what=f"{fitness.__name__}(weights) > -0.05, {size} weights")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_evolve_seed", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the same generator gives the same answer, another one another
first, _ = evolve_weights(near_falling, 4, np.random.default_rng(1))
again, _ = evolve_weights(near_falling, 4, np.random.default_rng(1))
check_array(again, first, what="the weights of the second call")
### BEGIN HIDDEN TESTS
for fitness, seed in [(near_falling, 5), (near_ends, 6)]:
    first, one = evolve_weights(fitness, 5, np.random.default_rng(seed))
    again, two = evolve_weights(fitness, 5, np.random.default_rng(seed))
    check_array(again, first, what="the weights of the second call")
    check_array(np.array(two), np.array(one), what="the history of the second call")
    _, other = evolve_weights(fitness, 5, np.random.default_rng(seed + 10))
    check_array(np.array([list(other) != list(one)]), np.array([True]), what="another generator gives another history")
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "stochastic_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. `stochastic_pool2d`: a cell drawn by its value
#
# For numbers that are not negative (after a ReLU). Each cell of a window has the probability $p_i=a_i/\sum_j
# a_j$.
#
# - **In use** (`training=False`) the result is the expectation, $y=\sum_i p_i\,a_i$. For `[1, 3]`: $p=(1/4,
#   3/4)$, $y=1/4+9/4=2.5$.
# - **In training** (`training=True`) one cell is drawn with these probabilities and its number is the result.
#   So that we agree on what is drawn: take `u = rng.random(shape)` **once**, `shape` being the shape of the
#   result; each window takes the first cell, reading it row by row, at which $p_1+p_2+\dots$ is larger than
#   its `u`. `rng` is a `numpy.random.Generator`.
# - A window of zeros gives 0, in use and in training. Only real cells take part at the border.
# - A negative number in `x` is an error: raise a `ValueError`.
#
# The gradient. In training the drawn cell receives `dy` (a generator in the same state as before draws the
# same cells; the probabilities count as constants). In use a cell receives $dy\,(2a_i-y)/\sum_j a_j$. A
# window of zeros sends nothing back.
#
# **Hints.** (1) `fill` the cells outside with 0: their probability is 0. (2) `np.cumsum` along the cells,
# compared with `u`, is a row of `False` that turns to `True` once; `argmax` finds where. (3) Where the sum is
# 0 divide by 1 instead, and see to it that such a window draws nothing.

# %% nbgrader={"grade": false, "grade_id": "stochastic_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stochastic_pool2d(x, pool_size, strides=None, padding="valid", training=False, rng=None):
    """A cell of each window drawn in proportion to its value (training), or the expectation of that.

    >>> stochastic_pool2d(image([[1, 3, 0, 0]]), (1, 2))[0, :, :, 0]
    array([[2.5, 0. ]])
    >>> np.random.default_rng(0).random((1, 1, 3, 1)).round(2)[0, :, :, 0]
    array([[0.64, 0.27, 0.04]])
    >>> stochastic_pool2d(image([[1, 3, 1, 3, 1, 3]]), (1, 2), training=True, rng=np.random.default_rng(0))[0, :, :, 0]
    array([[3., 3., 1.]])
    """
    ### BEGIN SOLUTION
    cells, total = _shares(x, pool_size, strides, padding)
    if not training:
        return np.sum(cells * cells / total, axis=3)
    return np.sum(cells * _drawn(cells, total, rng), axis=3)


def _shares(x, *where):
    if np.any(x < 0):
        raise ValueError("stochastic pooling is for numbers that are not negative")
    cells = cut(x, *where, 0)
    total = cells.sum(axis=3, keepdims=True)
    return cells, np.where(total == 0, 1, total)


def _drawn(cells, total, rng):
    """Ones at the drawn cells, zeros elsewhere and in windows of zeros."""
    u = rng.random((*cells.shape[:3], cells.shape[4]))
    reached = np.cumsum(cells / total, axis=3) > u[:, :, :, np.newaxis]
    first = np.arange(cells.shape[3])[:, np.newaxis] == reached.argmax(axis=3)[:, :, :, np.newaxis]
    return first & reached
    ### END SOLUTION


def stochastic_pool2d_backward(dy, x, pool_size, strides=None, padding="valid", training=False, rng=None):
    """Gradient of `stochastic_pool2d` by x, given the derivative dy by its result. Shape of x.

    >>> stochastic_pool2d_backward(image([[8]]), image([[1, 3]]), (1, 2))[0, :, :, 0]
    array([[-1.,  7.]])
    """
    ### BEGIN SOLUTION
    where = pool_size, strides, padding
    cells, total = _shares(x, *where)
    if training:
        slope = _drawn(cells, total, rng)
    else:
        slope = (2 * cells - np.sum(cells * cells / total, axis=3, keepdims=True)) / total
    return paste(dy[:, :, :, np.newaxis] * slope, x, *where)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_use", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: in use, the expectation
check_array(stochastic_pool2d(image([[1, 3, 2, 2]]), (1, 2)), image([[2.5, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool

check_cases(stochastic_pool2d, stochastic_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=1), pool, strides) for rows, columns, pool, strides in laid
] + [
    case(random_image(rng, *shape, low=1), 2) for shape in [(1, 2, 2, 2), (2, 2, 4, 1), (2, 4, 4, 3)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_zeros", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: a window of zeros gives zero
check_array(stochastic_pool2d(image([[1, 3, 0, 0]]), (1, 2)), image([[2.5, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool

def holes(rows, columns):
    return random_image(rng, 1, 2 * rows, 2 * columns, 1, low=1) * rng.integers(0, 2, (1, rows, columns, 1)).repeat(2, 1).repeat(2, 2)

check_cases(stochastic_pool2d, stochastic_pool, [case(np.zeros((1, 2, 2, 1)), 2)] + [
    case(holes(rows, columns), 2) for rows, columns in [(2, 2), (2, 4), (3, 3)]
], **close)
check_cases(stochastic_pool2d, stochastic_pool, [
    case(holes(3, 4), 2, training=True, rng=np.random.default_rng(seed)) for seed in range(3)
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_training", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: in training, the cell drawn by its own number u
check_array(stochastic_pool2d(image([[1, 3, 1, 3, 1, 3]]), (1, 2), training=True, rng=np.random.default_rng(0)), image([[3, 3, 1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool

check_cases(stochastic_pool2d, stochastic_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=1), pool, strides, training=True, rng=np.random.default_rng(rng.integers(10**6)))
    for rows, columns, pool, strides in laid * 2
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every window of every image and channel draws by itself
check_array(stochastic_pool2d(np.array([1.0, 1.0, 3.0, 3.0]).reshape(1, 1, 2, 2).repeat(3, 0), (1, 2), training=True,
                              rng=np.random.default_rng(0)), np.array([3.0, 3.0, 1.0, 1.0, 3.0, 3.0]).reshape(3, 1, 1, 2), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool

check_cases(stochastic_pool2d, stochastic_pool, [
    case(random_image(rng, *shape, low=1), 2, training=True, rng=np.random.default_rng(rng.integers(10**6)))
    for shape in [(1, 2, 4, 2), (2, 2, 4, 1), (2, 4, 4, 3), (3, 4, 4, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_border", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: at the border, only real cells are drawn or counted
check_array(stochastic_pool2d(image([[1, 3, 2]]), (1, 2), padding="same"), image([[2.5, 2]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool

check_cases(stochastic_pool2d, stochastic_pool, [
    case(random_image(rng, 1, rows, columns, 1, low=1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [
    case(random_image(rng, 1, rows, columns, 1, low=1), pool, strides, "same", training=True, rng=np.random.default_rng(rng.integers(10**6)))
    for rows, columns, pool, strides in over_the_border
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: negative numbers are an error
check_raises(ValueError, stochastic_pool2d, case(image([[1, -3]]), (1, 2)))
### BEGIN HIDDEN TESTS
check_raises(ValueError, stochastic_pool2d, case(image([[1, 3], [2, -0.5]]), 2))
check_raises(ValueError, stochastic_pool2d, case(image([[1, 3], [2, -0.5]]), 2, training=True, rng=np.random.default_rng(1)))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_backward_use", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient in use
check_array(stochastic_pool2d_backward(image([[8, 1]]), image([[1, 3, 0, 0]]), (1, 2)), image([[-1, 7, 0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool, stochastic_pool_backward

def given(shape, pool, strides, padding="valid"):
    x = random_image(rng, *shape, low=-4).clip(0)
    return case(random_image(rng, *stochastic_pool(x, pool, strides, padding).shape), x, pool, strides, padding)

check_cases(stochastic_pool2d_backward, stochastic_pool_backward, [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [given((2, 4, 4, 3), 2, None)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_stochastic_backward_training", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the gradient in training goes to the drawn cell
check_array(stochastic_pool2d_backward(image([[8, 9, 10]]), image([[1, 3, 1, 3, 1, 3]]), (1, 2), training=True, rng=np.random.default_rng(0)),
            image([[0, 8, 0, 9, 10, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import stochastic_pool, stochastic_pool_backward

def given(shape, pool, strides, padding="valid"):
    x = random_image(rng, *shape, low=-4).clip(0)
    return case(random_image(rng, *stochastic_pool(x, pool, strides, padding).shape), x, pool, strides, padding,
                training=True, rng=np.random.default_rng(rng.integers(10**6)))

check_cases(stochastic_pool2d_backward, stochastic_pool_backward, [
    given((1, rows, columns, 1), pool, strides) for rows, columns, pool, strides in laid
] + [
    given((1, rows, columns, 1), pool, strides, "same") for rows, columns, pool, strides in over_the_border
] + [
    given((2, 4, 4, 3), 2, None), case(np.ones((1, 1, 2, 1)), image([[0, 0, 2, 0]]), (1, 2), training=True, rng=np.random.default_rng(0)),
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "fractional_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 7. Fractional pooling: regions of drawn sizes
#
# Windows of a fixed stride shrink an axis by whole numbers. *Fractional* pooling cuts an axis of $n$ cells
# into any number `out` of bins, whose sizes are all $\lfloor\alpha\rfloor$ or $\lfloor\alpha\rfloor+1$ where
# $\alpha=n/out$. The cuts are given by boundaries $0=b_0<b_1<\dots<b_{out}=n$; bin $i$ holds the cells from
# $b_i$ up to, not including, $b_{i+1}$.
#
# `fractional_sequence` returns the boundaries as an array of integers of shape `(out + 1,)`.
#
# - `mode="random"`: the sizes in random order: as many bins of $\lfloor\alpha\rfloor+1$ cells as are needed,
#   at random places.
# - `mode="pseudorandom"`: draw one number $u$ between 0 and 1 and take $b_i=\lceil\alpha\,(i+u)\rceil-1$ for
#   $0<i<out$. For $n=10$, $out=6$, $u=0.5$ this is `0 2 4 5 7 9 10`. Some $u$ make the first or the last bin
#   too long or too short ($u=0.9$: `0 3 4 6 8 9 10`): draw again until all sizes are allowed.
#
# `rng` is a `numpy.random.Generator`, the only source of chance.
#
# `fractional_max_pool2d` takes the maximum in each rectangle between two row and two column boundaries. With
# `overlapping=True` every bin also holds the first cell of the next (the last bin has no next). On our
# example with row boundaries `0 1 4` and column boundaries `0 2 4`:
#
# ```
#  1  3 |  2 -1
# ------+------            3  2
#  3  0 |  4  4     -->    6  4       overlapping:   4  4
# -2  5 |  0  1                                      6  4
#  6  2 |  1  1
# ```
#
# **Hints.** (1) Boundaries are a cumulative sum of sizes with a 0 in front. (2) `rng.permutation` shuffles
# sizes; `rng.random()` draws a number. (3) For the maxima, two loops over bins and a slice in each are quite
# enough.

# %% nbgrader={"grade": false, "grade_id": "fractional_sequence", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fractional_sequence(n, out, *, mode="pseudorandom", rng=None):
    """Boundaries of `out` bins over n cells, whose sizes differ by one at most: integers, shape (out + 1,).

    >>> fractional_sequence(9, 3, rng=np.random.default_rng(0))
    array([0, 3, 6, 9])
    >>> np.sort(np.diff(fractional_sequence(10, 6, mode="random", rng=np.random.default_rng(0))))
    array([1, 1, 2, 2, 2, 2])
    """
    ### BEGIN SOLUTION
    short = n // out
    if mode == "random":
        sizes = short + (np.arange(out) < n - short * out)
        return np.concatenate([[0], np.cumsum(rng.permutation(sizes))])
    while True:
        inner = np.ceil(n / out * (np.arange(1, out) + rng.random())).astype(int) - 1
        boundaries = np.concatenate([[0], inner, [n]])
        if np.isin(np.diff(boundaries), [short, short + 1]).all():
            return boundaries
    ### END SOLUTION


def fractional_max_pool2d(x, row_seq, col_seq, overlapping=False):
    """Largest value in each rectangle between row and column boundaries: (batch, row bins, column bins, channels).

    >>> fractional_max_pool2d(example, np.array([0, 1, 4]), np.array([0, 2, 4]))[0, :, :, 0]
    array([[3., 2.],
           [6., 4.]])
    """
    ### BEGIN SOLUTION
    def bins(boundaries):
        return [slice(a, b + overlapping) for a, b in pairwise(boundaries)]

    return np.stack([np.stack([x[:, r, c].max(axis=(1, 2)) for c in bins(col_seq)], axis=1) for r in bins(row_seq)], axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sequence_cuts", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: boundaries from 0 to n, bins of allowed sizes
sequence = fractional_sequence(10, 6, rng=np.random.default_rng(0))
check_array(sequence[[0, -1]], np.array([0, 10]), what="the first and the last boundary")
check_array(np.clip(np.diff(sequence), 1, 2), np.diff(sequence), what="the sizes of the bins, which should be 1 or 2")
### BEGIN HIDDEN TESTS
for n, out in [(9, 3), (5, 4), (10, 6), (13, 9), (25, 18), (7, 7), (11, 4)]:
    for seed in range(6):
        for mode in ["pseudorandom", "random"]:
            sequence = fractional_sequence(n, out, mode=mode, rng=np.random.default_rng(seed))
            told = f'fractional_sequence({n}, {out}, mode="{mode}")'
            check_array(np.array(sequence.shape), np.array([out + 1]), what=f"the shape of {told}")
            check_array(sequence[[0, -1]], np.array([0, n]), what=f"the first and the last boundary of {told}")
            check_array(np.clip(np.diff(sequence), n // out, n // out + 1), np.diff(sequence), what=f"the sizes of {told}")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_sequence_pseudorandom", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: pseudorandom boundaries follow one number u
sequence = fractional_sequence(9, 6, rng=np.random.default_rng(0))
check_integer(len(sequence), 7, what="the number of boundaries")
### BEGIN HIDDEN TESTS
for n, out in [(10, 6), (13, 9), (25, 18), (11, 4)]:
    for seed in range(8):
        inner = np.asarray(fractional_sequence(n, out, rng=np.random.default_rng(seed)), float)[1:-1]
        places = np.arange(1, out)
        low, high = np.max(inner * out / n - places), np.min((inner + 1) * out / n - places)
        check_array(np.array([low <= high + 1e-9 and high >= 0 and low <= 1]), np.array([True]),
                    what=f"seed {seed}: some u from 0 to 1 gives the boundaries {[0, *inner.astype(int).tolist(), n]}")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_sequence_chance", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: chance comes from the generator, and from it alone
first = fractional_sequence(25, 18, rng=np.random.default_rng(3))
check_array(fractional_sequence(25, 18, rng=np.random.default_rng(3)), first, what="the second call with the same generator")
### BEGIN HIDDEN TESTS
for mode in ["pseudorandom", "random"]:
    drawn = [fractional_sequence(25, 18, mode=mode, rng=np.random.default_rng(seed)) for seed in range(12)]
    again = [fractional_sequence(25, 18, mode=mode, rng=np.random.default_rng(seed)) for seed in range(12)]
    check_array(np.array(again), np.array(drawn), what="the second calls with the same generators")
    check_array(np.array([len({tuple(one.tolist()) for one in drawn}) > 2]), np.array([True]),
                what=f'different generators give different boundaries, mode="{mode}"')
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_sequence_random", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: random boundaries put long bins anywhere
sequence = fractional_sequence(5, 4, mode="random", rng=np.random.default_rng(0))
check_array(np.sort(np.diff(sequence)), np.array([1, 1, 1, 2]), what="the sorted sizes of the bins")
### BEGIN HIDDEN TESTS
longest = {int(np.argmax(np.diff(fractional_sequence(5, 4, mode="random", rng=np.random.default_rng(seed))))) for seed in range(40)}
check_array(np.array(sorted(longest)), np.array([0, 1, 2, 3]), what="places of the long bin of 4, in 40 draws")
apart = {tuple(np.diff(fractional_sequence(8, 5, mode="random", rng=np.random.default_rng(seed))).tolist()) for seed in range(60)}
check_array(np.array([len(apart) >= 8]), np.array([True]), what="of the 10 orders of sizes of 5 bins over 8 cells, most appear in 60 draws")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_fractional_max", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the maximum between boundaries
check_array(fractional_max_pool2d(example, np.array([0, 1, 4]), np.array([0, 2, 4])), image([[3, 2], [6, 4]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import fractional_max_pool

def oracle(x, row_seq, col_seq, overlapping=False):
    return fractional_max_pool(x, (row_seq, col_seq), overlapping)

def boundaries(n, out):
    return np.concatenate([[0], np.cumsum(rng.permutation(n // out + (np.arange(out) < n % out)))])

check_cases(fractional_max_pool2d, oracle, [
    case(random_image(rng, batch, rows, columns, channels) / 8 - 5, boundaries(rows, down), boundaries(columns, across))
    for batch, rows, columns, channels, down, across in [(1, 3, 3, 1, 2, 2), (1, 5, 4, 1, 3, 4), (2, 5, 7, 1, 4, 5), (1, 6, 5, 3, 4, 3), (2, 7, 7, 2, 5, 4)]
] + [case(random_image(rng, 1, 4, 5, 1) - 1e12, boundaries(4, 3), boundaries(5, 2))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_fractional_overlapping", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: overlapping bins hold the first cell of the next
check_array(fractional_max_pool2d(example, np.array([0, 1, 4]), np.array([0, 2, 4]), overlapping=True), image([[4, 4], [6, 4]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import fractional_max_pool

def oracle(x, row_seq, col_seq, overlapping=False):
    return fractional_max_pool(x, (row_seq, col_seq), overlapping)

def boundaries(n, out):
    return np.concatenate([[0], np.cumsum(rng.permutation(n // out + (np.arange(out) < n % out)))])

check_cases(fractional_max_pool2d, oracle, [
    case(random_image(rng, batch, rows, columns, channels) - 5, boundaries(rows, down), boundaries(columns, across), overlapping=True)
    for batch, rows, columns, channels, down, across in [(1, 3, 3, 1, 2, 2), (1, 5, 4, 1, 3, 4), (2, 5, 7, 1, 4, 5), (1, 6, 5, 3, 4, 3), (2, 7, 7, 2, 5, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_chance_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone by the poolings by chance
check_arguments_kept(stochastic_pool2d, case(np.abs(example), 2))
check_arguments_kept(fractional_max_pool2d, case(example, np.array([0, 1, 4]), np.array([0, 2, 4])))
### BEGIN HIDDEN TESTS
x = random_image(rng, 2, 4, 4, 2, low=0)
check_arguments_kept(stochastic_pool2d, case(x, 2, training=True, rng=np.random.default_rng(0)))
check_arguments_kept(stochastic_pool2d_backward, case(np.ones((2, 2, 2, 2)), x, 2))
check_arguments_kept(fractional_max_pool2d, case(x, np.array([0, 1, 3, 4]), np.array([0, 2, 4]), overlapping=True))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 8. In words
#
# Stochastic pooling draws in training and takes the expectation in use. Why not draw in use as well, and why
# not take the expectation in training as well? In which sense do the two agree? What would go wrong with
# stochastic pooling before the ReLU, and which of the poolings by rank in this notebook could be drawn
# instead? Last: in a batch of training images somebody draws *one* cell position for all windows, channels
# and images. What is lost? Six to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_chance", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# Drawing in training is a regulariser: each pass shows the next layer another sample of the same window, so
# it cannot rely on one position, much as dropout does. With the expectation in training nothing is random,
# and the regularising effect is gone. Drawing in use would make the prediction of one image change from call
# to call and add noise that nobody needs; one could average many draws, and the average of infinitely many is
# the expectation: the mean of the training outputs equals the output in use, window by window (not exactly
# for what later, non-linear layers make of it). Before the ReLU there are negative numbers: a_i / sum is then
# no probability, it may be negative, above one, or divided by zero. Weights by rank do not care about signs:
# draw rank r with probability alpha (1 - alpha)^(r - 1), normalised (rank-based stochastic pooling). With one
# position for all, the windows are no longer independent: every window of every channel loses or keeps the
# same corner, so the noise of one draw does not average out over the map, a whole batch sees one subsampling,
# and cells are not chosen by their own values at all.
#
# ### BEGIN MARK SCHEME
# 1 point: drawing regularises in training; in use it would be noise (predictions that change from call to
# call). 1 point: the mean over draws is the expectation. 1 point: negative numbers give no probabilities;
# drawing by rank works. 1 point: with one draw for all, windows are not independent, or the position no
# longer depends on the window's values.
# ### END MARK SCHEME
