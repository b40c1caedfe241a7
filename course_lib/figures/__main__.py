"""Measure what is too heavy for the build, and write it down: `python -m course_lib.figures --data PATH`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from course_lib.cifar.data import DataError, load_cifar10
from course_lib.cifar.provenance import provenance
from course_lib.figures.measured import blurred, crops, relative_change, windowed

SHIFTS = 8


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_lib.figures", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="CIFAR-10: the folder or the archive, python version")
    parser.add_argument("--images", type=int, default=1000, help="photographs, drawn from the test set (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("book/pooling/results/shifts.json"))
    arguments = parser.parse_args(argv)
    try:
        photographs = load_cifar10(arguments.data).x_test
    except (DataError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    chosen = np.sort(np.random.default_rng(arguments.seed).choice(len(photographs), arguments.images, replace=False))
    measured = {
        "question": "How much does each windowed pooling change when a photograph moves by 1 to 8 pixels?",
        "command": "python -m course_lib.figures --data PATH",
        "seed": arguments.seed,
        "images": arguments.images,
        "sha256": hashlib.sha256(photographs[chosen].tobytes()).hexdigest(),
        **provenance(),
        **shift_tolerance(photographs[chosen] / 255),
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(measured, indent=1) + "\n")
    print(arguments.output)
    return 0


def shift_tolerance(images: np.ndarray) -> dict:
    """Relative change of each pooling, alone and with a blur, for shifts of 1 to 8 pixels along the rows."""
    frames = crops(images, SHIFTS)
    found = {"shifts": list(range(1, SHIFTS + 1)), "plain": {}, "blurred": {}}
    for name, pooling in windowed().items():
        ways = {"plain": pooling.pool, "blurred": lambda x, pooling=pooling: blurred(pooling, x)}
        for way, pool in ways.items():
            found[way][name] = relative_change(pool, frames).round(4).tolist()
    return found


if __name__ == "__main__":
    sys.exit(main())
