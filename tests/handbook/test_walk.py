"""README and handbook followed word for word: each page's shell blocks, in order, in a copy of the repository."""

import os
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from pages import ALL, PAGES
from working_copy import ROOT, copy

pytestmark = pytest.mark.walk
ACTIVATE = ". .venv/bin/activate\n"
WALKED = [page for page in PAGES if any(block.walked for block in ALL if block.page == page)]


@pytest.fixture
def clone(tmp_path):
    """A clone in which `make setup` has been run, and as much of the site built as there is here."""
    folder = copy(tmp_path / "clone")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    built = ROOT / "_build" / ".jupyter_cache"
    if built.is_dir():
        shutil.copytree(built, folder / "_build" / ".jupyter_cache")
    return folder


def shell(folder: Path, script: str, **options):
    environment = {"HOME": str(folder.parent), "PATH": os.environ["PATH"], "MAKEFLAGS": "-o .venv/.ready",
                   "TF_CPP_MIN_LOG_LEVEL": "3", "LANG": "C.UTF-8"} | {
                       name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    return subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, text=True,
                            stdin=subprocess.DEVNULL, start_new_session=True, **options)


def run(folder: Path, script: str) -> str:
    process = shell(folder, script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = process.communicate(timeout=1800)
    assert process.returncode == 0, said[-4000:]
    return said


def text_of(page: str, name: str) -> str:
    """The block of a page that has this name."""
    return next(block.text for block in ALL if block.page == page and f":name: {name}" in _options(block))


def _options(block) -> str:
    return (ROOT / block.page).read_text().split("\n")[block.line]


def solved(clone: Path) -> Path:
    """What a student has: the published folder, with the first assignment solved."""
    run(clone, ACTIVATE + "course release max_pooling\n"
        "course --root assignments sample max_pooling --from tests/assignments/max_pooling\n"
        "course publish ../public max_pooling")
    public = clone.parent / "public"
    shutil.copy(clone / "assignments/submitted/right_loops/max_pooling/max_pooling.ipynb", public / "assignments")
    return public


def served(folder: Path, block):
    """Run a block that serves until it is stopped, and fetch what it serves."""
    process = shell(folder, block.text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                assert b"<title>" in urllib.request.urlopen(block.value, timeout=5).read()
                return
            except OSError:
                assert process.poll() is None
                time.sleep(0.2)
        raise AssertionError(f"{block} does not answer at {block.value}")
    finally:
        os.killpg(process.pid, 15)
        process.wait()


@pytest.mark.parametrize("page", WALKED)
def test_walk(page, clone):
    folder, start = (solved(clone), "") if page == "book/student.md" else (clone, ACTIVATE)
    if page == "book/handbook/assignments.md":
        (clone / "assignments" / "running_maximum.py").write_text(text_of(page, "running-maximum-text"))
    said, waiting = "", []
    for block in (one for one in ALL if one.page == page and one.walked):
        if block.mark == "serves":
            said += run(folder, start + "".join(waiting))
            waiting = []
            served(folder, block)
        else:
            waiting.append(f"echo '== {block}'\n{block.text}\n")
    said += run(folder, start + "".join(waiting))
    assert not re.search(r"Traceback|Warning:", said), said
    for expected in EXPECTED.get(page, ()):
        assert re.search(expected, said), said


EXPECTED = {
    "README.md": ["proved: the solution earns all", "max_pooling.ipynb"],
    "book/student.md": [r"(\d+) of \1 visible tests pass"],
    "book/handbook/first-class.md": [r"lovelaceada\S*\s+\S+/\S+  graded", r"yes  a sandbox"],
    "book/handbook/assignments.md": ["proved: the solution earns all 4 points of 3 tests", "3 passed"],
    "book/handbook/publishing.md": ["no solution and no hidden test is in them"],
}
