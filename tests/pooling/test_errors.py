"""Malformed calls: the exception, and the words that name argument, value and expectation.

The geometry that all windowed functions share is in `test_windows.py`; here each of them refuses a few such calls.
"""

import numpy as np
import pytest
from calls import ONE_EACH

import course_lib as cl

X = np.ones((2, 4, 4, 2))
ROI = [[0, 0, 0, 3, 3]]
LABELS = np.zeros((2, 4, 4), int)
Y, INDEX = cl.max_pool_argmax(X)
RNG = np.random.default_rng(0)

BAD = [
    (cl.lp_pool, dict(p=0.5), ValueError, "p must be a number from 1 to infinity, got 0.5"),
    (cl.lp_pool, dict(p=float("nan")), ValueError, "p must be a number from 1 to infinity, got nan"),
    (cl.lp_pool, dict(p="2"), TypeError, "p must be a number from 1 to infinity, got '2'"),
    (cl.lp_pool, dict(p=True), TypeError, "p must be a number"),
    (cl.global_lp_pool, dict(p=0), ValueError, "p must be a number from 1 to infinity, got 0"),
    (cl.gem_pool, dict(p=0), ValueError, "p must be a positive number"),
    (cl.gem_pool, dict(p=[1, 2, 3]), ValueError, "one for each of the 2 channels"),
    (cl.gem_pool, dict(eps=0), ValueError, "eps must be a positive number, got 0"),
    (cl.gem_pool, dict(eps="small"), TypeError, "eps must be a positive number, got 'small'"),
    (cl.mixed_pool, dict(share=[0.5, 0.5, 0.5]), ValueError, "share must be .* 2 channels"),
    (cl.mixed_pool, dict(share=np.nan), ValueError, "share must be a finite number"),
    (cl.mixed_pool, dict(share="half"), TypeError, "share must hold integers or floats"),
    (cl.gated_pool, dict(gate=np.ones((3, 3))), ValueError, r"gate must have shape \(2, 2\), got \(3, 3\)"),
    (cl.weighted_pool, dict(weights=np.ones(4)), ValueError, r"weights must have the window's shape \(2, 2\)"),
    (cl.weighted_pool, dict(weights=-np.ones((2, 2))), ValueError, "weights must be finite and not negative"),
    (cl.weighted_pool, dict(weights=np.full((2, 2), np.inf)), ValueError, "weights must be finite"),
    (cl.lip_pool, dict(logits=X[:1]), ValueError, r"logits must have shape \(2, 4, 4, 2\), got \(1, 4, 4, 2\)"),
    (cl.avg_topk_pool, dict(k=5), ValueError, r"k must be at most 4, the cells of a window \(2, 2\), got 5"),
    (cl.avg_topk_pool, dict(k=0), ValueError, "k must be at least 1, got 0"),
    (cl.avg_topk_pool, dict(k=1.0), TypeError, "k must be an integer, got 1.0"),
    (cl.rank_average_pool, dict(t=9), ValueError, "t must be at most 4"),
    (cl.rank_weighted_pool, dict(alpha=0), ValueError, "alpha must be a number above 0 and at most 1, got 0"),
    (cl.rank_weighted_pool, dict(alpha=1.5), ValueError, "alpha must be a number above 0 and at most 1, got 1.5"),
    (cl.rank_weighted_pool, dict(alpha=None), TypeError, "alpha must be a number"),
    (cl.ordinal_pool, dict(weights=np.ones(3)), ValueError, r"weights must have shape \(4,\), got \(3,\)"),
    (cl.ordinal_pool, dict(weights=np.zeros(4)), ValueError, "not all 0"),
    (cl.ordinal_pool, dict(weights=[1, -1, 0, 0]), ValueError, "not negative"),
    (cl.stochastic_pool, dict(x=-X), ValueError, "x must not hold negative values .* minimum of -1"),
    (cl.stochastic_pool, dict(training=True), ValueError, "rng must be a numpy.random.Generator .* got None"),
    (cl.stochastic_pool, dict(training=True, rng=7), TypeError, "rng must be a numpy.random.Generator .* got 7"),
    (cl.stochastic_pool, dict(training=True, rng=np.ones((2, 2, 2, 2))), ValueError, "not including, 1"),
    (cl.stochastic_pool, dict(training=True, rng=np.ones((1, 2))), ValueError, r"rng must have shape \(2, 2, 2, 2\)"),
    (cl.rank_stochastic_pool, dict(training=True), ValueError, "rng must be a numpy.random.Generator"),
    (cl.information_pool, dict(x=-X), ValueError, "x must not hold negative values"),
    (cl.adaptive_max_pool, dict(output_size=0), ValueError, "output_size must be at least 1, got 0"),
    (cl.adaptive_max_pool, dict(output_size=(1, 2, 3)), ValueError, "output_size must be an integer or 2 integers"),
    (cl.adaptive_average_pool, dict(output_size=2.5), TypeError, "output_size must be an integer, got 2.5"),
    (cl.fractional_max_pool, dict(sequences=[[0, 4]]), ValueError, "one sequence for each of the 2 spatial axes"),
    (cl.fractional_max_pool, dict(sequences=[[0, 4], [0, 3]]), ValueError, r"increase from 0 to 4, got \[0, 3\]"),
    (cl.fractional_max_pool, dict(sequences=[[0, 2, 2, 4], [0, 4]]), ValueError, "increase from 0 to 4"),
    (cl.fractional_average_pool, dict(sequences=[[0.0, 4.0], [0, 4]]), TypeError, "sequences must hold integers"),
    (cl.spatial_pyramid_pool, dict(levels=()), ValueError, "levels must be a sequence of one or more"),
    (cl.spatial_pyramid_pool, dict(levels=(1, 0)), ValueError, "levels must be at least 1, got 0"),
    (cl.spatial_pyramid_pool, dict(mode="min"), ValueError, "mode must be \"max\" or \"average\", got 'min'"),
    (cl.pixel_pyramid_pool, dict(sizes=3), ValueError, "sizes must be a sequence"),
    (cl.blur_pool, dict(filter_size=0), ValueError, "filter_size must be at least 1, got 0"),
    (cl.blur_pool, dict(filter_size=8), ValueError, "filter_size 8 needs more than 4 cells to mirror"),
    (cl.max_blur_pool, dict(pool_size=5), ValueError, "more than the 4 of spatial axis 0"),
    (cl.spectral_pool, dict(output_size=5), ValueError, r"output_size must be at most the spatial shape \(4, 4\)"),
    (cl.roi_max_pool, dict(rois=[[0, 0, 3, 3]], output_size=2), ValueError, r"rois must have shape \(R, 5\)"),
    (cl.roi_max_pool, dict(rois=[[2, 0, 0, 3, 3]], output_size=2), ValueError, "batch index from 0 to 1"),
    (cl.roi_max_pool, dict(rois=[[0.5, 0, 0, 3, 3]], output_size=2), ValueError, "batch index from 0 to 1"),
    (cl.roi_max_pool, dict(rois=[[0, 0, 0, np.nan, 3]], output_size=2), ValueError, "rois must be finite"),
    (cl.roi_max_pool, dict(rois=ROI, output_size=0), ValueError, "output_size must be at least 1"),
    (cl.roi_max_pool, dict(rois=ROI, output_size=2, spatial_scale=0), ValueError, "spatial_scale must be a positive"),
    (cl.roi_max_pool, dict(x=X[0], rois=ROI, output_size=2), ValueError, "batch, height, width, channels"),
    (cl.roi_align, dict(rois=ROI, output_size=2, mode="sum"), ValueError, "mode must be .*got 'sum'"),
    (cl.roi_align, dict(rois=ROI, output_size=2, sampling_ratio=-1), ValueError, "sampling_ratio must be at least 0"),
    (cl.superpixel_pool, dict(labels=LABELS[:1]), ValueError, r"labels must have shape \(2, 4, 4\), got \(1, 4, 4\)"),
    (cl.superpixel_pool, dict(labels=LABELS - 1), ValueError, "labels must not be negative, got -1"),
    (cl.superpixel_pool, dict(labels=LABELS + 0.0), TypeError, "labels must hold integers, got dtype float64"),
    (cl.superpixel_pool, dict(labels=LABELS + 3, segments=3), ValueError, "labels must be below segments=3, got 3"),
    (cl.superpixel_pool, dict(labels=LABELS, mode="sum"), ValueError, "mode must be"),
    (cl.max_unpool, dict(x=Y, index=INDEX, output_shape=(2, 2)), ValueError, "index must lie from 0 to 3 .* 0 to 10"),
    (cl.max_unpool, dict(x=Y, index=INDEX - 1, output_shape=(4, 4)), ValueError, "from -1 to 9"),
    (cl.max_unpool, dict(x=Y, index=INDEX + 0.0, output_shape=(4, 4)), TypeError, "index must hold integers"),
    (cl.max_unpool, dict(x=Y, index=INDEX[:1], output_shape=(4, 4)), ValueError, "index must have the shape of y"),
    (cl.max_unpool, dict(x=Y, index=INDEX, output_shape=(4,)), ValueError, "output_shape must be 2 spatial sizes"),
    (cl.average_unpool, dict(x=Y, output_shape=(6, 6)), ValueError, r"\(6, 6\) pools to \(3, 3\), but y .*\(2, 2\)"),
    (cl.intermap_pool, dict(group_size=3), ValueError, "group_size must divide the 2 channels, got 3"),
    (cl.intermap_pool, dict(group_size=2, mode="sum"), ValueError, "mode must be"),
    (cl.compact_bilinear_pool, dict(dim=0), ValueError, "dim must be at least 1, got 0"),
    (cl.compact_bilinear_pool, dict(dim=4, method="fft"), ValueError, "method must be .*got 'fft'"),
    (cl.vlad_pool, dict(centres=np.ones((3, 5))), ValueError, r"centres must have shape \(K, 2\), got \(3, 5\)"),
    (cl.vlad_pool, dict(centres=np.ones((0, 2))), ValueError, "centres must have shape"),
    (cl.mop_pool, dict(centres=np.ones((3, 2)), levels=2), ValueError, "levels must be a sequence"),
    (cl.attention_pool, dict(w=np.ones((3, 5)), v=np.ones(3)), ValueError, r"w must have shape \(D, 2\), got \(3, 5\)"),
    (cl.attention_pool, dict(w=np.ones((3, 2)), v=np.ones(2)), ValueError, r"v must have shape \(3,\), got \(2,\)"),
    (cl.global_max_pool, dict(x=np.ones((2, 0, 2))), ValueError, "at least one cell"),
]


@pytest.mark.parametrize(("pool", "how", "error", "words"), BAD, ids=lambda v: getattr(v, "__name__", None))
def test_malformed_call(pool, how, error, words):
    arguments = dict(how)
    with pytest.raises(error, match=words):
        pool(arguments.pop("x", X), **arguments)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        (dict(out=6), ValueError, "out must be at most n=5, got 6"),
        (dict(out=0), ValueError, "out must be at least 1"),
        (dict(n=0), ValueError, "n must be at least 1"),
        (dict(mode="ordered"), ValueError, "mode must be .*got 'ordered'"),
        (dict(mode="random", rng=0.5), TypeError, "rng must be"),
        (dict(rng=None), TypeError, "rng must be"),
        (dict(rng=1.0), ValueError, "rng must be between 0 and 1, got 1.0"),
    ],
)
def test_malformed_sequence(how, error, words):
    with pytest.raises(error, match=words):
        cl.fractional_sequence(**{"n": 5, "out": 3, "rng": RNG, **how})


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        (dict(size=0), ValueError, "size must be at least 1"),
        (dict(population=1), ValueError, "population must be at least 2"),
        (dict(elite=16), ValueError, "elite must be smaller than population=16"),
        (dict(mutation=-1), ValueError, "mutation must be a finite number, not negative"),
        (dict(mutation="a"), TypeError, "mutation must be a finite number"),
        (dict(rng=3), TypeError, "rng must be a numpy.random.Generator"),
        (dict(fitness=lambda w: float("nan")), ValueError, "fitness must return a number, got NaN"),
    ],
)
def test_malformed_search(how, error, words):
    arguments = {"fitness": lambda w: w[0], "size": 4, **how}
    with pytest.raises(error, match=words):
        cl.evolve_ordinal_weights(**arguments)


WINDOWED = [one for one in ONE_EACH if one[0].family in {"local", "mixed", "weighted", "ranked", "drawn"}]


@pytest.mark.parametrize(("row", "x", "arguments", "how"), WINDOWED, ids=[one[0].name for one in WINDOWED])
def test_every_windowed_function_checks_its_geometry(row, x, arguments, how):
    for bad, words in (({"strides": 0}, "strides"), ({"padding": "full"}, "padding"), ({"dilation": 0}, "dilation")):
        with pytest.raises(ValueError, match=words):
            row.forward(x, *arguments, **{**how, **bad})
        with pytest.raises(ValueError, match=words):
            row.backward(np.ones(1), x, *arguments, **{**how, **bad})
