"""Hand-ins as learning platforms and nbgrader give them out: an archive or a folder, taken apart into uploads.

Who handed something in is read from the left end of a name, where the platform wrote it, by a pattern that must fit
from its first character on. The rest of the name is the student's and is never searched.

    Canvas      doejane_4711_90210_pooling.ipynb            name, [LATE,] user, attachment, file
    Moodle      Jane Doe_4711_assignsubmission_file/...     name, participant, plugin; before 4.1 with `_` at the end
    Gradescope  assignment_1_export/submission_2/...        and who that is, in submission_metadata.yml
    nbgrader    jane+pooling+2026-01-31 12:00:00 UTC+.../   user, assignment, time
    folders     jane/... or jane/pooling/...                student, [assignment,] files

Sources: Canvas `lib/content_zipper.rb`, Moodle `mod/assign/locallib.php` and `feedback/file/importziplib.php`,
Gradescope's export, nbgrader's `exchange/default/submit.py`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import yaml

from . import guard
from .course import CourseError

_CANVAS = re.compile(r"(?P<name>[^_/]+)_(?:(?P<late>late)_)?(?P<who>[0-9]+)_(?P<attachment>[0-9]+)_(?P<file>[^/]+)",
                     re.IGNORECASE)
_MOODLE = re.compile(r"(?P<name>[^_/]*)_(?P<who>[0-9]+)_assignsubmission_file(?:_(?P<file>.*))?")
_EXCHANGE = re.compile(r"(?P<who>[^+/]+)\+(?P<assignment>[^+/]+)\+(?P<when>[0-9-]{10} [0-9:]{8}[^+/]*)(?:\+.*)?")
_METADATA = "submission_metadata.yml"
_MAX_METADATA = 64 << 20


@dataclass(frozen=True)
class Entry:
    """A regular file in an archive or a folder."""

    parts: tuple[str, ...]
    open: Callable[[], BinaryIO] = field(repr=False)


@dataclass(frozen=True)
class Upload:
    """What somebody handed in at one time. `who` is the platform's id, the greatest `key` is the newest."""

    platform: str
    who: str
    label: str
    files: tuple[tuple[str, Entry], ...] = field(repr=False)
    key: tuple = ()
    when: datetime | None = None
    late: bool = False
    others: tuple[str, ...] = ()  # further ids that the platform gives for this person


@contextlib.contextmanager
def opened(source: Path) -> Iterator[tuple[list[Entry], list[str]]]:
    """The regular files in a zip archive or a folder, and notes about what else is there and is left alone.

    Raises `CourseError` if it is neither.
    """
    if source.is_dir():
        yield _in_folder(source)
        return
    try:
        archive = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(f"{source} is neither a folder nor a zip archive of hand-ins: {error}.") from None
    with archive:
        yield _in_zip(archive)


def uploads(entries: list[Entry], assignment: str) -> tuple[list[Upload], list[str]]:
    """What was handed in, and notes about files that are nobody's. All entries are of the same platform."""
    entries = _without_wrapper(entries)
    if any(entry.parts == (_METADATA,) for entry in entries):
        return _gradescope(entries)
    readings = [[(entry, reader(entry, assignment)) for entry in entries] for reader in (_moodle, _canvas, _exchange)]
    found = max(readings, key=lambda one: sum(upload is not None for _, upload in one))
    if not any(upload for _, upload in found):
        found = [(entry, _plain(entry, assignment)) for entry in entries]
    merged: dict[tuple, Upload] = {}
    for _, upload in found:
        if upload is not None:
            before = merged.get((upload.who, upload.key))
            files = upload.files if before is None else (*before.files, *upload.files)
            merged[upload.who, upload.key] = Upload(**{**vars(upload), "files": files})
    return list(merged.values()), [f"{guard.shown('/'.join(entry.parts))} is nobody's hand-in and is left alone"
                                   for entry, upload in found if upload is None]


def newest(found: list[Upload]) -> tuple[Upload, list[str]]:
    """Of one student's uploads the one that counts, and what to say about it."""
    last = max(found, key=lambda one: one.key)
    times = sum(bool(one.key) for one in found)
    return last, [f"handed in {times} times; the newest counts, {guard.shown(last.label)}"] if times > 1 else []


def _in_folder(source: Path) -> tuple[list[Entry], list[str]]:
    entries, notes = [], []
    for folder, folders, files in os.walk(source):
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            relative = str(path.relative_to(source))
            if stat.S_ISREG(mode):
                entries.append(Entry(path.relative_to(source).parts, lambda name=relative: guard.opened(source, name)))
            elif not stat.S_ISDIR(mode):
                notes.append(f"{guard.shown(relative)} is a link or no regular file and is left alone")
        folders[:] = sorted(name for name in folders if name not in guard.IGNORED)
    return entries, notes


def _in_zip(archive: zipfile.ZipFile) -> tuple[list[Entry], list[str]]:
    entries, notes = [], []
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        parts = tuple(info.filename.split("/"))
        if info.is_dir():
            continue
        if kind not in (0, stat.S_IFREG):
            notes.append(f"{guard.shown(info.filename)} is a link or no regular file and is left alone")
        elif set(parts) & {"", ".", ".."} or re.search(r"[\\\0]|^[A-Za-z]:", info.filename):
            notes.append(f"{guard.shown(info.filename)} does not stay inside the archive and is left alone")
        elif not set(parts) & guard.IGNORED:
            entries.append(Entry(parts, lambda info=info: archive.open(info)))
    return entries, notes


def _without_wrapper(entries: list[Entry]) -> list[Entry]:
    """Without the one folder around everything that Gradescope and file managers make."""
    tops = {entry.parts[0] for entry in entries}
    if len(tops) != 1 or any(len(entry.parts) == 1 for entry in entries):
        return entries
    (top,) = tops
    inside = [Entry(entry.parts[1:], entry.open) for entry in entries]
    known = _MOODLE.fullmatch(top) or _EXCHANGE.fullmatch(top)
    nested = any(len(entry.parts) > 1 for entry in inside) or any(_CANVAS.fullmatch(one.parts[0]) for one in inside)
    return entries if known or not nested else inside


def _canvas(entry: Entry, assignment: str) -> Upload | None:
    match = _CANVAS.fullmatch(entry.parts[0]) if len(entry.parts) == 1 else None
    if match is None or match["name"].lower() == "anon":  # anonymous grading: the number is not a user's
        return None
    # Attachments are numbered as they come in, and those of a later attempt are renamed: pooling-1.ipynb.
    file = re.sub(r"-[0-9]+(?=[.]ipynb$)", "", match["file"])
    attempt = (int(match["attachment"]),) if re.search(r"[.]ipynb|[.]zip$", file, re.IGNORECASE) else ()
    return Upload("canvas", match["who"], entry.parts[0], ((file, entry),), attempt, late=bool(match["late"]))


def _moodle(entry: Entry, assignment: str) -> Upload | None:
    match = _MOODLE.fullmatch(entry.parts[0])
    if match is None or (len(entry.parts) == 1 and not match["file"]):
        return None
    inner = "/".join(entry.parts[1:]) or match["file"]
    return Upload("moodle", match["who"], entry.parts[0], ((inner, entry),))


def _exchange(entry: Entry, assignment: str) -> Upload | None:
    match = _EXCHANGE.fullmatch(entry.parts[0]) if len(entry.parts) > 1 else None
    if match is None or match["assignment"] != assignment:
        return None
    when = _utc(match["when"].removesuffix(" UTC"))
    return when and Upload("nbgrader", match["who"], entry.parts[0], (("/".join(entry.parts[1:]), entry),),
                           (when, entry.parts[0]), when)


def _plain(entry: Entry, assignment: str) -> Upload | None:
    if len(entry.parts) < 2:
        return None
    who, *inner = entry.parts
    if len(inner) > 1 and inner[0] == assignment:
        inner = inner[1:]
    return Upload("folders", who, who, (("/".join(inner), entry),))


def _gradescope(entries: list[Entry]) -> tuple[list[Upload], list[str]]:
    """A group's submission is that of each of its members."""
    (metadata,) = (entry for entry in entries if entry.parts == (_METADATA,))
    with metadata.open() as stream:
        text = stream.read(_MAX_METADATA + 1)
    try:
        if len(text) > _MAX_METADATA:
            raise ValueError("it is too large")
        table = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        people = {str(name): (row[":submitters"], row.get(":created_at")) for name, row in table.items()}
    except (yaml.YAMLError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise CourseError(f"{_METADATA} cannot be read: {str(error).splitlines()[0]}.") from None
    found: list[Upload] = []
    files: dict[str, list] = {}
    for entry in entries:
        if len(entry.parts) > 1:
            files.setdefault(entry.parts[0], []).append(("/".join(entry.parts[1:]), entry))
    for folder, (submitters, created) in people.items():
        when = _utc(created)
        for one in submitters:
            ids = [str(one[key]) for key in (":sid", ":email") if one.get(key)]
            if ids:
                found.append(Upload("gradescope", ids[0], folder, tuple(files.get(folder, ())),
                                    (when or datetime.min, folder), when, others=tuple(ids[1:])))
    return found, [f"{guard.shown(name)} is nobody's hand-in and is left alone"
                   for name in sorted(set(files) - set(people))]


def _utc(value) -> datetime | None:
    """A time as nbgrader keeps it: UTC, without saying so."""
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
