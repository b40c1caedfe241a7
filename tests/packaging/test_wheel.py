"""The wheel holds the package and nothing else, and works where nothing else is."""

import subprocess
import zipfile
from email.parser import Parser

import nbformat
import pytest
import yaml
from wheels import Environment, build_wheel, why_not
from working_copy import ROOT

import course_lib

SMOKE = {
    "": "import course_lib; course_lib.max_pool([[[1], [3]]], 1)",
    "tf-cpu": "from course_lib.layers import SoftPooling2D as L; import numpy as n; L(2)(n.ones((1, 4, 4, 1), 'f4'))",
    "tf": "from course_lib.layers import SoftPooling2D as L; import numpy as n; L(2)(n.ones((1, 4, 4, 1), 'f4'))",
    "book": "import jupyter_book, matplotlib, course_lib.figures",
    "grading": "from course_lib.grading import machine; assert all(f.ok for f in machine.sandbox() if f.needed)",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name, = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = f"course_lib-{course_lib.__version__}.dist-info"
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "course_lib").rglob("*")
               if path.suffix in (".py", ".html")}
    assert names == package | {f"{about}/{name}" for name in (
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt", "licenses/LICENSE")}


def test_the_version_comes_from_one_place(metadata):
    assert metadata["Version"] == course_lib.__version__
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == course_lib.__version__


def test_the_description_says_what_it_is(metadata):
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert set(SMOKE) - {""} <= set(metadata.get_all("Provides-Extra"))
    assert metadata.get_payload().startswith("# Convolution and pooling")


def test_a_student_needs_nothing_but_the_wheel(wheel, tmp_path):
    environment = Environment(tmp_path / "student", wheel)
    environment.check()
    assert environment.run("-c", SMOKE[""]) == ""
    cell = nbformat.v4.new_code_cell("assert 1 + 1 == 2", metadata={"nbgrader": {
        "grade": True, "grade_id": "sum", "points": 1, "solution": False, "locked": True, "schema_version": 3}})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "mine.ipynb")
    said = subprocess.run([tmp_path / "student" / "bin" / "course", "check", "mine.ipynb"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert "1 of 1 visible tests pass" in said.stdout, said.stderr
    said = subprocess.run([tmp_path / "student" / "bin" / "course", "doctor"], cwd=tmp_path, capture_output=True,
                          text=True)
    assert "packages to grade" in said.stdout and "course_lib[grading]" in said.stdout, said.stderr


@pytest.mark.package
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("extra", sorted(SMOKE))
def test_each_extra_works_by_itself(wheel, tmp_path, extra, python):
    if why := why_not(python):
        pytest.skip(f"no Python {python} here: {why}")
    environment = Environment(tmp_path / "env", wheel, extra, python)
    environment.check()
    environment.run("-c", SMOKE[""])
    environment.run("-c", SMOKE[extra])
