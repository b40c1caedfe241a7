"""Lighthouse on the built site: its mobile preset, on a compressed server, the four categories of three pages.

Needs the site (`make site`), Chromium, and Node with npx, which fetches the pinned Lighthouse. What is missing is
said, and nothing is measured then. The score of a page is the median of three runs: they differ by a few points.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import row

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
# The last that runs on the Node of Debian stable.
LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 3
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
FLAGS = "--headless=new --no-sandbox --disable-gpu"


def missing() -> list[str]:
    """What a measurement needs and is not there."""
    tools = {"chromium": "chromium (Debian: chromium)", "npx": "Node with npx (Debian: npm)"}
    absent = [words for command, words in tools.items() if not shutil.which(command)]
    return absent if (SITE / "index.html").is_file() else [*absent, "the built site (make site)"]


def pages() -> dict[str, str]:
    """The pages measured, by what they are."""
    chapters = [path for path in SITE.rglob("*.html") if "_static" not in path.parts]
    longest = max(chapters, key=lambda path: path.stat().st_size)
    return {"index": "index.html", "longest chapter": str(longest.relative_to(SITE)), "playground": "playground.html"}


def scores(address: str) -> dict[str, float]:
    """The categories of one run, from 0 to 100.

    Raises:
        RuntimeError: Lighthouse gave no report.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}"]
        done = subprocess.run(
            [*command, f"--chrome-flags={FLAGS}"], capture_output=True, text=True, timeout=600,
            env={**os.environ, "CHROME_PATH": shutil.which("chromium")},
        )
        if not report.is_file():
            raise RuntimeError(f"Lighthouse gave no report on {address}: {done.stderr.strip()[-500:]}")
        categories = json.loads(report.read_text())["categories"]
    return {name: 100 * categories[name]["score"] for name in BARS}


def rows() -> Iterator[dict]:
    if absent := missing():
        print(f"Lighthouse was not run; missing: {', '.join(absent)}.", file=sys.stderr)
        return
    sys.path.append(str(ROOT / "scripts"))
    from serve import serving

    with serving(SITE) as origin:
        for name, page in pages().items():
            runs = [scores(f"{origin}/{page}") for _ in range(RUNS)]
            for category, bar in BARS.items():
                score = statistics.median(run[category] for run in runs)
                yield row(f"lighthouse {category}: {name} ({page})", score, bar, unit="", at_least=True)
