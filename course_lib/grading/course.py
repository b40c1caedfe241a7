"""A course folder: nbgrader's layout and configuration, and what the grader keeps beside it in `.course/`."""

from __future__ import annotations

import hmac
import os
import secrets
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from . import assignment, nbgrader_steps
from .assignment import Assignment, AssignmentError

CONFIG = "nbgrader_config.py"


class CourseError(Exception):
    """The course folder cannot be graded in; the text says why and what to do, in one sentence."""


@dataclass(frozen=True)
class Course:
    """Folders of a course. `config` is that of its `nbgrader_config.py`, checked to have our steps in place."""

    root: Path
    config: Config

    @classmethod
    def open(cls, root: Path) -> Course:
        """Raises `CourseError` if the folder is no course, its config fails or overrides the sandboxed steps."""
        root = Path(root).resolve()
        if not (root / CONFIG).is_file():
            raise CourseError(f"{root} is not a course folder: it has no {CONFIG}.")
        try:
            config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        except (Exception, SystemExit) as error:
            raise CourseError(f"{CONFIG} failed, so nothing is graded: {error}") from None
        wrong = nbgrader_steps.missing_from(config)
        if wrong:
            raise CourseError(f"{CONFIG} puts other steps in the place of the sandbox ({wrong}); nothing is graded.")
        config.CourseDirectory.root = str(root)
        _let_nbgrader_find_alembic()
        return cls(root, config)

    @property
    def directory(self) -> CourseDirectory:
        return CourseDirectory(config=self.config)

    @property
    def private(self) -> Path:
        """The grader's own folder; nobody else may read it."""
        folder = self.root / ".course"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def secret(self) -> bytes:
        """The instructor's secret, made on first use."""
        path = self.private / "secret"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        return path.read_bytes()

    def key(self, purpose: str) -> bytes:
        """A secret for one purpose, from which neither the instructor's nor that for another purpose follows."""
        return hmac.digest(self.secret(), purpose.encode(), "sha256")

    def text(self, name: str) -> Path:
        """The assignment's text, from which `course release` makes everything."""
        return self.root / f"{name}.py"

    def folder(self, step: str, name: str, student: str = ".") -> Path:
        """nbgrader's folder of an assignment at a step: source, release, submitted, autograded or feedback."""
        directory = self.directory
        return Path(os.path.normpath(directory.format_path(getattr(directory, f"{step}_directory"), student, name)))

    def notebook(self, step: str, name: str, student: str = ".") -> Path:
        return self.folder(step, name, student) / f"{name}.ipynb"

    def assignment(self, name: str) -> Assignment:
        """Raises `AssignmentError` unless the assignment is released and its source unchanged since."""
        if not name or "/" in name or name.startswith("."):
            raise AssignmentError(f"{name!r} is not the name of an assignment.")
        return assignment.load(name, self.notebook("source", name), self.notebook("release", name))

    def students(self, name: str) -> list[str]:
        """Those who have a folder for this assignment, by what lies in `submitted/`."""
        submitted = self.root / self.directory.submitted_directory
        found = []
        if submitted.is_dir():
            for entry in os.scandir(submitted):
                folder = self.folder("submitted", name, entry.name)
                if not entry.name.startswith(".") and os.path.lexists(folder):
                    found.append(entry.name)
        return sorted(found)


def _let_nbgrader_find_alembic():
    """nbgrader starts `alembic` by name, which an environment that is not activated does not offer."""
    scripts = sysconfig.get_path("scripts")
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), scripts])
