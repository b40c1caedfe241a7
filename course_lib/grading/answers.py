"""Right and wrong answers to an assignment, kept as text: what its tests are proved with, and sample classes made of.

In a folder of answers, `right/*.py` are whole files that earn full marks. Wrong answers have one misconception each:
`wrong/*.py` are whole files whose first line names the test cells that they lose (`# loses: test_ties, test_overlap`);
a row of `wrong.toml` is a right answer (`base`) with something changed (`change`: `[old, new]` pairs, each `old` found
exactly once), what it gets wrong (`says`), the test cells that it loses (`loses`), and those that it loses in some
draws of the cases and not in others (`sometimes`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .assignment import AssignmentError

_LOSES = "# loses:"


@dataclass(frozen=True)
class Answer:
    """Source code to hand in, and the test cells that it loses."""

    name: str
    source: str
    loses: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()


def right(folder: Path) -> list[Answer]:
    """Raises `AssignmentError` if there is none."""
    answers = [Answer(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("right/*.py"))]
    if not answers:
        raise AssignmentError(f"there are no answer files in {folder / 'right'}.")
    return answers


def wrong(folder: Path) -> list[Answer]:
    """Raises `AssignmentError` if a row of the table does not fit its base."""
    answers = []
    for path in sorted(folder.glob("wrong/*.py")):
        source = path.read_text(encoding="utf-8")
        answers.append(Answer(path.stem, source, _loses(source)))
    table = folder / "wrong.toml"
    if table.is_file():
        bases = {one.name: one.source for one in right(folder)}
        for name, row in tomllib.loads(table.read_text(encoding="utf-8")).items():
            sometimes = frozenset(row.get("sometimes", ()))
            answers.append(Answer(name, _changed(bases, name, row), frozenset(row["loses"]), sometimes))
    return answers


def _loses(source: str) -> frozenset[str]:
    first = source.partition("\n")[0]
    named = first[len(_LOSES):].split(",") if first.startswith(_LOSES) else ()
    return frozenset(part.strip() for part in named if part.strip())


def _changed(bases: dict[str, str], name: str, row: dict) -> str:
    if row["base"] not in bases:
        raise AssignmentError(f"the wrong answer {name} starts from {row['base']}, which is no right answer.")
    source = bases[row["base"]]
    for old, new in row["change"]:
        if source.count(old) != 1:
            raise AssignmentError(f"the wrong answer {name} changes {old!r}, which is there {source.count(old)} times.")
        source = source.replace(old, new)
    return source
