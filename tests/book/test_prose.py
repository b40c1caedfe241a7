"""The words of the book: spelt as a dictionary or the project's own list has them, and read by a prose linter."""

import re
from functools import cache
from pathlib import Path

import pytest
from chapters import PAGES, prose
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile
from spellchecker import SpellChecker

OWN_WORDS = Path(__file__).with_name("words.txt")
WORD = re.compile(r"[a-zà-öø-ÿ]+(?:[’'][a-z]+)?")
# Sphinx turns straight quotes into curly ones, and formulas leave gaps between words and points.
SWITCHED_OFF = {"typography"}
# Tables of numbers and of the assignments' own code words, made by a program.
WRITTEN = [page for page in PAGES if str(page) != "handbook/kill-matrix"]


@cache
def dictionary() -> SpellChecker:
    checker = SpellChecker()
    checker.word_frequency.load_words(OWN_WORDS.read_text().split())
    return checker


def unknown(text: str) -> set[str]:
    return dictionary().unknown(word.removesuffix("'s").removesuffix("’s") for word in WORD.findall(text.lower()))


@pytest.mark.parametrize("page", WRITTEN)
def test_words_are_spelt_right(page):
    assert unknown(prose(page)) == set(), f"a mistake, or a word for {OWN_WORDS.name}"


def test_a_misspelling_is_found():
    assert unknown("The convolutoin recieves its gradiant") == {"convolutoin", "recieves", "gradiant"}


def test_the_list_of_own_words_is_sorted_and_needed():
    words = OWN_WORDS.read_text().split()
    assert words == sorted(set(words))
    assert set(words) == SpellChecker().unknown(words), "the dictionary has some of them"


@cache
def linter() -> dict:
    CheckRegistry().register_many(__register__)
    return {**DEFAULT, "checks": {name: on and name not in SWITCHED_OFF for name, on in DEFAULT["checks"].items()}}


def remarks(text: str) -> list[str]:
    # A heading is a sentence of its own.
    text = re.sub(r"^#+ (.*)$", r"\1.", text, flags=re.M)
    results = LintFile("page", content=text).lint(linter())
    return [f"line {result.pos[0]}: {result.check_result.message}" for result in results]


@pytest.mark.parametrize("page", WRITTEN)
def test_the_linter_has_nothing_to_say(page):
    assert remarks(prose(page)) == []


def test_the_linter_speaks_up():
    assert remarks("This is a very unique and and novel pooling.") != []
