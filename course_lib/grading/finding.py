"""What was found out about a machine. Needs the standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: how it went, and what to do about it.

    `needed` is false for what only part of the course asks for, and for what has a weaker substitute.
    """

    what: str
    ok: bool
    detail: str = ""
    cure: str = ""
    needed: bool = True

    def __str__(self) -> str:
        mark = "yes" if self.ok else "NO" if self.needed else "no"
        line = f"{mark:<4} {self.what}" + (f" ({self.detail})" if self.detail else "")
        return line if self.ok or not self.cure else f"{line}\n     -> {self.cure}"
