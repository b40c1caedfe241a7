"""The fenced blocks of README and handbook, in order, with the mark that may stand before each.

A mark is a comment on the line before the fence: `% needs: SLURM` in the book, `<!-- needs: SLURM -->` elsewhere. Shell
blocks without one are run as written by the walk.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from working_copy import ROOT

NEEDS = {"a browser", "a fork of one's own", "Canvas", "Docker", "Gradescope", "JupyterHub", "Moodle", "SLURM",
         "the whole history", "three terminals"}
PAGES = ["README.md", "CONTRIBUTING.md", "book/student.md", *sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "book" / "handbook").glob("*.md") if path.stem != "kill-matrix")]
_BLOCK = re.compile(
    r"(?:^[ ]*(?:% |<!-- )(?P<mark>\w+): (?P<value>[^\n]*?)(?: -->)?\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>\{code-block\} )?(?P<name>[\w-]+)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is empty, `needs`, `runs` (somewhere else) or `serves`, `value` what stands after it."""

    page: str
    line: int
    language: str
    text: str
    mark: str
    value: str

    def __str__(self):
        return f"{self.page}:{self.line}"

    @property
    def walked(self) -> bool:
        return self.language == "sh" and self.mark in ("", "serves")

    def commands(self) -> list[list[str]]:
        """The words of each command of a shell block."""
        text = re.sub(r"<<'(\w+)'\n.*?^\1$", "", self.text, flags=re.S | re.M).replace("\\\n", " ")
        lines = [re.sub(r"\s#\s.*|^#.*", "", line) for line in text.splitlines()]
        parts = [part for line in lines for part in re.split(r"&&|\|\||;", line)]
        return [words for part in parts if (words := shlex.split(part.strip().strip("()")))]


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        body = re.sub(f"^{match['indent']}", "", match["text"], flags=re.M)
        body = re.sub(r"\A(?::\w+:.*\n)+", "", body)
        found.append(Block(page, text[: match.start("text")].count("\n"), match["name"], body, match["mark"] or "",
                           match["value"] or ""))
    return found


ALL = [block for page in PAGES for block in blocks(page)]
SHELL = [block for block in ALL if block.language in ("sh", "bash", "console", "shell")]
