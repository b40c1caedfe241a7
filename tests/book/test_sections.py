"""Every function of the catalogue has a section that shows what the library computes, and is checked on its page.

The cells of the pages run here as they do in the build, with the library's functions watched.
"""

import re

import numpy as np
import pytest
from chapters import TEXTS
from executed import COMPARED, run, shows

from course_lib.catalogue import CATALOGUE

EACH = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)


def section_of(row) -> tuple[int, int]:
    """Where the row's section begins and ends: from its label and heading to the next of that level or above."""
    text, label = TEXTS[row.chapter], row.name.replace("_", "-")
    found = re.search(rf"^\({label}\)=\n(?:\([\w-]+\)=\n)*(#+) ", text, re.M)
    assert found, f"{row.chapter} has no heading labelled ({label})="
    after = re.compile(rf"^#{{1,{len(found[1])}}} ", re.M).search(text, found.end())
    return found.start(), after.start() if after else len(text)


@EACH
def test_the_section_shows_what_the_library_computes(row):
    start, end = section_of(row)
    cells = [cell for cell in run(row.chapter) if start <= cell.start < end]
    results = [(cell, y) for cell in cells for y in cell.results(row.name) if 0 < y.size <= 64]
    assert results, f"no cell of the section calls {row.name} on a small array"
    assert any(shows(cell.shown, y) for cell, y in results), [(cell.shown, y) for cell, y in results]


@EACH
def test_the_gradient_is_checked_against_finite_differences(row):
    cells = run(row.chapter)
    gradients = [dx for cell in cells for dx in cell.results(f"{row.name}_backward")]
    checks = [call for cell in cells for name, call in cell.calls if name == "relative_error"]
    of_this = [error for *pair, error in checks if any(_same(one, dx) for one in pair for dx in gradients)]
    assert of_this, f"{row.chapter} compares no gradient of {row.name} with a numerical one"
    assert max(of_this) < 1e-6


@EACH
def test_the_layer_is_compared_with_the_library(row):
    codes = re.findall(r"^```\{code-cell\}\n(.*?)^```$", TEXTS[row.chapter], re.S | re.M)
    assert any(re.search(rf"\b{row.layer}\b", code) for code in codes), f"{row.chapter} never uses {row.layer}"
    cells = run(row.chapter)
    compared = [ours for cell in cells for name in COMPARED for ours in cell.results(name)]
    for name in (row.name, f"{row.name}_backward"):
        results = [result for cell in cells for result in cell.results(name)]
        assert any(_same(one, other) for one in compared for other in results), f"no tensor is compared with {name}"


@EACH
def test_the_table_of_all_poolings_has_a_line_for_it(row):
    lines = run("reference/poolings")[0].shown.splitlines()
    line = next(line for line in lines if f"`{row.name}`<br>" in line)
    for shown in (row.title, row.formula, row.cost, f"{{cite:t}}`{row.source[1:]}`", row.layer, row.assignment or ""):
        assert shown in line
    assert line.replace("\\|", "").count("|") == 6


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.array_equal(one, other)


def test_what_is_shown_is_read_as_exactly_as_it_is_written():
    assert shows("[1.75 2.3]", np.array([1.75, 2.34])) and not shows("[1.75 2.3]", np.array([1.76]))
    assert shows("row 1: −2", np.array([-2.0])) and not shows("2", np.array([-2.0])) and not shows("2", np.array([2.1]))
    assert shows("1e-05", np.array([1e-5])) and not shows("", np.array([0.0]))
