"""What the pages of the book name must exist, and their form must survive a change of the builder."""

import ast
import re

import pytest
from book_pages import BOOK, ROOT, names_below
from chapters import PAGES, TEXTS, cells
from executed import run
from pybtex.database import parse_file

from course_lib.catalogue import CATALOGUE

# Directives and roles that Jupyter Book 2 no longer reads, though another form of the same exists.
GONE = r"\{(eval-rst|tableofcontents|toggle|panels|tabbed|nb-exec-table|glue(:\w+)?|jupyter-execute|proof:\w+)\}"


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


def test_every_error_of_the_tutorials_is_settled():
    """By a cell that shows it, or by a chapter that does."""
    errors, _ = TEXTS["reference/tutorials"].split("## What they got right")
    claims = re.split(r"^(?=\*\*.+?\*\*)", errors, flags=re.M)[1:]
    assert len(claims) >= 25
    for claim in claims:
        assert "```{code-cell}" in claim or "{ref}`" in claim, claim


@pytest.mark.parametrize("page", ["reference/tutorials", "reference/conventions", "reference/bugs"])
def test_the_reference_pages_run(page):
    assert all(cell.shown for cell in run(page)[1:])
