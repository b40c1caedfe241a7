"""The second step: hand-ins as nbgrader may touch them: one folder, one notebook, times that are not the student's.

What was handed in is kept, untouched, in `.course/originals/`; what was made of it stands in `submitted/`, and a
record in `.course/collected/` says so. A folder that still matches its record is not collected again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbformat import v4
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from . import archives, guard, roster
from .archives import Upload
from .course import Course, CourseError
from .guard import HandIn
from .rebuild import Found, Unreadable, read_cells
from .roster import Person, Roster

TIMESTAMP = "timestamp.txt"


def collect_all(course: Course, name: str, *, believe_timestamps: bool = False) -> list[HandIn]:
    """Collect what lies in `submitted/`, in place."""
    return [collect(course, name, student, believe_timestamps=believe_timestamps) for student in course.students(name)]


def bring(course: Course, name: str, source: Path, *, people: Path | None = None,
          enrol: bool = False) -> tuple[list[HandIn], list[str]]:
    """Collect an archive or a folder of hand-ins; returns them, and notes about what is nobody's.

    `people` is a list of students as a platform exports it. Without one, the gradebook's list says who is who; while
    that is empty, or with `enrol`, the platform's own ids are taken for the students'. Raises `CourseError`.
    """
    with archives.opened(source) as (entries, notes):
        found, others = archives.uploads(entries, name)
        found += _empty_folders(source, found)
        if not found:
            raise CourseError(f"{source} holds no hand-ins for {name}, whatever platform it may come from.")
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            listed = _listed(gradebook, people)
            duedate = gradebook.find_assignment(name).duedate
        enrol = enrol or not listed
        owned: dict[str, list[Upload]] = {}
        for upload in found:
            student = _owner(upload, listed, enrol)
            if student is None:
                others.append(f"{guard.shown(upload.label)} is from {guard.shown(upload.who)}, who is not on the list")
            else:
                owned.setdefault(student, []).append(upload)
        brought = []
        for student in sorted(owned):
            upload, said = archives.newest(owned[student])
            hand_in = _unpacked(course, name, student, upload).noting(*said)
            hand_in = _timed(hand_in, upload, listed.people.get(student), duedate)
            _keep_original(course, name, student)
            brought.append(_put(course, name, hand_in, upload))
    return brought, [*notes, *others]


def _listed(gradebook: Gradebook, people: Path | None) -> Roster:
    if people is None:
        return roster.enrolled(gradebook)
    given, lasting = roster.read(people)
    roster.enrol(gradebook, given, keep_lms=lasting)
    return Roster(given)


def _owner(upload: Upload, listed: Roster, enrol: bool) -> str | None:
    """Whose it is. Folders and nbgrader's exchange are named by the instructor's own ids."""
    person = listed.find(upload.who, *upload.others)
    known = enrol or upload.platform in ("folders", "nbgrader")
    student = person.student if person else upload.who if known else ""
    sound = student and not set(student) & set("/\\+\0") and not student.startswith(".") and len(student) <= 128
    return student if sound else None  # it becomes the name of a folder


def _unpacked(course: Course, name: str, student: str, upload: Upload) -> HandIn:
    """What an upload holds, read with its entries and bytes counted."""
    if len(upload.files) > guard.MAX_ENTRIES:
        return HandIn(student, None, (f"there are more than {guard.MAX_ENTRIES} files",))
    left = guard.MAX_BYTES
    with tempfile.TemporaryDirectory(dir=course.private) as scratch:
        for inner, entry in upload.files:
            path = Path(scratch, inner)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with entry.open() as stream, open(path, "xb") as file:
                    while part := stream.read(min(1 << 20, left + 1)):
                        left -= len(part)
                        if left < 0:
                            return HandIn(student, None, (f"it is larger than {guard.MAX_BYTES >> 20} MB",))
                        file.write(part)
            except Exception as error:  # a damaged archive can raise about anything
                return HandIn(student, None, (f"{guard.shown(inner)} cannot be read: {type(error).__name__}",))
        return guard.read(Path(scratch), student, name)


def _timed(hand_in: HandIn, upload: Upload, person: Person | None, duedate: datetime | None) -> HandIn:
    """With the platform's time, or what it says about lateness."""
    when = upload.when or (_local_time(person.submitted) if person else None)
    if when is not None:
        return replace(hand_in, timestamp=when)
    if upload.late or (person and "late" in person.status.lower().split()):
        when = duedate and duedate + timedelta(seconds=1)
        return replace(hand_in, timestamp=when).noting("late, as the platform says without saying by how much")
    return hand_in


def _local_time(text: str) -> datetime | None:
    """A time as a Moodle worksheet has it, in the zone of whoever downloaded it, as nbgrader keeps it."""
    for form in ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M"):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text.strip(), form).astimezone(UTC).replace(tzinfo=None)
    return None


def _empty_folders(source: Path, found: list[Upload]) -> list[Upload]:
    """Students' folders with nothing in them, where the source is a folder of such folders."""
    if not source.is_dir() or any(upload.platform != "folders" for upload in found):
        return []
    seen = {upload.who for upload in found}
    names = [entry.name for entry in os.scandir(source) if entry.is_dir(follow_symlinks=False)]
    return [Upload("folders", name, name, ()) for name in sorted(names) if name not in seen and name[0] != "."]


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


def upload_names(course: Course, name: str) -> dict[str, tuple[str, str]]:
    """By student, the platform that a collected hand-in came from, and its name there."""
    names = {}
    for path in sorted((course.private / "collected" / name).glob("*.json")):
        record = json.loads(path.read_text())
        if record.get("platform"):
            names[path.stem] = record["platform"], record["label"]
    return names


def _put(course: Course, name: str, hand_in: HandIn, upload: Upload | None = None) -> HandIn:
    """Write the clean folder and its record."""
    content, hand_in = _clean(course, name, hand_in)
    folder = course.folder("submitted", name, hand_in.student)
    folder.mkdir(parents=True)
    (folder / f"{name}.ipynb").write_bytes(content)
    if hand_in.timestamp is not None:
        (folder / TIMESTAMP).write_text(f"{hand_in.timestamp.isoformat(' ')} UTC\n")
    record = {"digest": _digest(folder), "notes": hand_in.notes, "readable": hand_in.notebook is not None,
              "missing": hand_in.missing, "timestamp": hand_in.timestamp and hand_in.timestamp.isoformat()}
    if upload is not None:
        record |= {"platform": upload.platform, "label": upload.label}
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
