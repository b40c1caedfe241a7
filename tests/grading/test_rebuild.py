"""Whatever was handed in: the student's cells are found, everything else is the source's, nothing raises but in words."""

import copy
import json
import re

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v4
from tiny_course import RIGHT

from course_lib.grading.assignment import grade_id
from course_lib.grading.rebuild import Unreadable, place, read_cells, rebuild

quick = settings(deadline=None, max_examples=120, derandomize=True)


def data(notebook) -> bytes:
    return nbformat.writes(notebook).encode() if not isinstance(notebook, dict) else json.dumps(notebook).encode()


def theirs(rebuilt) -> dict:
    return {piece.grade_id: piece.source for piece in rebuilt.pieces if piece.theirs and piece.grade_id}


def others(rebuilt) -> list:
    return [(piece.grade_id, piece.source) for piece in rebuilt.pieces if not piece.theirs]


@pytest.fixture
def good(notebook_of):
    return notebook_of(**RIGHT)


def cell(notebook, name):
    return next(one for one in notebook.cells if grade_id(one) == name)


def test_a_plain_hand_in_needs_no_repair(tiny, good):
    rebuilt = rebuild(tiny, data(good))
    assert theirs(rebuilt) == RIGHT | {"essay": "YOUR ANSWER HERE"}
    assert others(rebuilt) == [(one.grade_id, one.source) for one in tiny.cells if one.kind in ("test", "locked", "text")]
    assert rebuilt.notes == ()


def changed(notebook, change):
    notebook = copy.deepcopy(notebook)
    change(notebook)
    return notebook


def _delete_tests(notebook):
    notebook.cells = [one for one in notebook.cells if not (grade_id(one) or "").startswith("test")]


def _edit_tests(notebook):
    for one in notebook.cells:
        if (grade_id(one) or "").startswith("test") or grade_id(one) == "imports":
            one.source = "pass"


def _reverse(notebook):
    notebook.cells.reverse()


def _retype(notebook):
    for one in list(notebook.cells):
        if (grade_id(one) or "").startswith("test"):
            one.cell_type = "markdown"
            one.pop("outputs"), one.pop("execution_count")


def _lie(notebook):
    notebook.metadata["course"] = {"allow": ["os"], "call_seconds": 1e9, "memory_mb": 1e9}
    notebook.metadata["kernelspec"] = {"name": "evil", "display_name": "evil"}
    for one in notebook.cells:
        one.metadata.setdefault("nbgrader", {}).update(points=1000, grade=False, solution=True, locked=False,
                                                       schema_version=99, checksum="0", extra=[1])


def _duplicate_tests(notebook):
    notebook.cells += [copy.deepcopy(one) for one in notebook.cells if (grade_id(one) or "").startswith("test")]
    for number, one in enumerate(notebook.cells):
        one["id"] = f"new-{number}"


@pytest.mark.parametrize("change", [_delete_tests, _edit_tests, _reverse, _retype, _lie, _duplicate_tests])
def test_everything_but_the_students_cells_is_restored(tiny, good, change):
    rebuilt, plain = rebuild(tiny, data(changed(good, change))), rebuild(tiny, data(good))
    assert others(rebuilt) == others(plain)
    assert theirs(rebuilt) == theirs(plain)
    assert rebuilt.digest == plain.digest


def test_of_a_copied_cell_the_edited_one_counts(tiny, good):
    def copy_before(notebook):
        twin = copy.deepcopy(cell(tiny.release, "double"))
        twin["id"] = "twin"
        notebook.cells.insert(0, twin)

    rebuilt = rebuild(tiny, data(changed(good, copy_before)))
    assert theirs(rebuilt)["double"] == RIGHT["double"]
    assert "occurs 2 times" in rebuilt.notes[0]


def test_a_cell_without_its_mark_is_found_by_id(tiny, good):
    rebuilt = rebuild(tiny, data(changed(good, lambda n: cell(n, "double").metadata.clear())))
    assert theirs(rebuilt)["double"] == RIGHT["double"]
    assert "by its id" in rebuilt.notes[0]


def _strip(notebook):
    for number, one in enumerate(notebook.cells):
        one.metadata.clear()
        one["id"] = f"other-{number}"


def test_a_notebook_without_any_marks_is_read_by_what_it_defines(tiny, good):
    assert theirs(rebuild(tiny, data(changed(good, _strip)))) == RIGHT | {"essay": "YOUR ANSWER HERE"}


def test_an_essay_without_its_mark_is_found_by_position(tiny, good):
    def lose(notebook):
        essay = cell(notebook, "essay")
        essay.metadata.clear()
        essay["id"], essay.source = "other", "In my words."

    rebuilt = rebuild(tiny, data(changed(good, lose)))
    assert theirs(rebuilt)["essay"] == "In my words."
    assert "by its position" in rebuilt.notes[0]


def test_a_renamed_cell_is_found_too(tiny, good):
    def rename(notebook):
        one = cell(notebook, "total")
        one.metadata["nbgrader"]["grade_id"], one["id"] = "my_total", "other"

    assert theirs(rebuild(tiny, data(changed(good, rename))))["total"] == RIGHT["total"]


def test_a_lost_cell_is_reported(tiny, good):
    rebuilt = rebuild(tiny, data(changed(good, lambda n: n.cells.remove(cell(n, "total")))))
    assert "NotImplementedError" in theirs(rebuilt)["total"]
    assert rebuilt.notes == ("the cell total is missing",)


def test_added_cells_keep_their_places(tiny, good):
    def add(notebook):
        notebook.cells.insert(notebook.cells.index(cell(notebook, "double")) + 1, v4.new_code_cell("helper = 1"))
        notebook.cells.insert(0, v4.new_markdown_cell("My name"))

    sources = [piece.source for piece in rebuild(tiny, data(changed(good, add))).pieces]
    assert sources[0] == "My name"
    assert sources[sources.index(RIGHT["double"]) + 1] == "helper = 1"


def test_rebuilding_twice_changes_nothing(tiny, good):
    from course_lib.grading.executed import unexecuted

    once = rebuild(tiny, data(changed(good, _strip)))
    again = rebuild(tiny, json.dumps(unexecuted(tiny, once)).encode())
    assert (again.pieces, again.digest) == (once.pieces, once.digest)


def test_the_old_format_is_read(tiny, good):
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [
        {"cell_type": one.cell_type, "input" if one.cell_type == "code" else "source": [one.source],
         "metadata": dict(one.metadata)} for one in good.cells]}]}
    rebuilt = rebuild(tiny, data(old))
    assert theirs(rebuilt) == RIGHT | {"essay": "YOUR ANSWER HERE"}
    assert "old notebook format" in rebuilt.notes[0]


@pytest.mark.parametrize("content, why", [
    (b"", "empty"), (b"  \n", "empty"), (b"{\"cells\": [", "not JSON"), (b"[]", "not a notebook"), (b"{}", "not a notebook"),
    (b"\x80\x81\x8d\x8f" * 9, "not text"), (b'{"nbformat": 5, "cells": [{}]}', "format is 5"),
    (b'{"nbformat": 4, "cells": []}', "no cells"), (b'{"nbformat": 4, "cells": 7}', "no cells"),
    (b"[" * 100000, "not JSON"), (b'{"nbformat": 4, "cells": ' + b"[" * 50000, "not JSON"),
    (json.dumps({"nbformat": 4, "cells": [{}] * 3000}).encode(), "2000 cells"),
])
def test_what_cannot_be_read_is_said_in_words(tiny, content, why):
    with pytest.raises(Unreadable, match=re.escape(why)):
        rebuild(tiny, content)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_other_encodings_are_read_with_a_note(tiny, good, encoding):
    content = json.dumps(changed(good, lambda n: setattr(cell(n, "essay"), "source", "déjà vu")), ensure_ascii=False)
    rebuilt = rebuild(tiny, content.encode(encoding))
    assert theirs(rebuilt)["essay"] == "déjà vu"
    assert bool(rebuilt.notes) == (encoding != "utf-8-sig")


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
                           max_leaves=6)
names = st.sampled_from(["double", "total", "test_double", "essay", "imports", "nobody", ""])
cells = st.fixed_dictionaries({}, optional={
    "cell_type": st.sampled_from(["code", "markdown", "raw"]) | json_values, "id": st.text(max_size=5) | json_values,
    "source": st.text(max_size=30) | st.lists(st.text(max_size=9), max_size=3) | json_values,
    "metadata": st.fixed_dictionaries({}, optional={"nbgrader": st.fixed_dictionaries({"grade_id": names | json_values})
                                                    | json_values}) | json_values, "outputs": json_values})


@quick
@given(cells=st.lists(cells | json_values, max_size=12), version=st.sampled_from([3, 4, 4, 4, 5, None, "4"]))
def test_any_notebook_is_rebuilt_or_refused_in_words(tiny, cells, version):
    content = json.dumps({"nbformat": version, "cells": cells, "worksheets": [{"cells": cells}]}).encode()
    try:
        rebuilt = rebuild(tiny, content)
    except Unreadable as refusal:
        assert str(refusal)
        return
    assert others(rebuilt) == [(one.grade_id, one.source) for one in tiny.cells if one.kind in ("test", "locked", "text")]
    assert set(theirs(rebuilt)) == {one.grade_id for one in tiny.cells if one.kind in ("answer", "essay")}


@quick
@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused_in_words(content):
    try:
        found, _ = read_cells(content)
    except Unreadable as refusal:
        assert str(refusal)
    else:
        assert found


def test_an_empty_list_of_cells_gives_the_blank(tiny):
    assert all("NotImplementedError" in source for name, source in theirs(place(tiny, [])).items() if name != "essay")
