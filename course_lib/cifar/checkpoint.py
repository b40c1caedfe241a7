"""After every epoch: the curve so far, and everything that the next epoch needs."""

from __future__ import annotations

import json
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
            RunError: the folder holds a run of another recipe or other data.
        """
        if self._folder is None or not (self._folder / "state.json").exists():
            return 0
        state = json.loads((self._folder / "state.json").read_text())
        if state["facts"] != self._facts:
            changed = _difference(state["facts"], self._facts)
            raise RunError(f"{self._folder} holds another run ({changed}): name another folder, or remove this one")
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self._folder / state["weights"])
        self.curve = state["curve"]
        for row in self.curve:
            self._report(row)
        return len(self.curve)

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1, "seconds": round(time.perf_counter() - self._began, 3)}
        self.curve.append(row | {name.replace("val_", "validation_"): float(value) for name, value in logs.items()})
        self._keep(epoch + 1)
        self._report(self.curve[-1])

    def _keep(self, epoch: int) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
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
