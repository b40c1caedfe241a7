"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import course_lib

# The files inside the sandbox are a package of their own there.
MODULES = [m.name for m in pkgutil.walk_packages(course_lib.__path__, "course_lib.") if ".inside." not in m.name
           and not m.name.endswith("__main__")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_there_are_examples():
    assert sum(len(test.examples) for name in ("local", "ranked", "adaptive")
               for test in doctest.DocTestFinder().find(importlib.import_module(f"course_lib.pooling.{name}"))) > 20
