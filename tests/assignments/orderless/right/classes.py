"""A class for a batch of descriptors; poolings are methods of it. Some results in single precision."""
import numpy as np


class Descriptors:
    def __init__(self, x):
        self.shape = x.shape
        self.cells = x.reshape(x.shape[0], -1, x.shape[-1])

    def __len__(self):
        return self.shape[0]

    def second_order(self):
        return sum(self.cells[:, i, :, None] * self.cells[:, i, None, :] for i in range(self.cells.shape[1]))

    def weighted(self, weights):
        return np.matmul(weights.swapaxes(1, 2), self.cells)

    def images(self, cells):
        return cells.reshape(self.shape)


class Root:
    def forward(self, b):
        self.r = np.sqrt(np.abs(b))
        return np.sign(b) * self.r

    def backward(self, g):
        out = np.zeros(g.shape)
        np.divide(g, 2 * self.r, out=out, where=self.r > 0)
        return out


class Unit:
    def forward(self, b):
        self.size = np.sqrt((b * b).sum(1, keepdims=True))
        self.size[self.size == 0] = 1
        self.y = b / self.size
        return self.y

    def backward(self, g):
        return (g - self.y * (g * self.y).sum(1, keepdims=True)) / self.size


class Bilinear:
    def __init__(self, signed_sqrt, l2):
        self.steps = [Root()] * signed_sqrt + [Unit()] * l2

    def forward(self, x):
        self.d = Descriptors(x)
        b = self.d.second_order().reshape(len(x), -1)
        for step in self.steps:
            b = step.forward(b)
        return b

    def backward(self, g):
        for step in reversed(self.steps):
            g = step.backward(g)
        c = self.d.shape[-1]
        g = g.reshape(-1, c, c)
        return self.d.images(self.d.cells @ g + self.d.cells @ g.transpose(0, 2, 1))


def bilinear_pool(x, *, signed_sqrt=True, l2=True):
    return Bilinear(signed_sqrt, l2).forward(x)


def bilinear_pool_backward(dy, x, *, signed_sqrt=True, l2=True):
    layer = Bilinear(signed_sqrt, l2)
    layer.forward(x)
    return layer.backward(dy)


class Groups:
    def __init__(self, x, size):
        if x.shape[3] % size > 0:
            raise ValueError("size of a group must divide the number of channels")
        self.members = np.stack(np.split(x, x.shape[3] // size, axis=3), axis=3)


def intermap_pool(x, group_size):
    return Groups(x, group_size).members.max(4)


def intermap_pool_backward(dy, x, group_size):
    members = Groups(x, group_size).members
    before = np.concatenate([np.full((*members.shape[:4], 1), -np.inf), np.maximum.accumulate(members, 4)[..., :-1]], 4)
    first = (members == members.max(4, keepdims=True)) & (before < members)
    return (first * dy[..., None]).reshape(x.shape).astype(np.float32)


def compact_bilinear_pool(x, dim, hashes, signs):
    b = Descriptors(x).second_order() * signs[0][:, None] * signs[1][None, :]
    bins = ((hashes[0][:, None] + hashes[1][None, :]) % dim).ravel()
    return b.reshape(len(x), -1) @ (bins[:, None] == np.arange(dim)).astype(float)


def vlad_pool(x, centres):
    d = Descriptors(x)
    squared = (d.cells**2).sum(2, keepdims=True) - 2 * d.cells @ centres.T + (centres**2).sum(1)
    hot = (np.arange(len(centres)) == squared.argmin(2)[..., None]).astype(float)
    return (d.weighted(hot) - hot.sum(1)[..., None] * centres).reshape(len(d), -1)


def superpixel_pool2d(x, labels, segments=None):
    d = Descriptors(x)
    count = segments if segments is not None else int(np.amax(labels)) + 1
    hot = (labels.reshape(len(d), -1, 1) == np.arange(count)).astype(np.float32)
    size = hot.sum(1)
    return d.weighted(hot / np.maximum(size, 1)[:, None])


def attention_pool(x, w, v):
    d = Descriptors(x)
    s = (np.tanh(d.cells @ w.T) * v).sum(2, keepdims=True)
    s = np.exp(s - s.max(1, keepdims=True))
    return d.weighted(s / s.sum(1, keepdims=True))[:, 0]
