"""Poolings that forget where: second-order statistics, residuals to a codebook, attention over positions."""

from __future__ import annotations

import numpy as np

from ..arguments import as_choice, as_gradient, as_input, as_int, as_real, gradient_dtype, per_axis, working_dtype
from .local import average_pool, average_pool_backward


def bilinear_pool(x, *, signed_sqrt=True, l2=True) -> np.ndarray:
    """Sum over positions of the outer product of the channels: `B = sum_l x_l x_l^T`, flattened.

    Then, each optional, `sign(B) * sqrt(|B|)` and division by the Euclidean norm of the image's vector.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        signed_sqrt: take the signed square root.
        l2: normalise each image's vector; a vector of zeros stays.

    Returns:
        `(N, C * C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`.

    Source: Lin, RoyChowdhury and Maji 2015 (arXiv:1504.07889).

    >>> bilinear_pool([[[0.0, 1.0], [2.0, 3.0]]], signed_sqrt=False, l2=False)
    array([[ 4.,  6.,  6., 10.]])
    """
    x = as_input(x)
    y, _, _ = _second_order(_positions(x), signed_sqrt, l2)
    return y.astype(gradient_dtype(x), copy=False)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True) -> np.ndarray:
    """Gradient of `bilinear_pool`: back through norm and root to `G`, then `x_l (G + G^T)` at every position.

    Where the root meets 0, and its slope is infinite, the gradient is 0.

    Args:
        dy: gradient of the output, `(N, C * C)`.
        x, signed_sqrt, l2: as for `bilinear_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> bilinear_pool_backward([[0.0, 1.0, 0.0, 0.0]], [[[2.0, 3.0]]], signed_sqrt=False, l2=False)
    array([[[3., 2.]]])
    """
    x = as_input(x)
    cells = _positions(x)
    y, root, norm = _second_order(cells, signed_sqrt, l2)
    g = as_gradient(dy, y.shape).astype(cells.dtype, copy=False)
    if l2:
        g = (g - y * np.sum(g * y, 1, keepdims=True)) / norm
    if signed_sqrt:
        g = np.divide(g, 2 * np.abs(root), out=np.zeros_like(root), where=root != 0)
    return _gram_backward(g.reshape(len(g), x.shape[-1], x.shape[-1]), cells, x)


def compact_bilinear_pool(x, dim, *, method="tensor_sketch", seed=0) -> np.ndarray:
    """A random projection of `bilinear_pool` to `dim` numbers that keeps inner products in expectation.

    `<phi(x), phi(y)>` estimates `<B(x), B(y)>`, so one position gives `<x, y> ** 2`. Neither root nor norm is taken.

    * `tensor_sketch`: two count sketches convolved, `phi = ifft(fft(sketch_1 x) * fft(sketch_2 x))`, summed over
      positions. By definition that adds `s1[i] * s2[j] * x[i] * x[j]` to bin `(h1[i] + h2[j]) % dim`; so the
      entries of the one matrix `sum_l x_l x_l^T` are added to their bins, without a Fourier transform a position.
    * `random_maclaurin`: `phi = (W1 x) * (W2 x) / sqrt(dim)` with signs `W1`, `W2`, summed over positions.

    Args:
        x: as for `bilinear_pool`.
        dim: length of the result.
        method: `"tensor_sketch"` or `"random_maclaurin"`.
        seed: of the hashes and signs, which `sketch` returns; the same seed gives the same projection.

    Returns:
        `(N, dim)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, a `dim` that is not positive, and another method.

    Source: Gao et al. 2016 (arXiv:1511.06062); Pham and Pagh 2013.

    >>> compact_bilinear_pool(np.ones((2, 3, 3, 4)), 8).shape
    (2, 8)
    """
    x = as_input(x)
    first, second = sketch(x.shape[-1], dim, method=method, seed=seed)
    cells = _positions(x)
    gram = np.swapaxes(cells, 1, 2) @ cells
    if method == "random_maclaurin":
        first, second = first.astype(gram.dtype), second.astype(gram.dtype)
        return (((first @ gram) * second).sum(-1) / np.sqrt(dim)).astype(gradient_dtype(x), copy=False)
    bins, signs = _sketch_of_pairs(first, second, dim)
    y = np.empty((len(gram), dim), gradient_dtype(x))
    for total, entries in zip(y, gram.reshape(len(gram), bins.size), strict=True):
        total[:] = np.bincount(bins, entries * signs, dim)
    return y


def compact_bilinear_pool_backward(dy, x, dim, *, method="tensor_sketch", seed=0) -> np.ndarray:
    """Gradient of `compact_bilinear_pool`: each entry of `G` takes the `dy` of its bin, then as `bilinear_pool`.

    Args, returns, errors: as `bilinear_pool_backward` and `compact_bilinear_pool`.

    >>> compact_bilinear_pool_backward(np.ones((2, 8)), np.ones((2, 3, 3, 4)), 8).shape
    (2, 3, 3, 4)
    """
    x = as_input(x)
    first, second = sketch(x.shape[-1], dim, method=method, seed=seed)
    cells = _positions(x)
    dy = as_gradient(dy, (x.shape[0], dim)).astype(cells.dtype, copy=False)
    if method == "random_maclaurin":
        first, second = first.astype(dy.dtype), second.astype(dy.dtype)
        return _gram_backward((first.T * (dy / np.sqrt(dim))[:, None, :]) @ second, cells, x)
    bins, signs = _sketch_of_pairs(first, second, dim)
    g = dy[:, bins] * signs.astype(dy.dtype)
    return _gram_backward(g.reshape(len(g), x.shape[-1], x.shape[-1]), cells, x)


def sketch(channels, dim, *, method="tensor_sketch", seed=0):
    """The random numbers behind `compact_bilinear_pool`, one item for each of its two factors.

    Args:
        channels, dim, method, seed: as there.

    Returns:
        for `tensor_sketch` two pairs `(hashes, signs)` of int arrays `(channels,)`; for `random_maclaurin` two sign
        matrices `(dim, channels)`.

    >>> (hashes, signs), _ = sketch(3, 8)
    >>> hashes.shape, set(abs(signs).tolist())
    ((3,), {1})
    """
    channels, dim, rng = as_int(channels, "channels", 0), as_int(dim, "dim"), np.random.default_rng(seed)
    if as_choice(method, "method", "tensor_sketch", "random_maclaurin") == "tensor_sketch":
        return tuple((rng.integers(dim, size=channels), rng.choice([-1, 1], channels)) for _ in range(2))
    return tuple(rng.choice([-1, 1], (dim, channels)) for _ in range(2))


def vlad_pool(x, centres) -> np.ndarray:
    """Residuals to the nearest of K centres, summed: `V[k] = sum of x_l - centres[k]` over the positions nearest to it.

    No root or norm is taken. Among equally near centres the first is chosen.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        centres: `(K, C)`, K at least 1.

    Returns:
        `(N, K * C)` in the dtype of `x`, integers in float64; zeros for a centre without positions.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for centres of another shape.

    Source: Jegou et al. 2010; Gong et al. 2014 (arXiv:1403.1840).

    >>> vlad_pool([[[1.0], [2.0], [9.0]]], [[0.0], [10.0]])
    array([[ 3., -1.]])
    """
    x = as_input(x)
    cells, nearest, centres = _assigned(x, centres)
    y = np.swapaxes(nearest, 1, 2) @ cells - nearest.sum(1)[..., None] * centres
    return y.reshape(x.shape[0], centres.size).astype(gradient_dtype(x), copy=False)


def vlad_pool_backward(dy, x, centres) -> np.ndarray:
    """Gradient of `vlad_pool` in `x`: each position receives the `dy` of its centre. Assignments are constant.

    Args:
        dy: gradient of the output, `(N, K * C)`.
        x, centres: as for `vlad_pool`.

    Returns:
        `dx` of the shape of `x`, in its dtype if that is floating, else float64.

    >>> vlad_pool_backward([[5.0, 7.0]], [[[1.0], [2.0], [9.0]]], [[0.0], [10.0]])[0, :, 0]
    array([5., 5., 7.])
    """
    x = as_input(x)
    cells, nearest, centres = _assigned(x, centres)
    dy = as_gradient(dy, (x.shape[0], centres.size)).reshape(x.shape[0], *centres.shape)
    return (nearest @ dy.astype(cells.dtype, copy=False)).reshape(x.shape).astype(gradient_dtype(x), copy=False)


def mop_pool(x, centres, levels) -> np.ndarray:
    """Multi-scale orderless pooling: at each level the means of its windows, as descriptors, pooled by `vlad_pool`.

    Args:
        x: as for `vlad_pool`.
        centres: `(K, C)`, for all levels.
        levels: window of each level, an integer for all spatial axes or one for each; the windows do not overlap.

    Returns:
        `(N, len(levels) * K * C)`, levels in the given order.

    Raises:
        TypeError, ValueError: as `vlad_pool` and `average_pool`, and for no levels.

    Source: Gong et al. 2014 (arXiv:1403.1840), who use network activations of overlapping patches as descriptors.

    >>> mop_pool([[[1.0], [2.0], [9.0], [8.0]]], [[0.0], [10.0]], (4, 2))
    array([[ 5. ,  0. ,  1.5, -1.5]])
    """
    x = as_input(x)
    return np.concatenate([vlad_pool(average_pool(x, level), centres) for level in _as_levels(levels, x)], axis=1)


def mop_pool_backward(dy, x, centres, levels) -> np.ndarray:
    """Gradient of `mop_pool` in `x`: the levels' gradients, each through its means, added up.

    Args, returns, errors: as `vlad_pool_backward` and `mop_pool`.

    >>> mop_pool_backward(np.ones((1, 4)), [[[1.0], [2.0], [9.0], [8.0]]], [[0.0], [10.0]], (4, 2))[0, :, 0]
    array([0.75, 0.75, 0.75, 0.75])
    """
    x, levels = as_input(x), _as_levels(levels, as_input(x))
    width = np.size(centres)
    dy = as_gradient(dy, (x.shape[0], width * len(levels)))
    dx = np.zeros(x.shape, gradient_dtype(x))
    for part, level in zip(np.split(dy, len(levels), axis=1), levels, strict=True):
        dx += average_pool_backward(vlad_pool_backward(part, average_pool(x, level), centres), x, level)
    return dx


def attention_pool(x, w, v) -> np.ndarray:
    """Mean over positions with learned weights: `y = sum_l softmax_l(v . tanh(w x_l)) x_l`.

    Constant scores give the global average; the order of the positions does not matter.

    Args:
        x: `(N, *spatial, C)` integers or floats, one to three spatial axes.
        w: `(D, C)`.
        v: `(D,)`.

    Returns:
        `(N, C)` in the dtype of `x`, integers in float64.

    Raises:
        TypeError, ValueError: for an `x` as `max_pool`, and for `w` or `v` of another shape.

    Source: Ilse, Tomczak and Welling 2018 (arXiv:1802.04712).

    >>> attention_pool([[[1.0], [3.0]]], [[1.0]], [0.0])
    array([[2.]])
    """
    x = as_input(x)
    cells, weights, _, _, _ = _attend(x, w, v)
    return (np.swapaxes(weights, 1, 2) @ cells)[:, 0].astype(gradient_dtype(x), copy=False)


def attention_pool_backward(dy, x, w, v):
    """Gradients of `attention_pool`: a position with weight `a` receives `a * dy` and, through its score,
    `a * dy . (x_l - y)` times the score's own gradient.

    Args:
        dy: gradient of the output, `(N, C)`.
        x, w, v: as for `attention_pool`.

    Returns:
        `(dx, dw, dv)`, each of the shape and (floating) dtype of its array.

    >>> attention_pool_backward([[1.0]], [[[1.0], [3.0]]], [[1.0]], [0.0])[0][0, :, 0]
    array([0.5, 0.5])
    """
    x = as_input(x)
    cells, weights, hidden, w_, v_ = _attend(x, w, v)
    dy = as_gradient(dy, (x.shape[0], x.shape[-1])).astype(cells.dtype, copy=False)
    y = np.swapaxes(weights, 1, 2) @ cells
    dscore = weights * ((cells - y) @ dy[..., None])
    dhidden = dscore * v_ * (1 - hidden**2)
    dx = weights * dy[:, None] + dhidden @ w_
    return (
        dx.reshape(x.shape).astype(gradient_dtype(x), copy=False),
        np.einsum("nld,nlc->dc", dhidden, cells).astype(gradient_dtype(np.asarray(w)), copy=False),
        (dscore * hidden).sum((0, 1)).astype(gradient_dtype(np.asarray(v)), copy=False),
    )


def _positions(x) -> np.ndarray:
    """`(N, L, C)` in the working dtype."""
    return x.reshape(x.shape[0], int(np.prod(x.shape[1:-1])), x.shape[-1]).astype(working_dtype(x), copy=False)


def _second_order(cells, signed_sqrt, l2):
    """The descriptor, what it was before the norm, and the norm."""
    root = (np.swapaxes(cells, 1, 2) @ cells).reshape(len(cells), cells.shape[-1] ** 2)
    if signed_sqrt:
        root = np.sign(root) * np.sqrt(np.abs(root))
    norm = np.linalg.norm(root, axis=1, keepdims=True)
    norm = np.where(norm == 0, 1, norm)
    return root / norm if l2 else root, root, norm


def _gram_backward(g, cells, x):
    return (cells @ (g + np.swapaxes(g, 1, 2))).reshape(x.shape).astype(gradient_dtype(x), copy=False)


def _sketch_of_pairs(first, second, dim):
    """Bin and sign of every pair of channels, row-major."""
    (h1, s1), (h2, s2) = first, second
    return ((h1[:, None] + h2) % dim).ravel(), (s1[:, None] * s2).ravel()


def _assigned(x, centres):
    """Positions, their nearest centre as one-hot rows `(N, L, K)`, and the centres."""
    cells, centres = _positions(x), as_real(centres, "centres")
    if centres.ndim != 2 or len(centres) == 0 or centres.shape[1] != x.shape[-1]:
        raise ValueError(f"centres must have shape (K, {x.shape[-1]}), got {centres.shape}")
    centres = centres.astype(cells.dtype)
    # Of |x - c|^2 the part |x|^2 is the same for all centres.
    distance = (centres**2).sum(1) - 2 * cells @ centres.T
    nearest = np.arange(len(centres)) == distance.argmin(-1)[..., None]
    return cells, nearest.astype(cells.dtype), centres


def _as_levels(levels, x):
    if not isinstance(levels, (tuple, list, np.ndarray)) or len(levels) == 0:
        raise ValueError(f"levels must be a sequence of one or more windows, got {levels!r}")
    return [per_axis(level, x.ndim - 2, "levels") for level in levels]


def _attend(x, w, v):
    cells = _positions(x)
    w, v = as_real(w, "w"), as_real(v, "v")
    if w.ndim != 2 or w.shape[1] != x.shape[-1]:
        raise ValueError(f"w must have shape (D, {x.shape[-1]}), got {w.shape}")
    if v.shape != w.shape[:1]:
        raise ValueError(f"v must have shape {w.shape[:1]}, got {v.shape}")
    w, v = w.astype(cells.dtype), v.astype(cells.dtype)
    hidden = np.tanh(cells @ w.T)
    scores = (hidden @ v)[..., None]
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return cells, weights / weights.sum(1, keepdims=True), hidden, w, v
