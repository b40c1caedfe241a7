"""What README, CONTRIBUTING and the workflows name must exist."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
TEXT = "\n".join(page.read_text() for page in PAGES)
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", TEXT))))
def test_named_make_targets_exist(target):
    assert re.search(rf"^{target}:", MAKEFILE, re.M)


FOLDERS = r"`((?:course_lib|tests|book|assignments|benchmarks)/[\w/.]*)`"


@pytest.mark.parametrize("path", sorted(set(re.findall(FOLDERS, TEXT))))
def test_named_paths_exist(path):
    assert (ROOT / path).exists() or "NAME" in path


@pytest.mark.parametrize("command", sorted(set(re.findall(r"\bcourse ([a-z]+)\b(?= (?:max_pooling|NAME|  )|`)", TEXT))))
def test_named_subcommands_explain_themselves(command):
    said = subprocess.run([sys.executable, "-m", "course_lib.cli", command, "--help"], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert f"course {command}" in said.stdout


def locked() -> list[str]:
    return [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] not in " #"]


def name(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()


def test_the_lock_pins_every_package():
    assert len(locked()) > 100
    assert all(re.match(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[^ ]+", line) for line in locked())


@pytest.mark.parametrize("extra", ["book", "grading", "dev", "tf-cpu"])
def test_the_lock_holds_what_the_extras_ask_for(extra):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {name(one) for one in extras[extra]} - {"course_lib"} <= {name(line) for line in locked()}


def test_every_tracked_file_is_small_and_no_notebook_is_tracked():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [ROOT / name for name in names if name and (ROOT / name).exists()]
    assert [path for path in files if path.stat().st_size > 1 << 20] == []
    assert [path for path in files if path.suffix == ".ipynb" and "tests" not in path.parts] == []
