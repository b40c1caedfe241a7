"""An assignment may name single modules of `course_lib`, as the network's does for its images, and no more."""

import pytest

from course_lib.grading.limits import Limits
from course_lib.grading.sandbox import Plan
from course_lib.grading.session import Session
from course_lib.grading.visible import NotInstalled, arguments

IMAGES = ("course_lib.cifar.sample", "course_lib.cifar.data", "course_lib.cifar.batchfile")
SOURCE = """
import os, course_lib
from course_lib.cifar import load_sample
print(load_sample(4, 2, seed=3).x_train.shape)
top = os.path.dirname(course_lib.__file__)
print(sorted(os.path.join(folder, file)[len(top):] for folder, _, files in os.walk(top) for file in files
             if file.endswith(".py")))
for name in ("windows", "pooling.local", "cifar.models", "grading", "catalogue"):
    try:
        __import__("course_lib." + name)
        print("FOUND", name)
    except ImportError as error:
        assert "can use numpy" in str(error), error
try:
    open(os.path.join(top, "cifar", "sample.py"), "a")
    print("FOUND a way to change it")
except OSError:
    pass
"""


def test_the_images_are_there_and_the_poolings_are_not():
    session = Session(Plan(("numpy", *IMAGES), Limits(cells_seconds=10)), 60)
    try:
        outcome = session.run(SOURCE, "cell")
    finally:
        session.close()
    assert outcome.error is None, outcome.error
    shape, files = outcome.stdout.splitlines()
    assert shape == "(4, 32, 32, 3)"
    assert eval(files) == ["/__init__.py", "/cifar/__init__.py", "/cifar/batchfile.py", "/cifar/data.py",
                           "/cifar/sample.py", "/testing.py"]


@pytest.mark.parametrize("name", ["course_lib.nothing", "course_lib.cifar.../grading", "course_lib."])
def test_a_module_that_is_not_there_is_said(name):
    with pytest.raises(NotInstalled, match="no module of course_lib"):
        arguments((name,))
