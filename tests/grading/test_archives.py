"""Archives in the patterns that platforms publish go in; marks and feedback come out in theirs."""

import csv
import io
import stat
import zipfile
from datetime import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from tiny_course import RIGHT

from course_lib.grading import archives, collect, export, guard, roster, run_class
from course_lib.grading.course import CourseError

CANVAS_ROSTER = """Student,ID,SIS User ID,SIS Login ID,Section,Tiny (881),Current Score
    Points Possible,,,,,13,
"Doe, Jane",4711,S1,jdoe,Convolution,,
"Müller, Ada",4712,S2,amueller,Convolution,,
"Roe, Rick",4713,S3,rroe,Convolution,,
"""
MOODLE_ROSTER = """Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 90017,Jane Doe,jdoe,jane@example.org,Submitted for grading,,100.00,Yes,"Friday, 30 January 2026, 11:05 AM",-,
Participant 90018,Ada Müller,amueller,ada@example.org,Submitted for grading - 2 days late,,100.00,Yes,-,-,
Participant 90019,Rick Roe,rroe,rick@example.org,No submission,,100.00,Yes,-,-,
"""


@pytest.fixture(scope="module")
def right(notebook_of):
    return nbformat.writes(notebook_of(**RIGHT)).encode()


@pytest.fixture(scope="module")
def half(notebook_of):
    return nbformat.writes(notebook_of(**RIGHT | {"double": "def double(x):\n    return x"})).encode()


def packed(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def listed(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def bring(course, archive, people=None, **options):
    brought, notes = collect.bring(course, "tiny", archive, people=people, **options)
    return {one.student: one for one in brought}, notes


def test_canvas_goes_in_and_comes_out(course, right, half, tmp_path):
    with Gradebook(course.directory.db_url) as book:
        book.update_or_create_assignment("tiny", duedate="2026-01-31 12:00:00")
    archive = packed(tmp_path / "submissions.zip", [
        ("doejane_4711_90210_tiny.ipynb", right), ("mullerada_LATE_4712_90211_tiny-1.ipynb", half),
        ("roerick_4713_90212_notes.txt", b"later"), ("poemary_4799_90213_tiny.ipynb", right)])
    grades = listed(tmp_path / "grades.csv", CANVAS_ROSTER)
    found, notes = bring(course, archive, grades)
    assert set(found) == {"jdoe", "amueller", "rroe"} and found["rroe"].notebook is None
    assert found["amueller"].timestamp == datetime(2026, 1, 31, 12, 0, 1) and "late" in found["amueller"].notes[0]
    assert notes == ["poemary_4799_90213_tiny.ipynb is from 4799, who is not on the list"]

    scores = {row.student: row.score for row in run_class.grade(course, "tiny")}
    assert scores == {"jdoe": 9, "amueller": 5, "rroe": 0}
    to = export.marks(course, tmp_path / "out.csv", "tiny", form="canvas", template=grades)
    rows = list(csv.reader(to.read_text().splitlines()))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny (881)"]
    assert rows[1][0] == "    Points Possible" and [(row[1], row[-1]) for row in rows[2:]] == [
        ("4711", "9.0"), ("4712", "5.0"), ("4713", "0.0")]
    plain = list(csv.DictReader(export.marks(course, tmp_path / "b.csv", "tiny", form="canvas").read_text().splitlines()))
    assert {row["ID"]: row["Tiny"] for row in plain[1:]} == {"4711": "9.0", "4712": "5.0", "4713": "0.0"}
    back, pages = export.feedback(course, "tiny", tmp_path / "feedback.zip")
    assert pages == 3 and set(zipfile.ZipFile(back).namelist()) == {
        "doejane_4711_90210_tiny.html", "mullerada_LATE_4712_90211_tiny-1.html", "roerick_4713_90212_notes.txt.html"}


@pytest.mark.parametrize("tail", ["assignsubmission_file_/tiny.ipynb", "assignsubmission_file/tiny.ipynb",
                                  "assignsubmission_file_tiny.ipynb"])
def test_moodle_goes_in_and_comes_out(course, right, half, tmp_path, tail):
    """Folders as of 3.1, without the last underscore as of 4.1, and files with long names before and on request."""
    archive = packed(tmp_path / "Course-Tiny-1234.zip", [
        (f"Jane Doe_90017_{tail}", right), (f"Ada Müller_90018_{tail}", half),
        ("Jane Doe_90017_assignsubmission_onlinetext/onlinetext.html", b"hello")])
    worksheet = listed(tmp_path / "Grades-Tiny.csv", MOODLE_ROSTER)
    found, notes = bring(course, archive, worksheet)
    assert set(found) == {"jdoe", "amueller"} and len(notes) == 1 and "onlinetext" in notes[0]
    assert found["jdoe"].timestamp.date() == datetime(2026, 1, 30).date()
    assert "late" in "".join(found["amueller"].notes)

    run_class.grade(course, "tiny")
    rows = list(csv.DictReader(export.marks(course, tmp_path / "out.csv", "tiny", form="moodle",
                                            template=worksheet).read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == MOODLE_ROSTER.split("\n")[0].split(",")
    assert [(row["Identifier"], row["Grade"]) for row in rows] == [
        ("Participant 90017", str(round(9 / 13 * 100, 2))), ("Participant 90018", str(round(5 / 13 * 100, 2))),
        ("Participant 90019", "0.0")]
    own = list(csv.DictReader(export.marks(course, tmp_path / "b.csv", "tiny", form="moodle").read_text().splitlines()))
    assert {row["Identifier"]: row["Grade"] for row in own} == {"Participant 90017": "9.0", "Participant 90018": "5.0"}
    back, _ = export.feedback(course, "tiny", tmp_path / "feedback.zip")
    names = set(zipfile.ZipFile(back).namelist())
    assert "Jane Doe_90017_assignsubmission_file_/tiny_feedback.html" in names
    assert all(len(name.split("_", 4)) == 5 and name.split("_")[1].isdigit() for name in names if "_900" in name)


def test_gradescope_says_who_is_who_in_a_file(course, right, half, tmp_path):
    metadata = """submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '4711'
    :email: jane@example.org
  :created_at: 2026-01-30 11:00:00.000000000 +01:00
submission_2:
  :submitters:
  - :name: Ada Müller
    :sid: ''
    :email: ada@example.org
  - :name: Rick Roe
    :sid: '4713'
    :email: rick@example.org
  :created_at: 2026-01-31 09:30:00.000000000 Z
"""
    archive = packed(tmp_path / "assignment_1_export.zip", [
        ("assignment_1_export/submission_metadata.yml", metadata),
        ("assignment_1_export/submission_1/tiny.ipynb", right), ("assignment_1_export/submission_2/tiny.ipynb", half)])
    people = listed(tmp_path / "people.csv", "id,lms_user_id,first_name,last_name,email\njdoe,4711,,,\n"
                                             "ada,,Ada,Müller,Ada@example.org\nrroe,4713,,,\n")
    found, notes = bring(course, archive, people)
    assert not notes and {name: one.timestamp for name, one in found.items()} == {
        "jdoe": datetime(2026, 1, 30, 10), "ada": datetime(2026, 1, 31, 9, 30), "rroe": datetime(2026, 1, 31, 9, 30)}
    assert found["ada"].notebook == found["rroe"].notebook != found["jdoe"].notebook


def test_nbgraders_exchange_and_the_newest_of_several(course, right, half, tmp_path):
    for folder, content in [("jane+tiny+2026-01-30 10:00:00.000000 UTC", half),
                            ("jane+tiny+2026-01-31 10:00:00.000000 UTC+aBcD", right),
                            ("jane+other+2026-02-01 10:00:00.000000 UTC", half), ("ada+tiny+2026-01-29 10:00:00.1 UTC", half)]:
        (tmp_path / "inbound" / folder).mkdir(parents=True)
        (tmp_path / "inbound" / folder / "tiny.ipynb").write_bytes(content)
    found, notes = bring(course, tmp_path / "inbound")
    assert set(found) == {"jane", "ada"} and found["jane"].timestamp == datetime(2026, 1, 31, 10)
    assert b"x + x" in found["jane"].notebook and "handed in 2 times; the newest counts" in found["jane"].notes[0]
    assert "jane+other" in notes[0]


def test_in_canvas_the_newest_attachment_counts(course, right, half, tmp_path):
    archive = packed(tmp_path / "a.zip", [("doejane_4711_905_tiny-2.ipynb", right), ("doejane_4711_99_tiny.ipynb", half),
                                          ("doejane_4711_906_data.csv", b"1")])
    found, _ = bring(course, archive, listed(tmp_path / "grades.csv", CANVAS_ROSTER))
    assert b"x + x" in found["jdoe"].notebook and "newest counts, doejane_4711_905_tiny-2.ipynb" in found["jdoe"].notes[0]


@pytest.mark.parametrize("name, owner", [
    ("doejane_4711_90210_mullerada_4712_90211_tiny.ipynb", "jdoe"),
    ("doejane_4711_90210_4712_90211_.ipynb", "jdoe"),
    ("x_1__99_4712_90211_tiny.ipynb", None),
    ("4712_90211_tiny.ipynb", None), ("_4712_90211_tiny.ipynb", None), ("anon_4712_90211_tiny.ipynb", None),
    ("../doejane_4711_90210_tiny.ipynb", None), ("/doejane_4711_90210_tiny.ipynb", None),
    ("a\\..\\doejane_4711_90210_tiny.ipynb", None),
    ("Jane_Doe_90018_assignsubmission_file_/tiny.ipynb", None),
    ("Jane Doe_4711_assignsubmission_file_/Ada Müller_4712_assignsubmission_file_/tiny.ipynb", "jdoe"),
])
def test_only_the_left_end_says_whose_it_is(course, right, tmp_path, name, owner):
    archive = packed(tmp_path / "a.zip", [(name, right), ("roerick_4713_90212_tiny.ipynb", right)])
    if "_assignsubmission_" in name:
        archive = packed(tmp_path / "a.zip", [(name, right), ("Rick Roe_4713_assignsubmission_file_/tiny.ipynb", right)])
    found, notes = bring(course, archive, listed(tmp_path / "grades.csv", CANVAS_ROSTER))
    assert set(found) == {"rroe"} | ({owner} if owner else set())
    assert bool(notes) == (owner is None)


def link(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target


def test_links_are_left_alone(course, right, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(*link("jane/tiny.ipynb", "/etc/passwd"))
        archive.writestr("ada/tiny.ipynb", right)
    found, notes = bring(course, tmp_path / "a.zip")
    assert set(found) == {"ada"} and "is a link" in notes[0]


def test_bytes_and_entries_of_a_hand_in_are_counted_while_reading(course, right, tmp_path):
    zeros = b"0" * (26 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a", "b"):
            archive.writestr(f"big/{name}.bin", zeros)
        archive.writestr("big/tiny.ipynb", right)
        for number in range(guard.MAX_ENTRIES + 1):
            archive.writestr(f"many/{number}.txt", b"")
        archive.writestr("good/tiny.ipynb", right)
    found, _ = bring(course, tmp_path / "a.zip")
    assert found["good"].notebook and found["big"].notebook is found["many"].notebook is None
    assert "larger than 50 MB" in found["big"].notes[0] and "more than 200 files" in found["many"].notes[0]


def test_an_archive_that_lies_about_its_sizes_is_one_students_trouble(course, right, tmp_path):
    path = packed(tmp_path / "a.zip", [("ada/tiny.ipynb", right), ("bob/tiny.ipynb", right)])
    data = bytearray(path.read_bytes())
    start = data.index(b"ada/tiny.ipynb") + len(b"ada/tiny.ipynb")
    data[start:start + 8] = b"garbage!"
    path.write_bytes(data)
    found, _ = bring(course, path)
    assert found["bob"].notebook and found["ada"].notebook is None and "cannot be read" in found["ada"].notes[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"text"])
def test_what_is_no_archive_is_said(course, tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(CourseError, match="neither a folder nor a zip archive"):
        bring(course, tmp_path / "a.zip")


@pytest.mark.parametrize("student", ["../other", "/etc", "..", "a+b"])
def test_an_id_that_cannot_name_a_folder_is_nobodys(course, right, tmp_path, student):
    people = listed(tmp_path / "people.csv", f"id,lms_user_id\n{student},4711\n")
    found, notes = bring(course, packed(tmp_path / "a.zip", [("doejane_4711_1_tiny.ipynb", right)]), people)
    assert not found and "not on the list" in notes[0]


def test_an_id_that_two_people_have_is_nobodys():
    people = roster.Roster([roster.Person("ada", "1"), roster.Person("bob", "1"), roster.Person("cyd", "2")])
    assert people.find("1") is None and people.find("2").student == "cyd" and people.find("3") is None


@pytest.mark.parametrize("value, cell", [
    ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+1", "'+1"), ("-1+2", "'-1+2"), ("@a", "'@a"), ("\t=1", "'\t=1"),
    (" =1", "' =1"), ("Jane", "Jane"), (-1.5, "-1.5"), ("-", "-"), (None, ""), ("    Points Possible", "    Points Possible")])
def test_no_cell_is_a_formula(value, cell):
    assert export.safe(value) == cell


def test_a_formula_for_a_name_stays_text(course, tmp_path):
    with Gradebook(course.directory.db_url) as book:
        book.add_student("ada", first_name='=1+1,"', last_name="x\ny")
    (row,) = csv.DictReader(io.StringIO(export.marks(course, tmp_path / "a.csv", "tiny").read_text()))
    assert row["first_name"] == '\'=1+1,"' and row["last_name"] == "x\ny" and row["max_score"] == "13.0"


def test_every_pattern_of_the_table_is_recognised():
    """The examples in the module's own text."""
    entry = archives.Entry(("doejane_4711_90210_pooling.ipynb",), io.BytesIO)
    (found,), _ = archives.uploads([entry], "pooling")
    assert (found.platform, found.who) == ("canvas", "4711")
    entry = archives.Entry(("jane+pooling+2026-01-31 12:00:00 UTC+k", "p.ipynb"), io.BytesIO)
    (found,), _ = archives.uploads([entry], "pooling")
    assert (found.platform, found.who, found.when) == ("nbgrader", "jane", datetime(2026, 1, 31, 12))
