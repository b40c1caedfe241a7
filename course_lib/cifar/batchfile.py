"""One batch file of CIFAR-10: a pickle, read without running anything that it names.

A pickle is a program: it can name any function of any module and call it. A batch needs five names, and all that
they have to do is carry bytes and a shape. So each name stands here for an object of ours that only records what
it is given, and every other name is refused; not even NumPy's own unpickling sees the file's content.
"""

from __future__ import annotations

import io
import pickle

import numpy as np

IMAGES, VALUES = 10_000, 3 * 32 * 32


class BatchError(ValueError):
    """The content is no batch of CIFAR-10; the message says why."""


class _Bytes:
    """Stands for `numpy.dtype("uint8")`, the only type a batch may hold."""

    def __setstate__(self, state):
        pass


class _Array:
    """Stands for a `numpy.ndarray` of bytes."""

    shape = data = None

    def __setstate__(self, state):
        _, self.shape, dtype, by_columns, self.data = state
        if not isinstance(dtype, _Bytes) or by_columns:
            raise BatchError("its array is not laid out row by row in bytes")


def _dtype(name, *_):
    name = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    if name not in ("u1", "|u1", "uint8"):
        raise BatchError(f"its array is of type {name!r}, not of bytes")
    return _Bytes()


def _reconstruct(subtype, shape, dtype):
    return _Array()


def _frombuffer(data, dtype, shape, order="C"):
    array = _Array()
    array.__setstate__((1, shape, dtype, order != "C", data))
    return array


def _encode(text, encoding="latin1"):
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise BatchError("it encodes text in an unexpected way")
    return text.encode("latin1")


_STAND_INS = {("numpy", "dtype"): _dtype, ("_codecs", "encode"): _encode}
for _core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
    _STAND_INS[_core + ".multiarray", "_reconstruct"] = _reconstruct
    _STAND_INS[_core + ".numeric", "_frombuffer"] = _frombuffer


# The one written in Python: to the other, ten bytes can claim gigabytes for what they say will be remembered.
class _Unpickler(pickle._Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("numpy", "ndarray"):
            return "ndarray"  # only ever an argument of _reconstruct
        if (module, name) not in _STAND_INS:
            raise BatchError(f"it names {module}.{name}, which no batch needs")
        # A fresh function each time: a pickle may set attributes of whatever it is handed.
        return lambda *args: _STAND_INS[module, name](*args)


def read_batch(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one batch file.

    Args:
        content: the bytes of `data_batch_1` to `data_batch_5` or `test_batch`, "python version".

    Returns:
        `(10000, 32, 32, 3)` uint8 and `(10000,)` int64. The file stores planes (red, green, blue), each row by row.

    Raises:
        BatchError: the content is anything else.
    """
    batch = _unpickled(content)
    if not isinstance(batch, dict):
        raise BatchError(f"it holds a {type(batch).__name__}, not a dictionary")
    fields = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in batch.items()}
    return _images(fields.get("data")), _labels(fields.get("labels"))


def _unpickled(content: bytes):
    try:
        return _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except BatchError:
        raise
    except Exception as error:  # whatever a broken pickle raises, the file is at fault
        raise BatchError(f"it is damaged or cut short ({type(error).__name__})") from error


def _images(array) -> np.ndarray:
    if not isinstance(array, _Array):
        raise BatchError("it has no array `data`")
    data = array.data
    if array.shape != (IMAGES, VALUES) or not isinstance(data, (bytes, bytearray)) or len(data) != IMAGES * VALUES:
        raise BatchError(f"`data` should be {IMAGES} x {VALUES} bytes, and is declared {array.shape}")
    planes = np.frombuffer(data, np.uint8).reshape(IMAGES, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _labels(labels) -> np.ndarray:
    if not isinstance(labels, list) or len(labels) != IMAGES:
        raise BatchError(f"`labels` should be a list of {IMAGES} numbers")
    if not all(type(label) is int and 0 <= label <= 9 for label in labels):
        raise BatchError("a label is not a whole number from 0 to 9")
    return np.array(labels, np.int64)
