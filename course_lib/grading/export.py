"""What goes back: marks as CSV in the columns that nbgrader, Canvas and Moodle read, and feedback under their names."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, SubmittedAssignment
from sqlalchemy.orm import undefer

from . import collect, roster
from .course import Course, CourseError

_NBGRADER = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
             "late_submission_penalty", "score", "max_score"]
_CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
_MOODLE = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
           "Last modified (submission)", "Last modified (grade)", "Feedback comments"]
FORMATS = ("nbgrader", "canvas", "moodle")


def marks(course: Course, to: Path, name: str | None = None, *, form: str = "nbgrader",
          template: Path | None = None) -> Path:
    """Write the gradebook, or one assignment of it, as CSV.

    `template` is the platform's own file, which is filled in: Canvas's gradebook or Moodle's grading worksheet.
    Raises `CourseError`.
    """
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        if form == "nbgrader":
            columns, rows = _NBGRADER, list(_nbgrader(gradebook, name))
        elif name is None:
            raise CourseError(f"for {form}, name the assignment: a file holds the marks of one.")
        else:
            scores = {row["student_id"]: row for row in _nbgrader(gradebook, name)}
            title = str(course.assignment(name).settings.get("title", name))
            columns, rows = (_canvas if form == "canvas" else _moodle)(course, name, title, gradebook, scores, template)
    with open(to, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: safe(row.get(key)) for key in columns} for row in rows)
    return to


def safe(value) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    number = re.fullmatch(r"-([0-9]+([.][0-9]+)?)?", value)
    return f"'{value}" if re.match(r"\s*[=+\-@]|[\t\r\n]", value) and not number else value


def feedback(course: Course, name: str, to: Path) -> tuple[Path, int]:
    """Zip the feedback pages under the names that the platform wants them back under; returns also how many.

    Raises `CourseError` if there is none.
    """
    uploads = collect.upload_names(course, name)
    pages = sorted((course.root / course.directory.feedback_directory).glob(f"*/{name}/{name}.html"))
    if not pages:
        raise CourseError(f"there is no feedback for {name}; run `course grade {name}` first.")
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in pages:
            student = page.parent.parent.name
            archive.write(page, _back(*uploads.get(student, ("folders", student)), name))
    return to, len(pages)


def _back(platform: str, label: str, name: str) -> str:
    """Canvas knows an upload by user and attachment in the file's name, Moodle by the participant in the folder's."""
    if platform == "canvas":
        return f"{re.sub(r'[.]ipynb$|[.]zip$', '', label, flags=re.IGNORECASE)}.html"
    if platform == "moodle":
        folder = re.match(r"[^_]*_[0-9]+_assignsubmission_file", label)[0]
        return f"{folder}_/{name}_feedback.html"
    return f"{label}/{name}.html"


def _nbgrader(gradebook: Gradebook, name: str | None) -> Iterator[dict]:
    """As nbgrader's own exporter has it, with one query an assignment instead of one a student."""
    for assignment in gradebook.assignments:
        if name not in (None, assignment.name):
            continue
        query = gradebook.db.query(SubmittedAssignment).filter_by(assignment_id=assignment.id)
        query = query.options(undefer(SubmittedAssignment.score), undefer(SubmittedAssignment.late_submission_penalty))
        found = {one.student_id: one for one in query}
        for student in gradebook.students:
            one = found.get(student.id)
            raw, penalty = (one.score, one.late_submission_penalty) if one else (0.0, 0.0)
            yield {"assignment": assignment.name, "duedate": assignment.duedate,
                   "timestamp": one and one.timestamp, "student_id": student.id, "last_name": student.last_name,
                   "first_name": student.first_name, "email": student.email, "raw_score": raw,
                   "late_submission_penalty": penalty, "score": max(0.0, raw - penalty),
                   "max_score": assignment.max_score}


def _canvas(course, name, title, gradebook, scores, template) -> tuple[list[str], list[dict]]:
    """Canvas finds students by ID and the assignment by its title, with its number if the column has one."""
    most = next((row["max_score"] for row in scores.values()), "")
    people = roster.enrolled(gradebook)
    if template is None:
        rows = [{"Student": ", ".join(filter(None, (row["last_name"], row["first_name"]))) or student,
                 "ID": people.people[student].lms, "SIS Login ID": student, title: row["score"]}
                for student, row in scores.items()]
        return [*_CANVAS, title], [{"Student": "    Points Possible", title: most}, *rows]
    rows, columns = roster.table(template)
    column = next((one for one in columns if re.sub(r" \([0-9]+\)$", "", one) in (title, name)), None)
    if column is None:
        raise CourseError(f"{template} has no column for {title!r}.")
    for row in rows:
        person = people.find(row.get("ID", "").strip(), row.get("SIS Login ID", "").strip())
        if person is not None and person.student in scores:
            row[column] = scores[person.student]["score"]
    return [*(one for one in _CANVAS if one in columns), column], rows


def _moodle(course, name, title, gradebook, scores, template) -> tuple[list[str], list[dict]]:
    """Moodle finds participants by the number in `Identifier`, and takes no grade above its own maximum."""
    if template is None:
        labels = {student: label for student, (platform, label) in collect.upload_names(course, name).items()
                  if platform == "moodle"}
        rows = [{"Identifier": f"Participant {label.split('_')[1]}", "Full name": label.split("_")[0],
                 "Email address": scores[student]["email"], "Grade": scores[student]["score"],
                 "Maximum Grade": scores[student]["max_score"], "Grade can be changed": "Yes",
                 "Last modified (grade)": "-"}
                for student, label in labels.items() if student in scores]
        return _MOODLE, rows
    rows, columns = roster.table(template)
    people = roster.Roster(roster.read(template)[0])
    for row in rows:
        person = people.find(row["Identifier"].split()[-1]) if row["Identifier"].strip() else None
        mark = scores.get(person.student) if person else None
        if mark is not None:
            most = float(row.get("Maximum Grade", "").replace(",", ".") or mark["max_score"])
            row["Grade"] = round(mark["score"] * most / mark["max_score"], 2) if mark["max_score"] else 0
    return columns, rows


__all__ = ["FORMATS", "feedback", "marks", "safe"]
