"""`course check`: a notebook's own visible tests, in the student's own process. Needs NumPy and nothing else."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .inside import cells

_STUBS = ("YOUR CODE HERE", "YOUR ANSWER HERE")


@dataclass(frozen=True)
class Check:
    """A visible test: its name, the behaviour that it is about, and what is not right yet."""

    name: str
    behaviour: str
    points: float
    problem: str | None


class NotANotebook(Exception):
    """The file cannot be checked; the text says why."""


def check(path: Path) -> tuple[Iterator[Check], list[str]]:
    """Run a notebook from top to bottom: its visible tests, as they end, and what is missing before handing in.

    Raises `NotANotebook`.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found = [_Cell(cell) for cell in notebook["cells"]]
    except OSError as error:
        raise NotANotebook(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotANotebook(f"{path} is not a Jupyter notebook; save it again and try once more.") from None
    return _run(found), list(_missing(found))


class _Cell:
    def __init__(self, cell: dict):
        source = cell.get("source", "")
        self.source = "".join(source) if isinstance(source, list) else source
        self.code = cell.get("cell_type") == "code"
        self.meta = cell.get("metadata", {}).get("nbgrader", {})
        self.name = self.meta.get("grade_id", "")

    @property
    def test(self) -> bool:
        return self.code and self.meta.get("grade", False) and not self.meta.get("solution", False)


def _run(found: list[_Cell]) -> Iterator[Check]:
    namespace = sys.modules["__main__"].__dict__
    display = cells.Display(namespace)
    os.environ.setdefault("MPLBACKEND", "Agg")
    cells.furnish(display, ["your own packages"])
    sys.meta_path.pop()
    failed = ""
    for number, cell in enumerate(found, 1):
        if not cell.code:
            continue
        where = f"<cell {number}>"
        error = display.execute(_python(cell.source), where)
        if cell.test:
            problem = error and _problem(error, failed)
            yield Check(cell.name, _behaviour(cell.source), cell.meta.get("points", 0), problem)
        elif error is not None:
            failed = f"cell {number} stopped with {type(error).__name__}: {error}"


def _problem(error: BaseException, failed: str) -> str:
    if isinstance(error, AssertionError):
        return str(error) or "This behaviour is not right yet."
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return "\n".join(filter(None, [text, cells.place(error), failed if isinstance(error, NameError) else ""]))


def _missing(found: list[_Cell]) -> Iterator[str]:
    for cell in found:
        if cell.meta.get("solution") and any(stub in cell.source for stub in _STUBS):
            yield f"the cell {cell.name} still has its placeholder"


def _behaviour(source: str) -> str:
    match = re.search(r"^#\s*(?:Behaviour:\s*)?(.+)$", source, re.M)
    return match.group(1).strip() if match else ""


def _python(source: str) -> str:
    """The cell without IPython's own lines."""
    if source.lstrip().startswith("%%"):
        source = source.lstrip().partition("\n")[2]
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)
