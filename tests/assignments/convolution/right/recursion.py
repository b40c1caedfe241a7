"""Sums by halving the kernel; sizes by counting one window at a time."""
import numpy as np


def pool_output_size(n, pool, stride, padding="valid"):
    if padding == "same":
        return 1 if n <= stride else 1 + pool_output_size(n - stride, pool, stride, "same")
    if pool > n:
        raise ValueError("the window must fit")
    return 1 if n - stride < pool else 1 + pool_output_size(n - stride, pool, stride)


def pool_padding(n, pool, stride, padding="valid"):
    if padding == "valid":
        return 0, 0

    def split(total):
        return (0, 0) if total <= 0 else (0, 1) if total == 1 else tuple(p + 1 for p in split(total - 2))

    return split((pool_output_size(n, pool, stride, "same") - 1) * stride + pool - n)


def halves(cells, one, join):
    if len(cells) == 1:
        return one(cells[0])
    middle = len(cells) // 2
    return join(halves(cells[:middle], one, join), halves(cells[middle:], one, join))


def lay(x, kernel, strides, padding):
    s = (strides, strides) if not hasattr(strides, "__len__") else strides
    before, after, count = [], [], []
    for i in (0, 1):
        size = x.shape[i + 1], kernel.shape[i], s[i], padding
        b, a = pool_padding(*size)
        before.append(b)
        after.append(a)
        count.append(pool_output_size(*size))
    padded = np.zeros((x.shape[0], x.shape[1] + before[0] + after[0], x.shape[2] + before[1] + after[1], x.shape[3]))
    padded[:, before[0] : before[0] + x.shape[1], before[1] : before[1] + x.shape[2]] = x

    def under(cell):
        return (slice(None), *(slice(cell[i], cell[i] + s[i] * count[i], s[i])
                               if cell[i] + s[i] * count[i] <= padded.shape[i + 1] else slice(cell[i], None, s[i])
                               for i in (0, 1)))

    return padded, under, before, list(np.ndindex(*kernel.shape[:2]))


def conv2d(x, kernel, strides=1, padding="valid"):
    padded, under, _, cells = lay(x, kernel, strides, padding)
    return halves(cells, lambda cell: padded[under(cell)].dot(kernel[cell]), np.add)


def conv2d_backward(dy, x, kernel, strides=1, padding="valid"):
    padded, under, before, cells = lay(x, kernel, strides, padding)

    def paint(cell):
        picture = np.zeros(padded.shape)
        picture[under(cell)] = dy.dot(kernel[cell].T)
        return picture

    dx = halves(cells, paint, np.add)
    weight = {cell: np.tensordot(padded[under(cell)], dy, ((0, 1, 2), (0, 1, 2))) for cell in cells}
    dkernel = np.array([weight[cell] for cell in cells]).reshape(kernel.shape)
    return dx[:, before[0] :, before[1] :][:, : x.shape[1], : x.shape[2]], dkernel


def conv_transpose2d(x, kernel, strides=1):
    s = (strides, strides) if not hasattr(strides, "__len__") else strides
    size = [(x.shape[i + 1] - 1) * s[i] + kernel.shape[i] for i in (0, 1)]

    def paint(i, j):
        picture = np.zeros((len(x), *size, kernel.shape[3]))
        picture[:, i * s[0] : i * s[0] + kernel.shape[0], j * s[1] : j * s[1] + kernel.shape[1]] = np.einsum(
            "nc,abcf->nabf", x[:, i, j], kernel)
        return picture

    return halves(list(np.ndindex(*x.shape[1:3])), lambda cell: paint(*cell), np.add)
