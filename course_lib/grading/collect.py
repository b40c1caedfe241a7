"""The second step: hand-ins as nbgrader may touch them: one folder, one notebook, times that are not the student's.

What was handed in is kept, untouched, in `.course/originals/`; what was made of it stands in `submitted/`, and a
record in `.course/collected/` says so. A folder that still matches its record is not collected again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from nbformat import v4
from nbgrader.utils import parse_utc

from . import guard
from .course import Course, CourseError
from .guard import HandIn
from .rebuild import Found, Unreadable, read_cells

TIMESTAMP = "timestamp.txt"


def collect_all(course: Course, name: str, *, believe_timestamps: bool = False) -> list[HandIn]:
    """Collect what lies in `submitted/`, in place."""
    return [collect(course, name, student, believe_timestamps=believe_timestamps) for student in course.students(name)]


def bring(course: Course, name: str, source: Path) -> list[HandIn]:
    """Copy hand-ins from a folder of the form `STUDENT/...` into `submitted/` and collect them.

    Raises `CourseError` if `source` is no folder.
    """
    if not source.is_dir():
        raise CourseError(f"{source} is not a folder of hand-ins (STUDENT/{name}.ipynb).")
    brought = []
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
            continue
        folder = Path(entry.path)
        inner = folder / name
        hand_in = guard.read(inner if inner.is_dir() and not inner.is_symlink() else folder, entry.name, name)
        _keep_original(course, name, entry.name)
        brought.append(_put(course, name, hand_in))
    return brought


def collect(course: Course, name: str, student: str, *, believe_timestamps: bool = False) -> HandIn:
    """Collect one hand-in from `submitted/`, unless that was done and nothing has changed since."""
    known = _recorded(course, name, student)
    if known is not None:
        return known
    hand_in = read(course, name, student, believe_timestamps=believe_timestamps)
    _keep_original(course, name, student)
    return _put(course, name, hand_in)


def read(course: Course, name: str, student: str, *, believe_timestamps: bool = False) -> HandIn:
    """A hand-in, whether it was collected or simply lies there. Changes nothing."""
    known = _recorded(course, name, student)
    if known is not None:
        return known
    folder = course.folder("submitted", name, student)
    hand_in = guard.read(folder, student, name)
    if os.path.lexists(folder / TIMESTAMP):
        timestamp = _timestamp(folder) if believe_timestamps else None
        if timestamp is None:
            return hand_in.noting("its timestamp.txt was not believed")
        return replace(hand_in, timestamp=timestamp)
    return hand_in


def _put(course: Course, name: str, hand_in: HandIn) -> HandIn:
    """Write the clean folder and its record."""
    content, hand_in = _clean(course, name, hand_in)
    folder = course.folder("submitted", name, hand_in.student)
    folder.mkdir(parents=True)
    (folder / f"{name}.ipynb").write_bytes(content)
    if hand_in.timestamp is not None:
        (folder / TIMESTAMP).write_text(f"{hand_in.timestamp.isoformat(' ')} UTC\n")
    record = {"digest": _digest(folder), "notes": hand_in.notes, "readable": hand_in.notebook is not None,
              "missing": hand_in.missing, "timestamp": hand_in.timestamp and hand_in.timestamp.isoformat()}
    path = _record(course, name, hand_in.student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1))
    return _recorded(course, name, hand_in.student)


def _clean(course: Course, name: str, hand_in: HandIn) -> tuple[bytes, HandIn]:
    """The bytes to keep in `submitted/`: the hand-in's cells and no more, or the blank release."""
    if hand_in.notebook is not None:
        try:
            cells, notes = read_cells(hand_in.notebook)
            return _notebook(cells), hand_in.noting(*notes)
        except Unreadable as error:
            hand_in = replace(hand_in, notebook=None).noting(f"the notebook cannot be read: {error}")
    return course.notebook("release", name).read_bytes(), hand_in


def _notebook(cells: list[Found]) -> bytes:
    made, seen = [], set()
    for found in cells:
        cell = (v4.new_code_cell if found.cell_type == "code" else v4.new_markdown_cell)(found.source)
        cell.metadata["nbgrader"] = {"grade_id": found.grade_id} if found.grade_id else {}
        if found.cell_id and found.cell_id not in seen and found.cell_id.isascii() and len(found.cell_id) <= 64:
            cell["id"] = found.cell_id
        seen.add(cell["id"])
        made.append(cell)
    return json.dumps(v4.new_notebook(cells=made), indent=1).encode()


def _recorded(course: Course, name: str, student: str) -> HandIn | None:
    """The hand-in of a folder that is as `collect` left it."""
    folder = course.folder("submitted", name, student)
    try:
        record = json.loads(_record(course, name, student).read_text())
        if folder.is_symlink() or record["digest"] != _digest(folder):
            return None
        notebook = (folder / f"{name}.ipynb").read_bytes() if record["readable"] else None
    except (OSError, ValueError, KeyError):
        return None
    when = record["timestamp"] and datetime.fromisoformat(record["timestamp"])
    return HandIn(student, notebook, tuple(record["notes"]), when, record["missing"])


def _digest(folder: Path) -> str:
    """Of the names and contents in a folder; links and folders in it make it differ from any that was collected."""
    digest = hashlib.sha256()
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        content = Path(entry.path).read_bytes() if entry.is_file(follow_symlinks=False) else b"\0not a file"
        digest.update(json.dumps([entry.name, len(content)]).encode() + content)
    return digest.hexdigest()


def _keep_original(course: Course, name: str, student: str):
    folder = course.folder("submitted", name, student)
    if not os.path.lexists(folder):
        return
    if _recorded(course, name, student) is not None:
        shutil.rmtree(folder)
        return
    kept = course.private / "originals" / name / student
    kept.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in kept.iterdir()) + 1
    os.rename(folder, kept / str(number))


def _record(course: Course, name: str, student: str) -> Path:
    return course.private / "collected" / name / f"{student}.json"


def _timestamp(folder: Path) -> datetime | None:
    data = guard._try(folder, TIMESTAMP)
    try:
        return data and parse_utc(data.decode("ascii").strip()[:64])
    except (ValueError, OverflowError, UnicodeDecodeError):
        return None
