import numpy as np
import pytest

from course_lib.cifar.pipeline import batches
from course_lib.cifar.recipe import RunError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (50, 9, 8, 3), dtype=np.uint8)
Y = np.arange(50)


def read(epochs=1, **options):
    options = {"batch_size": 8, "seed": 0, "first_epoch": 0, **options}
    pairs = [(x.numpy(), y.numpy()) for x, y in batches(X, Y, epochs=epochs, **options)]
    return np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def test_each_epoch_shows_each_image_once_but_for_a_short_batch():
    x, y = read(epochs=2)
    assert len(y) == 96
    for epoch in (y[:48], y[48:]):
        assert len(set(epoch)) == 48
    assert (y[:48] != y[48:]).any()
    np.testing.assert_array_equal(x, X[y])


def test_a_seed_fixes_everything_and_another_changes_it():
    same = {"shift": 2, "flip": True}
    np.testing.assert_array_equal(read(**same)[0], read(**same)[0])
    assert (read(**same)[1] != read(seed=1, **same)[1]).any()


def test_going_on_at_an_epoch_gives_what_would_have_come():
    whole, part = read(epochs=3, shift=2, flip=True), read(epochs=3, first_epoch=1, shift=2, flip=True)
    for all_of_it, rest in zip(whole, part):
        np.testing.assert_array_equal(all_of_it[48:], rest)


@pytest.mark.parametrize("shift, flip", [(0, True), (2, False), (2, True)])
def test_every_image_is_moved_or_mirrored_as_said_and_all_ways_occur(shift, flip):
    x, y = read(epochs=40, shift=shift, flip=flip)
    ways = set()
    for image, label in zip(x, y):
        wide = np.pad(X[label], ((shift, shift), (shift, shift), (0, 0)), mode="reflect")
        found = [
            (down, right, mirrored)
            for down in range(2 * shift + 1) for right in range(2 * shift + 1) for mirrored in (False, True)
            if np.array_equal(image, wide[down:down + 9, right:right + 8][:, :: -1 if mirrored else 1])
        ]
        assert len(found) == 1
        ways.add(found[0])
    assert len(ways) == (2 * shift + 1) ** 2 * (2 if flip else 1)
    assert flip or not any(mirrored for *_, mirrored in ways)


@pytest.mark.parametrize("size", [0, 51])
def test_batches_that_cannot_be(size):
    with pytest.raises(RunError, match="batch_size must be from 1 to the 50 images"):
        read(batch_size=size)


def test_no_tuner_is_waited_for_at_the_end():
    assert batches(X, Y, batch_size=8, seed=0, first_epoch=0, epochs=1).options().autotune.enabled is False
