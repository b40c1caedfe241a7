"""Building the wheel from a copy of the working tree, and installing it into environments of their own."""

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from working_copy import copy

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"


def run(*command, **options):
    """The output of a command; what it said is in the error if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """A wheel of what git tracks or would track; nothing is fetched for it."""
    copy(folder / "tree", committed=False)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir",
        folder / "dist", folder / "tree")
    wheel, = (folder / "dist").glob("*.whl")
    return wheel


@cache
def why_not(python: str) -> str:
    """Why uv neither finds nor fetches this Python; nothing if it does."""
    with tempfile.TemporaryDirectory() as folder:
        command = [UV, "venv", "--quiet", "--no-project", "--python", python, Path(folder, "tried")]
        done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1].strip()


class Environment:
    """A virtual environment with a wheel, one of its extras, and nothing else."""

    def __init__(self, folder: Path, wheel: Path, extra: str = "", python: str = sys.executable):
        self.python = folder / "bin" / "python"
        run(UV, "venv", "--quiet", "--no-project", "--python", python, folder)
        self.install(f"course_lib[{extra}] @ file://{wheel}" if extra else str(wheel))

    def install(self, *requirements):
        run(UV, "pip", "install", "--quiet", "--python", self.python, *requirements)

    def check(self):
        """Every requirement of every package is met."""
        run(UV, "pip", "check", "--python", self.python)

    def run(self, *arguments, **options):
        return run(self.python, "-I", *arguments, **options)
