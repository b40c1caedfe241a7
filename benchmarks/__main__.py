"""`python -m benchmarks [NAME ...]`: print the table and write it, with machine, versions and date, to a file.

A benchmark is a module of this package with a function `rows()` that yields `timing.row(...)` dictionaries.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
from pathlib import Path

import benchmarks

NOT_BENCHMARKS = {"__main__", "timing"}


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in NOT_BENCHMARKS)


def line(row: dict) -> str:
    bar = "" if row["bar"] is None else f"{'>=' if row['at_least'] else '<='} {row['bar']:g}"
    verdict = {True: "ok", False: "MISSED", None: ""}[row["ok"]]
    return f"{row['name']:<66} {row['value']:>9.3f} {row['unit']:<3} {bar:>10}  {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which to run (default: all): {', '.join(names())}")
    parser.add_argument("--output", type=Path, default=Path("_build/bench.json"), help="where to write the rows")
    chosen = parser.parse_args()
    unknown = set(chosen.name) - set(names())
    if unknown:
        parser.error(f"unknown benchmark {sorted(unknown)}; there are: {', '.join(names())}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    rows = []
    for name in chosen.name or names():
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            rows.append({"benchmark": name} | row)
            print(line(row), flush=True)
    from course_lib.cifar.provenance import provenance

    command = " ".join(["python -m benchmarks", *chosen.name])
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps({"command": command} | provenance() | {"rows": rows}, indent=1) + "\n")
    missed = sum(row["ok"] is False for row in rows)
    print(f"\n{len(rows)} rows, {missed} bars missed; written to {chosen.output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
