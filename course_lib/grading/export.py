"""Marks as CSV, in the columns of `nbgrader export`."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from .course import Course


def csv(course: Course, to: Path, name: str | None = None) -> Path:
    """Write the gradebook, or one assignment of it, to a file."""
    directory = course.directory
    plugin = CsvExportPlugin(config=course.config)
    plugin.to = str(to)
    plugin.assignment = [name] if name else []
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        plugin.export(gradebook)
    return to
