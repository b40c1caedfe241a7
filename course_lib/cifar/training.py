"""Training: seeded, resumable at every epoch, and written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .checkpoint import Checkpoint
from .data import Images
from .models import MODELS
from .optimizer import KernelMuon
from .pipeline import batches, untuned
from .provenance import Meter, provenance
from .recipe import Recipe, RunError
from .whitening import start_from_patches

_SPLIT_SEED = 10  # of the validation split alone: runs of different seeds are judged on the same images


@keras.saving.register_keras_serializable("course_lib")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that climbs to `peak` for a quarter of the steps and falls to nothing over the rest.

    Source: Smith and Topin 2018, "Super-convergence", in straight lines.

    >>> [round(float(OneCycle(1.0, 100)(step)), 2) for step in (0, 25, 100)]
    [0.1, 1.0, 0.0]
    """

    def __init__(self, peak: float, steps: int):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        done = tf.cast(step, tf.float32) / self.steps
        return self.peak * tf.minimum(0.1 + 3.6 * done, (1 - done) / 0.75)

    def get_config(self):
        return {"peak": self.peak, "steps": self.steps}


def split(images: Images, validation: int) -> tuple[tuple, tuple]:
    """`(x, y)` to train on and `(x, y)` to choose by; the test images stay out of both.

    Raises:
        RunError: `validation` leaves nothing to train on.
    """
    count = len(images.x_train)
    if not 0 < validation < count:
        raise RunError(f"validation must be from 1 to {count - 1} of the {count} training images, got {validation}")
    order = np.random.default_rng(_SPLIT_SEED).permutation(count)
    held, kept = order[:validation], order[validation:]
    return (images.x_train[kept], images.y_train[kept]), (images.x_train[held], images.y_train[held])


def build(recipe: Recipe, steps: int, classes: int = 10) -> keras.Model:
    """The compiled network of a recipe that will take so many steps in all."""
    with _policy(recipe.precision):
        model = MODELS[recipe.model](recipe.pooling, recipe.head, classes)
    rate = OneCycle(recipe.learning_rate, steps) if recipe.one_cycle else recipe.learning_rate
    optimizer = KernelMuon(rate) if recipe.optimizer == "muon" else keras.optimizers.Adam(rate)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # XLA's gradient of a max pooling is its slowest part by far: a step takes twice as long with it on a CPU.
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    return model


def train(images: Images, recipe: Recipe, *, folder: Path | None = None, test: bool = False,
          strategy: tf.distribute.Strategy | None = None, command: str | None = None,
          report: Callable[[dict], None] = lambda row: None) -> tuple[keras.Model, dict]:
    """Train, and say in a dictionary fit for JSON what was done and what came out.

    Args:
        images: what to train on; `recipe.validation` of its training images are held out.
        recipe: everything else that the curve depends on.
        folder: where a checkpoint is kept after every epoch; a run that finds one there goes on from it.
        test: look at the test images, once, at the end.
        strategy: such as `tf.distribute.MirroredStrategy()`, for several GPUs of one machine.
        command: kept in the result.
        report: called with each epoch's row of the curve, also with those of a run that is taken up again.

    Returns:
        The trained model and the result. After Ctrl-C: what the finished epochs gave, `"status": "interrupted"`,
        and a model that may be in the middle of an epoch.

    Raises:
        RunError: the recipe does not fit the images, or `folder` holds a run of another recipe or other data.
    """
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    (x, y), held = split(images, recipe.validation)
    steps = len(x) // recipe.batch_size
    keras.utils.set_random_seed(recipe.seed)
    with strategy.scope() if strategy else nullcontext():
        model = build(recipe, steps * recipe.epochs, len(images.classes))
        if recipe.whiten:
            start_from_patches(model, x)
    facts = {"recipe": recipe.to_dict(), "data": images.fingerprint()}
    checkpoint = Checkpoint(folder, facts, report)
    done = checkpoint.restore(model)
    feed = batches(x, y, batch_size=recipe.batch_size, seed=recipe.seed, first_epoch=done, epochs=recipe.epochs,
                   shift=recipe.shift, flip=recipe.flip)
    status = "finished"
    with Meter() as meter:
        try:
            if done < recipe.epochs:
                model.fit(feed, initial_epoch=done, epochs=recipe.epochs, steps_per_epoch=steps, verbose=0,
                          shuffle=False, validation_data=_plain(held), callbacks=[checkpoint])
        except KeyboardInterrupt:
            status = "interrupted"
    result = {
        "status": status, "command": command, "recipe": recipe.to_dict(), "parameters": model.count_params(),
        "classes": list(images.classes),
        "data": {"source": images.source, "sha256": facts["data"], "trained_on": len(x), "validated_on": len(held[0])},
        "curve": checkpoint.curve, "seconds": sum(row["seconds"] for row in checkpoint.curve),
        "usage": {"from_epoch": done + 1, **meter.reading()}, **provenance(),
    }
    if status == "finished":
        result |= {"judged_on": "validation", **judged(model, *held, mirrored=recipe.flip)}
        if test:
            result["test"] = judged(model, images.x_test, images.y_test, mirrored=recipe.flip)
    return model, result


def judged(model: keras.Model, x: np.ndarray, y: np.ndarray, *, mirrored: bool = False) -> dict:
    """Accuracy, and the confusion matrix: rows are the true classes, columns the predicted ones.

    With `mirrored` also `accuracy_with_mirror`: each answer is that of the mean of two logits, of the image and of
    its mirror image. It takes twice the time of one answer, and no more training.
    """
    logits = predict(model, x)
    predicted = logits.argmax(1)
    classes = model.output_shape[-1]
    confusion = np.bincount(classes * y + predicted, minlength=classes**2).reshape(classes, classes)
    found = {"accuracy": float(np.mean(predicted == y)), "confusion": confusion.tolist()}
    if mirrored:
        both = logits + predict(model, x[:, :, ::-1])
        found["accuracy_with_mirror"] = float(np.mean(both.argmax(1) == y))
    return found


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Logits `(N, classes)`."""
    return model.predict(x, batch_size=500, verbose=0)


def _plain(held) -> tf.data.Dataset:
    return untuned(tf.data.Dataset.from_tensor_slices(held).batch(500))


@contextmanager
def _policy(name: str):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)

