"""What became of a hand-in: plain data that goes from the process that judged it to the one that records it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ran:
    """A cell of the rebuilt notebook after it ran. Pictures are PNG files in base64."""

    grade_id: str | None
    cell_type: str
    source: str
    theirs: bool
    stdout: str = ""
    stderr: str = ""
    shown: tuple[dict, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Mark:
    """A test cell's result. `message` is what the student is told where points were lost."""

    points: float
    max_points: float
    message: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """`status` is graded, repaired, broken or missing; `reasons` say why it is not simply graded."""

    student: str
    status: str
    reasons: tuple[str, ...]
    marks: dict[str, Mark]
    cells: tuple[Ran, ...] = ()
    sandboxed: bool = True
    warnings: tuple[str, ...] = field(default=())

    @property
    def auto_score(self) -> float:
        return sum(mark.points for mark in self.marks.values())

    def to_bytes(self) -> bytes:
        """As JSON."""
        return as_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Verdict:
        """The verdict that `to_bytes` wrote."""
        return cls.from_dict(json.loads(data))

    @classmethod
    def from_dict(cls, raw: dict) -> Verdict:
        """The verdict that `as_json` took apart."""
        return cls(**raw | {
            "reasons": tuple(raw["reasons"]), "warnings": tuple(raw["warnings"]),
            "marks": {name: Mark(**mark) for name, mark in raw["marks"].items()},
            "cells": tuple(Ran(**cell | {"shown": tuple(cell["shown"])}) for cell in raw["cells"])})


def as_json(value) -> bytes:
    """Plain values and what is defined here; not by `asdict`, which copies everything first."""
    return json.dumps(value, default=vars).encode()


def marks_to_bytes(marks: dict[str, Mark]) -> bytes:
    return as_json(marks)


def marks_from_bytes(data: bytes) -> dict[str, Mark]:
    return {name: Mark(**mark) for name, mark in json.loads(data).items()}
