"""The notebook to run: the source's cells, with the student's in their places.

Only text is taken from the hand-in: the sources of solution cells, found by their grade_id, and of cells that the
student added. Outputs, metadata, tests and locked cells of the hand-in are never looked at.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import dataclass

from .assignment import Assignment, grade_id, python

MAX_CELLS = 2000
MAX_SOURCE = 1 << 20


class Unreadable(Exception):
    """The bytes are not a notebook; the text says why."""


@dataclass(frozen=True)
class Found:
    """A cell of a hand-in: no more of it than this is believed."""

    cell_type: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None


@dataclass(frozen=True)
class Piece:
    """A cell of the rebuilt notebook: one of the source (by `grade_id`), or one that the student added."""

    grade_id: str | None
    cell_type: str
    source: str
    theirs: bool


@dataclass(frozen=True)
class Rebuilt:
    """The rebuilt notebook, and what had to be repaired."""

    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for hand-ins with the same cells of the students'."""
        theirs = [[piece.grade_id, piece.cell_type, piece.source] for piece in self.pieces if piece.theirs]
        return hashlib.sha256(json.dumps(theirs).encode()).hexdigest()


def blank(assignment: Assignment) -> Rebuilt:
    """What the release itself would be."""
    return place(assignment, [_found(node) for node in assignment.release.cells])


def solved(assignment: Assignment) -> Rebuilt:
    """What the source itself would be: the instructor's solution."""
    return place(assignment, [_found(node) for node in assignment.source.cells])


def rebuild(assignment: Assignment, notebook: bytes) -> Rebuilt:
    """Put the student's cells into the source's notebook. Raises `Unreadable`."""
    cells, notes = read_cells(notebook)
    rebuilt = place(assignment, cells)
    return Rebuilt(rebuilt.pieces, (*notes, *rebuilt.notes))


def read_cells(notebook: bytes) -> tuple[list[Found], list[str]]:
    """The cells of a notebook, of nbformat 4 or 3. Raises `Unreadable`."""
    text, notes = _decode(notebook)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON; perhaps the upload was cut short") from None
    if not isinstance(data, dict):
        raise Unreadable("it is not a notebook")
    version = data.get("nbformat")
    if version == 3:
        cells = [cell for sheet in _dicts(data.get("worksheets")) for cell in _dicts(sheet.get("cells"))]
        notes.append("it was in the old notebook format 3")
    elif version == 4:
        cells = _dicts(data.get("cells"))
    else:
        raise Unreadable(f"its notebook format is {str(version)[:20]}, not 4" if version is not None
                         else "it is not a notebook")
    if not cells:
        raise Unreadable("it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"it has more than {MAX_CELLS} cells")
    return [_read_cell(cell) for cell in cells], notes


def place(assignment: Assignment, cells: list[Found]) -> Rebuilt:
    """The source's cells in their order; what a student added stays behind the cell that it follows."""
    notes: list[str] = []
    claims: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        known = assignment.by_id.get(cell.grade_id)
        if known is not None:
            claims.setdefault(cell.grade_id, []).append(index)
    chosen = {name: _choose(assignment, name, [cells[i] for i in found], found, notes)
              for name, found in claims.items()}
    anchors = {index: name for name, index in chosen.items()}
    _find_missing(assignment, cells, chosen, anchors, claims, notes)
    _note_restored(assignment, cells, chosen, notes)
    behind = _added(assignment, cells, anchors, claims)
    pieces = list(behind.get(None, ()))
    for cell in assignment.cells:
        if cell.grade_id is None:
            continue
        theirs = cell.kind in ("answer", "essay")
        source = cells[chosen[cell.grade_id]].source if theirs and cell.grade_id in chosen else None
        if source is None:
            source = assignment.released[cell.grade_id].source if theirs else cell.source
        pieces += [Piece(cell.grade_id, cell.node.cell_type, source, theirs), *behind.get(cell.grade_id, ())]
    return Rebuilt(tuple(pieces), tuple(notes))


def _choose(assignment, name, copies: list[Found], indices: list[int], notes) -> int:
    """Of several cells with one grade_id, the one that differs from the release, else the first."""
    if len(copies) == 1:
        return indices[0]
    released = assignment.released[name].source
    edited = [i for cell, i in zip(copies, indices) if cell.source.strip() != released.strip()]
    if assignment.by_id[name].kind in ("answer", "essay"):
        notes.append(f"the cell {name} occurs {len(copies)} times; "
                     f"{'the first that was edited' if edited else 'the first'} counts")
    return edited[0] if edited else indices[0]


def _find_missing(assignment, cells, chosen, anchors, claims, notes):
    """Solution cells whose grade_id was lost: by the cell's own id, by the names it defines, by its position."""
    for cell in assignment.cells:
        if cell.kind not in ("answer", "essay") or cell.grade_id in chosen:
            continue
        free = [i for i, one in enumerate(cells)
                if i not in anchors and one.grade_id not in claims and one.cell_type == cell.node.cell_type]
        index, how = _likely(assignment, cell, cells, free, anchors)
        if index is None:
            notes.append(f"the cell {cell.grade_id} is missing")
            continue
        notes.append(f"the cell {cell.grade_id} had lost its mark and was found {how}")
        chosen[cell.grade_id] = index
        anchors[index] = cell.grade_id


def _note_restored(assignment, cells, chosen, notes):
    locked = [cell for cell in assignment.cells if cell.kind in ("test", "locked")]
    missing = [cell.grade_id for cell in locked if cell.grade_id not in chosen]
    changed = [cell.grade_id for cell in locked if cell.grade_id in chosen
               and cells[chosen[cell.grade_id]].source.strip() not in _as_given(cell)]
    notes += [f"missing and put back: {_listed(missing)}"] if missing else []
    notes += [f"changed and restored: {_listed(changed)}"] if changed else []


def _as_given(cell) -> tuple[str, str]:
    return cell.visible_source.strip(), cell.source.strip()


def _listed(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more cells" if len(names) > most else "")


def _likely(assignment, cell, cells, free, anchors):
    released = assignment.released[cell.grade_id]
    for index in free:
        if cells[index].cell_id and cells[index].cell_id == released.get("id"):
            return index, "by its id"
    names = set(re.findall(r"^(?:def|class)\s+(\w+)", released.source, re.M)) if cell.kind == "answer" else set()
    defining = [index for index in free if names and names <= _top_level_names(cells[index].source)]
    if len(defining) == 1:
        return defining[0], "by what it defines"
    order = [one.grade_id for one in assignment.cells if one.grade_id]
    position = order.index(cell.grade_id)
    places = {name: index for index, name in anchors.items()}
    before = max((places[name] for name in order[:position] if name in places), default=-1)
    after = min((places[name] for name in order[position + 1:] if name in places), default=len(cells))
    between = [index for index in free if before < index < after]
    return (between[0], "by its position") if len(between) == 1 else (None, "")


def _top_level_names(source: str) -> set[str]:
    try:
        return {node.name for node in ast.parse(python(source)).body
                if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(re.findall(r"^(?:def|class)\s+(\w+)", source, re.M))


def _added(assignment, cells, anchors, claims) -> dict[str | None, list[Piece]]:
    """Cells that are none of the source's, by the grade_id of the last of the source's cells before them."""
    behind: dict[str | None, list[Piece]] = {}
    last = None
    for index, cell in enumerate(cells):
        if index in anchors:
            last = anchors[index]
        elif cell.grade_id not in claims and cell.source.strip():
            behind.setdefault(last, []).append(Piece(None, cell.cell_type, cell.source, True))
    return behind


def _found(node) -> Found:
    return Found(node.cell_type, node.source, grade_id(node), node.get("id"))


def _decode(notebook: bytes) -> tuple[str, list[str]]:
    if not notebook.strip():
        raise Unreadable("the file is empty")
    for encoding, note in (("utf-8-sig", None), ("utf-16", "it was not in UTF-8"), ("cp1252", "it was not in UTF-8")):
        if encoding == "utf-16" and notebook[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return notebook.decode(encoding), [note] if note else []
        except UnicodeDecodeError:
            continue
    raise Unreadable("it is not text in UTF-8")


def _read_cell(cell: dict) -> Found:
    meta = cell.get("metadata")
    nbgrader = meta.get("nbgrader") if isinstance(meta, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    cell_type = "code" if cell.get("cell_type") == "code" else "markdown"
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    if len(source) > MAX_SOURCE:
        raise Unreadable(f"a cell has more than {MAX_SOURCE >> 20} MB of source")
    source = source.encode("utf-8", "replace").decode()
    return Found(cell_type, source, name if isinstance(name, str) else None,
                 cell.get("id") if isinstance(cell.get("id"), str) else None)


def _dicts(value) -> list[dict]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
