"""The grader as steps of nbgrader, so that `nbgrader autograde NAME` grades as safely as `course grade NAME`.

nbgrader goes on with its own steps, which run student code as the instructor, where `nbgrader_config.py` raised an
exception, and it has no hook that could refuse. So three things make it fail closed:

- `Rebuild` and `Judge` stop unless the lists they stand in are exactly ours.
- `Autograde.start` is wrapped, where this module was imported at all, to check the lists before anything runs.
- `Seal` leaves marks in the gradebook on which nbgrader's own steps stumble: test cells whose checksum cannot match
  (`OverwriteCells` refuses them) and a kernel that does not exist (`Execute` cannot start it).
"""

from __future__ import annotations

import json

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader import preprocessors as stock
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

SEAL = "course grade (nbgrader_config.py was not in force)"


class _Always(NbGraderPreprocessor):
    """A step that no option switches off."""

    def __call__(self, nb, resources):
        return self.preprocess(nb, resources)

    def _course(self):
        """The course and assignment that are being graded, provided that all steps are in place."""
        from .course import Course

        converter = self.parent.parent
        check(converter)
        return Course.open(converter.coursedir.root)


class Rebuild(_Always):
    """The first step of all: the source's notebook with the student's cells in it."""

    def preprocess(self, nb, resources):
        from . import executed
        from .rebuild import rebuild

        info = resources["nbgrader"]
        assignment = self._course().assignment(info["assignment"])
        rebuilt = rebuild(assignment, json.dumps(nb).encode())
        for note in rebuilt.notes:
            self.log.warning("%s: %s", info["student"], note)
        return executed.unexecuted(assignment, rebuilt), resources


class Judge(_Always):
    """In place of nbgrader's `Execute`: cells run in a sandbox, tests in a process that runs no student code."""

    def preprocess(self, nb, resources):
        from . import executed, grade
        from .guard import HandIn

        info = resources["nbgrader"]
        course = self._course()
        assignment = course.assignment(info["assignment"])
        hand_in = HandIn(info["student"], json.dumps(nb).encode())
        verdict = grade.in_child(hand_in, assignment, course.key("cases"))
        return executed.notebook(assignment, verdict), resources


class Seal(_Always):
    """After nbgrader has saved a new assignment: make its gradebook useless to the steps that ours replace."""

    def preprocess(self, nb, resources):
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(info["notebook"], info["assignment"])
            notebook.kernelspec = json.dumps({"name": SEAL, "display_name": SEAL, "language": "python"})
            for cell in notebook.source_cells:
                if cell.locked:
                    cell.checksum = SEAL
            gradebook.db.commit()
        return nb, resources


SANITIZE = [Rebuild, stock.CheckCellMetadata]
AUTOGRADE = [Judge, stock.SaveAutoGrades, stock.AssignLatePenalties, stock.CheckCellMetadata]
GENERATE = [*GenerateAssignment.preprocessors.default_args[0], Seal]


def configure(config: Config):
    """Put our steps into nbgrader's lists; `nbgrader_config.py` calls this."""
    config.Autograde.sanitize_preprocessors = SANITIZE
    config.Autograde.autograde_preprocessors = AUTOGRADE
    config.GenerateAssignment.preprocessors = GENERATE
    config.GenerateFeedback.preprocessors = [stock.GetGrades, CSSHTMLHeaderPreprocessor]
    config.HTMLExporter.sanitize_html = True


def missing_from(config: Config) -> str | None:
    """Which of nbgrader's lists in `config` are not ours, in words."""
    wrong = [name for name, steps in (("sanitize_preprocessors", SANITIZE), ("autograde_preprocessors", AUTOGRADE))
             if list(config.Autograde.get(name, [])) != steps]
    return " and ".join(wrong) or None


def check(converter: Autograde):
    """Raise `NbGraderException` unless exactly our steps will run."""
    if converter.sanitize_preprocessors != SANITIZE or converter.autograde_preprocessors != AUTOGRADE:
        raise NbGraderException("The sandboxed steps are not in place (see nbgrader_config.py): nothing was graded.")


def _guarded_start(self):
    from .collect import collect_all
    from .course import Course

    try:
        check(self)
        course = Course.open(self.coursedir.root)
        course.assignment(self.coursedir.assignment_id)
        collect_all(course, self.coursedir.assignment_id)
    except Exception as error:
        self.log.error("%s", error)
        raise NbGraderException(str(error)) from None
    return _START(self)


_START = Autograde.start
Autograde.start = _guarded_start
