"""Batch files written by hand, as Python 2 wrote the originals, and as any Python writes them today."""

import pickle
import struct

import numpy as np


def text(value: bytes) -> bytes:
    return b"U" + bytes([len(value)]) + value


def python2_batch(data: np.ndarray, labels: list[int], *, dtype: bytes = b"u1", more: bytes = b"") -> bytes:
    """The pickle of protocol 2 that Python 2 and NumPy 1 made of a batch, opcode by opcode."""
    rows, columns = data.shape
    shape = b"M" + struct.pack("<H", rows) + b"M" + struct.pack("<H", columns) + b"\x86"
    minus_one = b"J\xff\xff\xff\xff"
    number = (
        b"cnumpy\ndtype\n" + text(dtype) + b"K\x00K\x01\x87R(K\x03" + text(b"|") + b"NNN" + 2 * minus_one
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R(K\x01" + shape
        + number + b"K\x00tb\x89T" + struct.pack("<i", data.nbytes) + data.tobytes() + b"tb"
    )
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}(" + text(b"batch_label") + text(b"training batch 1 of 5") + text(b"labels") + listed
        + text(b"data") + array + text(b"filenames") + b"](" + text(b"leptodactylus_pentadactylus_s_000004.png")
        + b"e" + more + b"u."
    )


def batch(data: np.ndarray, labels, *, protocol: int = pickle.HIGHEST_PROTOCOL, **more) -> bytes:
    return pickle.dumps({b"data": data, b"labels": list(map(int, labels)), **more}, protocol=protocol)
