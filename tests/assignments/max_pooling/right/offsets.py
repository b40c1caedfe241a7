"""A walk over the cells of the window: each is a strided slice, and argmax over the stack finds the first winner."""
import numpy as np


def slices(x, pool_size, strides, padding):
    k = np.zeros(2, int) + pool_size
    s = k if strides is None else np.zeros(2, int) + strides
    n = np.array(x.shape[1:3])
    count = (n - k) // s + 1 if padding == "valid" else -(-n // s)
    total = np.maximum((count - 1) * s + k - n, 0)
    before = total // 2
    padded = np.full((len(x), *(n + total), x.shape[3]), -np.inf, dtype=x.dtype)
    middle = np.s_[:, before[0] : before[0] + n[0], before[1] : before[1] + n[1]]
    padded[middle] = x
    end = (count - 1) * s + 1
    index = [np.s_[:, i : i + end[0] : s[0], j : j + end[1] : s[1]] for i in range(k[0]) for j in range(k[1])]
    return padded, index, middle


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    padded, index, _ = slices(x, pool_size, strides, padding)
    return np.stack([padded[one] for one in index]).max(axis=0)


def max_pool2d_backward(dy, x, pool_size, strides=None, padding="valid"):
    padded, index, middle = slices(x, pool_size, strides, padding)
    winner = np.stack([padded[one] for one in index]).argmax(axis=0)
    dx = np.zeros(padded.shape)
    for number, one in enumerate(index):
        dx[one] += dy * (winner == number)
    return dx[middle]


def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    padded, index, middle = slices(x, pool_size, strides, padding)
    cells = np.stack([padded[one] for one in index])
    numbers = np.zeros(padded.shape, int)
    numbers[middle] = np.arange(x.shape[1] * x.shape[2]).reshape(1, x.shape[1], x.shape[2], 1)
    winner = cells.argmax(axis=0)[np.newaxis]
    places = np.take_along_axis(np.stack([numbers[one] for one in index]), winner, axis=0)[0]
    return np.take_along_axis(cells, winner, axis=0)[0], places


def max_unpool2d(y, index, output_shape):
    height, width = output_shape
    out = np.zeros((len(y), height * width, y.shape[3]), y.dtype)
    np.put_along_axis(out, index.reshape(len(y), -1, y.shape[3]), y.reshape(len(y), -1, y.shape[3]), axis=1)
    return out.reshape(len(y), height, width, -1)
