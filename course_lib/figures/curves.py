"""Lines over a common axis, told apart by dash and lightness as well as by colour."""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, StrMethodFormatter

from course_lib.figures.picture import DASHES, INK, SERIES, STYLE, Picture


def curves(
    x: np.ndarray,
    lines: Mapping[str, np.ndarray],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    log: str = "",
    points: bool = False,
    height: float = 290,
) -> Picture:
    """Draw each named line over `x`; `log` is any of "x", "y", "xy"; `points` marks the measured places.

    >>> curves(np.arange(3), {"square": np.arange(3) ** 2}, xlabel="n", ylabel="n²", alt="A parabola.").alt
    'A parabola.'
    """
    picture = Picture(480, height, alt)
    with matplotlib.rc_context(STYLE):
        axes = picture.add_subplot()
    for n, (name, y) in enumerate(lines.items()):
        axes.plot(
            x, y, label=name, color=SERIES[n % len(SERIES)], linestyle=DASHES[n % len(DASHES)], linewidth=2,
            marker="os^Dv<>P"[n % 8] if points else None, markersize=5,
        )
    axes.set(xlabel=xlabel, ylabel=ylabel)
    for axis, values in (("x", x), ("y", list(lines.values()))):
        if axis in log:
            getattr(axes, f"set_{axis}scale")("log")
            _plain_numbers(getattr(axes, f"{axis}axis"), np.asarray(values, dtype=float))
    axes.grid(alpha=0.3)
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=10, labelcolor=INK)
    return picture


def _plain_numbers(axis: Axis, values: np.ndarray) -> None:
    """Powers of ten suit many decades; over a few, 2, 4, 8 are easier to read than 2·10⁰ and so on."""
    if np.nanmax(values) > 1000 * np.nanmin(values):
        return
    if values.ndim == 1 and len(values) <= 12:
        axis.set_major_locator(FixedLocator(values))
    else:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
