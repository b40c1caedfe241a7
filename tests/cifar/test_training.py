import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

from course_lib.cifar import load_sample
from course_lib.cifar.checkpoint import Checkpoint
from course_lib.cifar.recipe import RunError, recipe
from course_lib.cifar.training import OneCycle, build, judged, predict, split, train

IMAGES = load_sample(260, 40)
SHORT = recipe("fast", epochs=2, batch_size=64, validation=60, shift=2, flip=True, deterministic=True)
ONE = recipe("tutorial", epochs=1, batch_size=64, validation=60)


@pytest.fixture(autouse=True)
def _undo_determinism():
    yield
    from tensorflow.python.framework import config

    config.disable_op_determinism()


def weights(model):
    return [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]


def stored(file):
    """Every array in a weights file, by its place."""
    found = {}
    with h5py.File(file) as opened:
        opened.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def without_time(curve):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in curve]


class Killed(Exception):
    pass


def killed_after(epoch):
    def report(row):
        if row["epoch"] == epoch:
            raise Killed
    return report


@pytest.fixture(scope="module")
def undisturbed():
    return train(IMAGES, SHORT)


def test_a_run_killed_and_taken_up_again_ends_the_same_bit_for_bit(undisturbed, tmp_path):
    with pytest.raises(Killed):
        train(IMAGES, SHORT, folder=tmp_path, report=killed_after(1))
    resumed, rest = train(IMAGES, SHORT, folder=tmp_path)
    model, whole = undisturbed
    assert without_time(rest["curve"]) == without_time(whole["curve"])
    for one, other in zip(weights(model), weights(resumed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["epoch-002.weights.h5", "state.json"]


def test_a_kill_while_writing_leaves_the_epoch_before_and_ctrl_c_what_is_finished(undisturbed, tmp_path, monkeypatch):
    def torn(source, target):
        raise Killed

    def interrupt(row):
        raise KeyboardInterrupt

    _, stopped = train(IMAGES, SHORT, folder=tmp_path, report=interrupt)
    assert stopped["status"] == "interrupted" and len(stopped["curve"]) == 1 and "confusion" not in stopped
    with monkeypatch.context() as patched:
        patched.setattr("course_lib.cifar.checkpoint.os.replace", torn)
        with pytest.raises(Killed):
            train(IMAGES, SHORT, folder=tmp_path)
    _, result = train(IMAGES, SHORT, folder=tmp_path)
    assert result["status"] == "finished"
    assert without_time(result["curve"]) == without_time(undisturbed[1]["curve"])


def test_a_folder_of_another_run_is_refused(tmp_path):
    train(IMAGES, ONE, folder=tmp_path)
    with pytest.raises(RunError, match="seed 0 there, 1 here"):
        train(IMAGES, replace(ONE, seed=1), folder=tmp_path)
    with pytest.raises(RunError, match="other data"):
        train(load_sample(260, 40, seed=1), ONE, folder=tmp_path)


def test_the_result_says_everything_and_is_json():
    model, result = train(IMAGES, replace(ONE, seed=5), test=True, command="x")
    assert json.loads(json.dumps(result)) == result
    assert result["recipe"]["seed"] == 5 and result["command"] == "x" and result["parameters"] == model.count_params()
    assert result["data"] == {
        "source": IMAGES.source, "sha256": IMAGES.fingerprint(), "trained_on": 200, "validated_on": 60
    }
    assert {"python", "tensorflow", "keras", "numpy", "course_lib"} == set(result["versions"])
    assert np.sum(result["confusion"]) == 60 and np.sum(result["test"]["confusion"]) == 40
    right = predict(model, IMAGES.x_test).argmax(1) == IMAGES.y_test
    assert result["test"]["accuracy"] == np.trace(result["test"]["confusion"]) / 40 == right.mean()


def test_rows_of_the_confusion_matrix_are_the_true_classes():
    class Always:
        output_shape = (None, 3)

        def predict(self, x, **_):
            return np.tile([0.0, 0.0, 1.0], (len(x), 1))

    found = judged(Always(), np.zeros((4, 1)), np.array([0, 0, 1, 2]))
    assert found == {"accuracy": 0.25, "confusion": [[0, 0, 2], [0, 0, 1], [0, 0, 1]]}


def test_the_split_is_the_same_for_every_seed_and_apart_from_training():
    (x, y), (held, of_held) = split(IMAGES, 60)
    assert len(x) == len(y) == 200 and len(held) == len(of_held) == 60
    assert not any((image == x).all((1, 2, 3)).any() for image in held)
    with pytest.raises(RunError, match="validation must be from 1 to 259"):
        split(IMAGES, 260)


def test_the_cycle():
    rate = OneCycle(0.8, 200)
    assert float(rate(0)) == pytest.approx(0.08) and float(rate(50)) == pytest.approx(0.8)
    assert float(rate(125)) == pytest.approx(0.4) and float(rate(200)) == 0
    assert max(float(rate(step)) for step in range(200)) <= 0.8 + 1e-6


def test_it_learns():
    _, result = train(load_sample(1250, 10), recipe("fast", epochs=6, batch_size=50, validation=250))
    assert result["accuracy"] > 0.4 and result["curve"][-1]["loss"] < result["curve"][0]["loss"]


def test_half_precision_keeps_logits_and_weights_single():
    model = build(recipe("fast", precision="mixed_bfloat16"), 10)
    assert model.layers[1].compute_dtype == "bfloat16" and model.outputs[0].dtype == "float32"
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_mirrored_on_what_there_is():
    import tensorflow as tf

    _, result = train(IMAGES, ONE, strategy=tf.distribute.MirroredStrategy())
    assert len(result["curve"]) == 1


@pytest.mark.parametrize("changes, says", [
    ({"epochs": 0}, "epochs must be at least 1"), ({"seed": -1}, "seed must not be negative"),
    ({"learning_rate": 0.0}, "positive"), ({"learning_rate": float("nan")}, "finite"),
    ({"optimizer": "sgd"}, "muon or adam"),
    ({"precision": "float8"}, "precision"),
])
def test_recipes_that_cannot_be(changes, says):
    with pytest.raises(RunError, match=says):
        recipe("fast", **changes)


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_a_process_killed_goes_on_to_the_same_weights_bit_for_bit(tmp_path):
    words = "-m course_lib.cifar train --epochs 16 --validation 3400 --deterministic --folder"
    command = [sys.executable, *words.split(), str(tmp_path)]
    for epoch, how, status in ((1, signal.SIGINT, 130), (2, signal.SIGKILL, -9)):
        # Where the tests run in the background of a shell, interrupts would be ignored.
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
            for line in process.stdout:
                if line.startswith(f"epoch   {epoch}"):
                    process.send_signal(how)
                    break
            process.stdout.read()
        assert process.returncode == status
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "finished" and [row["epoch"] for row in result["curve"]] == list(range(1, 17))
    assert 3 <= result["usage"]["from_epoch"] <= 16
    assert "not CIFAR-10" in done.stdout
    undisturbed = tmp_path / "undisturbed"
    subprocess.run([*command[:-1], str(undisturbed)], capture_output=True, check=True)
    one, other = (stored(folder / "epoch-016.weights.h5") for folder in (tmp_path, undisturbed))
    assert one.keys() == other.keys() and any("optimizer" in name for name in one)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_kept(tmp_path):
    checkpoint = Checkpoint(tmp_path, {}, print)
    checkpoint.on_epoch_begin(0)
    with pytest.raises(RunError, match="no number any more in epoch 1"):
        checkpoint.on_epoch_end(0, {"loss": float("nan")})
    assert not list(tmp_path.iterdir()) and not checkpoint.curve


def test_a_damaged_checkpoint_is_said_to_be_one(tmp_path):
    train(IMAGES, ONE, folder=tmp_path)
    (tmp_path / "epoch-001.weights.h5").write_bytes(b"short")
    with pytest.raises(RunError, match="epoch-001.weights.h5 is missing or damaged"):
        train(IMAGES, ONE, folder=tmp_path)
    (tmp_path / "state.json").write_text("[]")
    with pytest.raises(RunError, match="state.json is damaged"):
        train(IMAGES, ONE, folder=tmp_path)


def test_the_mirror_image_counts_as_much_as_the_image():
    class LeftEdge:
        """Sure of class 1 by the left edge of the image it is shown."""
        output_shape = (None, 2)

        def predict(self, x, **_):
            return np.stack([np.full(len(x), 3.0), x[:, 0, 0, 0]], 1)

    images = np.array([[5.0, 2.0], [2.0, 5.0], [5.0, 0.0]])[:, None, :, None]
    found = judged(LeftEdge(), images, np.array([1, 1, 0]), mirrored=True)
    assert found["accuracy"] == 1 / 3 and found["accuracy_with_mirror"] == 1
