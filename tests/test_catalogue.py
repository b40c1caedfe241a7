"""What every row promises: numerical gradients, dtypes, empty batches, inputs left alone, places that exist."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from calls import CALLS, EVERY, NAMES, ONE_EACH, forward_and_gradient

import course_lib
from course_lib import layers
from course_lib.catalogue import CATALOGUE, by_name
from course_lib.gradcheck import numerical_gradient, relative_error

ROOT = Path(__file__).parents[1]
KEEP_INTEGERS = {
    "max_pool", "min_pool", "global_max_pool", "adaptive_max_pool", "fractional_max_pool", "spatial_pyramid_pool",
    "pixel_pyramid_pool", "roi_max_pool", "max_unpool", "intermap_pool",
}
LABEL = [f"{row.name}-{i}" for i, (row, *_) in enumerate(EVERY)]
every = pytest.mark.parametrize(("row", "x", "arguments", "how"), EVERY, ids=LABEL)
each = pytest.mark.parametrize(("row", "x", "arguments", "how"), ONE_EACH, ids=NAMES)


def test_every_row_has_calls_and_only_rows():
    assert set(CALLS) == {row.name for row in CATALOGUE} and len(CATALOGUE) == len(CALLS)


@pytest.mark.parametrize("row", CATALOGUE, ids=NAMES)
def test_places_exist(row):
    assert getattr(course_lib, row.name) is row.forward
    assert getattr(course_lib, f"{row.name}_backward") is row.backward
    if row.chapter:
        assert (ROOT / "book" / f"{row.chapter}.md").is_file()
    if row.assignment:
        assert (ROOT / "assignments" / f"{row.assignment}.py").is_file()
    entries = re.findall(r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(), re.MULTILINE)
    assert row.source[0] == "@" and row.source[1:] in entries


@pytest.mark.parametrize("row", CATALOGUE, ids=NAMES)
def test_every_row_has_its_place_in_the_course(row):
    assert row.layer and hasattr(layers, row.layer)
    assert row.name in (ROOT / "book" / f"{row.chapter}.md").read_text()
    assert bool(row.assignment) != bool(row.unasked)
    if row.assignment:
        assert re.search(rf"\b{row.name}\b", (ROOT / "assignments" / f"{row.assignment}.py").read_text())


@pytest.mark.parametrize("row", CATALOGUE, ids=NAMES)
def test_docstrings_say_what_a_reader_needs(row):
    text = inspect.getdoc(row.forward)
    for word in ("Args", "eturns", "rrors" if "errors" in text else "Raises", "Source:", ">>>"):
        assert word in text, word
    assert ">>>" in inspect.getdoc(row.backward)


def test_unknown_name_lists_the_known():
    with pytest.raises(KeyError, match="max_pool"):
        by_name("maximum")


@pytest.mark.parametrize("row", CATALOGUE, ids=NAMES)
def test_backward_takes_what_forward_takes(row):
    forward = list(inspect.signature(row.forward).parameters.values())
    backward = list(inspect.signature(row.backward).parameters.values())
    assert backward[0].name == "dy" and backward[1:] == forward


@every
def test_gradient_is_the_numerical_one(row, x, arguments, how):
    y = row.forward(x, *arguments, **how)
    rng = np.random.default_rng(0)
    dy = rng.standard_normal(y.shape)
    _, dx, gradients = forward_and_gradient(row, x, arguments, how, dy)

    def along(directions):
        """The function of x, restricted to a plane through it: fewer numbers to differentiate by."""
        if how.get("training") and row.name == "stochastic_pool":
            # The chosen cell is constant, not its probability: differentiate the choice that was made.
            return lambda steps: _same_choice(row, x, x + np.tensordot(steps, directions, 1), arguments, how)
        return lambda steps: row.forward(x + np.tensordot(steps, directions, 1), *arguments, **how)

    first_call = CALLS[row.name][0][0] is x and not how
    directions = np.eye(x.size).reshape(x.size, *x.shape) if first_call else rng.standard_normal((6, *x.shape))
    expected = numerical_gradient(along(directions), np.zeros(len(directions)), dy, step=1e-7)
    assert relative_error(np.tensordot(directions, dx, x.ndim), expected) < 1e-6

    arrays = [(i, a) for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if len(gradients) > 1:
        for (i, array), gradient in zip(arrays, gradients[1:], strict=False):
            def at(value, i=i):
                return row.forward(x, *arguments[:i], value, *arguments[i + 1:], **how)
            assert relative_error(gradient, numerical_gradient(at, array, dy, step=1e-6)) < 1e-6


def _same_choice(row, x, moved, arguments, how):
    """`moved` at the cells that are drawn from `x`: the draw read off from a gradient of ones in a marked array."""
    marks = np.arange(1.0, x.size + 1).reshape(x.shape)
    geometry = {k: v for k, v in how.items() if k not in ("training", "rng")}
    y = row.forward(x, *arguments, **how)
    cells = course_lib.windows(marks, *arguments, **geometry, fill=0)
    values = course_lib.windows(x, *arguments, **geometry, fill=np.nan)
    cells, values = (np.moveaxis(a, -1, y.ndim - 1).reshape(*y.shape, -1) for a in (cells, values))
    place = np.take_along_axis(cells, (values == y[..., None]).argmax(-1)[..., None], -1)[..., 0].astype(int)
    return moved.ravel()[place - 1]


@each
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_dtype(row, x, arguments, how, dtype):
    y, dx, _ = forward_and_gradient(row, x.astype(dtype), arguments, how)
    assert y.dtype == dx.dtype == dtype
    exact = row.forward(x.astype(dtype).astype(float), *arguments, **how)
    assert relative_error(y, exact) < {"float16": 5e-3, "float32": 1e-5, "float64": 1e-12}[dtype]


@each
@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_integers_stay_or_become_float64(row, x, arguments, how, dtype):
    whole = np.abs(x * 7).astype(dtype)
    y, dx, _ = forward_and_gradient(row, whole, arguments, how)
    assert y.dtype == (dtype if row.name in KEEP_INTEGERS else "float64") and dx.dtype == "float64"
    assert relative_error(y, row.forward(whole.astype(float), *arguments, **how)) < 1e-12


@each
@pytest.mark.parametrize("dtype", ["bool", "complex64", "object", "U1"])
def test_other_dtypes_are_refused(row, x, arguments, how, dtype):
    with pytest.raises(TypeError, match="must hold integers or floats, got dtype"):
        row.forward(np.zeros(x.shape, dtype), *arguments, **how)


@each
def test_empty_batch(row, x, arguments, how):
    of_images = {"lip_pool", "max_unpool", "superpixel_pool", "roi_max_pool", "roi_align"}
    empty = (arguments[0][:0], *arguments[1:]) if row.name in of_images else arguments
    y, dx, _ = forward_and_gradient(row, x[:0], empty, how)
    assert y.shape[0] == 0 and y.shape[1:] == row.forward(x, *arguments, **how).shape[1:]
    assert dx.shape == (0, *x.shape[1:])


@every
def test_inputs_are_left_alone(row, x, arguments, how):
    arrays = [x, *arguments, *how.values()]
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    try:
        y = row.forward(x, *arguments, **how)
        dy = np.ones(y.shape)
        dy.flags.writeable = False
        row.backward(dy, x, *arguments, **how)
    finally:
        for array in arrays:
            if isinstance(array, np.ndarray):
                array.flags.writeable = True
    for array, kept in zip(arrays, before, strict=True):
        assert array is kept or np.array_equal(array, kept)
    y[...] = 77
    assert np.array_equal(x, before[0]), "the output shares memory with the input"


@each
def test_gradient_must_have_the_outputs_shape(row, x, arguments, how):
    y = row.forward(x, *arguments, **how)
    with pytest.raises(ValueError, match="dy must have the output's shape"):
        row.backward(np.ones((*y.shape, 1)), x, *arguments, **how)
    with pytest.raises(TypeError, match="dy must hold integers or floats"):
        row.backward(np.ones(y.shape, complex), x, *arguments, **how)


@each
def test_any_memory_layout(row, x, arguments, how):
    expected, gradient, _ = forward_and_gradient(row, x, arguments, how)
    spread = np.repeat(np.asfortranarray(x), 2, axis=1)[:, ::2]
    for other in (np.asfortranarray(x), spread, np.ascontiguousarray(x[..., ::-1])[..., ::-1]):
        y, dx, _ = forward_and_gradient(row, other, arguments, how)
        assert np.allclose(y, expected) and np.allclose(dx, gradient)


@each
def test_lists_do_for_arrays(row, x, arguments, how):
    assert np.array_equal(row.forward(x.tolist(), *arguments, **how), row.forward(x, *arguments, **how))


@pytest.mark.parametrize(
    ("row", "x", "arguments", "how"), [one for one in ONE_EACH if one[0].family != "regions"],
    ids=[one[0].name for one in ONE_EACH if one[0].family != "regions"],
)
def test_images_do_not_see_each_other(row, x, arguments, how):
    alone = (arguments[0][:1], *arguments[1:]) if row.name in {"lip_pool", "max_unpool"} else arguments
    both = row.forward(x, *arguments, **how)
    assert np.allclose(row.forward(x[:1], *alone, **how), both[:1])
    assert not np.allclose(both[:1], both[1:])
