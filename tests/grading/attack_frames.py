"""Cells that make the process in the sandbox answer with frames of their own."""

_FORGED = """
import sys, struct, json
def whole(body, *buffers, sizes=None):
    header = json.dumps({"body": body, "sizes": sizes or [len(b) for b in buffers]}).encode()
    return bare(header, *buffers)
def bare(header, *buffers):
    return struct.pack(">IQ", len(header), sum(map(len, buffers))) + header + b"".join(buffers)
def npy(descr, shape, data=b""):
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b" \\n"
    return b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(text)) + text + data
class Code:
    def __init__(self, text="__import__('os').system('true')"): self.text = text
    def __repr__(self): return self.text
def answer(value):
    return ["dict", ["value", value], ["changed", ["list"]]]
frame = sys._getframe()
while frame:
    if "Server" in frame.f_globals:
        frame.f_globals["Server"].call = lambda self, message: FRAME
    frame = frame.f_back
"""
_FRAMES = {
    "of_a_terabyte": 'struct.pack(">IQ", 10, 1 << 40) + b"x" * 10',
    "with_a_header_of_4_gigabytes": 'struct.pack(">IQ", 0xFFFFFFFF, 0)',
    "cut_short": 'struct.pack(">IQ", 100, 0) + b"{}"',
    "of_random_bytes": "bytes(range(256)) * 100",
    "with_a_pickle": """whole(answer(["array", 0]), npy("|O", (1,), b"cos\\nsystem\\n(S'true'\\ntR."))""",
    "with_a_lying_shape": 'whole(answer(["array", 0]), npy("<f8", (1 << 40,), b"12345678"))',
    "with_a_negative_shape": 'whole(answer(["array", 0]), npy("<f8", (-1,), b"12345678"))',
    "with_an_empty_giant": 'whole(answer(["array", 0]), npy("<f8", (0, 1 << 62, 1 << 62)))',
    "with_a_structure": 'whole(answer(["array", 0]), npy([("a", "<f8")], (1,), b"12345678"))',
    "with_a_buffer_twice": 'whole(answer(["list"] + [["array", 0]] * 9), npy("<f8", (1,), b"12345678"))',
    "with_wrong_sizes": 'whole(answer(["array", 0]), npy("<f8", (1,), b"12345678"), sizes=[5])',
    "with_a_negative_size": 'whole(answer(["array", 0]), b"12345678", sizes=[-8, 16])',
    "nested_deeply": """bare(b'{"sizes": [], "body": ' + b"[" * 100000 + b"]" * 100000 + b"}")""",
    "nested_a_little_deeply": """bare(b'{"sizes": [], "body": ' + b'["list",' * 99 + b"0" + b"]" * 99 + b"}")""",
    "with_a_key_twice": """bare(b'{"body": 1, "body": 2, "sizes": []}')""",
    "that_is_not_finite": """bare(b'{"body": NaN, "sizes": []}')""",
    "with_an_infinite_number": """bare(b'{"body": 1e999, "sizes": []}')""",
    "with_a_huge_integer": """bare(b'{"body": ' + b"9" * 100000 + b', "sizes": []}')""",
    "with_text": 'whole(answer(["array", 0]), npy("<U1", (1,), b"1234"))',
    "with_a_giant_void": 'whole(answer(["array", 0]), npy("|V1000000000", (1,)))',
    "with_a_giant_text": 'whole(answer(["array", 0]), npy("<U500000000", (0,)))',
    "with_a_subarray": 'whole(answer(["array", 0]), npy("(1000000,)f8", (0,)))',
    "with_dates": 'whole(answer(["array", 0]), npy("<M8[s]", (1,), b"12345678"))',
    "with_a_dtype_of_offsets": """whole(answer(["array", 0]), npy({"names": ["a"], "formats": ["<f8"], "offsets": [1 << 40]}, (1,)))""",
    "with_a_header_of_code": 'whole(answer(["array", 0]), npy(Code(), (1,), b"12345678"))',
    "with_a_header_of_brackets": 'whole(answer(["array", 0]), npy(Code("[" * 20000 + "]" * 20000), (1,)))',
    "with_a_shape_of_booleans": 'whole(answer(["array", 0]), npy("<f8", (True, True), b"12345678"))',
    "of_another_version": 'whole(answer(["array", 0]), b"\\x93NUMPY\\x03\\x00" + b"\\xff" * 4 + b"x" * 99)',
    "with_a_scalar_that_has_a_shape": 'whole(answer(["scalar", 0]), npy("<f8", (2,), b"1234567812345678"))',
    "with_not_a_number_of_a_kind": 'whole(answer(["array", 0]), npy("<f8", (2,), b"\\xff" * 16))',
    "with_a_million_buffers": 'whole(answer(["list"]), *[b""] * (1 << 20))',
    "with_a_million_lists": 'whole(answer(["list"] + [["list"]] * 400000))',
    "with_a_key_that_is_a_list": 'whole(["dict", [["list"], 1]])',
    "with_a_key_that_is_not_a_number": 'whole(["dict"] + [[["float", "nan"], 1]] * 9)',
    "with_half_a_character": 'whole(answer("\\ud800"))',
    "with_a_number_like_a_text": 'whole(answer(["float", "0x1p4"]))',
    "twice": 'whole(answer(True)) * 2',
    "with_a_handle": 'whole(answer(["handle", 0, "ndarray"]))',
    "with_a_reference": 'whole(answer(["ref", "secret" + "_oracle"]))',
}
BEFORE = {f"frame_{name}": _FORGED.replace("FRAME", frame) for name, frame in _FRAMES.items()}
