"""What no student may see of the assignments, and where a folder tells it.

Secret is what an assignment's source says and no release does: solutions, hidden tests, model answers. (A later
assignment may hand out as a helper what an earlier one asked for.) Lines are compared without their spaces, in every
form in which a file may hold text: as it is, as JSON, as HTML, packed in archives, and in the history of a git
repository.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

_TELLING = 20  # characters: shorter lines, such as `return y`, tell nothing
_DEEPEST = 4  # archives within archives
_IMPORT = re.compile(r"(?:from[\w.]+)?import")
_TAG = re.compile(r"<[^>]*>")


class Secrets:
    """Lines that are secret, each with the assignment that it belongs to; `releases` are the notebooks that are not."""

    def __init__(self, releases):
        self._released = _squeezed("\n".join(cell.source for release in releases for cell in release.cells))
        self._lines: dict[str, str] = {}
        self._pairs: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, name: str, source):
        """Take what the notebook `source` says and the releases do not."""
        for cell in source.cells:
            lines = [line for line in map(_squeezed, cell.source.split("\n")) if line and line not in self._released]
            self._lines |= {line: name for line in lines if len(line) >= _TELLING and not _IMPORT.match(line)}
            for first, second in zip(lines, lines[1:]):
                if len(first + second) >= 2 * _TELLING and not _IMPORT.match(first):
                    self._pairs[first + second] = name

    def told_in(self, folder: Path, library: Path | None = None) -> list[tuple[str, str, str]]:
        """Where files below `folder` tell a secret: (file, assignment, what is told).

        A single line that `library`, the public package, says as well is no secret; two in a row are.
        """
        public = "".join(_squeezed(path.read_text(encoding="utf-8")) for path in sorted(library.rglob("*.py"))) \
            if library else ""
        lines = {line: name for line, name in self._lines.items() if line not in public}
        told = []
        for place, data in documents(folder):
            for text in _readings(data):
                told += [(place, name, secret) for known in (lines, self._pairs) for secret, name in known.items()
                         if secret in text]
        return sorted(set(told))


def documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder` and everything packed in one, git's objects included."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _unpacked(str(path.relative_to(folder)), path.read_bytes(), 0)
    for repository in sorted(folder.rglob(".git")):
        yield f"history of {repository.parent.relative_to(folder)}", _history(repository)


def _unpacked(place: str, data: bytes, level: int) -> Iterator[tuple[str, bytes]]:
    yield place, data
    if level < _DEEPEST:
        for name, content in _members(data):
            yield from _unpacked(f"{place}: {name}", content, level + 1)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from ((one.filename, archive.read(one)) for one in archive.infolist() if not one.is_dir())
    elif data[:2] == b"\x1f\x8b":
        yield "unpacked", gzip.decompress(data)
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            yield from ((one.name, archive.extractfile(one).read()) for one in archive if one.isfile())
    elif data[:1] == b"\x78":  # zlib, as git keeps its loose objects
        try:
            yield "unpacked", zlib.decompress(data)
        except zlib.error:
            return


def _history(repository: Path) -> bytes:
    """All that a git repository holds, whatever refers to it."""
    done = subprocess.run(["git", "-C", str(repository.parent), "cat-file", "--batch-all-objects", "--batch"],
                          capture_output=True, check=True)
    return done.stdout


def _readings(data: bytes) -> Iterator[str]:
    """The texts that a file may stand for, without spaces."""
    text = data.decode("utf-8", "replace")
    yield _squeezed(text)
    if "\\n" in text or '\\"' in text:
        yield _squeezed("".join(_strings(text)))
    if "<" in text:
        yield _squeezed(html.unescape(_TAG.sub("", text)))


def _strings(text: str) -> list[str]:
    """All strings of a JSON document, in order; none if it is something else."""
    found = []

    def walk(value):
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                walk(one)

    try:
        walk(json.loads(text))
    except (ValueError, RecursionError):
        pass
    return found


def _squeezed(text: str) -> str:
    return "".join(text.split())
