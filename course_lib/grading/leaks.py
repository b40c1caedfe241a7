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
from collections.abc import Iterator
from pathlib import Path

_PASSAGE = 60  # characters that say more than a turn of phrase that anybody might use
_SHORTEST = 20  # of a secret that is shorter altogether
_DEEPEST = 4  # archives within archives
_TAG = re.compile(r"<[^>]*>")


class Secrets:
    """Passages that are secret, each with the assignment that it belongs to; `releases` are notebooks that are not."""

    def __init__(self, releases):
        self._released = _squeezed("\n".join(cell.source for release in releases for cell in release.cells))
        self._passages: dict[str, str] = {}
        self._single: set[str] = set()

    def __len__(self) -> int:
        return len(self._passages)

    def add(self, name: str, source, blank):
        """Take what the notebook `source` says, and neither its `blank` nor any of the releases."""
        shown = self._released + _squeezed("\n".join(cell.source for cell in blank.cells))
        for cell in source.cells:
            lines = [line for line in map(_squeezed, cell.source.split("\n")) if line and line not in shown]
            self._passages |= dict.fromkeys(_passages(lines), name)
            self._single.update(lines)

    def told_in(self, folder: Path, library: Path | None = None) -> list[tuple[str, str, str]]:
        """Where files below `folder` tell a secret: (file, assignment, what is told).

        A passage of a single line that `library`, the public package, says as well is no secret.
        """
        public = "".join(_squeezed(path.read_text(encoding="utf-8")) for path in sorted(library.rglob("*.py"))) \
            if library else ""
        heads: dict[str, list[str]] = {}
        for passage in self._passages:
            if passage not in self._single or passage not in public:
                heads.setdefault(passage[:_SHORTEST], []).append(passage)
        return sorted({(place, self._passages[passage], passage) for place, data in documents(folder)
                       for text in _readings(data) for passage in _found(text, heads)})


def _passages(lines: list[str]) -> Iterator[str]:
    """From each line on, as many as make a passage; all of them where they are few."""
    whole = "".join(lines)
    if _SHORTEST <= len(whole) < _PASSAGE:
        yield whole
    for start in range(len(lines)):
        passage = ""
        for line in lines[start:]:
            passage += line
            if len(passage) >= _PASSAGE:
                yield passage
                break


def _found(text: str, heads: dict[str, list[str]]) -> Iterator[str]:
    """The passages in a text, in one pass over it; `heads` lists them by their first characters."""
    for start in range(len(text) - _SHORTEST + 1):
        for passage in heads.get(text[start : start + _SHORTEST], ()):
            if text.startswith(passage, start):
                yield passage


def documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder` and everything packed in one, git's objects included."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(folder).parts:
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
