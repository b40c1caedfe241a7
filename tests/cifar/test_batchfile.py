import io
import os
import pickle
import resource
import struct

import numpy as np
import pytest
from batches import batch, python2_batch, text
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.cifar.batchfile import _STAND_INS, BatchError, read_batch

RNG = np.random.default_rng(0)
DATA = RNG.integers(0, 256, (10_000, 3072), dtype=np.uint8)
LABELS = [i % 10 for i in range(10_000)]


def expected():
    images = np.empty((10_000, 32, 32, 3), np.uint8)
    for plane in range(3):
        images[..., plane] = DATA[:, 1024 * plane : 1024 * (plane + 1)].reshape(-1, 32, 32)
    return images


def check(content):
    images, labels = read_batch(content)
    np.testing.assert_array_equal(images, expected())
    np.testing.assert_array_equal(labels, LABELS)
    assert images.dtype == np.uint8 and labels.dtype == np.int64 and images.flags.c_contiguous


def test_a_file_of_python_2():
    content = python2_batch(DATA, LABELS)
    numpys_own = pickle.load(io.BytesIO(content), encoding="bytes")
    np.testing.assert_array_equal(numpys_own[b"data"], DATA)
    check(content)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_file_of_python_3(protocol):
    check(batch(DATA, LABELS, protocol=protocol))


def test_keys_may_be_text():
    check(pickle.dumps({"data": DATA, "labels": LABELS}))


class Calls:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("call", [
    (os.system, "exit 1"), (eval, "1"), (exec, "1"), (getattr, "x", "y"), (pickle.loads, b"N."), (open, "x", "w"),
    (__import__, "os"), (np.load, "x"), (np.frombuffer, b"1"), (bytes.fromhex, "00"), (type, "x", (), {}),
])
def test_nothing_that_a_pickle_names_is_run(call):
    with pytest.raises(BatchError, match="which no batch needs"):
        read_batch(pickle.dumps({b"data": Calls(*call), b"labels": LABELS}))


@pytest.mark.parametrize("name", [
    "numpy\nndarray.__reduce__", "numpy\ndtype.newbyteorder", "numpy\nload", "course_lib.cifar.batchfile\n_Unpickler",
    "numpy.core.multiarray\nfromfile", "_codecs\nlookup", "builtins\nglobals",
])
@pytest.mark.parametrize("opcodes", [b"\x80\x02c%b\n.", b"\x80\x04\x8c%b\x8c%b\x93."])
def test_names_beside_the_known_ones_are_refused(name, opcodes):
    module, attribute = (part.encode() for part in name.split("\n"))
    if opcodes.count(b"%b") == 1:
        content = opcodes % name.encode()
    else:
        content = opcodes % (bytes([len(module)]) + module, bytes([len(attribute)]) + attribute)
    with pytest.raises(BatchError, match="which no batch needs"):
        read_batch(content)


def test_a_pickle_cannot_alter_the_reader():
    before = {name: (function.__code__, function.__defaults__) for name, function in _STAND_INS.items()}
    for module, name in _STAND_INS:
        state = b"N}(X\x0c\x00\x00\x00__defaults__Nu\x86b"  # (None, {"__defaults__": None}) sets attributes
        with pytest.raises(BatchError):
            read_batch(b"\x80\x02c" + f"{module}\n{name}\n".encode() + state + b".")
    assert before == {name: (function.__code__, function.__defaults__) for name, function in _STAND_INS.items()}


@pytest.mark.parametrize("content, says", [
    (b"", "damaged"),
    (b"\x89PNG\r\n", "damaged"),
    (pickle.dumps([1]), "not a dictionary"),
    (pickle.dumps({}), "no array"),
    (b"\x80\x02" + text(b"1") + b"Q.", "damaged"),
    (b"\x80\x02(K\x01lr\xff\xff\xff\xff.", "not a dictionary"),
    (pickle.dumps({b"data": b"x" * 30_720_000, b"labels": LABELS}), "no array"),
    (batch(DATA[:9999], LABELS), "10000 x 3072"),
    (batch(DATA.reshape(10_000, 3, 32, 32), LABELS), "10000 x 3072"),
    (batch(DATA.view(np.int8), LABELS), "not of bytes"),
    (batch(np.zeros(3, object), LABELS), "not of bytes"),
    (batch(np.asfortranarray(DATA), LABELS, protocol=2), "row by row"),
    (python2_batch(DATA, LABELS, dtype=b"O8"), "not of bytes"),
    (batch(DATA, LABELS[:-1]), "list of 10000"),
    (batch(DATA, [10, *LABELS[1:]]), "0 to 9"),
    (batch(DATA, [-1, *LABELS[1:]]), "0 to 9"),
    (pickle.dumps({b"data": DATA, b"labels": [True, *LABELS[1:]]}), "0 to 9"),
    (pickle.dumps({b"data": DATA, b"labels": [1.0, *LABELS[1:]]}), "0 to 9"),
    (pickle.dumps({b"data": DATA, b"fine_labels": LABELS}), "labels"),
])
def test_what_is_no_batch_is_said_in_words(content, says):
    with pytest.raises(BatchError, match=says):
        read_batch(content)


CONTENT = python2_batch(DATA, LABELS)


@given(st.one_of(st.integers(0, 400), st.integers(0, len(CONTENT) - 1)))
@settings(max_examples=40)
def test_a_file_cut_short_is_refused(length):
    with pytest.raises(BatchError):
        read_batch(CONTENT[:length])


def test_a_few_bytes_claim_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memo, bytes4, bytes8 = b"Nr" + struct.pack("<I", 1 << 28), b"B" + struct.pack("<I", 1 << 31), b"\x8e" + b"\x7f" * 8
    for claim in (memo, bytes4, bytes8):
        with pytest.raises(BatchError):
            read_batch(b"\x80\x04" + claim + b".")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused_in_words(content):
    with pytest.raises(BatchError):
        read_batch(content)
