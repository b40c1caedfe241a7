"""Every small change of a reference solution is caught by the tests, or changes nothing that the tests could see.

What no test catches is listed in `equivalent.toml` with the reason, and must give the same answers as the solution on
every call that the tests make with other random numbers.
"""

import contextlib
import signal
import tomllib

import numpy as np
import pytest
from mutants import mutants
from sheet import HERE, NAMES, Proxy, Sheet

EQUIVALENT = tomllib.loads((HERE / "equivalent.toml").read_text())
SECONDS = 8  # for one mutant: some loop for ever


@pytest.fixture(scope="module", params=[name for name in NAMES if name in EQUIVALENT])
def sheet(request):
    return Sheet(request.param)


def test_all_numpy_assignments_are_tried():
    assert set(NAMES) - set(EQUIVALENT) == {"cifar10_cnn"}


def test_every_mutant_is_caught_or_equivalent(sheet):
    reasons = {name for group in EQUIVALENT[sheet.name] for name in group["mutants"]}
    alive = {one.name for one in mutants(sheet.solution) if not caught(sheet, one.source)}
    assert alive == reasons


def test_equivalent_mutants_answer_alike(sheet):
    """Where the answer is a free choice (`free`), the tests of the source say which answers are right."""
    exact = {name for group in EQUIVALENT[sheet.name] if not group.get("free") for name in group["mutants"]}
    seeds = range(1, 6)
    answers = {seed: recorded(sheet, sheet.solution, seed) for seed in seeds}
    for one in mutants(sheet.solution):
        for seed in seeds if one.name in exact else ():
            found = recorded(sheet, one.source, seed)
            assert len(found) == len(answers[seed]), one.name
            assert all(map(alike, found, answers[seed])), one.name


def caught(sheet: Sheet, source: str) -> bool:
    with limited(), contextlib.redirect_stderr(None):
        try:
            return bool(sheet.lost(source, sheet.solution, first=True))
        except Exception:  # a mutant that cannot even be defined, or does not end, is noticed by whoever runs it
            return True


@contextlib.contextmanager
def limited():
    """`TimeoutError` for what takes too long."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def recorded(sheet: Sheet, source: str, seed: int) -> list:
    """What all calls return that the tests make."""
    results = []

    class Recorder(Proxy):
        def __call__(self, *args, **kwargs):
            result = super().__call__(*args, **kwargs)
            results.append(result)
            return result

    assert sheet.lost(source, seed=seed, proxy=Recorder) == {}
    return results


def alike(one, other) -> bool:
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(alike, one, other))
    one, other = np.asarray(one), np.asarray(other)
    same_kind = one.shape == other.shape and one.dtype == other.dtype
    return same_kind and np.allclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)
