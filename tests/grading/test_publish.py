"""`course publish` writes what students may see and nothing else: every file of it is searched for what must not be."""

import base64
import gzip
import io
import json
import re
import shutil
import tarfile
import zipfile

import nbformat
import pytest
from working_copy import ROOT, copy, git

from course_lib.grading import leaks, publish
from course_lib.grading.assignment import AssignmentError
from course_lib.grading.course import Course, CourseError

NAMES = publish.texts(Course.open(ROOT / "assignments"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy of this repository as git would commit it now, with every assignment released (proofs are not repeated)."""
    root = copy(tmp_path_factory.mktemp("private") / "course")
    course = Course.open(root / "assignments")
    for name in NAMES:
        source = publish.read_text(course.text(name))
        for step, notebook in (("source", source), ("release", publish.blank_of(course, name, source))):
            course.notebook(step, name).parent.mkdir(parents=True)
            nbformat.write(notebook, course.notebook(step, name))
    return course


@pytest.fixture(scope="module")
def public(repository):
    to = repository.root.parent.parent / "public"
    publish.publish(repository, to)
    return to


def secret_lines():
    """Read from the texts by their markers, on purpose in another way than `publish` does."""
    for text in (ROOT / "assignments").glob("*.py"):
        for region in re.findall(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", text.read_text(), re.S):
            for line in region.split("\n"):
                line = "".join(line.split()).lstrip("#")
                if len(line) >= 40 and "import" not in line:
                    yield line


def shown(notebook):
    """What a released notebook tells: a later one may hand out as a helper what an earlier one asked for."""
    return "".join("".join(cell.source.split()) for cell in nbformat.read(notebook, 4).cells)


def right_answers():
    for answer in ROOT.glob("tests/assignments/*/right/*.py"):
        for definition in re.split(r"\n(?=def |class )", answer.read_text()):
            body = "".join(definition.split())
            if len(body) > 200:
                yield body


def everything_in(folder):
    return {place: "".join(re.sub(r'",\s*"|\\n', "", data.decode("utf-8", "replace")).replace('\\"', '"').split())
            for place, data in leaks.documents(folder)}


def test_no_solution_and_no_hidden_test_is_in_any_file(public):
    texts = everything_in(public)
    library = "".join(text for place, text in texts.items() if place.startswith("course_lib/"))
    given = "".join(shown(public / "assignments" / f"{name}.ipynb") for name in NAMES)
    secrets = {line for line in secret_lines() if line not in library + given} | set(right_answers())
    assert len(secrets) > 500 and len(texts) > 150
    assert [(place, secret) for place, text in texts.items() for secret in secrets if secret in text] == []


def test_it_holds_the_releases_the_package_and_the_book_and_nothing_else(public, repository):
    names = set(publish._files(public))
    assert {name for name in names if name.startswith("assignments/")} == {f"assignments/{name}.ipynb" for name in NAMES}
    assert {name.split("/")[0] for name in names} == {
        "assignments", "book", "course_lib", "README.md", "LICENSE", "CITATION.cff", "pyproject.toml", "_config.yml",
        "requirements.txt", ".published.json"}
    assert not any(word in name for name in names for word in ("source/", "tests/", "gradebook", ".course", "secret"))
    for name in NAMES:
        cells = nbformat.read(public / "assignments" / f"{name}.ipynb", 4).cells
        answers = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
        assert answers and all("YOUR" in cell.source for cell in answers)


def test_the_history_of_a_public_repository_is_searched(public, repository, tmp_path):
    clone = tmp_path / "public"
    shutil.copytree(public, clone)
    git(clone, "init", "--quiet")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "published")
    releases = [nbformat.read(path, 4) for path in (public / "assignments").iterdir()]
    secrets = publish.secrets_of(repository, releases)
    assert secrets.told_in(clone, clone / "course_lib") == []
    shutil.copy(repository.text("max_pooling"), clone / "oops.py")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "oops")
    git(clone, "rm", "--quiet", "oops.py")
    git(clone, "commit", "--quiet", "-m", "gone")
    git(clone, "gc", "--quiet")
    assert any(place.startswith("history") for place, *_ in secrets.told_in(clone, clone / "course_lib"))


LINE = "values = sorted(window.ravel(), reverse=True)[:number_of_them]"


def packed(kind, text):
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/b.txt", text)
    elif kind == "tar":
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            member = tarfile.TarInfo("a/b.txt")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.mark.parametrize("data", [
    LINE.encode(), f"x\n        {LINE}\n".encode(), json.dumps({"cells": [{"source": ["x\n", LINE]}]}).encode(),
    json.dumps(LINE.replace("[", '"[')).encode(), f"<pre><span>values</span> = {LINE[9:]}</pre>".encode(),
    LINE.replace(">", "&gt;").encode(), packed("zip", LINE), packed("tar", LINE), gzip.compress(LINE.encode()),
    packed("zip", "x" * 100 + LINE),
], ids=["plain", "indented", "notebook", "quoted", "highlighted", "escaped", "zip", "tar.gz", "gzip", "longer"])
def test_the_search_finds_a_secret_in_every_form(tmp_path, data):
    quoted = b'\\"' in data
    line = LINE.replace("[", '"[') if quoted else LINE
    source, release = (nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)]) for text in (f"a\n{line}", "a"))
    secrets = leaks.Secrets([release])
    secrets.add("tiny", source, release)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(data)
    assert [(name, place.split(":")[0]) for place, name, _ in secrets.told_in(tmp_path)][:1] == [("tiny", "inner/file")]
    (tmp_path / "inner" / "file").write_bytes(base64.b64encode(b"something else"))
    assert secrets.told_in(tmp_path) == []


def test_a_secret_in_a_page_stops_it_and_changes_nothing(repository, tmp_path):
    page = repository.root.parent / "book" / "index.md"
    before = page.read_text()
    region = re.search(r"### BEGIN SOLUTION\n(.*?)### END", repository.text("max_pooling").read_text(), re.S)[1]
    try:
        page.write_text(f"{before}\n{region}\n")
        with pytest.raises(CourseError, match="book/index.md tells what max_pooling hides"):
            publish.publish(repository, tmp_path / "out", ["average_pooling"])
    finally:
        page.write_text(before)
    assert not (tmp_path / "out").exists()


def test_chosen_assignments_and_a_site(repository, tmp_path):
    site = tmp_path / "site"
    (site / "_static").mkdir(parents=True)
    (site / "index.html").write_text("<p>The book</p>")
    to = tmp_path / "out"
    (to / ".git").mkdir(parents=True)
    publish.publish(repository, to, ["max_pooling", "shifts"], site)
    assert sorted(path.name for path in (to / "assignments").iterdir()) == ["max_pooling.ipynb", "shifts.ipynb"]
    assert (to / "docs" / "index.html").is_file() and (to / "docs" / ".nojekyll").is_file()
    publish.publish(repository, to, ["max_pooling"])
    assert [path.name for path in (to / "assignments").iterdir()] == ["max_pooling.ipynb"]
    assert not (to / "docs").exists() and (to / ".git").is_dir()


def test_it_is_refused_where_it_could_destroy_or_mix(repository, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CourseError, match="thesis.tex, which was not published"):
        publish.publish(repository, tmp_path)
    for folder in (".", "book", "assignments/release", "tests/x", ".."):
        with pytest.raises(CourseError, match="belongs to the repository"):
            publish.publish(repository, repository.root.parent / folder)
    with pytest.raises(CourseError, match="no index.html"):
        publish.publish(repository, tmp_path / "new", site=tmp_path)
    with pytest.raises(AssignmentError, match="nothing has not been released"):
        publish.publish(repository, tmp_path / "new", ["nothing"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_stale_release_is_refused(repository, tmp_path):
    text = repository.text("shifts")
    before = text.read_text()
    try:
        text.write_text(before.replace("# %% [markdown]", "# %% [markdown]", 1) + "\n# %%\nprint('new')\n")
        with pytest.raises(AssignmentError, match="course release shifts"):
            publish.publish(repository, tmp_path / "out")
    finally:
        text.write_text(before)


def test_a_list_that_names_other_files_deletes_nothing_outside(repository, tmp_path):
    to = tmp_path / "out"
    to.mkdir()
    (tmp_path / "precious").touch()
    (to / ".published.json").write_text('["../precious"]')
    publish.publish(repository, to, ["max_pooling"])
    assert (tmp_path / "precious").exists()
