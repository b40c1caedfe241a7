"""How every benchmark measures and reports: medians of interleaved runs, and rows that are ratios within one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def medians(functions: dict[str, Callable[[], object]], *, repeat: int = 9, seconds: float = 4.0) -> dict[str, float]:
    """Median seconds of each function, after one warm-up, in turns (a b c a b c ...) so that drift hits all alike.

    Stops after `repeat` turns, or after `seconds` once three turns are done.
    """
    for function in functions.values():
        function()
    taken: dict[str, list[float]] = {name: [] for name in functions}
    start = time.perf_counter()
    for turn in range(repeat):
        if turn >= 3 and time.perf_counter() - start > seconds:
            break
        for name, function in functions.items():
            before = time.perf_counter()
            function()
            taken[name].append(time.perf_counter() - before)
    return {name: statistics.median(values) for name, values in taken.items()}


def row(name: str, value: float, bar: float | None = None, *, unit: str = "x", at_least: bool = False) -> dict:
    """One line of the table: `ok` says whether the value keeps to its bar (None where there is no bar)."""
    ok = None if bar is None else bool(value >= bar if at_least else value <= bar)
    return {"name": name, "value": float(value), "unit": unit, "bar": bar, "at_least": at_least, "ok": ok}
