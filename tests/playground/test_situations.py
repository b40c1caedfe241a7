"""Situations, as text and as numbers, and the figure for pages without scripts."""

from xml.etree import ElementTree

import numpy as np
import pytest

import course_lib
from course_lib.figures import golden
from course_lib.figures.playground import embed, pool, read

NO_MAP = "the output is no map of one channel"
DRAWN = "it draws at random"
NOT_SHOWN = {
    "conv": "no pooling",
    "fractional_max_pool": DRAWN,
    "fractional_average_pool": DRAWN,
    "rank_stochastic_pool": DRAWN,
    "spatial_pyramid_pool": NO_MAP,
    "pixel_pyramid_pool": NO_MAP,
    "roi_max_pool": NO_MAP,
    "roi_align": NO_MAP,
    "spectral_pool": "it has no windows",
    "superpixel_pool": NO_MAP,
    "intermap_pool": NO_MAP,
    "bilinear_pool": NO_MAP,
    "compact_bilinear_pool": NO_MAP,
    "vlad_pool": NO_MAP,
    "mop_pool": NO_MAP,
    "attention_pool": NO_MAP,
    "max_unpool": "no pooling",
    "average_unpool": "no pooling",
    "conv_transpose": "no pooling",
}


def test_every_pooling_is_shown_or_has_a_reason_not_to_be():
    names = {row.name for row in course_lib.CATALOGUE}
    assert names <= golden.VARIANTS.keys() | NOT_SHOWN.keys()
    assert golden.VARIANTS.keys() <= names


# The running example in pairs of rows, its four windows worked by hand.
BY_HAND = {
    "pooling=max_pool": [[3, 4], [6, 1]],
    "pooling=min_pool": [[0, -1], [-2, 0]],
    "pooling=average_pool": [[7 / 4, 9 / 4], [11 / 4, 3 / 4]],
    "pooling=mixed_pool&share=0.5": [[19 / 8, 25 / 8], [35 / 8, 7 / 8]],
    "pooling=avg_topk_pool&k=3": [[7 / 3, 10 / 3], [13 / 3, 1]],
    "pooling=weighted_pool&weights=1,0,0,3": [[1 / 4, 14 / 4], [4 / 4, 3 / 4]],
    "pooling=ordinal_pool&weights=0,1,0,0": [[3, 4], [5, 1]],
    "pooling=global_average_pool": [[30 / 16]],
    "pooling=adaptive_max_pool&output_size=3": [[3, 4, 4], [5, 5, 4], [6, 5, 1]],
    "pooling=max_pool&pool_size=3&strides=1": [[5, 5], [6, 5]],
    "pooling=max_pool&pool_size=2&strides=3&padding=same": [[3, 4], [6, 1]],
}


@pytest.mark.parametrize("text", BY_HAND)
def test_output_by_hand(text):
    np.testing.assert_allclose(pool(read(text))[0], BY_HAND[text], rtol=1e-15)


def test_gradient_by_hand():
    # Windows of two, one apart, on a row of three: the middle cell is the largest of both.
    assert pool(read("x=1,5,2&pool_size=1,2&strides=1&dy=2,3"))[1].tolist() == [[0, 5, 0]]


def test_logits_of_local_importance_pooling_move_with_the_map():
    # With beta 1 it is SoftPool, whose gradient runs through the weights too.
    ours, soft = (pool(read(f"pooling={name}"))[1] for name in ("lip_pool&beta=1", "soft_pool"))
    np.testing.assert_allclose(ours, soft, rtol=1e-13)


def test_windows_may_belong_to_the_other_pooling():
    # Of a comparison, as the playground writes it when only the second pooling has windows.
    assert read("pooling=global_max_pool&versus=average_pool&pool_size=3&padding=same").arguments == {}


@pytest.mark.parametrize("text, words", [
    ("pooling=maximum_pool", "maximum_pool"),
    ("pooling=max_pool&p=3", "no argument p"),
    ("pooling=blur_pool&padding=same&versus=gem_pool", "no argument padding"),
    ("x=1,2;3", "rows of one length"),
    ("x=1,two", "two"),
    ("pool_size", "pool_size"),
])
def test_nonsense_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        read(text)


def test_a_panel_must_exist():
    with pytest.raises(ValueError, match="gradients"):
        embed("", "gradients")


def test_the_figure_shows_input_output_and_gradients():
    figure = ElementTree.fromstring(embed("pooling=average_pool&strides=1,2&x=1,2,3,4;5,6,7,8", "gradient"))
    tables = {t.get("aria-label"): [[td.text for td in tr] for tr in t.iter("tr")] for t in figure.iter("table")}
    assert tables == {
        "Input": [["1", "2", "3", "4"], ["5", "6", "7", "8"]],
        "Output": [["3.5", "5.5"]],
        "Gradient of the input": [["0.25"] * 4] * 2,
        "Gradient of the output": [["1", "1"]],
    }
    assert figure.get("data-state") == "pooling=average_pool&strides=1,2&x=1,2,3,4;5,6,7,8"
    assert figure.get("data-main") is None
    assert "strides 1 × 2" in figure.find(".//figcaption").text


def test_the_main_one_knows_the_chapters():
    root = ElementTree.fromstring(embed(main=True))
    assert root.get("data-main") == ""
    assert "max_pool=pooling/max" in root.get("data-chapters").split(";")


def test_no_style_and_no_script_in_the_html():
    text = embed("pooling=soft_pool", "gradient", main=True)
    assert "style=" not in text and "<script" not in text and " on" not in text.replace(" on,", "")


def test_golden_cases_meet_what_matters():
    cases = list(golden.cases())
    assert {read(case["state"]).pooling for case in cases} == golden.VARIANTS.keys()
    for word in ("padding=same&", "padding=same_lower", "dilation=2", "ceil_mode=true", "error"):
        assert any(word in str(case) for case in cases), word
    inputs = [read(case["state"]).x for case in cases]
    assert any((x < 0).any() for x in inputs)
    assert any(len(np.unique(x)) < x.size / 2 for x in inputs)
    assert golden.document() == golden.document()
