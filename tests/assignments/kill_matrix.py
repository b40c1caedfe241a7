"""The kill matrix, a page of the instructor's handbook: which wrong answer loses which behaviour.

`python tests/assignments/kill_matrix.py` writes it anew; a test says when that is due.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from mutants import count
from sheet import HERE, NAMES, Sheet

PAGE = Path(__file__).parents[2] / "book" / "handbook" / "kill-matrix.md"
EQUIVALENT = tomllib.loads((HERE / "equivalent.toml").read_text())
INTRODUCTION = """\
# The kill matrix: how the tests were tested

A hidden test is worth its points only if it tells right from wrong. Every assignment is therefore tried with *right*
answers in different styles, which must get all points, and with *wrong* ones, one misconception each, which must lose
the behaviours that they violate and keep the rest. On top of that every small change of the reference solution (a
comparison, an operator, a constant one up or down, a statement left out, two arguments exchanged, a condition negated)
must be caught, unless it changes no answer. All of this runs with the tests of the repository, and this page is made
from the same tables.

Beside each wrong answer stand the numbers of the behaviours that it loses; in brackets those that it loses in some
draws of the hidden cases only.
"""


def page() -> str:
    sheets = [Sheet(name) for name in NAMES]
    return "\n".join([INTRODUCTION, *summary(sheets), *(line for sheet in sheets for line in section(sheet))]) + "\n"


def summary(sheets: list[Sheet]):
    yield "| assignment | points | behaviours | right answers | wrong answers | small changes caught | of no effect |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for sheet in sheets:
        quiet = sum(len(group["mutants"]) for group in EQUIVALENT.get(sheet.name, ()))
        changes = [count(sheet.solution) - quiet, quiet] if sheet.name in EQUIVALENT else ["not tried", ""]
        link = f"[`{sheet.name}`](kill-{sheet.name})"
        cells = [link, sum(sheet.points.values()), len(sheet.tests), len(sheet.right()),
                 len(sheet.wrong()), *changes]
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def section(sheet: Sheet):
    yield f"(kill-{sheet.name})=\n## `{sheet.name}`\n"
    for number, (one, source) in enumerate(sheet.tests.items(), 1):
        behaviour = re.match(r"# Behaviour: (.*)", source).group(1)
        yield f"{number}. {behaviour} ({sheet.points[one]})"
    yield f"\nRight answers: {', '.join(name.replace('_', ' ') for name in sheet.right())}.\n"
    yield "| wrong answer | loses |\n|---|---|"
    for one in sheet.wrong().values():
        numbered = list(enumerate(sheet.tests, 1))
        lost = [str(n) for n, test in numbered if test in one.loses]
        lost += [f"({n})" for n, test in numbered if test in one.sometimes]
        yield f"| {one.says.replace('|', chr(92) + '|')} | {' '.join(lost)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
