"""What cells showed, as harmless data: text without control characters, and pictures encoded anew."""

from __future__ import annotations

import base64
import io
import re

import numpy as np

MAX_TEXT = 64 << 10
MAX_PICTURES = 8
MAX_PICTURE_BYTES = 200 << 10
MAX_SIDE = 1600
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]|"
                      "[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ufeff]")


def clean(text: str) -> str:
    """`text` without terminal escapes, control characters and characters that reorder others."""
    text = text.encode("utf-8", "replace").decode()
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}\n... the rest is not kept ..."
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def pictures_and_text(shown: list) -> tuple[dict, ...]:
    """What a cell displayed, as `{"text": ...}` and `{"png": base64}`; what is neither is left out."""
    result, pictures, room = [], 0, MAX_TEXT
    for item in shown:
        if type(item) is str:
            text = clean(item)[:room]
            room -= len(text)
            result += [{"text": text}] if text else []
        elif _is_picture(item) and pictures < MAX_PICTURES:
            pictures += 1
            result.append({"png": base64.b64encode(_png(item)).decode()})
    return tuple(result)


def _is_picture(item) -> bool:
    return (type(item) is np.ndarray and item.dtype == np.uint8 and item.ndim == 3 and item.shape[2] == 4
            and 0 < min(item.shape[:2]) and max(item.shape[:2]) <= 4 * MAX_SIDE)


def _png(pixels: np.ndarray) -> bytes:
    """A PNG of at most `MAX_PICTURE_BYTES`: made smaller until it fits."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    while True:
        stream = io.BytesIO()
        image.save(stream, "PNG")
        if stream.tell() <= MAX_PICTURE_BYTES:
            return stream.getvalue()
        image = image.resize((max(image.width // 2, 1), max(image.height // 2, 1)))
