"""Right and wrong answers to the assignments; README.md beside this file says in which form they are kept."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Answer:
    """Source code to hand in, the test cells that it must lose, and the right answer that it was made from, if any."""

    source: str
    loses: frozenset[str] = frozenset()
    base: str | None = None

    @property
    def text(self) -> str:
        return f"# loses: {', '.join(sorted(self.loses))}\n{self.source}" if self.loses else self.source


def right(assignment: str) -> dict[str, Answer]:
    return {path.stem: Answer(path.read_text()) for path in sorted((HERE / assignment / "right").glob("*.py"))}


def wrong(assignment: str) -> dict[str, Answer]:
    answers = {}
    for path in sorted((HERE / assignment / "wrong").glob("*.py")):
        first, source = path.read_text().split("\n", 1)
        answers[path.stem] = Answer(source, frozenset(first.removeprefix("# loses: ").split(", ")))
    table = HERE / assignment / "wrong.toml"
    if table.exists():
        bases = right(assignment)
        for name, row in tomllib.loads(table.read_text()).items():
            base = bases[row["base"]].source
            source = _edited(base, row["change"], f"{assignment}: {name}")
            answers[name] = Answer(f'"""{row["says"]}"""\n{source}', frozenset(row["loses"]), base)
    return answers


def _edited(source: str, edits: list[list[str]], where: str) -> str:
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"{where}: {old!r} occurs {source.count(old)} times, not once")
        source = source.replace(old, new)
    return source


def write(assignment: str, directory: Path) -> None:
    """All answers to an assignment as files: `right/*.py`, and `wrong/*.py` with `# loses: ...` as the first line."""
    for kind, answers in [("right", right(assignment)), ("wrong", wrong(assignment))]:
        (directory / kind).mkdir(parents=True, exist_ok=True)
        for name, answer in answers.items():
            (directory / kind / f"{name}.py").write_text(answer.text)


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
