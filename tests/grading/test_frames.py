"""Frames: what is sent arrives the same, and no bytes make the reader do anything but refuse."""

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib.grading.inside.frames import (
    MAX_DEPTH,
    MAX_PARTS,
    FrameError,
    Unsendable,
    check_parts,
    decode,
    encode,
    lengths,
    split,
)

quick = settings(deadline=None, max_examples=80, derandomize=True)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers()
# Without long doubles: the bytes that pad them are not part of the number.
dtypes = st.sampled_from([np.dtype(d) for d in "? b B i4 u8 f2 f4 f8 F D >f8 <i2".split()])
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)))
values = st.recursive(
    scalars | arrays | arrays.filter(lambda a: a.size).map(lambda a: a.flat[0]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text() | st.integers() | st.booleans(), inner, max_size=3), max_leaves=8)


def same(one, other) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one.items(), other.items()))
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, float | complex):
        return repr(one) == repr(other)
    return one == other


@quick
@given(values)
def test_what_is_sent_arrives(value):
    try:
        frame = encode(value)
    except Unsendable:
        assert _has_long_integer(value)
        return
    assert same(decode(*split(frame)), value)


def _has_long_integer(value) -> bool:
    if isinstance(value, dict):
        return any(_has_long_integer(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(map(_has_long_integer, value))
    return isinstance(value, int) and value.bit_length() > 4096


@quick
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    with pytest.raises(FrameError):
        decode(*split(data))


@quick
@given(values.filter(lambda v: not _has_long_integer(v)), st.data())
def test_damaged_frames_are_refused_or_give_plain_values(value, data):
    frame = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        encode(decode(*split(bytes(frame))))
    except FrameError:
        pass


@quick
@given(st.recursive(st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False)
                    | st.sampled_from(["list", "tuple", "dict", "array", "scalar", "float", "complex", "nan", "ref"]),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
                    max_leaves=12), st.lists(st.integers(-2, 9), max_size=3), st.binary(max_size=9))
def test_any_json_is_refused_or_gives_plain_values(body, sizes, payload):
    header = json.dumps({"body": body, "sizes": sizes}).encode()
    try:
        encode(decode(header, payload))
    except FrameError:
        pass


def test_a_length_is_refused_before_anything_is_read():
    with pytest.raises(FrameError, match="too large"):
        lengths(struct.pack(">IQ", 10, 1 << 62))


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", range(3), np.float64, np.array([object()]), math,
                                   np.array(["text"]), np.datetime64("2020"), np.ma.masked_all(2), 1 << 5000,
                                   np.zeros(1, [("a", int)]), type("Sub", (float,), {})(1.0)])
def test_other_values_do_not_cross(value):
    with pytest.raises(Unsendable):
        encode(value)


def test_an_answer_of_a_million_parts_is_refused_before_any_is_built():
    header, _ = split(encode([0] * (MAX_PARTS + 9)))
    with pytest.raises(FrameError, match="parts"):
        check_parts(header)
    check_parts(split(encode([0] * (MAX_PARTS // 2)))[0])


def test_depth_is_limited_on_both_sides():
    deep = 0
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(Unsendable, match="deeply"):
        encode(deep)
    header = json.dumps({"body": json.loads('["list",' * 40 + "0" + "]" * 40), "sizes": []}).encode()
    with pytest.raises(FrameError, match="deeply"):
        decode(header, b"")


def test_arrays_arrive_in_their_order_and_writable():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    arrived = decode(*split(encode(array)))
    assert arrived.flags.f_contiguous and arrived.flags.writeable
