"""Pictures: what they say in words, and that one SVG serves light and dark pages."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from course_lib.figures import Picture, curves, dots, grids, tiles

X = np.array([[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]])


def words(picture):
    root = ElementTree.fromstring(picture.svg())
    return [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_grid_shows_and_tells_every_number():
    picture = grids({"x": X, "half": X / 2}, note="Two arrays.")
    assert words(picture)[:16] == [str(v).replace("-", "−") for v in X.ravel()]
    assert words(picture).count("−0.5") == 1
    assert picture.alt.startswith("Two arrays. x, 4 by 4: row 1: 1 3 2 −1; row 2: 3 0 4 4;")
    assert "half, 4 by 4: row 1: 0.5 1.5 1 −0.5;" in picture.alt


def test_numbers_lie_in_row_major_order_within_the_picture():
    root = ElementTree.fromstring(grids({"x": X}).svg())
    texts = [e for e in root.iter("{http://www.w3.org/2000/svg}text") if e.text != "x"]
    places = [(float(e.get("y")), float(e.get("x"))) for e in texts]
    assert places == sorted(places)
    width, height = map(float, root.get("viewBox").split()[2:])
    assert all(0 < x < width and 0 < y < height for y, x in places)


def test_equal_rows_are_read_out_once():
    assert grids({"line": np.tile([0, 3], (3, 1))}).alt == "line, 3 by 2: every row: 0 3."


@pytest.mark.parametrize("arrows, drawn", [(None, 2), ({"a"}, 1), ((), 0)])
def test_arrows_lead_where_asked(arrows, drawn):
    assert words(grids({"a": X, "b": X, "c": X}, arrows=arrows)).count("→") == drawn


def test_each_window_is_outlined_alike_in_every_array():
    plain = grids({"x": X, "y": X[:2, :2]}).svg()
    outlined = grids({"x": X, "y": X[:2, :2]}, windows={"x": tiles((4, 4), 2), "y": tiles((2, 2), 1)}).svg()
    strokes = [re.findall(r"stroke: (var\(--picture-\d)", svg) for svg in (plain, outlined)]
    assert strokes[0] == []
    assert strokes[1][:4] == strokes[1][4:] and len(set(strokes[1])) == 4


def test_tiles_lie_where_windows_fit():
    assert tiles((5, 4), 2) == [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)]
    assert tiles((3, 3), 2, 1) == [(0, 0, 2, 2), (0, 1, 2, 2), (1, 0, 2, 2), (1, 1, 2, 2)]


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 2)), np.zeros((1, 2, 2))])
def test_only_planes_are_grids(array):
    with pytest.raises(ValueError, match="two-dimensional"):
        grids({"x": array})


def test_a_picture_is_an_image_with_a_name():
    root = ElementTree.fromstring(curves([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", alt="A < B.").svg())
    assert (root.get("role"), root.get("aria-label")) == ("img", "A < B.")


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="text alternative"):
        Picture(100, 100).svg()


def test_ink_comes_from_the_page():
    svg = curves([1, 2], {"a": [1, 2], "b": [2, 1]}, xlabel="x", ylabel="y", alt="Two lines.").svg()
    assert "var(--picture-ink" in svg and "var(--picture-1" in svg and "var(--picture-2" in svg
    assert "background" not in svg and "<style" not in svg and "<metadata" not in svg


def test_pictures_are_reproducible_and_share_no_names():
    def draw(y):
        return curves([1, 2], {"a": y}, xlabel="x", ylabel="y", alt="A line.", points=True).svg()

    assert draw([1, 2]) == draw([1, 2])
    names = [set(re.findall(r' id="([^"]+)"', draw(y))) for y in ([1, 2], [2, 1])]
    assert names[0] and not names[0] & names[1]


def test_lines_differ_by_dash_and_not_only_by_colour():
    lines = {str(n): np.full(3, n) for n in range(8)}
    svg = curves(np.arange(3), lines, xlabel="x", ylabel="y", alt="Eight lines.").svg()
    dashes = re.findall(r'clip-path[^>]*?(?:stroke-dasharray: ([^;"]+))', svg)
    assert len(set(dashes)) == 7


def test_few_decades_are_labelled_with_plain_numbers():
    svg = curves([2, 4, 8], {"a": [0.03, 0.1, 0.5]}, xlabel="x", ylabel="y", alt="A line.", log="xy").svg()
    labels = [e.text for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"2", "4", "8", "0.1"} <= set(labels)
    many = curves([1e-9, 1], {"a": [1, 2]}, xlabel="x", ylabel="y", alt="A line.", log="x").svg()
    assert "10" in many and "1e-09" not in many


def test_dots_want_one_value_for_each_name():
    assert dots(["a", "b"], {"one": [1, 2]}, xlabel="x", alt="Two.").alt == "Two."
    with pytest.raises(ValueError, match="2 names"):
        dots(["a", "b"], {"one": [1]}, xlabel="x", alt="Two.")
