"""Who is on the course: the gradebook's list, and lists as platforms export them.

A platform has ids of its own for people. Canvas's stay the same and are kept with the student in nbgrader's gradebook
(`lms_user_id`); a Moodle worksheet's are those of one assignment, so it is needed with each archive.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, Student

from .course import CourseError


@dataclass(frozen=True)
class Person:
    """A line of a list. `lms` is the platform's id, `late` and `submitted` what a Moodle worksheet says."""

    student: str
    lms: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    status: str = ""
    submitted: str = ""


class Roster:
    """Finds students by the ids that platforms have for them."""

    def __init__(self, people: list[Person]):
        self.people = {one.student: one for one in people}
        self._found: dict[str, set[str]] = {}
        for one in people:
            for known in {one.student, one.lms, one.email.lower()} - {""}:
                self._found.setdefault(known, set()).add(one.student)

    def find(self, *ids: str) -> Person | None:
        """The one person with the first of these ids that anybody has; None where nobody or more than one has it."""
        for known in ids:
            students = self._found.get(known) or self._found.get(known.lower())
            if students:
                return self.people[min(students)] if len(students) == 1 else None
        return None

    def __bool__(self) -> bool:
        return bool(self.people)


def enrolled(gradebook: Gradebook) -> Roster:
    return Roster([Person(one.id, one.lms_user_id or "", one.first_name or "", one.last_name or "", one.email or "")
                   for one in gradebook.students])


def enrol(gradebook: Gradebook, people: list[Person], *, keep_lms: bool = True):
    """Put people on the gradebook's list; what it knows already is overwritten only by what is given."""
    for one in people:
        given = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email,
                 "lms_user_id": one.lms if keep_lms else ""}
        student = gradebook.db.get(Student, one.student) or Student(id=one.student)
        for field, value in given.items():
            if value:
                setattr(student, field, value)
        gradebook.db.add(student)
    gradebook.db.commit()


def read(path: Path) -> tuple[list[Person], bool]:
    """The people in a Canvas gradebook, a Moodle worksheet or a table in nbgrader's columns (`id,first_name,...`).

    The second value says whether their platform's ids are lasting ones. Raises `CourseError`.
    """
    rows, columns = table(path)
    if {"Student", "ID", "SIS Login ID"} <= set(columns):
        return [_canvas(row) for row in rows if row["ID"].strip().isdigit()], True
    if "Identifier" in columns:
        return [_moodle(row) for row in rows if row["Identifier"].strip()], False
    if "id" in columns:
        return [Person(*(row.get(key, "").strip() for key in ("id", "lms_user_id", "first_name", "last_name", "email")))
                for row in rows if row["id"].strip()], True
    raise CourseError(f"{path} is no list of students: no Canvas gradebook, no Moodle worksheet and no table with a "
                      "column `id`.")


def table(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Rows and columns of a CSV file. Raises `CourseError`."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            return [{key: value or "" for key, value in row.items() if key} for row in reader], reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} cannot be read: {error}.") from None


def _canvas(row: dict[str, str]) -> Person:
    last, _, first = row["Student"].partition(",")
    lms = row["ID"].strip()
    return Person(row["SIS Login ID"].strip() or row.get("SIS User ID", "").strip() or lms, lms, first.strip(),
                  last.strip())


def _moodle(row: dict[str, str]) -> Person:
    # "Participant 4711", in whatever language; the number is what stands at its end.
    lms = row["Identifier"].split()[-1]
    first, _, last = row.get("Full name", "").strip().rpartition(" ")
    ids = [row.get(key, "").strip() for key in ("ID number", "Username", "Email address")]
    return Person(next(filter(None, ids), lms), lms, first or last, last if first else "", ids[2],
                  row.get("Status", ""), row.get("Last modified (submission)", ""))
