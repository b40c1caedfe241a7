"""The class at a glance: one HTML page that needs nothing else, made of the results that are kept.

It is for whoever teaches, on screen, in the dark, on paper and read aloud: every picture has its numbers beside it.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import matplotlib
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from .assignment import Assignment, Cell
from .course import Course, CourseError
from .run_class import results_at_hand
from .similarity import Pair, alike
from .verdict import Verdict

_BLUE = "#3f7fc9"  # three to one against white, and against the page's dark ground
_STYLE = {"svg.fonttype": "none", "font.size": 11, "axes.spines.top": False, "axes.spines.right": False}


@dataclass(frozen=True)
class Behaviour:
    """A test cell of the assignment: what it asks for, and who missed it."""

    name: str
    text: str
    points: float
    missed: frozenset[str]


def report(course: Course, name: str, to: Path) -> Path:
    """Write the page. Raises `CourseError` if nothing is graded."""
    assignment = course.assignment(name)
    verdicts = results_at_hand(course, assignment)
    if not verdicts:
        raise CourseError(f"nothing is graded for {name}; run `course grade {name}` first.")
    to.write_text(page(assignment, verdicts), encoding="utf-8")
    return to


def page(assignment: Assignment, verdicts: dict[str, Verdict]) -> str:
    ran = {student: one for student, one in verdicts.items() if one.status not in ("broken", "missing")}
    behaviours = [_behaviour(cell, ran) for cell in assignment.tests]
    slowest = sorted(verdicts, key=lambda student: -_seconds(verdicts[student]))[:10]
    environment = Environment(loader=PackageLoader("course_lib.grading", "."), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["points"] = lambda value: f"{value:g}"
    return environment.get_template("report.html").render(
        assignment=assignment, title=assignment.settings.get("title", assignment.name), verdicts=verdicts, ran=ran,
        behaviours=behaviours, together=_together(behaviours),
        broken={student: one for student, one in verdicts.items() if student not in ran},
        slowest=[(student, _seconds(verdicts[student])) for student in slowest],
        bins=_bins(assignment, verdicts), marks_figure=_marks_figure(assignment, verdicts),
        missed_figure=_missed_figure(behaviours, len(ran)), pairs=look_alikes(assignment, ran))


def look_alikes(assignment: Assignment, verdicts: dict[str, Verdict]) -> list[Pair]:
    """Of what students wrote; those who changed nothing share nothing."""
    given = "\n\n".join(cell.source for cell in assignment.release.cells if cell.cell_type == "code")
    return alike({student: "\n\n".join(cell.source for cell in one.cells if cell.theirs and cell.cell_type == "code")
                  for student, one in verdicts.items()}, given)


def _behaviour(cell: Cell, verdicts: dict[str, Verdict]) -> Behaviour:
    match = re.search(r"^#\s*(?:Behaviour:\s*)?(.+)$", cell.visible_source, re.M)
    missed = frozenset(student for student, one in verdicts.items()
                       if one.marks[cell.grade_id].points < one.marks[cell.grade_id].max_points)
    return Behaviour(cell.grade_id, match[1] if match else cell.grade_id, cell.points, missed)


def _together(behaviours: list[Behaviour]) -> list[tuple[Behaviour, Behaviour, int]]:
    """Pairs of behaviours by how many missed both, the most first."""
    both = [(one, other, len(one.missed & other.missed)) for one, other in combinations(behaviours, 2)]
    return sorted((row for row in both if row[2] > 1), key=lambda row: -row[2])[:15]


def _seconds(verdict: Verdict) -> float:
    return sum(mark.seconds for mark in verdict.marks.values())


def _bins(assignment: Assignment, verdicts: dict[str, Verdict]) -> list[tuple[str, int]]:
    """How many have how many points, in at most twelve steps."""
    step = max(1, -(-int(assignment.auto_max) // 11))
    counts = Counter(int(one.auto_score // step) for one in verdicts.values())
    rows = []
    for low in range(0, int(assignment.auto_max) + 1, step):
        high = min(low + step - 1, int(assignment.auto_max))
        rows.append((f"{low}" if high == low else f"{low}–{high}", counts[low // step]))
    return rows


def _marks_figure(assignment: Assignment, verdicts: dict[str, Verdict]) -> Markup:
    rows = _bins(assignment, verdicts)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.add_subplot()
        axes.bar_label(axes.bar([name for name, _ in rows], [number for _, number in rows], color=_BLUE))
        axes.set(xlabel="automatic points", ylabel="hand-ins")
        return _svg(figure, "marks-figure", "Bar chart: hand-ins by automatic points, as in the table.")


def _missed_figure(behaviours: list[Behaviour], number: int) -> Markup:
    rows = sorted(behaviours, key=lambda one: len(one.missed))
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(8, 0.8 + 0.32 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        axes.bar_label(axes.barh([one.text for one in rows], [len(one.missed) for one in rows], color=_BLUE), padding=3)
        axes.set(xlabel=f"missed by, of {number} that ran", xlim=(0, max(number, 1)))
        return _svg(figure, "missed-figure", "Bar chart: how many missed each behaviour, as in the table.")


def _svg(figure: Figure, name: str, text: str) -> Markup:
    """The figure in the page's own colour of text, so that it is read on any ground."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg"):].replace("#000000", "currentColor")
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg)', lambda match: match[1] or match[2], svg, count=1)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(<text [^>]*style=\")", r"\1fill: currentColor; ", svg)
    svg = re.sub(r'( id="| xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)  # figures of a page have no id in common
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{text}"', 1))
