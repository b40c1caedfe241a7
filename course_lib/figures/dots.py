"""Named values on a common scale: a mark in a row for each, told apart by shape as well as by colour."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np

from course_lib.figures.picture import FAINT, INK, SERIES, STYLE, Picture

ROW = 20


def dots(names: Sequence[str], series: Mapping[str, np.ndarray], *, xlabel: str, alt: str) -> Picture:
    """Draw for each name a row with one mark of every series, joined by a line so that pairs are seen as pairs.

    >>> dots(["max", "mean"], {"one pixel": [0.4, 0.3]}, xlabel="change", alt="Two values.").alt
    'Two values.'
    """
    picture = Picture(480, 75 + ROW * len(names) + 16 * (len(series) > 1), alt)
    with matplotlib.rc_context(STYLE):
        axes = picture.add_subplot()
    rows = np.arange(len(names))[::-1]
    values = np.array([np.asarray(one, dtype=float) for one in series.values()])
    if values.shape != (len(series), len(names)):
        raise ValueError(f"each series needs one value for each of the {len(names)} names, got shape {values.shape}")
    axes.hlines(rows, np.nanmin(values, axis=0), np.nanmax(values, axis=0), color=FAINT, linewidth=1)
    for n, (label, one) in enumerate(zip(series, values)):
        axes.plot(one, rows, "os^Dv<>P"[n % 8], label=label, color=SERIES[n % len(SERIES)], markersize=6)
    axes.set_yticks(rows, names)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_xlabel(xlabel)
    axes.grid(axis="x", alpha=0.3)
    if len(series) > 1:
        axes.legend(
            frameon=False, fontsize=10, labelcolor=INK, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series)
        )
    return picture
