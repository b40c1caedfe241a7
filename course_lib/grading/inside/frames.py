"""Frames: the only way in which anything crosses the wall between the grader and the sandbox.

A frame is a length prefix, a JSON header and raw `.npy` buffers. Plain values cross: None, booleans, numbers,
strings, arrays of booleans, integers, floats or complex numbers, and lists, tuples and dicts of these. In the
header every compound value is a JSON array that begins with its tag, so a string can never pass for a reference:

    ["list", 1, 2]   ["tuple", ...]   ["dict", [key, value], ...]   ["float", "nan"]   ["complex", re, im]
    ["array", i]     ["scalar", i]    where i counts the buffers, each of which is used once

Further tags (`rng`, `ref`, `handle`) belong to the two ends, which pass `special` functions for them. Whatever a
frame claims is checked before memory is taken for it, and nothing is ever unpickled.

>>> decode(*split(encode({"x": np.arange(3.0), "n": (1, None)})))
{'x': array([0., 1., 2.]), 'n': (1, None)}
"""

from __future__ import annotations

import io
import json
import math
import struct
from functools import lru_cache

import numpy as np

LENGTHS = struct.Struct(">IQ")  # bytes of header, bytes of all buffers
MAX_HEADER = 4 << 20
MAX_PAYLOAD = 256 << 20
MAX_PARTS = 100_000  # values and buffers of an answer: a short header can name a million, which takes long to build
MAX_DEPTH = 32
MAX_INT_BITS = 4096
MAX_DIMENSION = 1 << 40
_KINDS = "biufc"
_PLAIN = (type(None), bool, str)


class FrameError(ValueError):
    """The bytes are not a frame, or break its rules."""


class Unsendable(TypeError):
    """The value is not one of those that may cross; `value` is what it was."""

    def __init__(self, value, why: str = ""):
        super().__init__(why or f"a value of type {type(value).__name__} cannot be sent")
        self.value = value


def encode(value, special=None) -> bytes:
    """The frame for `value`. `special(value)` returns the tagged list for a value that is not plain.

    Raises `Unsendable`.
    """
    buffers: list[bytes] = []
    body = _node(value, buffers, special, 0)
    header = _WRITER.encode({"body": body, "sizes": [len(b) for b in buffers]}).encode()
    payload = sum(map(len, buffers))
    if len(header) > MAX_HEADER or payload > MAX_PAYLOAD:
        raise Unsendable(value, f"it is too large to be sent (more than {MAX_PAYLOAD >> 20} MB)")
    return b"".join([LENGTHS.pack(len(header), payload), header, *buffers])


def lengths(prefix: bytes) -> tuple[int, int]:
    """Bytes of header and of buffers that a frame announces. Raises `FrameError` where they are beyond the limits."""
    header, payload = LENGTHS.unpack(prefix)
    if header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise FrameError(f"a frame of {header} + {payload} bytes is too large")
    return header, payload


def split(frame: bytes) -> tuple[bytes, bytes]:
    """Header and buffers of a whole frame. Raises `FrameError`."""
    if len(frame) < LENGTHS.size:
        raise FrameError("the frame has no lengths")
    header, payload = lengths(frame[: LENGTHS.size])
    if len(frame) != LENGTHS.size + header + payload:
        raise FrameError("the frame is not as long as it says")
    return frame[LENGTHS.size : LENGTHS.size + header], frame[LENGTHS.size + header :]


def check_parts(header: bytes):
    """Raise `FrameError` where a header has more parts than an answer may have, before any is built."""
    if header.count(b",") > MAX_PARTS:
        raise FrameError(f"it has more than {MAX_PARTS} parts")


def decode(header: bytes, payload: bytes, special=None):
    """The value in a frame. `special(tag, items)` builds those that are not plain. Raises `FrameError`."""
    try:
        head = _READER.decode(header.decode("utf-8"))
    except FrameError:
        raise
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the header is not JSON: {error}") from None
    if type(head) is not dict or set(head) != {"body", "sizes"} or type(head["sizes"]) is not list:
        raise FrameError("the header lacks its fields")
    return _value(head["body"], _cut(payload, head["sizes"]), special, 0)


def _node(value, buffers, special, depth):
    if depth > MAX_DEPTH:
        raise Unsendable(value, "the value is nested too deeply")
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise Unsendable(value, f"an integer of {value.bit_length()} bits is too large to be sent")
        return value
    if kind is float:
        return value if math.isfinite(value) else ["float", repr(value)]
    if kind is complex:
        return ["complex", *(_node(part, buffers, special, depth + 1) for part in (value.real, value.imag))]
    if kind in (list, tuple):
        return [kind.__name__, *(_node(item, buffers, special, depth + 1) for item in value)]
    if kind is dict:
        return ["dict", *([_node(part, buffers, special, depth + 1) for part in pair] for pair in value.items())]
    if (kind is np.ndarray or isinstance(value, np.generic)) and value.dtype.kind in _KINDS:
        buffers.append(_npy(value))
        return ["array" if kind is np.ndarray else "scalar", len(buffers) - 1]
    tagged = special and special(value)
    if not tagged:
        raise Unsendable(value)
    return tagged


def _npy(value) -> bytes:
    if value.nbytes > MAX_PAYLOAD:
        raise Unsendable(value, f"an array of {value.nbytes >> 20} MB is too large to be sent")
    array = np.asarray(value)
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    return _npy_start(array.dtype, array.shape, fortran) + array.tobytes("F" if fortran else "C")


@lru_cache(maxsize=256)
def _npy_start(dtype: np.dtype, shape: tuple[int, ...], fortran: bool) -> bytes:
    """The beginning of an `.npy` file of version 1.0."""
    stream = io.BytesIO()
    description = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, description)
    return stream.getvalue()


@lru_cache(maxsize=256)
def _npy_header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and dtype, from the beginning of an `.npy` file of version 1.0."""
    stream = io.BytesIO(header)
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=4096)
    except Exception as error:
        raise FrameError(f"not an array: {type(error).__name__}") from None
    if version != (1, 0) or dtype.kind not in _KINDS or dtype.subdtype is not None:
        raise FrameError("an array of this kind may not cross")
    if any(type(size) is not int or not 0 <= size <= MAX_DIMENSION for size in shape):
        raise FrameError("an impossible shape")
    return shape, fortran, dtype


def _unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise FrameError("a key occurs twice")
    return dict(pairs)


def _refuse(name):
    raise FrameError(f"{name} is not JSON")


_WRITER = json.JSONEncoder(allow_nan=False)
_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _cut(payload: bytes, sizes: list) -> list:
    if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) != len(payload):
        raise FrameError("the buffers are not as long as the header says")
    view, start, parts = memoryview(payload), 0, []
    for size in sizes:
        parts.append(view[start : start + size])
        start += size
    return parts


def _value(node, buffers, special, depth):
    if depth > MAX_DEPTH:
        raise FrameError("the value is nested too deeply")
    if type(node) in _PLAIN:
        return node
    if type(node) is float and math.isfinite(node) or type(node) is int and node.bit_length() <= MAX_INT_BITS:
        return node
    if type(node) is not list or not node or type(node[0]) is not str:
        raise FrameError("neither a plain value nor a tagged one")
    tag, *items = node
    if tag in ("list", "tuple"):
        values = [_value(item, buffers, special, depth + 1) for item in items]
        return values if tag == "list" else tuple(values)
    if tag == "dict":
        return _dict(items, buffers, special, depth)
    if tag == "float" and items in (["nan"], ["inf"], ["-inf"]):
        return float(items[0])
    if tag == "complex" and len(items) == 2:
        parts = [_value(item, buffers, special, depth + 1) for item in items]
        if all(type(part) is float for part in parts):
            return complex(*parts)
    if tag in ("array", "scalar"):
        return _array(tag, items, buffers)
    if special is not None:
        return special(tag, items)
    raise FrameError(f"a value with the tag {tag[:20]!r} makes no sense")


def _dict(items, buffers, special, depth) -> dict:
    result = {}
    for pair in items:
        if type(pair) is not list or len(pair) != 2:
            raise FrameError("a dict is not made of pairs")
        key, value = (_value(part, buffers, special, depth + 1) for part in pair)
        try:
            fresh = key not in result
        except TypeError:
            raise FrameError("a key of a dict cannot be hashed") from None
        if not fresh:
            raise FrameError("a key occurs twice")
        result[key] = value
    return result


def _array(tag, items, buffers):
    if len(items) != 1 or type(items[0]) is not int or not 0 <= items[0] < len(buffers):
        raise FrameError("a buffer is missing")
    if buffers[items[0]] is None:
        raise FrameError("a buffer is used twice")
    buffer, buffers[items[0]] = buffers[items[0]], None
    start = 10 + int.from_bytes(buffer[8:10], "little")
    shape, fortran, dtype = _npy_header(bytes(buffer[:start]))
    count = math.prod(shape)
    if count * dtype.itemsize != len(buffer) - start:
        raise FrameError("an array is not as long as its shape says")
    if tag == "scalar" and shape:
        raise FrameError("a scalar has a shape")
    try:
        flat = np.frombuffer(buffer, dtype, count, start) if count else np.empty(0, dtype)
        array = flat.reshape(shape, order="F" if fortran else "C").copy(order="K")
    except (ValueError, MemoryError) as error:
        raise FrameError(f"an impossible shape: {error}") from None
    return array if tag == "array" else array[()]
