"""Einstein sums over rows and columns directly, one-hot masks everywhere."""
import numpy as np


def intermap_pool(x, group_size):
    n, h, w, c = x.shape
    if c // group_size * group_size != c:
        raise ValueError(f"{group_size} does not divide {c}")
    return np.maximum.reduce([x[..., i::group_size] for i in range(group_size)])


def intermap_pool_backward(dy, x, group_size):
    best, waiting = intermap_pool(x, group_size), np.ones(dy.shape, bool)
    dx = np.zeros(x.shape)
    for i in range(group_size):
        hit = waiting & (x[..., i::group_size] == best)
        dx[..., i::group_size] = np.where(hit, dy, 0)
        waiting &= ~hit
    return dx


def chain(x, signed_sqrt, l2):
    b = np.einsum("nhwc,nhwd->ncd", x, x)
    r = np.copysign(np.abs(b) ** 0.5, b) if signed_sqrt else b
    z = np.sqrt(np.einsum("ncd,ncd->n", r, r))[:, None, None] if l2 else np.ones((len(x), 1, 1))
    z[z == 0] = 1
    return b, r, z


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    _, r, z = chain(x, signed_sqrt, l2)
    return (r / z).reshape(len(x), -1)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    b, r, z = chain(x, signed_sqrt, l2)
    g = dy.reshape(r.shape) / z
    if l2:
        g = g - r * np.einsum("ncd,ncd->n", r, g)[:, None, None] / z**2
    if signed_sqrt:
        with np.errstate(all="ignore"):
            g = np.nan_to_num(g / (2 * np.sqrt(np.abs(b))), nan=0, posinf=0, neginf=0)
    return np.einsum("nhwc,ncd->nhwd", x, g) + np.einsum("nhwc,ndc->nhwd", x, g)


def compact_bilinear_pool(x, dim, hashes, signs):
    h, k = np.eye(dim)[hashes[0]] * signs[0][:, None], np.eye(dim)[hashes[1]] * signs[1][:, None]
    wheel = (np.add.outer(np.arange(dim), np.arange(dim)) % dim)[..., None] == np.arange(dim)
    return np.einsum("nhwc,nhwd,ca,db,abk->nk", x, x, h, k, wheel.astype(float), optimize=True)


def vlad_pool(x, centres):
    distance = np.einsum("nhwkc->nhwk", (x[:, :, :, None] - centres) ** 2)
    hot = np.eye(len(centres))[distance.argmin(-1)]
    return (np.einsum("nhwk,nhwc->nkc", hot, x) - np.einsum("nhwk,kc->nkc", hot, centres)).reshape(len(x), -1)


def superpixel_pool2d(x, labels, segments=None):
    s = np.arange(np.max(labels) + 1 if segments is None else segments)
    hot = (labels[..., None] == s).astype(float)
    count = np.einsum("nhws->ns", hot)
    return np.einsum("nhws,nhwc->nsc", hot, x) / np.where(count == 0, 1, count)[..., None]


def attention_pool(x, w, v):
    s = np.einsum("d,nhwd->nhw", v, np.tanh(np.einsum("dc,nhwc->nhwd", w, x)))
    a = np.exp(s - np.amax(s, (1, 2), keepdims=True))
    return np.einsum("nhw,nhwc->nc", a, x) / np.einsum("nhw->n", a)[:, None]
