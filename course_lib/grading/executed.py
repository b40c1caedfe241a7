"""The graded notebook that nbgrader keeps: the source's metadata, the student's cells, harmless outputs.

Hidden tests are not in it, so nothing made from it can show them; the student's Markdown is without raw HTML, so that
nothing in it runs in formgrader either.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from nbconvert.filters.markdown_mistune import markdown2html_mistune as markdown2html
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import from_dict, v4
from nbformat.notebooknode import NotebookNode

from .assignment import BEGIN_HIDDEN, Assignment, without_hidden
from .rebuild import Rebuilt
from .verdict import Ran, Verdict

_SANITIZER = SanitizeHTML()
# Characters of a student's that are shown. Markdown has less room: some takes nbconvert the square of its length.
MAX_CODE, MAX_MARKDOWN = 256 << 10, 32 << 10
_LINKS = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite", "xlink:href"}
UNSANDBOXED = "**Graded without a sandbox: whatever this notebook did to its marks, it could.**"
HIDDEN = "# (More checks of this behaviour ran here.)"


def unexecuted(assignment: Assignment, rebuilt: Rebuilt) -> NotebookNode:
    """The rebuilt notebook before it runs."""
    cells = [Ran(piece.grade_id, piece.cell_type, piece.source, piece.theirs) for piece in rebuilt.pieces]
    return _notebook(assignment, [_cell(assignment, cell) for cell in cells])


def notebook(assignment: Assignment, verdict: Verdict) -> NotebookNode:
    """The notebook with what its cells showed and how its tests went."""
    cells = [] if verdict.sandboxed else [v4.new_markdown_cell(UNSANDBOXED)]
    rooms = {"code": MAX_CODE, "markdown": MAX_MARKDOWN}
    for ran in verdict.cells:
        cell = _cell(assignment, ran)
        if ran.theirs:
            cell.source = _cut(cell.source, rooms[cell.cell_type])
            rooms[cell.cell_type] -= min(len(cell.source), rooms[cell.cell_type])
        if cell.cell_type == "code":
            mark = verdict.marks.get(ran.grade_id)
            cell.outputs = _outputs(ran) if mark is None else _result(mark)
            cell.execution_count = len(cells) + 1
        elif ran.theirs:
            cell.source = _harmless(cell.source)
        cells.append(cell)
    return _notebook(assignment, cells)


def _cut(source: str, room: int) -> str:
    return source if len(source) <= room else f"{source[:room]}\n... (the rest is not shown)"


def _harmless(source: str) -> str:
    """A student's Markdown without raw HTML; as it was typed where nbconvert stumbles or a link of it could run."""
    source = _SANITIZER.sanitize_html_tags(source)
    try:
        page = _Page(markdown2html(source))
    except Exception:  # whatever a renderer raises
        page = None
    return source if page is not None and not page.runs else "\n".join("    " + line for line in source.split("\n"))


class _Page(HTMLParser):
    """Whether anything in some HTML could run: nbconvert sanitises HTML in Markdown, and not what becomes HTML."""

    def __init__(self, text: str):
        super().__init__()
        self.runs = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            scheme, colon, _ = re.sub(r"[\x00-\x20]", "", value or "").lower().partition(":")
            link = name in _LINKS and colon and re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme)
            self.runs |= name.startswith("on") or bool(link) and scheme not in ("http", "https", "mailto")
        self.runs |= tag in ("script", "iframe", "object", "embed", "form", "base", "link", "meta")


def as_bytes(nb: NotebookNode) -> bytes:
    """The notebook as a file; the same for the same verdict. On one line, which takes a fifth of the time."""
    return json.dumps(nb, ensure_ascii=False, sort_keys=True).encode()


def write(path: Path, content: bytes):
    """Write a notebook for nbgrader, readable only, as it does itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(0o444)


def _notebook(assignment: Assignment, cells: list[NotebookNode]) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"added-{number}")
    metadata = {"kernelspec": assignment.release.metadata.get("kernelspec", {})}
    return NotebookNode(cells=cells, metadata=from_dict(metadata), nbformat=4, nbformat_minor=5)


def _cell(assignment: Assignment, ran: Ran) -> NotebookNode:
    """Not by `new_code_cell`, which checks each cell against the schema and costs 0.01 s a notebook."""
    released = assignment.released.get(ran.grade_id)
    source = without_hidden(ran.source, HIDDEN) if BEGIN_HIDDEN in ran.source and not ran.theirs else ran.source
    cell = NotebookNode(cell_type="code" if ran.cell_type == "code" else "markdown", source=source,
                        metadata=from_dict(released.metadata if released else {}))
    if cell.cell_type == "code":
        cell.update(outputs=[], execution_count=None)
    if released and "id" in released:
        cell["id"] = released["id"]
    return cell


def _outputs(ran: Ran) -> list[NotebookNode]:
    outputs = [v4.new_output("stream", name=name, text=text)
               for name, text in (("stdout", ran.stdout), ("stderr", ran.stderr)) if text]
    for item in ran.shown:
        data = {"image/png": item["png"], "text/plain": "<picture>"} if "png" in item else {"text/plain": item["text"]}
        outputs.append(v4.new_output("display_data", data=data))
    return outputs + ([_error(ran.error)] if ran.error else [])


def _result(mark) -> list[NotebookNode]:
    """What nbgrader reads the points from: an error for none, a value for some, nothing for all."""
    if mark.message is not None:
        return [_error(mark.message)]
    if mark.points != mark.max_points:
        return [v4.new_output("execute_result", data={"text/plain": repr(mark.points)}, execution_count=1)]
    return []


def _error(message: str) -> NotebookNode:
    name, _, text = message.partition("\n")
    return v4.new_output("error", ename="Not right yet", evalue=name, traceback=message.split("\n"))
