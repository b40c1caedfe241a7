"""`course cifar ...`: train, compare, cost, figures. TensorFlow loads when one of them runs, not before."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

OK, TROUBLE, INTERRUPTED = 0, 1, 130


def register(subparsers) -> None:
    """Add `cifar` to the subparsers of `course`."""
    add_commands(subparsers.add_parser("cifar", help="train and compare networks on CIFAR-10", description=__doc__))


def add_commands(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_train(verbs)
    _add_compare(verbs)
    _add_cost(verbs)
    _add_figures(verbs)


def _add_train(verbs) -> None:
    parser = verbs.add_parser("train", help="train one network and write down what came out")
    _add_data(parser)
    parser.add_argument("--model", default="fast", choices=("tutorial", "fast", "strong"), help="(default: fast)")
    parser.add_argument("--pooling", help="a pooling of the catalogue, or strided (default: max_pool)")
    parser.add_argument("--head", choices=("flatten", "average", "max"), help="(default: the network's own)")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--validation", type=int, help="training images held out (default: 5000, of the sample 1000)")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16", "mixed_float16"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--deterministic", action="store_true", default=None,
                        help="the same weights, bit for bit, on every run of the same machine")
    parser.add_argument("--mirrored", action="store_true", help="use every GPU of this machine")
    parser.add_argument("--test", action="store_true", help="look at the test images at the end; do so once")
    parser.add_argument("--folder", type=Path, default=Path("_build/cifar"),
                        help="for the checkpoint, result.json and pictures (default: _build/cifar); "
                        "the same command goes on with what a stopped run left there")
    parser.add_argument("--pictures", action="store_true", help="draw curves, mistakes, filters and maps (SVG)")
    parser.set_defaults(run=_guarded(train))


def _add_compare(verbs) -> None:
    parser = verbs.add_parser("compare", help="run one of the book's experiments in pairs, and test the differences")
    parser.add_argument("plan", help="which; an unknown name lists them")
    _add_data(parser)
    parser.add_argument("--seeds", type=int, help="fewer pairs than planned, for a trial")
    parser.add_argument("--images", type=int, help="fewer images than planned, for a trial")
    parser.add_argument("--output", type=Path, help="the runs, as JSON (default: _build/cifar/PLAN.json); "
                        "the same command goes on with what a stopped comparison left there")
    parser.set_defaults(run=_guarded(compare))


def _add_cost(verbs) -> None:
    parser = verbs.add_parser("cost", help="time and memory of training with each pooling of the experiments")
    parser.add_argument("--turns", type=int, default=8, help="how often each takes its turn, 2 to 16 (default: 8)")
    parser.add_argument("--output", type=Path, default=Path("_build/cifar/cost.json"),
                        help="(default: _build/cifar/cost.json)")
    parser.set_defaults(run=_guarded(cost))


def _add_figures(verbs) -> None:
    parser = verbs.add_parser("figures", help="draw the figures of finished runs and comparisons again")
    parser.add_argument("results", type=Path, nargs="+", help="JSON files of train, compare and cost")
    parser.add_argument("--output", type=Path, default=Path("_build/cifar/figures"), help="folder for the SVG files")
    parser.set_defaults(run=_guarded(figures))


def _add_data(parser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--data", type=Path, metavar="PATH", help="CIFAR-10: the folder or the archive, python version")
    group.add_argument("--download", action="store_true", help="CIFAR-10, fetched once by Keras (170 MB)")
    # The default is the drawn sample, and every result says so.


def train(arguments) -> int:
    recipe = _recipe(arguments, sample=not (arguments.data or arguments.download))
    images = _images(arguments)
    from .training import train

    print(f"{recipe.model} on {images.source}: {recipe.epochs} epochs", flush=True)
    model, result = train(images, recipe, folder=arguments.folder, test=arguments.test, command=_command(arguments),
                          strategy=_mirrored() if arguments.mirrored else None, report=_print_epoch)
    target = arguments.folder / "result.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    if result["status"] == "interrupted":
        print(f"stopped; {len(result['curve'])} of {recipe.epochs} epochs are finished. {target} has their curve, "
              "the same command goes on from there")
        return INTERRUPTED
    print(f"validation accuracy {_said(result)} after {result['seconds']:.0f} s; {target}")
    if "test" in result:
        print(f"test accuracy {_said(result['test'])}")
    if arguments.pictures:
        from .gallery import draw_run

        print("\n".join(str(file) for file in draw_run(model, images, result, arguments.folder)))
    return OK


def compare(arguments) -> int:
    from dataclasses import replace

    from .compare import MEASURES, compare, table
    from .plans import plan

    planned = plan(arguments.plan)
    images = _images(arguments)
    fewer = {"seeds": arguments.seeds, "images": arguments.images}
    if not (arguments.data or arguments.download):
        fewer["images"] = len(images.x_train) if arguments.images is None else arguments.images
        planned = replace(planned, base=replace(planned.base, validation=len(images.x_train) // 4))
    planned = replace(planned, **{name: value for name, value in fewer.items() if value is not None})
    output = arguments.output or Path("_build/cifar") / f"{arguments.plan}.json"
    print(f"{planned.question}\nSaid before: {planned.claim}", flush=True)
    kept = compare(images, planned, output, command=_command(arguments), report=_print_run)
    print("\n".join(table(kept, measure) for measure in MEASURES))
    print(output)
    return OK


def cost(arguments) -> int:
    from .cost import cost_table, measure_costs, poolings
    from .recipe import RunError
    from .statistics import MOST_PAIRS

    if not 2 <= arguments.turns <= MOST_PAIRS:
        raise RunError(f"turns must be from 2 to {MOST_PAIRS}, got {arguments.turns}")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    kept = measure_costs(poolings(), turns=arguments.turns, command=_command(arguments))
    arguments.output.write_text(json.dumps(kept, indent=1) + "\n")
    print(cost_table(kept))
    print(arguments.output)
    return OK


def figures(arguments) -> int:
    from .gallery import draw_results

    arguments.output.mkdir(parents=True, exist_ok=True)
    for file in arguments.results:
        for drawn in draw_results(_result(file), file.stem, arguments.output):
            print(drawn)
    return OK


def _images(arguments):
    from .data import load_cifar10
    from .sample import load_sample

    return load_cifar10(arguments.data) if arguments.data or arguments.download else load_sample()


def _result(file: Path) -> dict:
    from .recipe import RunError

    try:
        result = json.loads(file.read_text())
        if any(result.get(what) for what in ("curve", "runs", "costs")):
            return result
    except (ValueError, AttributeError):
        pass
    raise RunError(f"{file} is no result of train, compare or cost with an epoch or a run in it")


def _recipe(arguments, sample: bool):
    from .recipe import recipe

    # The sample is a tenth of CIFAR-10: more epochs make up for it, within a minute.
    defaults = {"epochs": 12, "batch_size": 64, "validation": 1000} if sample else {}
    names = ("pooling", "head", "epochs", "batch_size", "learning_rate", "validation", "precision", "seed",
             "deterministic")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    chosen = recipe(arguments.model, **{**defaults, **given})
    _check_pooling(chosen.pooling)
    return chosen


def _check_pooling(name: str) -> None:
    from .models import halves
    from .recipe import RunError

    try:
        fits = name == "strided" or halves(name)
    except (KeyError, ValueError) as error:
        raise RunError(error.args[0]) from error
    if not fits:
        raise RunError(f"{name} does not halve a map by itself, as the poolings between convolutions must")


def _mirrored():
    import tensorflow as tf

    return tf.distribute.MirroredStrategy()


def _command(arguments) -> str:
    """As typed, but for where the data lie, which is nobody else's business."""
    hidden = str(getattr(arguments, "data", None))
    words = sys.argv[1:] if sys.argv[1:2] == ["cifar"] else ["cifar", *sys.argv[1:]]
    return shlex.join(["course", *("PATH" if word == hidden else word for word in words)])


def _print_epoch(row: dict) -> None:
    print(f"epoch {row['epoch']:>3}   {row['seconds']:>6.1f} s   "
          f"loss {row['loss']:.3f}   accuracy {row['accuracy']:.4f}   "
          f"validation loss {row['validation_loss']:.3f}   accuracy {row['validation_accuracy']:.4f}", flush=True)


def _said(judged: dict) -> str:
    both = judged.get("accuracy_with_mirror")
    return f"{100 * judged['accuracy']:.2f} %" + (
        f" ({100 * both:.2f} % with each image and its mirror image averaged)" if both is not None else "")


def _print_run(run: dict) -> None:
    print(f"seed {run['seed']}   {run['variant']:<18} {run['seconds']:>6.1f} s   "
          f"accuracy {run['accuracy']:.4f}", flush=True)


def _guarded(run):
    """Say in one sentence what cannot be done, and let every other error show where it happened."""
    def guarded(arguments) -> int:
        from .data import DataError
        from .recipe import RunError

        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            return run(arguments)
        except (DataError, RunError) as error:
            print(f"course cifar: {error}", file=sys.stderr)
            return TROUBLE
        except OSError as error:  # of a file; what else could be wrong has been put into words above
            print(f"course cifar: {error.filename}: {error.strerror}" if error.filename else f"course cifar: {error}",
                  file=sys.stderr)
            return TROUBLE
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            return INTERRUPTED
    return guarded
