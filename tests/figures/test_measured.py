"""What the book measures of every windowed pooling, on cases that can be worked out."""

import json

import numpy as np
import pytest

from course_lib import max_blur_pool, numerical_gradient, relative_error
from course_lib.cifar.data import CLASSES, Images
from course_lib.figures import __main__ as command
from course_lib.figures.measured import blurred, clouds, crops, gradient_flow, relative_change, windowed

X = np.random.default_rng(0).uniform(0.1, 1, size=(2, 6, 4, 1))


@pytest.mark.parametrize("name, pooling", windowed().items())
def test_each_pooling_has_the_gradient_of_what_it_computes(name, pooling):
    back = pooling.back(np.ones((2, 3, 2, 1)), X, 2)
    assert relative_error(back, numerical_gradient(lambda x: pooling.pool(x, 2), X)) < 1e-7


def test_nothing_but_windowed_poolings():
    assert {"max_pool", "gated_pool", "stochastic_pool"} <= set(windowed())
    assert not {"conv", "average_unpool", "max_blur_pool", "gem_pool"} & set(windowed())


def test_the_blurred_maximum_is_max_blur_pooling():
    np.testing.assert_allclose(blurred(windowed()["max_pool"], X), max_blur_pool(X))


def test_relative_change_is_none_for_equal_frames_and_one_for_a_lost_image():
    still, dark = X, np.zeros_like(X)
    assert relative_change(lambda x: x, [X, still, dark]).tolist() == [0, 1]


def test_crops_move_over_the_image_and_invent_nothing():
    row = np.arange(5.0).reshape(1, 1, 5, 1)
    assert [frame.ravel().tolist() for frame in crops(row, 2)] == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]


def test_a_gradient_of_one_through_mean_and_maximum():
    signs = np.random.default_rng(1).choice([-1.0, 1.0], size=(2, 3, 2, 1))
    assert gradient_flow(windowed()["average_pool"], X, signs) == pytest.approx((0.5, 1))
    assert gradient_flow(windowed()["max_pool"], X, signs) == pytest.approx((1, 0.25))


def test_clouds_have_little_fine_detail():
    images = clouds(4, 32, np.random.default_rng(0))
    assert images.shape == (4, 32, 32, 1) and images.min() >= 0
    power = (np.abs(np.fft.fft2(images[..., 0])) ** 2).mean(0)
    assert power[0, 2] > 10 * power[0, 16]


def test_the_command_writes_what_it_measured_and_where(tmp_path, monkeypatch, capsys):
    images = np.random.default_rng(0).integers(0, 256, size=(6, 32, 32, 3), dtype=np.uint8)
    labels = np.zeros(6, dtype=np.int64)
    monkeypatch.setattr(command, "load_cifar10", lambda path: Images(images, labels, images, labels, CLASSES, "noise"))
    file = tmp_path / "results" / "shifts.json"
    assert command.main(["--data", "somewhere", "--images", "3", "--output", str(file)]) == 0
    kept = json.loads(file.read_text())
    assert set(kept["plain"]) == set(kept["blurred"]) == set(windowed())
    assert all(len(changes) == len(kept["shifts"]) == 8 for changes in kept["plain"].values())
    assert {"seed", "machine", "date", "command", "sha256", "versions"} <= set(kept)


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, capsys):
    assert command.main(["--data", str(tmp_path / "nothing")]) == 1
    assert "there is nothing at" in capsys.readouterr().err
