# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Orderless pooling
#     allow: [numpy, matplotlib]
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "introduction", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Orderless pooling
#
# Poolings that ask *what* is in a map and forget *where*: pairs of channels (bilinear, and a short sketch of
# it), residuals to a codebook (VLAD), segments of any shape (superpixels), attention, and the maximum over
# groups of channels. About two hours.
#
# Hand in this notebook. Before you do, choose *Run → Restart Kernel and Run All Cells*, or type `course check
# orderless.ipynb` in a terminal: both run the visible tests. Behind every visible test there are hidden ones
# of the same behaviour, on other arrays. You may add cells, plot, and print as much as you like; a cell can
# use what is defined above it. NumPy and Matplotlib are there; other libraries are not available where your
# notebook is graded. Single and double precision are both fine.
#
# Arrays are *channels-last*: a batch of maps has shape `(batch, rows, columns, C)`. At each of the $L$
# positions (rows times columns) of a map there is a vector $x_l$ of $C$ numbers. Every image is treated by
# itself, and arguments keep their values.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, check_raises, random_image


def positions(*vectors):
    """One image with one row: a vector of channels at each position, shape (1, 1, positions, channels)."""
    return np.array(vectors, dtype=float)[np.newaxis, np.newaxis]


close = {"rtol": 1e-4, "atol": 1e-5}  # what single precision can hold

# %% [markdown] nbgrader={"grade": false, "grade_id": "intermap_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 1. `intermap_pool`: the maximum over groups of channels
#
# The channels are taken in groups of `group_size` *neighbours*: channels 0 to $g-1$, then $g$ to $2g-1$, …;
# of each group the largest number is kept, position by position. (With learned weights before it this is
# called maxout.) By hand for the channels `[0, 1, 5, 3]` and groups of 2: `[1, 5]`.
#
# The result has shape `(batch, rows, columns, C / group_size)`. If `group_size` does not divide $C$, raise a
# `ValueError`. In the gradient each group's largest channel receives `dy`, among equal ones the first.
#
# **Hints.** (1) A reshape turns the last axis into two: groups, and members. (2) Which of the two comes
# first, if neighbours are to stay together? (3) For the gradient, compare `argmax` of the members with
# `arange`.

# %% nbgrader={"grade": false, "grade_id": "intermap_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def intermap_pool(x, group_size):
    """Largest number of each group of neighbouring channels: shape (batch, rows, columns, C / group_size).

    >>> intermap_pool(positions([0, 1, 5, 3]), 2)
    array([[[[1., 5.]]]])
    """
    ### BEGIN SOLUTION
    return _groups(x, group_size).max(axis=4)


def _groups(x, group_size):
    if x.shape[3] % group_size:
        raise ValueError(f"{x.shape[3]} channels do not fall into groups of {group_size}")
    return x.reshape(*x.shape[:3], -1, group_size)
    ### END SOLUTION


def intermap_pool_backward(dy, x, group_size):
    """Gradient of `intermap_pool` by x, given the derivative dy by its result. Shape of x.

    >>> intermap_pool_backward(positions([10, 20]), positions([0, 1, 5, 5]), 2)
    array([[[[ 0., 10., 20.,  0.]]]])
    """
    ### BEGIN SOLUTION
    first = np.arange(group_size) == _groups(x, group_size).argmax(axis=4)[..., np.newaxis]
    return (first * dy[..., np.newaxis]).reshape(x.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_intermap_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: groups of neighbouring channels
check_array(intermap_pool(positions([0, 1, 5, 3]), 2), positions([1, 5]), **close, what="intermap_pool(positions([0, 1, 5, 3]), 2)")
### BEGIN HIDDEN TESTS
from course_lib import intermap_pool as oracle

check_cases(intermap_pool, oracle, [
    case(random_image(rng, *shape) / 8 - shift, g)
    for shift in [0, 20] for shape, g in [((1, 1, 1, 4), 2), ((1, 2, 2, 6), 3), ((2, 3, 2, 6), 2), ((2, 2, 3, 8), 4), ((1, 2, 2, 3), 1), ((1, 2, 1, 5), 5)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_intermap_error", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: groups that do not fit are an error
check_raises(ValueError, intermap_pool, case(positions([0, 1, 5]), 2))
### BEGIN HIDDEN TESTS
for channels, g in [(4, 3), (5, 2), (2, 4)]:
    check_raises(ValueError, intermap_pool, case(random_image(rng, 1, 2, 2, channels), g))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_intermap_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the largest channel of a group receives the gradient, among equal ones the first
check_array(intermap_pool_backward(positions([10, 20]), positions([0, 1, 5, 5]), 2), positions([0, 10, 20, 0]), **close)
### BEGIN HIDDEN TESTS
from course_lib import intermap_pool_backward as oracle

check_cases(intermap_pool_backward, oracle, [
    case(1 + rng.random((*shape[:3], shape[3] // g)), rng.integers(-2, 2, shape).astype(float), g)
    for shape, g in [((1, 1, 1, 4), 2), ((1, 2, 2, 6), 3), ((2, 3, 2, 6), 2), ((2, 2, 3, 8), 4), ((1, 2, 2, 3), 1)]
] + [case(1 + rng.random((1, 2, 2, 2)), 1 + 1e-6 * rng.permutation(24).reshape(1, 2, 2, 6), 3)], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "bilinear_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 2. `bilinear_pool`: pairs of channels
#
# How often do two channels fire *together*? The outer product $x_l x_l^T$ of a position's vector with itself
# holds all products of two channels; bilinear pooling adds these matrices up over the positions: $B=\sum_l
# x_l\,x_l^T$, a $C\times C$ matrix, written row by row as a vector of $C^2$ numbers. Then two steps that can
# be switched off:
#
# - `signed_sqrt`: each number $b$ becomes $\mathrm{sign}(b)\sqrt{|b|}$;
# - `l2`: the vector of each image is divided by its length $\sqrt{\sum b^2}$; a vector of zeros stays.
#
# By hand for two positions with the vectors `[0, 1]` and `[2, 3]`:
# $B=\begin{pmatrix}0&0\\0&1\end{pmatrix}+\begin{pmatrix}4&6\\6&9\end{pmatrix}$, so `[4, 6, 6, 10]`.
#
# The gradient, step by step from behind (`dy` has shape `(batch, C * C)`):
#
# 1. if `l2`: with the normalised result $y$ and the length $n$ before it, $g=(dy-y\,(y\cdot dy))/n$; else
#    $g=dy$;
# 2. if `signed_sqrt`: divide $g$ by $2\sqrt{|b|}$ where $b$ is not 0, else it is 0 ($b$: the sum of
#    products);
# 3. as a matrix $G$: each position receives $x_l\,(G+G^T)$.
#
# **Hints.** (1) With the positions flattened, `x` of one image is an $L\times C$ matrix $X$, and $B=X^TX$.
# (2) `keepdims=True` in the sum of squares makes the division broadcast; beware of dividing by 0. (3) Let the
# forward function be built of pieces that the gradient can ask for the values between the steps.

# %% nbgrader={"grade": false, "grade_id": "bilinear_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    """Sums of products of all pairs of channels: shape (batch, C * C).

    >>> bilinear_pool(positions([0, 1], [2, 3]), signed_sqrt=False, l2=False)
    array([[ 4.,  6.,  6., 10.]])
    >>> bilinear_pool(positions([3, 4]), l2=False).round(3)
    array([[3.   , 3.464, 3.464, 4.   ]])
    """
    ### BEGIN SOLUTION
    root = _rooted(_products(x), signed_sqrt)
    return root / _length(root) if l2 else root


def _cells(x):
    return x.reshape(len(x), -1, x.shape[3])


def _products(x):
    return np.einsum("nlc,nld->ncd", _cells(x), _cells(x)).reshape(len(x), -1)


def _rooted(b, signed_sqrt):
    return np.sign(b) * np.sqrt(np.abs(b)) if signed_sqrt else b


def _length(root):
    length = np.sqrt(np.sum(root**2, axis=1, keepdims=True))
    return np.where(length == 0, 1, length)
    ### END SOLUTION


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    """Gradient of `bilinear_pool` by x, given the derivative dy by its result. Shape of x.

    >>> bilinear_pool_backward(np.array([[0.0, 1, 0, 0]]), positions([2, 3]), signed_sqrt=False, l2=False)
    array([[[[3., 2.]]]])
    """
    ### BEGIN SOLUTION
    b = _products(x)
    root = _rooted(b, signed_sqrt)
    g = dy
    if l2:
        y = root / _length(root)
        g = (g - y * np.sum(y * g, axis=1, keepdims=True)) / _length(root)
    if signed_sqrt:
        g = np.where(b == 0, 0, g / np.where(b == 0, 1, 2 * np.sqrt(np.abs(b))))
    g = g.reshape(len(x), x.shape[3], x.shape[3])
    return np.einsum("nlc,ncd->nld", _cells(x), g + g.swapaxes(1, 2)).reshape(x.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_products", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: sums of products of channels, over the positions
check_array(bilinear_pool(positions([0, 1], [2, 3]), signed_sqrt=False, l2=False), np.array([[4.0, 6, 6, 10]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool as oracle

check_cases(bilinear_pool, oracle, [
    case(random_image(rng, *shape), signed_sqrt=False, l2=False)
    for shape in [(1, 1, 1, 2), (1, 1, 3, 2), (1, 2, 2, 1), (1, 3, 2, 3), (2, 2, 2, 2), (3, 2, 3, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_root", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the root keeps the sign
check_array(bilinear_pool(positions([1, -4]), l2=False), np.array([[1.0, -2, -2, 4]]), **close, what="bilinear_pool(positions([1, -4]), l2=False)")
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool as oracle

check_cases(bilinear_pool, oracle, [
    case(random_image(rng, *shape), l2=False) for shape in [(1, 1, 1, 2), (1, 1, 3, 2), (1, 2, 2, 1), (1, 3, 2, 3), (2, 2, 2, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_length", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every image's vector has length one, zeros stay
check_array(bilinear_pool(np.concatenate([positions([1, 2]), positions([0, 0])]), signed_sqrt=False),
            np.array([[0.2, 0.4, 0.4, 0.8], [0, 0, 0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool as oracle

many = [(1, 1, 1, 2), (1, 1, 3, 2), (1, 3, 2, 3), (2, 2, 2, 2), (3, 2, 3, 3)]
check_cases(bilinear_pool, oracle, [case(random_image(rng, *shape), signed_sqrt=False) for shape in many], **close)
check_cases(bilinear_pool, oracle, [case(random_image(rng, *shape)) for shape in many], **close)
check_cases(bilinear_pool, oracle, [case(positions([0.03, -0.04]) * (0.5 + rng.random()), signed_sqrt=False)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient through the products
check_array(bilinear_pool_backward(np.array([[0.0, 1, 0, 0]]), positions([2, 3]), signed_sqrt=False, l2=False), positions([3, 2]), **close)
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool_backward as oracle

check_cases(bilinear_pool_backward, oracle, [
    case(rng.normal(size=(shape[0], shape[3] ** 2)), rng.normal(size=shape), signed_sqrt=False, l2=False)
    for shape in [(1, 1, 1, 2), (1, 1, 3, 2), (1, 2, 2, 1), (1, 3, 2, 3), (2, 2, 2, 2)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_backward_root", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient through the root
check_array(bilinear_pool_backward(np.array([[0.0, 0, 0, 4]]), positions([2, 5]), l2=False), positions([0, 4]), **close)
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool_backward as oracle

check_cases(bilinear_pool_backward, oracle, [
    case(rng.normal(size=(shape[0], shape[3] ** 2)), (1 + rng.random(shape)) * sign[: shape[3]], l2=False)
    for sign in [np.array([1, 1, 1]), np.array([1, -1, 1])]  # every sum is far from 0, some are negative
    for shape in [(1, 1, 1, 2), (1, 1, 3, 2), (1, 2, 2, 1), (1, 3, 2, 3), (2, 2, 2, 2)]
] + [case(np.ones((1, 4)), positions([0, 2]), l2=False)], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_bilinear_backward_length", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: gradient through the division by the length
check_array(bilinear_pool_backward(np.array([[25.0]]), positions([3]), signed_sqrt=False), positions([0]), **close)
### BEGIN HIDDEN TESTS
from course_lib import bilinear_pool_backward as oracle

many = [(1, 1, 1, 2), (1, 1, 3, 2), (1, 3, 2, 3), (2, 2, 2, 2)]
for signed_sqrt in [False, True]:
    check_cases(bilinear_pool_backward, oracle, [
        case(rng.normal(size=(shape[0], shape[3] ** 2)), 1 + rng.random(shape), signed_sqrt=signed_sqrt) for shape in many
    ], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "compact_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 3. `compact_bilinear_pool`: a short sketch of it
#
# $C^2$ numbers are many. A *count sketch* shortens a vector of $C$ numbers to `dim` bins: channel $c$ is
# multiplied by a sign `signs[c]` (1 or −1) and added to bin `hashes[c]`. *Tensor sketch* does the same to all
# $C^2$ products without ever making them: with **two** sets of hashes and signs (`hashes` and `signs` have
# shape `(2, C)`), the product of channels $i$ and $j$ goes, with sign $s_i\,t_j$, to bin $(h_i+k_j) \bmod
# dim$, where $h,s$ are the first row and $k,t$ the second. Sum over all $i,j$ and over the positions; neither
# root nor length. The result has shape `(batch, dim)`.
#
# By hand for one position `[2, 3]`, 4 bins, hashes `[[0, 1], [3, 3]]`, signs `[[1, -1], [1, 1]]`: products 4,
# 6, 6, 9 of the pairs (0,0), (0,1), (1,0), (1,1) go to bins 3, 3, 0, 0 with signs +, +, −, −: `[-15, 0, 0,
# 10]`.
#
# **Hints.** (1) First way: make the bilinear sum of part 2 and add its entries to their bins; `np.add.at`
# adds also where bins repeat. (2) Second way, the one that saves work: sketch each position twice, and note
# that adding bin numbers modulo `dim` is a circular convolution of the two sketches. (3) A circular
# convolution is a product of discrete Fourier transforms; `np.fft.irfft` needs to be told `dim`.

# %% nbgrader={"grade": false, "grade_id": "compact_bilinear_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compact_bilinear_pool(x, dim, hashes, signs):
    """Tensor sketch of the sums of products of channels: shape (batch, dim). hashes, signs: shape (2, C).

    >>> compact_bilinear_pool(positions([2, 3]), 4, np.array([[0, 1], [3, 3]]), np.array([[1, -1], [1, 1]]))
    array([[-15.,   0.,   0.,  10.]])
    """
    ### BEGIN SOLUTION
    products = np.einsum("nlc,nld->ncd", _cells(x), _cells(x)) * np.multiply.outer(signs[0], signs[1])
    y = np.zeros((len(x), dim))
    np.add.at(y, (slice(None), np.add.outer(hashes[0], hashes[1]) % dim), products)
    return y
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_compact", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: products of channels, with their signs, in their bins
check_array(compact_bilinear_pool(positions([2, 3]), 4, np.array([[0, 1], [3, 3]]), np.array([[1, -1], [1, 1]])),
            np.array([[-15.0, 0, 0, 10]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import compact_bilinear_pool as of_seed
from course_lib.pooling.orderless import sketch

def drawn(shape, dim, seed):
    (h, s), (k, t) = sketch(shape[3], dim, seed=seed)
    return case(random_image(rng, *shape) / 8, dim, np.stack([h, k]), np.stack([s, t]))

for seed in range(3):
    def oracle(x, dim, hashes, signs):
        return of_seed(x, dim, seed=seed)

    check_cases(compact_bilinear_pool, oracle, [
        drawn(shape, dim, seed) for shape, dim in [((1, 1, 1, 2), 4), ((1, 1, 1, 4), 3), ((1, 1, 1, 5), 8), ((1, 1, 1, 6), 1), ((1, 1, 1, 8), 16)]
    ], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_compact_positions", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: sketches added up over positions, image by image
check_array(compact_bilinear_pool(positions([2, 3], [1, 0]), 4, np.array([[0, 1], [3, 3]]), np.array([[1, -1], [1, 1]])),
            np.array([[-15.0, 0, 0, 11]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import compact_bilinear_pool as of_seed
from course_lib.pooling.orderless import sketch

def drawn(shape, dim, seed):
    (h, s), (k, t) = sketch(shape[3], dim, seed=seed)
    return case(random_image(rng, *shape) / 8, dim, np.stack([h, k]), np.stack([s, t]))

for seed in range(3, 6):
    def oracle(x, dim, hashes, signs):
        return of_seed(x, dim, seed=seed)

    check_cases(compact_bilinear_pool, oracle, [
        drawn(shape, dim, seed) for shape, dim in [((1, 1, 3, 2), 4), ((1, 2, 2, 4), 5), ((2, 1, 1, 3), 4), ((3, 2, 3, 4), 8)]
    ], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "vlad_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 4. `vlad_pool`: residuals to a codebook
#
# `centres` is a codebook of $K$ typical vectors, shape `(K, C)`. Every position belongs to its nearest centre
# (smallest sum of squared differences; among equally near ones the first) and adds its residual $x_l-c_k$ to
# that centre's row. The rows, one after the other, are the result: shape `(batch, K * C)`. A centre without
# positions has zeros; neither root nor length.
#
# By hand for one channel, positions 1, 2 and 9, centres 0 and 10: 1 and 2 belong to 0, residuals 1 and 2; 9
# belongs to 10, residual −1: `[3, -1]`.
#
# The figure shows positions with two channels, their centres, and the residuals that are added up.
#
# **Hints.** (1) Broadcasting makes all residuals at once: positions × centres × channels. (2) `argmin` over
# the centres names the nearest, the first of equals. (3) A mask *positions × centres* of ones and zeros turns
# the sum into a product.

# %% nbgrader={"grade": false, "grade_id": "figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
def residuals(points, centres):
    """Positions, centres, and the residuals between them."""
    import matplotlib.pyplot as plt

    _, axis = plt.subplots(figsize=(3.4, 2.6), layout="constrained")
    nearest = ((points[:, np.newaxis] - centres) ** 2).sum(axis=2).argmin(axis=1)
    for point, centre in zip(points, centres[nearest]):
        axis.annotate("", point, centre, arrowprops={"arrowstyle": "->", "color": "tab:blue"})
    axis.scatter(*points.T, color="black", s=12, label="positions")
    axis.scatter(*centres.T, color="tab:red", marker="s", label="centres")
    axis.set(xlabel="channel 0", ylabel="channel 1")
    axis.legend()
    plt.show()


if "get_ipython" in globals():  # nobody looks where the notebook is graded
    residuals(np.random.default_rng(0).normal(size=(12, 2)), np.array([[-1.0, 0], [1, 1], [1, -1]]))

# %% nbgrader={"grade": false, "grade_id": "vlad_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def vlad_pool(x, centres):
    """Sums of residuals to the nearest of K centres, centre by centre: shape (batch, K * C).

    >>> vlad_pool(positions([1], [2], [9]), np.array([[0.0], [10.0]]))
    array([[ 3., -1.]])
    """
    ### BEGIN SOLUTION
    residuals = _cells(x)[:, :, np.newaxis] - centres
    nearest = np.sum(residuals**2, axis=3).argmin(axis=2)
    belongs = nearest[..., np.newaxis] == np.arange(len(centres))
    return np.einsum("nlk,nlkc->nkc", belongs, residuals).reshape(len(x), -1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_vlad_example", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: residuals of the nearest centre
check_array(vlad_pool(positions([1], [2], [9]), np.array([[0.0], [10.0]])), np.array([[3.0, -1.0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import vlad_pool as oracle

check_cases(vlad_pool, oracle, [
    case(rng.normal(size=(1, rows, columns, c)), rng.normal(size=(k, c)))
    for rows, columns, c, k in [(1, 1, 1, 1), (1, 3, 1, 2), (1, 4, 2, 2), (2, 3, 3, 3), (6, 6, 2, 4), (6, 6, 4, 5), (6, 6, 3, 6)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_vlad_edge", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: centres without positions, and equally near ones
check_array(vlad_pool(positions([2], [3]), np.array([[1.0], [3.0], [9.0]])), np.array([[1.0, 0, 0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import vlad_pool as oracle

check_cases(vlad_pool, oracle, [
    case(rng.integers(-1, 2, (1, rows, columns, c)).astype(float), 2.0 * rng.integers(-1, 2, (k, c)))
    for rows, columns, c, k in [(1, 3, 1, 2), (2, 2, 1, 4), (2, 3, 2, 3), (1, 2, 2, 6)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_vlad_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: image by image
check_array(vlad_pool(np.concatenate([positions([1]), positions([9])]), np.array([[0.0], [10.0]])), np.array([[1.0, 0], [0, -1]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import vlad_pool as oracle

check_cases(vlad_pool, oracle, [
    case(rng.normal(size=(batch, 2, 3, c)), rng.normal(size=(k, c))) for batch, c, k in [(2, 1, 2), (3, 2, 2), (2, 3, 4)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "superpixel_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 5. `superpixel_pool2d`: segments of any shape
#
# `labels`, whole numbers of shape `(batch, rows, columns)`, names the segment of every position: 0, 1, 2, … .
# The result holds the mean of each segment: shape `(batch, S, C)`. $S$ is `segments`, or where that is `None`
# the largest label in the batch plus one. A segment without positions in an image has zeros there.
#
# ```
# numbers       labels        means
#  1  3  2      0  0  2       segment 0: (1+3+5)/3 = 3
#  5  6  7      0  2  2       segment 1: none, 0            segment 2: (2+6+7)/3 = 5
# ```
#
# **Hints.** (1) A loop over segments with a mask of their positions is short. (2) Without a loop: compare the
# labels with `np.arange(S)`: a mask with one more axis, times `x`, summed over the positions. (3) Divide by
# the counts, and by 1 where a count is 0.

# %% nbgrader={"grade": false, "grade_id": "superpixel_pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def superpixel_pool2d(x, labels, segments=None):
    """Mean of the positions of each segment: shape (batch, S, C).

    >>> superpixel_pool2d(positions([1], [3], [8]), np.array([[[0, 0, 2]]]))[0, :, 0]
    array([2., 0., 8.])
    """
    ### BEGIN SOLUTION
    count = labels.max() + 1 if segments is None else segments
    member = labels.reshape(len(x), -1, 1) == np.arange(count)
    total = np.einsum("nls,nlc->nsc", member, _cells(x))
    return total / np.maximum(member.sum(axis=1), 1)[..., np.newaxis]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_superpixel_example", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the mean of each segment
check_array(superpixel_pool2d(positions([1], [3], [8], [4]), np.array([[[0, 0, 1, 1]]])), np.array([[[2.0], [6.0]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import superpixel_pool as oracle

def every_label(shape, count):
    return rng.permutation(np.arange(np.prod(shape)) % count).reshape(shape)

check_cases(superpixel_pool2d, oracle, [
    case(random_image(rng, 1, rows, columns, c), every_label((1, rows, columns), count))
    for rows, columns, c, count in [(1, 2, 1, 1), (2, 2, 1, 2), (2, 3, 2, 3), (4, 3, 1, 5), (3, 5, 3, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_superpixel_empty", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: segments without positions, and a given number of segments
check_array(superpixel_pool2d(positions([1], [3], [8]), np.array([[[0, 0, 2]]]), segments=4), np.array([[[2.0], [0], [8], [0]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import superpixel_pool as oracle

check_cases(superpixel_pool2d, oracle, [
    case(1 + random_image(rng, 1, rows, columns, 1, low=0), 2 * rng.integers(0, 3, (1, rows, columns)), segments=segments)
    for rows, columns, segments in [(1, 2, 6), (2, 2, 5), (3, 3, 8), (2, 4, None)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_superpixel_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: every image by its own labels
check_array(superpixel_pool2d(np.concatenate([positions([1], [3]), positions([1], [3])]), np.array([[[0, 1]], [[1, 1]]])),
            np.array([[[1.0], [3.0]], [[0], [2]]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import superpixel_pool as oracle

check_cases(superpixel_pool2d, oracle, [
    case(random_image(rng, batch, 2, 3, c), np.stack([rng.permutation(6).reshape(2, 3) % (3 + n) for n in range(batch)]))
    for batch, c in [(2, 1), (2, 2), (3, 1), (4, 3)]
], **close)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "attention_task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 6. `attention_pool`: a weighted mean that learns where to look
#
# Every position gets a score $s_l=v\cdot\tanh(W\,x_l)$, with `w` of shape `(D, C)` and `v` of shape `(D,)`;
# the softmax of the scores over **all positions of the image** gives weights $\alpha_l$ of sum 1, and the
# result is $\sum_l \alpha_l\,x_l$: shape `(batch, C)`. Large scores must not overflow (take the largest away
# first). With `v` all zeros it is the global average. By hand for one channel, positions 1 and 3, $W=[[1]]$
# and $v=[\ln 3/(\tanh 3-\tanh 1)]$: the scores differ by $\ln 3$, so the weights are $1/4$ and $3/4$, and the
# result is 2.5.
#
# **Hints.** (1) One matrix product gives $W x_l$ for all positions. (2) The softmax runs over the axis of
# positions, not over channels. (3) The last sum is a product of the weights with the cells.

# %% nbgrader={"grade": false, "grade_id": "attention_pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_pool(x, w, v):
    """Mean over the positions, weighted by the softmax of v . tanh(w x): shape (batch, C). w: (D, C), v: (D,).

    >>> attention_pool(positions([1, 5], [3, 9]), np.array([[1.0, 0.0]]), np.array([0.0]))
    array([[2., 7.]])
    """
    ### BEGIN SOLUTION
    scores = np.tanh(_cells(x) @ w.T) @ v
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("nl,nlc->nc", powers / powers.sum(axis=1, keepdims=True), _cells(x))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_attention_example", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: weights by the softmax of the scores
check_array(attention_pool(positions([1], [3]), np.array([[1.0]]), np.array([np.log(3) / (np.tanh(3) - np.tanh(1))])), np.array([[2.5]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import attention_pool as oracle

check_cases(attention_pool, oracle, [
    case(rng.normal(size=(1, rows, columns, c)), rng.normal(size=(d, c)), 2 * rng.normal(size=d))
    for rows, columns, c, d in [(1, 1, 1, 1), (1, 3, 1, 2), (2, 2, 2, 1), (2, 3, 3, 2), (3, 3, 2, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_attention_batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the softmax over the positions of one image
check_array(attention_pool(np.concatenate([positions([1], [3]), positions([5], [7])]), np.array([[1.0]]), np.array([0.0])), np.array([[2.0], [6.0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import attention_pool as oracle

check_cases(attention_pool, oracle, [
    case(rng.normal(size=(batch, 2, 3, c)), rng.normal(size=(d, c)), 2 * rng.normal(size=d)) for batch, c, d in [(2, 1, 1), (3, 2, 2), (2, 3, 4)]
], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_attention_large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: large scores do not overflow
check_array(attention_pool(positions([1], [3]), np.array([[1.0]]), np.array([100000.0])), np.array([[3.0]]), **close)
### BEGIN HIDDEN TESTS
from course_lib import attention_pool as oracle

def spaced(c):
    """Positions whose first channel is 0, 0.2, ... 1 in any order: no two scores are close."""
    return np.concatenate([rng.permutation(6).reshape(1, 2, 3, 1) / 5, rng.normal(size=(1, 2, 3, c - 1))], axis=3)

check_cases(attention_pool, oracle, [
    case(spaced(c), np.eye(1, c), np.array([v])) for c in [1, 2, 3] for v in [-5000.0, 5000.0]
] + [case(np.concatenate([spaced(2), -spaced(2)]), np.eye(1, 2), np.array([5000.0]))], **close)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_input", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: arguments left alone
check_arguments_kept(intermap_pool, case(positions([0, 1, 5, 3]), 2))
check_arguments_kept(bilinear_pool, case(positions([0, 1], [2, 3])))
### BEGIN HIDDEN TESTS
x = random_image(rng, 2, 2, 3, 4)
check_arguments_kept(intermap_pool_backward, case(np.ones((2, 2, 3, 2)), x, 2))
check_arguments_kept(bilinear_pool_backward, case(np.ones((2, 16)), x + 10))
check_arguments_kept(compact_bilinear_pool, case(x, 8, rng.integers(8, size=(2, 4)), rng.choice([-1, 1], (2, 4))))
check_arguments_kept(vlad_pool, case(x, rng.normal(size=(3, 4))))
check_arguments_kept(superpixel_pool2d, case(x, rng.integers(0, 3, (2, 2, 3))))
check_arguments_kept(attention_pool, case(x, rng.normal(size=(2, 4)), rng.normal(size=2)))
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## 7. In words
#
# *Multi-scale orderless pooling* describes an image by three vectors put together: the global average of its
# map; VLAD of the averages of all windows of half its size; and VLAD of the averages of all windows of a
# quarter. What does each level know about *where* something is? What happens to the description if the
# quarter windows are exchanged among each other, and what if the whole image is mirrored? Which of the six
# poolings of this notebook give the same result when all positions are shuffled (labels along with them)? Why
# is VLAD with one centre, `[[0, …, 0]]`, nothing new? Six to eight sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_orderless", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# The global average knows nothing of where; the VLAD vectors of the smaller windows know which patterns occur
# at that scale, and that what is averaged in one window lay close together, but not where the windows are.
# Exchanging the quarter windows leaves the third vector as it is, since VLAD sums over windows without regard
# to their order; it may change the second one, whose windows now hold other mixtures, and never the global
# average. Mirroring the image permutes the windows (as long as they lie symmetrically) and so leaves all
# three vectors unchanged, as far as the features themselves do not care about mirroring. Under a shuffle of
# positions bilinear, compact bilinear, VLAD and attention pooling give the same result, and superpixel
# pooling too if the labels are shuffled along, because all of them are sums over positions; inter-map pooling
# works position by position, so its result is shuffled in the same way: it is equivariant, not invariant.
# With the single centre 0 every position belongs to it and the residual is the vector itself: VLAD is then
# the sum over positions, the global average times the number of positions.
#
# ### BEGIN MARK SCHEME
# 1 point: smaller windows keep "close together", none keeps the place of a window. 1 point: exchanging
# windows of a level leaves its vector unchanged (a sum), mirroring too. 1 point: invariant are bilinear,
# compact bilinear, VLAD, attention and superpixel (with labels); inter-map is not, its result moves along.
# 1 point: VLAD with the centre 0 is the sum (or mean times number) of the vectors.
# ### END MARK SCHEME
