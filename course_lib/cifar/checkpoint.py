"""After every epoch: the curve so far, and everything that the next epoch needs."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import keras

from .recipe import RunError


class Checkpoint(keras.callbacks.Callback):
    """Keeps the curve, and in `folder`, if there is one, the state after the last finished epoch.

    The state is two files: weights (with the optimiser's and the random generators') and `state.json`, which names
    them. `state.json` is exchanged last and in one piece, so that a kill at any moment leaves a whole state.

    Args:
        folder: where to keep the state, or None.
        facts: what the run is; a folder that holds a run of other facts is refused.
        report: called with each row of the curve.
    """

    def __init__(self, folder: Path | None, facts: dict, report: Callable[[dict], None]):
        super().__init__()
        self.curve: list[dict] = []
        self._folder, self._facts, self._report = folder, facts, report

    def restore(self, model: keras.Model) -> int:
        """Bring `model` to the kept state; returns the number of epochs done, 0 without one.

        Raises:
            RunError: the folder cannot be written, holds a run of another recipe or other data, or a damaged one.
        """
        if self._folder is None:
            return 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self._folder} cannot be a run's folder: {error.strerror}") from error
        if not (self._folder / "state.json").exists():
            return 0
        try:
            state = json.loads((self._folder / "state.json").read_text())
            kept, weights, self.curve = state["facts"], self._folder / state["weights"], state["curve"]
        except (ValueError, LookupError, TypeError) as error:
            raise RunError(f"{self._folder / 'state.json'} is damaged: remove the folder to begin anew") from error
        if kept != self._facts:
            changed = _difference(kept, self._facts)
            raise RunError(f"{self._folder} holds another run ({changed}): name another folder, or remove this one")
        model.optimizer.build(model.trainable_variables)
        try:
            model.load_weights(weights)
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{weights} is missing or damaged: remove the folder to begin anew") from error
        for row in self.curve:
            self._report(row)
        return len(self.curve)

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise RunError(f"the loss is no number any more in epoch {epoch + 1}: try a smaller learning rate")
        row = {"epoch": epoch + 1, "seconds": round(time.perf_counter() - self._began, 3)}
        self.curve.append(row | {name.replace("val_", "validation_"): float(value) for name, value in logs.items()})
        self._keep(epoch + 1)
        self._report(self.curve[-1])

    def _keep(self, epoch: int) -> None:
        if self._folder is None:
            return
        weights = self._folder / f"epoch-{epoch:03}.weights.h5"
        self.model.save_weights(weights)
        written = self._folder / "state.json.new"
        written.write_text(json.dumps({"facts": self._facts, "weights": weights.name, "curve": self.curve}))
        os.replace(written, self._folder / "state.json")
        for old in self._folder.glob("epoch-*.weights.h5"):
            if old != weights:
                old.unlink()


def _difference(kept: dict, wanted: dict) -> str:
    if kept["data"] != wanted["data"]:
        return "other data"
    before, now = kept["recipe"], wanted["recipe"]
    return ", ".join(f"{name} {before.get(name)!r} there, {now[name]!r} here"
                     for name in now if before.get(name) != now[name]) or "another version's recipe"
