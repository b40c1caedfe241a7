import numpy as np
import pytest

from course_lib.testing import (
    Mismatch,
    case,
    check_arguments_kept,
    check_array,
    check_cases,
    check_dtype_kept,
    check_integer,
    check_raises,
    check_repeatable,
    part,
    random_image,
    show_window,
)

X = np.arange(6.0).reshape(1, 2, 3, 1)


class Liar(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)


def test_equal_arrays_pass_whatever_their_precision():
    check_array(X.astype(np.float32), X)
    check_array(np.array([np.nan, np.inf]), [np.nan, np.inf])


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (X.tolist(), "expected a NumPy array, got list"),
        (3.0, "expected a NumPy array, got float"),
        (np.float64(3), "expected a NumPy array, got numpy.float64"),
        (None, "got NoneType"),
        (X[0], r"expected shape \(1, 2, 3, 1\), got \(2, 3, 1\)"),
        (X.astype(complex), "expected real numbers"),
        (X.astype(int), "got int64"),
        (X.astype(object), "got object"),
        (X > 2, "got bool"),
        (np.add(X, [[[[0], [0], [1]]]]), r"2 of 6 values differ\.\n  at \[0, 0, 2, 0\]: expected 2.0, got 3.0"),
        (X * np.nan, "6 of 6 values differ"),
        ((X + 1).view(Liar), "expected a NumPy array, got test_testing.Liar"),
    ],
)
def test_what_differs_is_said(actual, words):
    with pytest.raises(Mismatch, match=words):
        check_array(actual, X)


def test_exchanged_rows_and_columns_are_recognised():
    square = random_image(np.random.default_rng(0), 1, 3, 3, 1)
    with pytest.raises(Mismatch, match="rows and columns are exchanged"):
        check_array(square.swapaxes(1, 2), square)


@pytest.mark.parametrize(("actual", "ok"), [(3, True), (np.int64(3), True), (3.0, False), (True, False), (4, False)])
def test_integers(actual, ok):
    if ok:
        check_integer(actual, 3)
    else:
        with pytest.raises(Mismatch):
            check_integer(actual, 3)


def largest(x, pool_size):
    return x.max(axis=(1, 2), keepdims=True)


def test_cases_are_tried_smallest_first_and_explained():
    big, small = np.zeros((1, 4, 4, 1)), np.zeros((1, 2, 2, 1))
    with pytest.raises(Mismatch) as caught:
        check_cases(lambda x, pool_size: largest(x, pool_size) + 1, largest, [case(big, 4), case(small, pool_size=2)],
                    explain=show_window)
    message = str(caught.value)
    assert "<lambda>(<array (1, 2, 2, 1)>, pool_size=2)" in message
    assert "at [0, 0, 0, 0]: expected 0.0, got 1.0" in message
    assert "rows 0 to 1, columns 0 to 1" in message


def test_no_cases_is_the_authors_mistake():
    with pytest.raises(ValueError, match="at least one case"):
        check_cases(largest, largest, [])


def test_the_window_shown_is_the_one_that_fed_the_value():
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    assert show_window((0, 1, 1, 0), x, 2, padding="same").endswith("rows 2 to 2, columns 2 to 2 of the input\n[[8.]]")


def test_a_function_of_the_clock_is_caught():
    answers = iter(range(100))
    with pytest.raises(Mismatch, match="different answer the second time"):
        check_repeatable(lambda x: x + next(answers), case(X))


def test_functions_cannot_reach_the_arrays_of_a_case():
    one = case(X.copy())
    one.call(lambda x: x.fill(7))
    check_array(one.call(lambda x: x), X)


def test_every_call_meets_the_same_random_numbers():
    one = case(rng=np.random.default_rng(3))
    assert one.call(lambda rng: rng.random()) == one.call(lambda rng: rng.random())
    assert one.describe(part).endswith("(rng=<rng>)")


def test_one_of_several_results():
    check_cases(part(lambda x: (x, x + 1), 1), lambda x: x + 1, [case(X)])
    with pytest.raises(Mismatch, match=r"fake\[1\].*\n.*\n.*\n.*\n.*expected a tuple, got numpy.ndarray"):
        def fake(x):
            return x
        check_cases(part(fake, 1), lambda x: x, [case(X)])
    with pytest.raises(Mismatch, match="at least 2 values, got 1"):
        part(lambda x: (x,), 1)(X)


def test_several_results_at_once():
    def two(x, other=1):
        return x, x[:, :1] + other

    check_cases(two, two, [case(X)])
    check_cases(lambda x: [*two(x), None], two, [case(X)])
    check_cases(part(two, 1, 0), part(lambda x: two(x)[::-1], 0, 1), [case(X)])
    for wrong, said in [(lambda x: two(x, 2), r"value 2 of the result: 3 of 3 values differ"),
                        (lambda x: two(x)[0], "expected a tuple, got numpy.ndarray"),
                        (lambda x: two(x)[:1], "at least 2 values, got 1"),
                        (lambda x: (two(x)[0], 1), "value 2 of the result: expected a NumPy array, got int")]:
        with pytest.raises(Mismatch, match=said):
            check_cases(wrong, two, [case(X)])
    calls = []
    with pytest.raises(Mismatch, match="a different answer the second time"):
        check_cases(lambda x: (calls.append(1), two(x, 1 + (len(calls) > 1)))[1], two, [case(X)])


@pytest.mark.parametrize("spoil", [lambda x: x.fill(0), lambda x: np.negative(x, out=x), lambda x: x.sort(axis=2)])
def test_changed_arguments_are_named(spoil):
    x = X[:, :, ::-1].copy()
    with pytest.raises(Mismatch, match="changed argument 1"):
        check_arguments_kept(spoil, case(x))
    with pytest.raises(Mismatch, match="changed `x`"):
        check_arguments_kept(spoil, case(x=x))
    check_arguments_kept(np.sum, case(x))


def test_a_function_that_runs_elsewhere_reports_its_changes():
    def remote(x):
        remote.changed_arguments = [0]

    with pytest.raises(Mismatch, match="changed argument 1"):
        check_arguments_kept(remote, case(X))


class Remote:
    """Answers many cases at once; says that it changed what is larger than one."""

    __name__ = "remote"
    changed_arguments = ()

    def results(self, cases):
        for y in [one.call(lambda x: (x, x + 1)) for one in cases]:
            self.changed_arguments = (0,) if y[0].max() > 1 else ()
            yield y


def test_a_function_that_runs_elsewhere_may_answer_many_cases_at_once():
    check_cases(part(Remote(), 1), lambda x: x + 1, [case(X), case(X[:, 1:])])
    with pytest.raises(Mismatch, match="3 of 3 values differ"):
        check_cases(part(Remote(), 0), lambda x: x + 1, [case(X), case(X[:, 1:])])
    small, single = case(X * 0), case(X.astype(np.float32))
    for function in (Remote(), part(Remote(), 0)):
        check_arguments_kept(function, small, small)
        with pytest.raises(Mismatch, match="changed argument 1"):
            check_arguments_kept(function, small, case(X), small)
    check_dtype_kept(part(Remote(), 0), case(X), single)


def test_every_one_of_several_cases_counts():
    def spoils(x):
        x[x > 1] = 0
        return x.astype(float)

    check_arguments_kept(spoils, case(X * 0), case(X * 0))
    check_dtype_kept(spoils, case(X), case(X))
    with pytest.raises(Mismatch, match="changed argument 1"):
        check_arguments_kept(spoils, case(X * 0), case(X), case(X * 0))
    with pytest.raises(Mismatch, match="the input is float32"):
        check_dtype_kept(spoils, case(X), case(X.astype(np.float32)), case(X))


@pytest.mark.parametrize("check", [check_arguments_kept, check_dtype_kept])
def test_a_check_of_nothing_is_refused(check):
    with pytest.raises(ValueError, match="at least one case"):
        check(lambda x: x)
    remote = Remote()
    remote.results = lambda cases: iter([(X, X)])
    with pytest.raises(ValueError, match="shorter"):
        check(part(remote, 0), case(X * 0), case(X * 0))


@pytest.mark.parametrize("check", [check_arguments_kept, check_dtype_kept])
def test_what_a_function_raises_does_not_end_the_cases_quietly(check):
    with pytest.raises(RuntimeError, match="StopIteration"):
        check(lambda x: next(iter(())), case(X), case(X))


def test_dtype_kept():
    check_dtype_kept(lambda x: x * 2, case(X.astype(np.float32)))
    with pytest.raises(Mismatch, match="the input is float32"):
        check_dtype_kept(lambda x: x.astype(float), case(X.astype(np.float32)))


def test_raises():
    check_raises(ZeroDivisionError, lambda: 1 / 0, case())
    with pytest.raises(Mismatch, match="Expected ValueError, but the call returned 1"):
        check_raises(ValueError, lambda: 1, case())
