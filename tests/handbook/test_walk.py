"""README and handbook followed word for word: each page's shell blocks, in order, in a copy of the repository."""

import os
import re
import shutil
import subprocess
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from pages import ALL, PAGES
from working_copy import ROOT, copy

pytestmark = pytest.mark.walk
ACTIVATE = ". .venv/bin/activate\n"
WALKED = [page for page in PAGES if any(block.walked for block in ALL if block.page == page)]


@pytest.fixture
def clone(tmp_path):
    """A clone in which `make setup` has been run, and `make site` too if it was here."""
    folder = copy(tmp_path / "clone")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for file in ("requirements.txt", "pyproject.toml"):
        os.utime(folder / file, (0, 0))  # older than the environment, which must not be made to point here
    for built in (".jupyter_cache", "html"):
        if (ROOT / "_build" / built).is_dir():
            shutil.copytree(ROOT / "_build" / built, folder / "_build" / built)
    return folder


def shell(folder: Path, script: str, **options):
    environment = {"HOME": str(folder.parent), "PATH": os.environ["PATH"],
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


def readme(clone: Path) -> Path:
    """What the page takes for granted: a student's notebook, an archive of hand-ins, and the site."""
    public = student(clone)
    shutil.copy(public / "assignments" / "max_pooling.ipynb", clone)
    packed(clone / "submissions.zip", {"lovelaceada_1001_20001_max_pooling.ipynb": clone / "max_pooling.ipynb"})
    for made in ("submitted", "gradebook.db"):
        run(clone, f"rm -r assignments/{made}")
    if not (clone / "_build" / "html").is_dir():
        run(clone, "make site")
    return clone


def student(clone: Path) -> Path:
    """The published folder, with the first assignment solved."""
    run(clone, ACTIVATE + "course release max_pooling\n"
        "course sample max_pooling --from tests/assignments/max_pooling\n"
        "course publish ../public max_pooling")
    public = clone.parent / "public"
    shutil.copy(clone / "assignments/submitted/right_loops/max_pooling/max_pooling.ipynb", public / "assignments")
    return public


def platforms(clone: Path) -> Path:
    """What Canvas, Moodle and Gradescope give out about two people: their hand-ins, and who they are."""
    run(clone, ACTIVATE + "course release max_pooling")
    ada, grace = (clone / f"assignments/{step}/max_pooling/max_pooling.ipynb" for step in ("source", "release"))
    packed(clone / "submissions.zip", {"lovelaceada_1001_20001_max_pooling.ipynb": ada,
                                       "hoppergrace_late_1002_20002_max_pooling.ipynb": grace})
    (clone / "gradebook.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Max pooling (501)\n    Points Possible,,,,,35\n"
        '"Lovelace, Ada",1001,,ada,Pooling,\n"Hopper, Grace",1002,,grace,Pooling,\n')
    packed(clone / "moodle.zip", {f"{name}_assignsubmission_file/max_pooling.ipynb": notebook for name, notebook in (
        ("Ada Lovelace_7001", ada), ("Grace Hopper_7002", grace))})
    (clone / "worksheet.csv").write_text(
        "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments\n"
        "Participant 7001,Ada Lovelace,ada,ada@example.org,Submitted for grading,,100.00,Yes,-,-,\n"
        "Participant 7002,Grace Hopper,grace,grace@example.org,Submitted for grading,,100.00,Yes,-,-,\n")
    metadata = clone.parent / "submission_metadata.yml"
    metadata.write_text("".join(f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :sid: '{sid}'\n"
                                f"    :email: {sid}@example.org\n  :created_at: 2026-01-30 11:05:00 Z\n"
                                for number, name, sid in ((9001, "Ada Lovelace", "ada"), (9002, "Grace Hopper", "gh"))))
    packed(clone / "gradescope.zip", {
        "assignment_1_export/submission_metadata.yml": metadata,
        "assignment_1_export/submission_9001/max_pooling.ipynb": ada,
        "assignment_1_export/submission_9002/max_pooling.ipynb": grace})
    return clone


def packed(archive: Path, files: dict[str, Path]):
    with zipfile.ZipFile(archive, "w") as made:
        for name, path in files.items():
            made.write(path, name)


def adapted(clone: Path) -> Path:
    page = "book/handbook/assignments.md"
    (clone / "assignments" / "running_maximum.py").write_text(text_of(page, "running-maximum-text"))
    return clone


def served(folder: Path, block):
    """Run a block that serves until it is stopped, and fetch what it serves."""
    process = shell(folder, block.text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
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
    folder = GIVEN.get(page, lambda clone: clone)(clone)
    start = "" if page == "book/student.md" else ACTIVATE
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


GIVEN = {
    "README.md": readme, "book/student.md": student, "book/handbook/assignments.md": adapted,
    "book/handbook/lms.md": platforms,
}
EXPECTED = {
    "README.md": [r"(\d+) of \1 visible tests pass", "proved: the solution earns all", r"1001\s+\S+  graded"],
    "book/handbook/lms.md": [r"ada\s+\d+/\d+  graded"],
    "book/student.md": [r"(\d+) of \1 visible tests pass"],
    "book/handbook/first-class.md": [r"ada\s+\d+/\d+  graded", r"yes  a sandbox"],
    "book/handbook/assignments.md": ["proved: the solution earns all 4 points of 3 tests", "3 passed"],
    "book/handbook/publishing.md": ["no solution and no hidden test is in them"],
}
