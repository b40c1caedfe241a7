"""Numerical gradients against derivatives known by heart."""

import numpy as np
import pytest

from course_lib.gradcheck import numerical_gradient, relative_error


def test_known_derivatives():
    x = np.array([[0.3, -1.2], [2.0, 0.7]])
    assert np.allclose(numerical_gradient(np.sin, x), np.cos(x), atol=1e-9)
    weights = np.array([[1.0, -2.0], [0.5, 3.0]])
    assert np.allclose(numerical_gradient(lambda a: a**3, x, weights), 3 * weights * x**2, atol=1e-8)
    assert np.allclose(numerical_gradient(np.sum, x), 1)


def test_a_kink_gives_the_mean_of_both_slopes():
    assert numerical_gradient(np.max, [1.0, 1.0]).round(6).tolist() == [0.5, 0.5]


def test_the_input_is_left_alone():
    x = np.ones(3)
    numerical_gradient(lambda a: a.__imul__(2), x)
    assert x.tolist() == [1, 1, 1]


def test_a_wrong_gradient_shows():
    x = np.array([1.0, 2.0, 3.0])
    assert relative_error(2 * x, numerical_gradient(np.square, x)) < 1e-9
    assert relative_error(3 * x, numerical_gradient(np.square, x)) > 0.3


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="output's shape"):
        numerical_gradient(np.square, [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="shapes differ"):
        relative_error([1.0], [1.0, 1.0])


def test_relative_error_of_zeros_and_of_nothing():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0 == relative_error(np.zeros((0, 2)), np.zeros((0, 2)))
