"""Attacks: each is a hand-in, with an honest classmate's graded after it. None gains a point or costs one.

The class is graded once, by `course grade`'s own function, with the real sandbox.
"""

from __future__ import annotations

import hashlib
import html.parser
import json
import resource
import sqlite3
import time

import nbformat
import pytest
from attacks import ATTACKS, CELLS, attack
from tiny_course import AUTO_MAX, CONFIG, HERE, RIGHT

from course_lib.grading import nursery, run_class
from course_lib.grading.course import Course
from course_lib.grading.grade import in_child
from course_lib.grading.guard import HandIn
from course_lib.grading.release import release


@pytest.fixture(scope="module")
def peak():
    """Most memory (kB) that this process or a child of it has held so far: other tests may have needed much."""
    return _peak()


@pytest.fixture(scope="module")
def graded(peak, released, notebook_of, tmp_path_factory):
    """The attackers and their classmates, graded: rows by student, and the course."""
    root = tmp_path_factory.mktemp("attacked")
    (root / "nbgrader_config.py").write_bytes(CONFIG.read_bytes())
    (root / "tiny.py").write_bytes((HERE / "tiny.txt").read_bytes())
    course = Course.open(root)
    release(course, "tiny")
    for name in ATTACKS:
        classmate = nbformat.writes(notebook_of(f"# {name}", **RIGHT)).encode()
        for student, data in ((name, attack(name, notebook_of, root)), (f"{name}_classmate", classmate)):
            folder = course.folder("submitted", "tiny", student)
            folder.mkdir(parents=True)
            (folder / "tiny.ipynb").write_bytes(data)
    before = _digests(root)
    start = time.monotonic()
    rows = {row.student: row for row in run_class.grade(course, "tiny")}
    seconds = time.monotonic() - start
    return course, rows, before, seconds


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_gains_nothing(graded, name):
    course, rows, _, _ = graded
    assert rows[name].auto_score == 0, _messages(course, name)
    assert rows[f"{name}_classmate"].auto_score == AUTO_MAX, _messages(course, f"{name}_classmate")
    text = course.notebook("autograded", "tiny", name).read_text()
    assert "FOUND" not in "".join(_printed(course, name))
    assert "secret_oracle" not in text


@pytest.mark.parametrize("name", ATTACKS)
def test_feedback_is_small_and_harmless(graded, name):
    course, *_ = graded
    page = course.folder("feedback", "tiny", name) / "tiny.html"
    assert page.stat().st_size < 1 << 20
    assert course.notebook("autograded", "tiny", name).stat().st_size < 1 << 20
    text = page.read_text(encoding="utf-8")
    assert not _Dangerous(text).found
    assert "nobody may see this line" not in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize("name", CELLS)
def test_attack_gains_nothing_in_a_cold_sandbox(released, tiny, notebook_of, monkeypatch, name):
    """The class above is graded in warm ones. What crosses the wall is the same; what stands around the cells is not."""
    monkeypatch.setattr(nursery, "prepare", lambda plan: None)
    monkeypatch.setattr(nursery, "_nurseries", {})
    verdict = in_child(HandIn(name, attack(name, notebook_of, released.root)), tiny, b"s" * 32)
    assert verdict.auto_score == 0, verdict.marks
    assert "FOUND" not in "".join(cell.stdout for cell in verdict.cells)


def test_nothing_else_was_touched(graded):
    course, rows, before, seconds = graded
    after = _digests(course.root)
    changed = {path for path in before if after.get(path) != before[path]}
    assert changed <= {"gradebook.db"}
    allowed = ("autograded/", "feedback/", ".course/", "gradebook.db")
    assert all(path.startswith(allowed) for path in set(after) - set(before))
    with sqlite3.connect(course.root / "gradebook.db") as book:
        assert book.execute("select count(*) from sqlite_master where type = 'trigger'").fetchone() == (0,)
        assert book.execute("select count(*) from grade where manual_score is not null").fetchone() == (0,)
        assert book.execute("select max(auto_score), count(distinct auto_score is null) from grade").fetchone()[0] <= 3
    assert seconds < 20 * len(rows)


def test_the_grader_itself_stayed_small(peak, graded):
    assert _peak() - peak < 1 << 20


def _peak() -> int:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _digests(root) -> dict[str, str]:
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*") if path.is_file()}


def _messages(course, student):
    notebook = json.loads(course.notebook("autograded", "tiny", student).read_text())
    return [output.get("traceback") for cell in notebook["cells"] for output in cell.get("outputs", [])]


def _printed(course, student):
    notebook = json.loads(course.notebook("autograded", "tiny", student).read_text())
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            yield "".join(output.get("text", ""))


class _Dangerous(html.parser.HTMLParser):
    """Collects whatever a browser would run or fetch."""

    def __init__(self, text: str):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "iframe", "object", "embed", "svg", "link", "form", "base"):
            self.found.append(tag)
        for name, value in attributes:
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text", "http")):
                self.found.append((tag, name, value))
