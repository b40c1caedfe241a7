"""Pictures of a run and of what its network computes. Each takes arrays and gives a `course_lib.figures.Picture`."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np

from course_lib.figures.picture import DASHES, FAINT, INK, SERIES, STYLE, Picture

from .statistics import Paired


def learning_curves(curve: Sequence[dict], *, title: str = "") -> Picture:
    """Loss and accuracy over epochs, training next to validation."""
    last = curve[-1]
    alt = (f"Learning curves{f' of {title}' * bool(title)} over {len(curve)} epochs. At the end the training "
           f"accuracy is {last['accuracy']:.3f}, the validation accuracy {last['validation_accuracy']:.3f}.")
    picture = Picture(600, 240, alt)
    epochs = [row["epoch"] for row in curve]
    with matplotlib.rc_context(STYLE):
        for axes, what in zip(picture.subplots(1, 2), ("loss", "accuracy")):
            for n, (label, name) in enumerate((("training", what), ("validation", f"validation_{what}"))):
                axes.plot(epochs, [row[name] for row in curve], DASHES[n], color=SERIES[n], marker="os"[n],
                          markersize=4, label=label)
            axes.set(xlabel="epoch", ylabel=what)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(alpha=0.3)
        axes.legend(frameon=False, labelcolor=INK)
    return picture


def confusion(matrix, classes: Sequence[str]) -> Picture:
    """Of each true class (row), the share predicted as each class (column), in per cent."""
    share = 100 * np.asarray(matrix) / np.maximum(np.sum(matrix, axis=1, keepdims=True), 1)
    wrong = share - np.diag(np.diag(share))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    alt = (f"Confusion matrix of {len(classes)} classes. The share of right answers goes from "
           f"{np.diag(share).min():.0f} % ({classes[np.diag(share).argmin()]}) to {np.diag(share).max():.0f} % "
           f"({classes[np.diag(share).argmax()]}); the most frequent mistake takes {classes[true]} for "
           f"{classes[predicted]}, {wrong.max():.0f} %.")
    picture = Picture(480, 440, alt)
    with matplotlib.rc_context(STYLE):
        axes = picture.add_subplot()
    _show(axes, share, cmap="Blues", vmin=0, vmax=100)
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, classes)
    axes.set(xlabel="predicted", ylabel="true class")
    for i in ticks:
        for j in ticks:
            axes.text(j, i, f"{share[i, j]:.0f}", ha="center", va="center", fontsize=9,
                      color="white" if share[i, j] > 55 else "#1a1a1a")
    return picture


def gallery(x: np.ndarray, names: Sequence[str], *, columns: int = 5) -> Picture:
    """Images with their names, row by row."""
    rows = -(-len(x) // columns)
    picture = Picture(110 * columns, 105 * rows, f"{len(x)} images: {', '.join(dict.fromkeys(names))}.")
    grid = picture.subplots(rows, columns, squeeze=False)
    _blank(grid.ravel())
    for axes, image, name in zip(grid.ravel(), x, names):
        _show(axes, image)
        axes.set_title(name, fontsize=9, color=INK)
    return picture


def examples(x: np.ndarray, y: np.ndarray, logits: np.ndarray, classes: Sequence[str], *, each: int = 6) -> Picture:
    """Two rows: images the network is surest of among its right answers, and among its wrong ones."""
    predicted, sure = logits.argmax(1), np.sort(logits, 1)[:, -1] - np.sort(logits, 1)[:, -2]
    rows = [np.flatnonzero(right)[np.argsort(-sure[right])][:each] for right in (predicted == y, predicted != y)]
    shown = "; ".join(f"{classes[y[i]]} taken for {classes[predicted[i]]}" for i in rows[1])
    picture = Picture(90 * each, 230, f"Top: {len(rows[0])} images classified rightly. Below, wrongly: {shown}.")
    grid = picture.subplots(2, each, squeeze=False)
    for row, chosen in zip(grid, rows):
        _blank(row)
        for axes, i in zip(row, chosen):
            _show(axes, x[i])
            note = classes[y[i]] if predicted[i] == y[i] else f"{classes[predicted[i]]}?\n{classes[y[i]]}"
            axes.set_title(note, fontsize=9, color=INK)
    return picture


def filters(kernels: np.ndarray) -> Picture:
    """The kernels `(height, width, 3, F)` of a first convolution as small colour images, each scaled by itself."""
    count = kernels.shape[-1]
    columns = min(count, 8)
    rows = -(-count // columns)
    picture = Picture(56 * columns, 58 * rows, f"The {count} kernels of the first convolution, in colour.")
    grid = picture.subplots(rows, columns, squeeze=False)
    _blank(grid.ravel())
    for axes, kernel in zip(grid.ravel(), np.moveaxis(kernels, -1, 0)):
        _show(axes, 0.5 + 0.5 * kernel / np.abs(kernel).max())
    return picture


def feature_maps(
    image: np.ndarray, maps: Sequence[tuple[str, np.ndarray, np.ndarray]], *, channels: int = 4
) -> Picture:
    """An image, and below it for each pooling the strongest channels before (left) and after it (right)."""
    sizes = ", ".join(f"{before.shape[1]} to {after.shape[1]}" for _, before, after in maps)
    alt = f"An image, and its strongest maps before and after each pooling; their sides go from {sizes} cells."
    picture = Picture(600, 70 * (len(maps) + 1), alt)
    grid = picture.subplots(len(maps) + 1, 2 * channels, squeeze=False)
    _blank(grid.ravel())
    _show(grid[0, 0], image)
    for row, (name, before, after) in zip(grid[1:], maps):
        strongest = np.argsort(-after[0].std((0, 1)))[:channels]
        row[0].set_title(f"before {name}", fontsize=9, color=INK, loc="left")
        row[channels].set_title(f"after {name}", fontsize=9, color=INK, loc="left")
        for n, channel in enumerate(strongest):
            _show(row[n], before[0, ..., channel], cmap="gray")
            _show(row[channels + n], after[0, ..., channel], cmap="gray")
    return picture


def heat(x: np.ndarray, maps: np.ndarray, what: str) -> Picture:
    """Each image above its map `(N, h, w)`, stretched over the image's size."""
    count = len(x)
    picture = Picture(90 * count, 190, f"{count} images, and below each its {what}.")
    grid = picture.subplots(2, count, squeeze=False)
    _blank(grid.ravel())
    for column, image, found in zip(grid.T, x, maps):
        _show(column[0], image)
        _show(column[1], found, cmap="magma", extent=(0, image.shape[1], image.shape[0], 0))
    grid[1, 0].set_title(what, fontsize=9, color=INK, loc="left")
    return picture


def differences(names: Sequence[str], means: np.ndarray, intervals: np.ndarray, *, baseline: str,
                unit: str = "points") -> Picture:
    """Mean paired difference of each to the baseline with its interval `(K, 2)`; the line at zero is the baseline."""
    said = "; ".join(f"{n} {m:+.1f}, from {lo:+.1f} to {hi:+.1f}" for n, m, (lo, hi) in zip(names, means, intervals))
    picture = Picture(480, 60 + 30 * len(names), f"Difference to {baseline} in {unit}: {said}.")
    with matplotlib.rc_context(STYLE):
        axes = picture.add_subplot()
    rows = np.arange(len(names))[::-1]
    intervals = np.asarray(intervals)
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.hlines(rows, intervals[:, 0], intervals[:, 1], color=SERIES[0], linewidth=2)
    axes.plot(means, rows, "o", color=SERIES[0])
    axes.set_yticks(rows, names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel(f"difference to {baseline} ({unit})")
    return picture


def paired_differences(found: dict[str, Paired], *, baseline: str, unit: str = "points") -> Picture:
    """`differences` of what `compare.pairs` or `cost.extra` found."""
    means, intervals = [one.mean for one in found.values()], [(one.low, one.high) for one in found.values()]
    return differences(list(found), np.array(means), np.array(intervals), baseline=baseline, unit=unit)


def _blank(axes) -> None:
    for one in axes:
        one.set_axis_off()


def _show(axes, image: np.ndarray, **options) -> None:
    # Embedded as it is, pixel for pixel: Matplotlib would otherwise enlarge it, and the page with it.
    axes.imshow(image, interpolation="none", **options)
