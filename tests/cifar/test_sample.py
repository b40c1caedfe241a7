import numpy as np
import pytest

from course_lib.cifar import load_sample


def test_the_same_seed_draws_the_same_and_another_another():
    one, again, other = load_sample(50, 20), load_sample(50, 20), load_sample(50, 20, seed=1)
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()


def test_classes_take_turns_and_training_and_test_differ():
    images = load_sample(103, 40)
    assert np.bincount(images.y_train).tolist() == [11, 11, 11] + [10] * 7
    assert not any((image == images.x_train).all((1, 2, 3)).any() for image in images.x_test)


def test_it_never_calls_itself_cifar():
    images = load_sample(10, 10)
    assert "not CIFAR-10" in images.source
    assert len(set(images.classes)) == 10 and not {"cat", "dog", "ship"} & set(images.classes)


def test_mean_colour_says_little_of_the_class():
    """The nearest class mean of the mean colours is right hardly more often than a guess."""
    images = load_sample(2000, 500)
    colour, seen = images.x_train.mean((1, 2)), images.x_test.mean((1, 2))
    means = np.array([colour[images.y_train == k].mean(0) for k in range(10)])
    nearest = ((seen[:, None] - means) ** 2).sum(-1).argmin(1)
    assert np.mean(nearest == images.y_test) < 0.2


@pytest.mark.parametrize("counts", [(0, 1), (1, 0), (-5, 3)])
def test_counts_below_one(counts):
    with pytest.raises(ValueError, match="at least 1"):
        load_sample(*counts)


def test_the_first_so_many():
    images = load_sample(30, 10)
    few = images.first(7)
    np.testing.assert_array_equal(few.x_train, images.x_train[:7])
    assert len(few.x_test) == 10 and "first 7" in few.source
    with pytest.raises(ValueError, match="from 1 to 30"):
        images.first(31)
