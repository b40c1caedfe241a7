"""The first step: what a student handed in, read without trusting it.

Regular files only, whatever their names say; no link is followed, nothing is unpacked to disk, nothing is executed.
`read` returns a `HandIn` for every folder, also for an empty one.
"""

from __future__ import annotations

import base64
import errno
import io
import json
import os
import stat
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 50 << 20
MAX_ENTRIES = 200
MAX_LEVELS = 3
IGNORED = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git"}


@dataclass(frozen=True)
class HandIn:
    """The bytes of one student's notebook, or `None` with the reason in `notes`; `missing` if nothing was there."""

    student: str
    notebook: bytes | None
    notes: tuple[str, ...] = ()
    timestamp: datetime | None = None
    missing: bool = False

    def noting(self, *notes: str) -> HandIn:
        return replace(self, notes=(*self.notes, *notes))

    def to_bytes(self) -> bytes:
        """What judging it needs, as JSON; times do not count."""
        notebook = None if self.notebook is None else base64.b64encode(self.notebook).decode()
        return json.dumps([self.student, notebook, self.notes, self.missing]).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> HandIn:
        student, notebook, notes, missing = json.loads(data)
        return cls(student, None if notebook is None else base64.b64decode(notebook), tuple(notes), missing=missing)


class _Refused(Exception):
    """The file is not to be read; the text says why."""


def read(folder: Path, student: str, assignment: str) -> HandIn:
    """Find the one notebook in `folder` (`submitted/STUDENT/ASSIGNMENT`)."""
    empty = HandIn(student, None)
    try:
        names, notes = _regular_files(folder)
    except _Refused as refusal:
        return empty.noting(str(refusal))
    notebooks = [name for name in names if name.lower().endswith(".ipynb")]
    if not notebooks:
        notebooks = [name for name in names if ".ipynb" in name.lower() and not name.lower().endswith(".zip")]
    chosen = _choose(notebooks, f"{assignment}.ipynb")
    if chosen is None:
        archives = [name for name in names if zipfile.is_zipfile(io.BytesIO(_try(folder, name) or b""))]
        if not notebooks and len(archives) == 1:
            return _from_archive(_try(folder, archives[0]), assignment, empty.noting(*notes))
        return replace(empty, missing=not names).noting(*notes, _none_or_many(notebooks, names))
    notes += [] if chosen == f"{assignment}.ipynb" else [f"the notebook was found as {chosen}"]
    if len(notebooks) > 1:
        notes.append(f"of {len(notebooks)} notebooks, {chosen} counts")
    try:
        return replace(empty, notebook=_bytes(folder, chosen)).noting(*notes)
    except _Refused as refusal:
        return empty.noting(*notes, str(refusal))


def _choose(names: list[str], wanted: str) -> str | None:
    if wanted in names:
        return wanted
    return names[0] if len(names) == 1 else None


def _none_or_many(notebooks: list[str], names: list[str]) -> str:
    if notebooks:
        return f"there are {len(notebooks)} notebooks and none has the assignment's name"
    return "there is no notebook among what was handed in" if names else "nothing was handed in"


def _regular_files(folder: Path) -> tuple[list[str], list[str]]:
    """Relative names of the regular files below `folder`, and notes about what else lies there."""
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise _Refused("the hand-in is not a folder")
    except FileNotFoundError:
        return [], []
    names, notes, seen, waiting = [], [], 0, [("", 0)]
    while waiting:
        prefix, level = waiting.pop(0)
        with os.scandir(folder / prefix) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                seen += 1
                if seen > MAX_ENTRIES:
                    raise _Refused(f"there are more than {MAX_ENTRIES} files")
                name = prefix + entry.name
                if entry.is_symlink():
                    notes.append(f"{shown(name)} is a link and was not followed")
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name not in IGNORED and level < MAX_LEVELS:
                        waiting.append((name + "/", level + 1))
                elif entry.is_file(follow_symlinks=False):
                    names.append(name)
                else:
                    notes.append(f"{shown(name)} is not a regular file")
    return names, notes


def opened(folder: Path, name: str) -> BinaryIO:
    """A regular file, open; every part of its path is opened without following links. Raises `OSError`."""
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        *parents, last = name.split("/")
        for parent in parents:
            inner = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = inner
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    finally:
        os.close(directory)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return open(file, "rb")


def _bytes(folder: Path, name: str) -> bytes:
    try:
        with opened(folder, name) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Refused(f"{shown(name)} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise _Refused(f"{shown(name)} is larger than {MAX_BYTES >> 20} MB")
    return data


def _try(folder: Path, name: str) -> bytes | None:
    try:
        return _bytes(folder, name)
    except _Refused:
        return None


def _from_archive(data: bytes, assignment: str, empty: HandIn) -> HandIn:
    """The one notebook inside a zip; archives inside it stay closed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                return empty.noting(f"the archive has more than {MAX_ENTRIES} entries")
            names = [entry.filename for entry in entries
                     if entry.filename.lower().endswith(".ipynb") and not set(entry.filename.split("/")) & IGNORED]
            exact = [name for name in names if name.rpartition("/")[2] == f"{assignment}.ipynb"]
            chosen = exact[0] if len(exact) == 1 else _choose(names, "")
            if chosen is None:
                return empty.noting(f"the archive holds {len(names) or 'no'} notebooks instead of one")
            with archive.open(chosen) as stream:
                notebook = stream.read(MAX_BYTES + 1)
    except Exception as error:
        return empty.noting(f"the archive cannot be read: {type(error).__name__}")
    if len(notebook) > MAX_BYTES:
        return empty.noting(f"the notebook in the archive is larger than {MAX_BYTES >> 20} MB")
    return replace(empty, notebook=notebook).noting(f"the notebook was found in an archive as {shown(chosen)}")


def shown(name: str) -> str:
    return ascii(name)[1:-1][:80]
