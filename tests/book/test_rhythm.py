"""Each chapter keeps the rhythm: what a reader finds on every one of them, and in which order."""

import re

import pytest
from chapters import CHAPTERS, TEXTS, cells, prose, section, shown_cells

ORDER = (
    "The idea", "Definitions? and shapes", "By hand|The line detector, by hand", "The library's version",
    "The gradient.*", ".*the proof that (both|all) agree", "When to use .*", "Quiz", "Exercises", "References",
)
EXAMPLE = "[[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]]"
EACH = pytest.mark.parametrize("page", CHAPTERS)


def headings(page):
    return re.findall(r"^## (.*)", TEXTS[page], re.M)


@EACH
def test_begins_with_a_failure_one_can_see(page):
    assert re.match(r"---\n.*?^---\n\([a-z-]+\)=\n# ", TEXTS[page], re.S | re.M), "a label stands before the title"
    first, second = headings(page)[:2]
    assert second == "The idea"
    assert "```{code-cell}" in section(page, re.escape(first))


@EACH
def test_the_idea_takes_two_paragraphs(page):
    text = section(page, "The idea").split("```{code-cell}")[0]
    assert len([part for part in text.split("\n\n") if part.strip()]) == 2


@EACH
def test_headings_come_in_order(page):
    found = headings(page)
    places = [[i for i, h in enumerate(found) if re.fullmatch(wanted, h)] for wanted in ORDER]
    assert all(places), {wanted: found for wanted, place in zip(ORDER, places) if not place}
    assert [place[0] for place in places] == sorted(place[0] for place in places), found
    assert found[-3:] == ["Quiz", "Exercises", "References"]


@EACH
def test_works_the_running_example(page):
    code = re.sub(r"(\d)\.0?(?=[,\]])", r"\1", " ".join("".join(code for _, code in cells(page)).split()))
    assert EXAMPLE in code


@EACH
def test_shows_the_library_itself(page):
    assert re.search(r"^```\{literalinclude\}.*?:pyobject: \w+", TEXTS[page], re.S | re.M)


@EACH
def test_length(page):
    words = len(re.findall(r"[^\W\d_][\w’'-]*", prose(page)))
    assert 1200 <= words <= 2000


@EACH
def test_cells_fit_on_a_screen(page):
    shown = shown_cells(page)
    assert len(shown) <= 12
    for code in shown:
        lines = code.strip("\n").splitlines()
        assert len(lines) <= 15 and max(map(len, lines)) <= 76, code


@EACH
def test_has_three_figures_with_names(page):
    figures = [options for options, _ in cells(page) if "caption:" in options]
    assert len(figures) >= 3
    assert all("name:" in options for options in figures)


@EACH
def test_says_when_and_at_what_cost_and_what_was_claimed(page):
    text = section(page, "When to use")
    assert len(set(re.findall(r"\{cite:[tp]\}`([\w-]+)`", text))) >= 2
    assert re.search(r"\bcosts?\b|\bcheap|\bexpensive", text)


@EACH
def test_asks_and_answers(page):
    questions = re.findall(r"^:::\{admonition\} .*\n:class: dropdown", section(page, "Quiz"), re.M)
    assert 3 <= len(questions) <= 6
    tasks = re.findall(r"^\*\*\d+\.\*\* ", section(page, "Exercises"), re.M)
    solutions = section(page, "Exercises").count(":::{admonition} Solution\n:class: dropdown")
    assert solutions == len(tasks) >= 3


@EACH
def test_links_to_other_chapters(page):
    labels = set(re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", TEXTS[page]))
    own = set(re.findall(r"^\(([\w-]+)\)=$", TEXTS[page], re.M))
    assert len(labels - own) >= 2
