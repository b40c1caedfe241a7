"""`import course_lib` is light, complete, and works where only the student's files are."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import course_lib

PACKAGE = Path(course_lib.__file__).parent


def run(code, cwd, *options):
    return subprocess.run([sys.executable, *options, "-c", code], cwd=cwd, capture_output=True, text=True)


def test_import_loads_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import course_lib; "
        "print(sorted(m for m in set(sys.modules) - before if m.partition('.')[0] not in sys.stdlib_module_names))"
    )
    assert run(code, PACKAGE.parent).stdout.strip() == "['course_lib']"


def test_a_pooling_loads_numpy_and_no_framework():
    code = (
        "import sys, course_lib; course_lib.max_pool; course_lib.CATALOGUE; "
        "roots = {m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names); "
        "print(sorted(roots & {'numpy', 'tensorflow', 'keras', 'matplotlib', 'nbgrader', 'scipy', 'torch'}))"
    )
    assert run(code, PACKAGE.parent).stdout.strip() == "['numpy']"


def test_every_public_name_is_there():
    assert len(set(course_lib.__all__)) == len(course_lib.__all__)
    for name in course_lib.__all__:
        assert callable(getattr(course_lib, name)) or name == "CATALOGUE", name
    assert set(course_lib.__all__) <= set(dir(course_lib))


def test_the_poolings_are_in_their_package_too():
    from course_lib.pooling import max_pool

    assert max_pool is course_lib.max_pool
    with pytest.raises(ImportError):
        exec("from course_lib.pooling import conv")


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'maxpool'"):
        course_lib.maxpool  # noqa: B018


def test_package_works_with_the_students_files_alone(tmp_path):
    alone = tmp_path / "course_lib"
    alone.mkdir()
    for name in ("__init__.py", "testing.py"):
        shutil.copy(PACKAGE / name, alone)
    # Without site, so that an editable install of the package does not lend its modules.
    libraries = f"import sys; sys.path.append({str(Path(np.__file__).parents[1])!r}); "
    done = run(libraries + "import course_lib.testing; print(course_lib.__version__)", tmp_path, "-S")
    assert done.stdout.strip() == course_lib.__version__, done.stderr
    failed = run(libraries + "import course_lib; course_lib.max_pool", tmp_path, "-S")
    assert failed.returncode == 1 and "ModuleNotFoundError: No module named 'course_lib.pooling'" in failed.stderr
