"""The last step: one HTML page a student. No hidden test is in it, and nothing in it can run."""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import v4
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades

from .course import Course
from .verdict import Verdict

_POLICY = ("default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; "
           "form-action 'none'")
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)


class FeedbackWriter:
    """Renders graded notebooks with nbgrader's own template."""

    def __init__(self, course: Course, name: str):
        self.course, self.name = course, name
        converter = GenerateFeedback(coursedir=course.directory, config=course.config)
        self.exporter = HTMLExporter(config=converter.config)
        self.exporter.sanitize_html = True
        for step in (GetGrades, CSSHTMLHeaderPreprocessor):
            self.exporter.register_preprocessor(step, enabled=True)

    def path(self, student: str) -> Path:
        return self.course.folder("feedback", self.name, student) / f"{self.name}.html"

    def write(self, student: str, verdict: Verdict | None = None) -> Path:
        """Make the page from the graded notebook and the gradebook, manual marks and comments included."""
        notebook = nbformat.read(self.course.notebook("autograded", self.name, student), 4)
        if verdict is not None and verdict.reasons:
            notebook.cells.insert(0, v4.new_markdown_cell(_notes(verdict)))
        nbgrader = {"student": student, "assignment": self.name, "notebook": self.name,
                    "db_url": self.course.directory.db_url}
        page, _ = self.exporter.from_notebook_node(notebook, resources={"nbgrader": nbgrader})
        page = _SCRIPT.sub("", page)
        page = page.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}">', 1)
        path = self.path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
        return path


def _notes(verdict: Verdict) -> str:
    lines = "\n".join(f"- {html.escape(reason)}" for reason in verdict.reasons)
    return f"**About this hand-in ({verdict.status}):**\n\n{lines}"

