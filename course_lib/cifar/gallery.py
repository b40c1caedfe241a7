"""Which pictures are drawn of a run, and where they go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import plots
from .compare import MEASURES, pairs
from .cost import BASELINE, extra
from .look import around_poolings, class_activation, saliency
from .training import predict, split

_SHOWN = 6


def draw_run(model, images, result: dict, folder: Path) -> list[Path]:
    """Everything that a picture can say about a trained network; returns the SVG files."""
    _, (x, y) = split(images, result["recipe"]["validation"])
    logits = predict(model, x)
    some, predicted = x[:_SHOWN], logits[:_SHOWN].argmax(1)
    drawn = {
        **dict(_of_run(result)),
        "examples": plots.examples(x, y, logits, images.classes),
        "filters": plots.filters(next(layer for layer in model.layers if layer.weights).get_weights()[0]),
        "saliency": plots.heat(some, saliency(model, some, predicted), "saliency"),
    }
    maps = around_poolings(model, x[:1])
    if maps:
        drawn["maps"] = plots.feature_maps(x[0], maps)
    if result["recipe"]["head"] == "average" and result["recipe"]["model"] != "tutorial":
        drawn["activation"] = plots.heat(some, class_activation(model, some, predicted), "class activation")
    return _written(drawn, folder)


def draw_results(result: dict, name: str, folder: Path) -> list[Path]:
    """The pictures that need a results file alone: a run's curves and confusion, a comparison's pairs, the costs."""
    drawn = dict(_of_comparison(result) if "runs" in result else _of_costs(result) if "costs" in result
                 else _of_run(result))
    return _written({f"{name}-{what}": picture for what, picture in drawn.items()}, folder)


def _of_run(result: dict) -> Iterator[tuple]:
    yield "curves", plots.learning_curves(result["curve"], title=result["recipe"]["model"])
    if "confusion" in result:
        yield "confusion", plots.confusion(result["confusion"], result["classes"])


def _of_comparison(kept: dict) -> Iterator[tuple]:
    for measure in MEASURES:
        baseline, found = pairs(kept, measure)
        yield measure, plots.paired_differences(found, baseline=baseline)


def _of_costs(kept: dict) -> Iterator[tuple]:
    yield "time", plots.paired_differences(extra(kept), baseline=BASELINE, unit="% of its time")


def _written(drawn: dict, folder: Path) -> list[Path]:
    files = []
    for name, picture in drawn.items():
        files.append(folder / f"{name}.svg")
        picture.savefig(files[-1], metadata={"Date": None})
    return files
