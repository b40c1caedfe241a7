"""What students may see, written to a folder of its own: the package, the book, the released notebooks, no more.

A private repository holds the assignments' texts, with their solutions and hidden tests; a public one is generated
from it by `course publish`. Of the repository's files only those are copied that git tracks and `_PUBLIC` names. What
an assignment's text says and its release does not is secret: where a line of it is found in what was written, nothing
is published.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import nbformat

from .assignment import AssignmentError
from .course import CONFIG, Course, CourseError
from .leaks import Secrets
from .release import blank_of, read_text

_PUBLIC = ("course_lib", "book", "_config.yml", "pyproject.toml", "requirements.txt", "LICENSE", "CITATION.cff")
_LIST = ".published.json"

_README = """# {title}

The book of the course{site}, its assignments, and the Python package `course_lib` that both use.

```sh
pip install .                         # NumPy is all it needs; `pip install jupyterlab matplotlib` to open notebooks
course check assignments/{first}.ipynb
```

`course check` runs a notebook's visible tests and says what is not right yet. The page `book/student.md` tells the
rest: how to open a notebook, hand it in, and read the feedback.

{notebooks}

Code: MIT. Text and figures: CC BY 4.0. See [LICENSE](LICENSE).
"""


def publish(course: Course, to: Path, names: list[str] = (), site: Path | None = None) -> list[str]:
    """Write what students may see into the folder `to`; returns the paths of the files, relative to it.

    `names` are the assignments to publish (default: all that are released), `site` is the built book, copied to
    `docs/`. Files of an earlier publication that are no longer public are removed. Raises `CourseError` or
    `AssignmentError`, and changes nothing, where a release is stale, a secret would be told, or `to` holds files that
    were not published before (names that begin with a dot, such as `.git`, are left alone).
    """
    repository, to = course.root.parent, Path(to).resolve()
    _check_place(repository, course, to)
    released = list(names) or [name for name in texts(course) if course.notebook("release", name).is_file()]
    if not released:
        raise AssignmentError("no assignment is released; run `course release NAME` for those to publish.")
    blanks = {name: _blank(course, name) for name in released}
    with tempfile.TemporaryDirectory(dir=_existing(to)) as scratch:
        staging = Path(scratch)
        _copy(repository, _tracked(repository), staging)
        for name in released:
            _copy_release(course, name, staging / "assignments")
        if site is not None:
            _site(site, staging / "docs")
        (staging / "README.md").write_text(_readme(course, released, site), encoding="utf-8")
        _check_secrets(secrets_of(course, blanks.values()), staging)
        written = _files(staging)
        _replace(staging, to, written)
    return written


def texts(course: Course) -> list[str]:
    """The names of the assignments that have a text."""
    return sorted(path.stem for path in course.root.glob("*.py") if path.name != CONFIG)


def secrets_of(course: Course, releases) -> Secrets:
    """What the texts of all assignments say, released or not, beyond their blanks and the notebooks `releases`."""
    secrets = Secrets(releases)
    for name in texts(course):
        source = read_text(course.text(name))
        secrets.add(name, source, blank_of(course, name, source))
    return secrets


def _blank(course: Course, name: str):
    """The notebook that students get, made anew. Raises `AssignmentError` unless it is the released one."""
    if name not in texts(course) or not course.notebook("release", name).is_file():
        raise AssignmentError(f"{name} has not been released; run `course release {name}`.")
    blank = blank_of(course, name, read_text(course.text(name)))
    released = nbformat.read(course.notebook("release", name), 4)
    if [cell.source for cell in released.cells] != [cell.source for cell in blank.cells]:
        raise AssignmentError(f"{name}: the text was changed since the release; run `course release {name}`.")
    return blank


def _check_place(repository: Path, course: Course, to: Path):
    if not (repository / "pyproject.toml").is_file():
        raise CourseError(f"{repository} is not the course's repository: it has no pyproject.toml.")
    if repository.is_relative_to(to) or any(to.is_relative_to(repository / name) for name in
                                            (*_PUBLIC, course.root.name, "tests", ".git")):
        raise CourseError(f"{to} belongs to the repository; publish to a folder of its own.")
    if to.exists() and not to.is_dir():
        raise CourseError(f"{to} is not a folder.")
    strange = sorted(_visible(to) - _known(to))
    if strange:
        raise CourseError(f"{to} holds {strange[0]}, which was not published; choose an empty folder, or one that "
                          "`course publish` wrote.")


def _existing(folder: Path) -> Path:
    """The nearest folder that exists; what is staged there can be moved without copying."""
    return next(place for place in (folder.parent, *folder.parent.parents) if place.is_dir())


def _tracked(repository: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "--", *_PUBLIC], cwd=repository, capture_output=True, text=True)
    if listed.returncode or not listed.stdout:
        raise CourseError(f"{repository} is no git repository with the course in it: only what git tracks is "
                          "published.")
    return [name for name in listed.stdout.split("\0") if name]


def _copy(repository: Path, names: list[str], staging: Path):
    for name in names:
        path = repository / name
        if path.is_symlink():
            raise CourseError(f"{name} is a link; links are not published.")
        if path.is_file():  # else it was removed, and that is not committed yet
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, staging / name)


def _copy_release(course: Course, name: str, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(course.notebook("release", name), folder / f"{name}.ipynb")


def _site(built: Path, folder: Path):
    if not (built / "index.html").is_file():
        raise CourseError(f"{built} is not a built site: it has no index.html; run `make site`.")
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo*"))
    (folder / ".nojekyll").touch()  # GitHub Pages would leave out the folders that begin with an underscore


def _readme(course: Course, released: list[str], site: Path | None) -> str:
    lines = "\n".join(f"- [{name}](assignments/{name}.ipynb)" for name in released)
    title = next(line for line in (course.root.parent / "README.md").read_text(encoding="utf-8").splitlines()
                 if line.startswith("# ")).removeprefix("# ")
    return _README.format(title=title, first=released[0], notebooks=lines,
                          site=" (in `docs/`, to be served as it is)" if site else "")


def _check_secrets(secrets: Secrets, staging: Path):
    told = secrets.told_in(staging, library=staging / "course_lib")
    if told:
        place, name, line = told[0]
        raise CourseError(f"nothing is published: {place} tells what {name} hides: {line}")


def _replace(staging: Path, to: Path, written: list[str]):
    """Make `to` hold what was staged, and nothing of an earlier publication besides."""
    to.mkdir(parents=True, exist_ok=True)
    for name in sorted(_known(to) - set(written)):
        (to / name).unlink(missing_ok=True)
        _remove_empty(to, (to / name).parent)
    for name in written:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staging / name, to / name)
    (to / _LIST).write_text(json.dumps(written, indent=1) + "\n")


def _remove_empty(top: Path, folder: Path):
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _known(to: Path) -> set[str]:
    """The files that an earlier publication wrote."""
    try:
        names = json.loads((to / _LIST).read_text())
    except FileNotFoundError:
        return set()
    except ValueError:
        raise CourseError(f"{to / _LIST} is damaged; publish to an empty folder.") from None
    inside = [name for name in names if (to / name).parent.resolve().is_relative_to(to)]
    return set(inside)


def _visible(to: Path) -> set[str]:
    """The files in a folder, but for those at its top whose names begin with a dot."""
    if not to.is_dir():
        return set()
    return {name for name in _files(to) if not name.startswith(".")}


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() or path.is_symlink())
