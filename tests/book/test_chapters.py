"""What the pages of the book name must exist, and their form must survive a change of the builder."""

import ast
import re

import pytest
from book_pages import BOOK, ROOT, listed_pages, names_below
from pybtex.database import parse_file

from course_lib.catalogue import CATALOGUE

PAGES = listed_pages()
TEXTS = {page: (BOOK / f"{page}.md").read_text() for page in PAGES}
CELL = re.compile(r"^```\{code-cell\}.*?\n(?P<options>---\n.*?^---\n|(?::.*\n)*)(?P<code>.*?)^```$", re.S | re.M)
CHAPTERS = [page for page in PAGES if page.split("/")[0] in ("convolution", "arithmetic", "pooling")]
# Directives and roles that Jupyter Book 2 no longer reads, though another form of the same exists.
GONE = r"\{(eval-rst|tableofcontents|toggle|panels|tabbed|nb-exec-table|glue(:\w+)?|jupyter-execute|proof:\w+)\}"


def cells(page):
    return [(m["options"], m["code"]) for m in CELL.finditer(TEXTS[page])]


def test_every_page_is_in_the_table_of_contents_once():
    assert sorted(PAGES) == sorted(names_below(BOOK, ".md"))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_the_catalogue_cites_works_and_chapters_that_exist(row):
    known = parse_file(BOOK / "references.bib").entries
    for key in re.findall(r"@([\w-]+)", row.source):
        assert key in known, f"{row.name}: no entry {key!r} in book/references.bib"
    assert row.chapter is None or row.chapter.split("#")[0] in PAGES, f"{row.name}: no chapter {row.chapter!r}"


@pytest.mark.parametrize("key, entry", parse_file(BOOK / "references.bib").entries.items())
def test_every_work_has_author_title_and_year(key, entry):
    assert entry.persons.get("author") and entry.fields["title"] and re.fullmatch(r"\d{4}", entry.fields["year"])


@pytest.mark.parametrize("page", PAGES)
def test_included_sources_exist(page):
    for body in re.findall(r"^```\{literalinclude\}(.*?)^```", TEXTS[page], re.S | re.M):
        source = (BOOK / page).parent / body.split()[0]
        assert source.is_file(), f"{page}: {body.split()[0]}"
        assert source.resolve().is_relative_to(ROOT)
        for name in re.findall(r":pyobject: (\S+)", body):
            defined = {node.name for node in ast.parse(source.read_text()).body if hasattr(node, "name")}
            assert name in defined, f"{page}: {source.name} defines no {name}"


@pytest.mark.parametrize("page", PAGES)
def test_images_have_a_text_alternative(page):
    assert "![](" not in TEXTS[page]
    for directive in re.findall(r"^(?:```|:::)\{(?:figure|image)\}.*?^(?:```|:::)$", TEXTS[page], re.S | re.M):
        assert re.search(r"^:alt: \S", directive, re.M), directive


@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_drawn_by_the_library(page):
    """Only there do they get a text alternative and the colours of the page."""
    for _, code in cells(page):
        assert not re.search(r"matplotlib|\bplt\.", code), code


@pytest.mark.parametrize("page", PAGES)
def test_pages_use_no_syntax_that_the_next_builder_drops(page):
    assert not re.search(GONE, TEXTS[page])


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapters_keep_the_rhythm(page):
    headings = re.findall(r"^## (.*)", TEXTS[page], re.M)
    assert headings[-3:] == ["Quiz", "Exercises", "References"]
    assert re.match(r"---\n.*?^---\n\([a-z-]+\)=\n# ", TEXTS[page], re.S | re.M), "a label stands before the title"
    figures = [options for options, _ in cells(page) if "caption:" in options]
    assert len(figures) >= 3
    assert all("name:" in options for options in figures)


@pytest.mark.parametrize("page", CHAPTERS)
def test_cells_fit_on_a_screen(page):
    shown = [code for options, code in cells(page) if "remove-input" not in options]
    assert len(shown) <= 13
    for code in shown:
        lines = code.strip("\n").splitlines()
        assert len(lines) <= 18 and max(map(len, lines)) <= 76, code
