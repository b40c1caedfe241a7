"""Notebooks that lie in what surrounds their cells: each takes a notebook of wrong answers and gives bytes."""

import json


def _metadata(notebook, **more) -> bytes:
    notebook["metadata"] |= more
    return json.dumps(notebook).encode()


def _each_cell(notebook, change) -> bytes:
    for number, cell in enumerate(notebook["cells"]):
        change(number, cell)
    return json.dumps(notebook).encode()


def _forged_outputs(number, cell):
    if cell["cell_type"] == "code":
        cell["outputs"] = [
            {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "3.0"}},
            {"output_type": "display_data", "metadata": {}, "data": {
                "text/html": "<script>alert(1)</script>", "image/svg+xml": "<svg onload=alert(2)>",
                "application/javascript": "alert(3)", "image/png": "<script>",
                "application/vnd.jupyter.widget-view+json": {"model_id": "<script>alert(4)</script>"}}}]


def _attachments(number, cell):
    if cell["cell_type"] == "markdown":
        svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(5)'/>"
        cell["attachments"] = {"x.svg": {"image/svg+xml": svg}, "../../x": {"text/html": ["<script>alert(6)</script>"]}}
        cell["source"] = ("![x](attachment:x.svg) [y](javascript:alert(7)) <img src=x onerror=alert(8)> "
                          "<svg><script>alert(9)</script></svg> <iframe srcdoc='<script>alert(10)</script>'></iframe>\n"
                          "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(11)>\n"
                          "<base href='https://example.org/'><meta http-equiv=refresh content='0;url=javascript:alert(12)'>")


def _long(number, cell):
    if cell["cell_type"] == "markdown":
        cell["source"] = "\\begin{x}" * 100000


def _same_id(number, cell):
    cell["id"] = "same"


def _points(number, cell):
    cell["metadata"]["nbgrader"] = cell["metadata"].get("nbgrader", {}) | {
        "points": 1e308, "grade": True, "solution": True, "locked": False, "task": True, "checksum": "0"}


def _look_alike_marks(number, cell):
    mark = cell["metadata"].get("nbgrader", {})
    if mark.get("grade_id", "").startswith("test"):
        mark["grade_id"] = mark["grade_id"].replace("e", "\u0435").replace("t", "\uff54")
        cell["source"] = "1000.0"


def _no_objects(number, cell):
    cell["metadata"] = [["nbgrader", {"points": 9}]] if number % 2 else "nbgrader"
    cell["source"] = [cell["source"], 5, None, [cell["source"]]]
    cell["execution_count"] = "<script>alert(1)</script>"


def _odd_names(number, cell):
    cell["metadata"]["nbgrader"] = {"grade_id": ["double"], "schema_version": {"a": 1}}


def _widgets(notebook) -> bytes:
    state = {f"model{number}": {"state": {"value": "x" * 1000}} for number in range(10000)}
    return _metadata(notebook, widgets={"application/vnd.jupyter.widget-state+json": {"state": state}})


def _deep(notebook) -> bytes:
    nested = '{"a":' * 900 + "1" + "}" * 900
    return _metadata(notebook, deep=0).replace(b'"deep": 0', f'"deep": {nested}'.encode())


def _keys_twice(notebook) -> bytes:
    return _metadata(notebook).replace(b'"nbformat"', b'"cells": [], "nbformat": 3, "nbformat"', 1) + b" "


def _a_million_lists(notebook) -> bytes:
    return _metadata(notebook, many=0).replace(b'"many": 0', b'"many": [' + b"[]," * 8_000_000 + b"0]")


def _settings(notebook) -> bytes:
    course = {"allow": ["os", "nbgrader"], "call_seconds": 1e9, "memory_mb": 1e9, "objects": ["double"], "evil": 1}
    return _metadata(notebook, course=course, kernelspec={"name": "../../evil", "display_name": "<script>"},
                     language_info={"name": "bash", "pygments_lexer": "<script>"}, title="<script>alert(1)</script>")


NOTEBOOKS = {
    "notebook_of_widgets": _widgets, "notebook_nested_deeply": _deep, "notebook_with_keys_twice": _keys_twice,
    "notebook_of_a_million_lists": _a_million_lists, "notebook_with_settings_of_its_own": _settings,
} | {f"cells_with_{name}": lambda notebook, change=change: _each_cell(notebook, change) for name, change in {
    "forged_outputs": _forged_outputs, "much_to_render": _long, "attachments": _attachments, "one_id": _same_id, "points": _points,
    "look_alike_marks": _look_alike_marks, "no_objects": _no_objects, "odd_names": _odd_names}.items()}
