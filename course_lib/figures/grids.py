"""Small arrays as grids of numbers, with windows drawn on them."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from course_lib.figures.picture import DASHES, FAINT, INK, SERIES, Picture

# One hue, light to dark: the order survives in grey, and every cell brings its own background to a dark page.
SHADES = LinearSegmentedColormap.from_list("shades", ["#e6edf4", "#9dbbd6", "#173f66"])
DARK_FROM = 0.7
WIDTH, CELL, TITLE, EDGE = 480, 36, 24, 3
ARROW, SPACE = 34, 18

Window = tuple[int, int, int, int]


def grids(
    arrays: Mapping[str, np.ndarray],
    *,
    windows: Mapping[str, Sequence[Window]] | None = None,
    arrows: Collection[str] | None = None,
    note: str = "",
) -> Picture:
    """Draw named two-dimensional arrays side by side, in the order given.

    An arrow leads from each to the next, or only from those named in `arrows`.

    `windows[name]` lists `(row, column, height, width)` to outline on the array `name`; the n-th window of every
    array is drawn alike, so that the eye can follow it. The text alternative reads out the arrays; `note` begins it.

    >>> grids({"input": np.array([[1, 2], [3, 4]]), "max": np.array([[4]])}).alt
    'input, 2 by 2: row 1: 1 2; row 2: 3 4. max, 1 by 1: row 1: 4.'
    """
    arrays = {name: _matrix(name, array) for name, array in arrays.items()}
    rows = max(a.shape[0] for a in arrays.values())
    columns = sum(a.shape[1] for a in arrays.values())
    names = list(arrays)[:-1]
    gaps = {name: ARROW if arrows is None or name in arrows else SPACE for name in names}
    room = sum(gaps.values()) + 2 * EDGE
    cell = min(CELL, (WIDTH - room) / columns)
    width, height = columns * cell + room, rows * cell + TITLE + 2 * EDGE
    alt = " ".join([note] * bool(note) + [describe(name, array) for name, array in arrays.items()])
    picture = Picture(width, height, alt, layout=None)
    left = EDGE
    for name, array in arrays.items():
        across, down = array.shape[1] * cell, array.shape[0] * cell
        bottom = EDGE + (rows * cell - down) / 2
        axes = picture.add_axes((left / width, bottom / height, across / width, down / height))
        _draw(axes, array, cell, (windows or {}).get(name, ()))
        middle, top = (left + across / 2) / width, (bottom + down + 7) / height
        picture.text(middle, top, name, ha="center", va="bottom", fontsize=11, color=INK)
        left += across
        if gaps.get(name) == ARROW:
            middle = (EDGE + rows * cell / 2) / height
            picture.text((left + ARROW / 2) / width, middle, "→", ha="center", va="center", fontsize=16, color=FAINT)
        left += gaps.get(name, 0)
    return picture


def tiles(shape: tuple[int, int], pool_size: int, strides: int | None = None) -> list[Window]:
    """The windows that fit on a map of `shape`, row by row, as `grids` outlines them."""
    step = strides or pool_size
    return [
        (i, j, pool_size, pool_size)
        for i in range(0, shape[0] - pool_size + 1, step)
        for j in range(0, shape[1] - pool_size + 1, step)
    ]


def describe(name: str, array: np.ndarray) -> str:
    """One sentence that reads the array out, rows that are all alike only once."""
    lines = [" ".join(number(v) for v in row) for row in array]
    if len(lines) > 1 and len(set(lines)) == 1:
        body = f"every row: {lines[0]}"
    else:
        body = "; ".join(f"row {n}: {line}" for n, line in enumerate(lines, 1))
    return f"{name}, {array.shape[0]} by {array.shape[1]}: {body}."


def number(value: float) -> str:
    """A cell's number as short as it can be without misleading: at most two decimals, a true minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def _matrix(name: str, array: np.ndarray) -> np.ndarray:
    array = np.asarray(array, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name!r}: a grid shows a two-dimensional array, got shape {array.shape}")
    return array


def _draw(axes, array: np.ndarray, cell: float, windows: Sequence[Window]) -> None:
    rows, columns = array.shape
    low, high = np.nanmin(array), np.nanmax(array)
    shade = (array - low) / (high - low) if high > low else np.zeros_like(array)
    for (i, j), value in np.ndenumerate(array):
        axes.add_patch(
            Rectangle((j, i), 1, 1, facecolor=SHADES(shade[i, j]), edgecolor="#ffffff", linewidth=1, clip_on=False)
        )
        text = number(value)
        axes.text(
            j + 0.5, i + 0.53, text, ha="center", va="center", fontsize=min(13, cell * (0.4 if len(text) < 4 else 0.3)),
            color="#ffffff" if shade[i, j] > DARK_FROM else "#111820",
        )
    for n, (i, j, h, w) in enumerate(windows):
        inset = 0.06
        # A light line beneath keeps the outline visible on dark cells.
        for colour, line, width in (("#ffffff", "-", 4.4), (SERIES[1 + n % 4], DASHES[n % len(DASHES)], 2.2)):
            axes.add_patch(
                Rectangle(
                    (j + inset, i + inset), w - 2 * inset, h - 2 * inset, fill=False, linewidth=width, zorder=3,
                    edgecolor=colour, linestyle=line,
                )
            )
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.axis("off")
