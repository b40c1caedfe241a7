"""The page about the class: right numbers, nothing from elsewhere, nothing that can run, readable without seeing it."""

import html.parser
import re

import pytest
from tiny_course import RIGHT

from course_lib.grading import report, sample
from course_lib.grading.grade import nothing
from course_lib.grading.guard import HandIn
from course_lib.grading.similarity import alike
from course_lib.grading.verdict import Mark, Ran, Verdict

OWN = """
def rescale(picture, factor):
    rows = [line for line in picture if any(line)]
    taller = [[cell * factor + offset for offset, cell in enumerate(row)] for row in rows]
    padded = taller + [[0] * len(taller[0]) for _ in range(factor)]
    return [list(reversed(column)) for column in zip(*padded)]
"""
RENAMED = """
# my own work
def enlarge(img, k):
    lines = [l for l in img if any(l)]   # keep those with something in them
    bigger = [[c * k + o for o, c in enumerate(r)] for r in lines]
    filled = bigger + [[0] * len(bigger[0]) for _ in range(k)]
    return [list(reversed(s)) for s in zip(*filled)]
"""
OTHER = """
def rescale(picture, factor):
    result = []
    while picture:
        top, *picture = picture
        if sum(top) == 0:
            continue
        result.append({"row": top, "factor": factor})
    result.sort(key=lambda entry: entry["row"][0])
    return tuple(entry["row"] for entry in result)
"""


def verdict(tiny, student, missed=(), source="", seconds=0.1, message="expected 3, got 0"):
    marks = {cell.grade_id: Mark(0.0 if cell.grade_id in missed else cell.points, cell.points,
                                 message if cell.grade_id in missed else None, seconds) for cell in tiny.tests}
    return Verdict(student, "graded", (), marks, (Ran("double", "code", source, True),))


@pytest.fixture
def verdicts(tiny):
    made = [verdict(tiny, "ada", source=OWN), verdict(tiny, "bob", {"test_double", "test_kept"}, RENAMED),
            verdict(tiny, "cyd", {"test_double", "test_kept"}, OTHER, seconds=2.0),
            verdict(tiny, "dan", {"test_total"}, message="<script>alert('x')</script> & more"),
            nothing(HandIn("<eve>", None, ("nothing was handed in",), missing=True), tiny, "nothing was handed in")]
    return {one.student: one for one in made}


class Seen(html.parser.HTMLParser):
    """Tags with their attributes, and whether all were closed in order."""

    EMPTY = {"meta", "path", "use", "rect", "br"}

    def __init__(self, page):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_runs_nothing(tiny, verdicts):
    page = report.page(tiny, verdicts)
    seen = Seen(page)
    assert seen.open == []
    assert not {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
    for _, attributes in seen.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href"):
                assert value.startswith("#")
    assert "url(http" not in page and "@import" not in page and "default-src 'none'" in page
    assert "&lt;script&gt;alert" in page and "&lt;eve&gt;" in page and "<eve>" not in page
    assert "secret_oracle" not in page


def test_the_page_says_what_a_picture_shows(tiny, verdicts):
    seen = Seen(report.page(tiny, verdicts))
    tags = [tag for tag, _ in seen.tags]
    assert dict(seen.tags)["html"]["lang"] == "en" and tags.count("h1") == 1 and "main" in tags
    pictures = [attributes for tag, attributes in seen.tags if tag == "svg"]
    assert len(pictures) == 2 and all(one["role"] == "img" and one["aria-label"] for one in pictures)
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in seen.tags if tag == "th")
    assert tags.count("table") == tags.count("caption")
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_numbers_are_those_of_the_verdicts(tiny, verdicts):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", report.page(tiny, verdicts)))
    assert "5 hand-ins; 4 of them ran, 1 could not be run" in text
    assert "twice as much test_double 3 2" in text and "the sum test_total 2 1" in text
    assert "twice as much input left alone 2" in text
    assert text.index("cyd 10.00") < text.index("ada 0.50")
    assert "nothing was handed in" in text and "ada: 9 of 9, graded" in text and "bob: 5 of 9, graded" in text


def test_text_in_pictures_takes_the_colour_of_the_page(tiny, verdicts):
    for svg in re.findall(r"<svg.*?</svg>", report.page(tiny, verdicts), re.S):
        assert "#000000" not in svg and "<text" in svg
        assert all("currentColor" in style for style in re.findall(r'<text style="([^"]*)"', svg))


def test_renamed_and_reformatted_code_still_looks_alike():
    (pair,) = alike({"ada": OWN, "bob": RENAMED, "cyd": OTHER}, "def rescale(picture, factor):\n    ...")
    assert pair.students == ("ada", "bob") and pair.share > 0.8
    assert "enumerate(row)" in pair.passages[0][0] and "enumerate(r)" in pair.passages[1][0]


def test_what_was_given_or_what_many_have_does_not_count():
    assert alike({"ada": OWN, "bob": OWN}, OWN) == []
    assert alike({f"s{number}": OWN for number in range(12)}, "") == []
    assert alike({"ada": "", "bob": "", "cyd": "def ("}, "") == []


def test_a_class_is_the_same_for_the_same_seed_and_every_mark_known(tiny, tmp_path):
    for kind, text in (("right/plain", "\n\n".join(RIGHT.values())),
                       ("wrong/once", "# loses: test_double, test_kept\n" + "\n\n".join(
                           (RIGHT | {"double": "def double(x):\n    return x"}).values()))):
        path = tmp_path / f"{kind}.py"
        path.parent.mkdir()
        path.write_text(text)
    one, same, other = (list(sample.make_class(tiny, tmp_path, 120, seed)) for seed in (1, 1, 2))
    assert one == same != other and len({single.student for single in one}) == 120
    notebooks = [content for single in one for content in single.files.values() if content.endswith(b"}")]
    assert len(set(notebooks)) == len(notebooks)
    assert {sample.points(tiny, single) for single in one} == {0, 5, 9}
