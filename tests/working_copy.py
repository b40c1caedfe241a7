"""A copy of the repository as it would be committed now, to try things in."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
_AUTHOR = {"GIT_AUTHOR_NAME": "Tests", "GIT_AUTHOR_EMAIL": "tests@example.org",
           "GIT_COMMITTER_NAME": "Tests", "GIT_COMMITTER_EMAIL": "tests@example.org"}


def git(folder: Path, *arguments) -> str:
    return subprocess.run(["git", *map(str, arguments)], cwd=folder, check=True, capture_output=True, text=True,
                          env=os.environ | _AUTHOR).stdout


def copy(folder: Path, *, committed: bool = True) -> Path:
    """Everything that git tracks or would track, in `folder`; as a repository with one commit unless told otherwise."""
    for name in filter(None, git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    if committed:
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "Everything")
    return folder
