"""The pages as text: their code cells, their prose, and what they show when they run."""

import re

from book_pages import BOOK, listed_pages

PAGES = listed_pages()
TEXTS = {page: (BOOK / f"{page}.md").read_text() for page in PAGES}
CHAPTERS = [page for page in PAGES if page.split("/")[0] in ("convolution", "arithmetic", "pooling")]

CELL = re.compile(r"^```\{code-cell\}.*?\n(?P<options>---\n.*?^---\n|(?::.*\n)*)(?P<code>.*?)^```$", re.S | re.M)
# What is not prose, replaced by nothing or by what stands for it in a sentence.
NOT_PROSE = (
    (re.compile(r"\A---\n.*?^---$", re.S | re.M), ""),
    (re.compile(r"^(`{3,}|:{3,})\{(code-cell|literalinclude|bibliography|playground)\}.*?^\1$", re.S | re.M), ""),
    (re.compile(r"^ *(`{3,}|~{3,}) ?\w*\n.*?^ *\1$", re.S | re.M), ""),
    (re.compile(r"^\$\$$.*?^\$\$( \([\w-]+\))?$", re.S | re.M), ""),
    (re.compile(r"^\([\w-]+\)=$", re.M), ""),
    (re.compile(r"^(:{3,}|`{3,})(\{\w+\})?|^:\w+:.*$", re.M), ""),
    (re.compile(r"\{(?:ref|doc|try)\}`([^`<]+?)\s*<[^`]*>`"), r"\1"),
    (re.compile(r"\[([^]]*)\]\(\S+\)|<?https?://\S+"), r"\1"),
    (re.compile(r"\$[^$]+\$|\{[\w:]+\}`[^`]*`|`[^`]*`"), "X"),
)


def cells(page: str) -> list[tuple[str, str]]:
    """The options and the code of each cell."""
    return [(m["options"], m["code"]) for m in CELL.finditer(TEXTS[page])]


def shown_cells(page: str) -> list[str]:
    return [code for options, code in cells(page) if "remove-input" not in options]


def prose(page: str) -> str:
    """The sentences of a page, every line where it was."""
    text = TEXTS[page]
    for pattern, instead in NOT_PROSE:
        text = pattern.sub(lambda found, instead=instead: found.expand(instead) + _lines(found, instead), text)
    return text


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next of its level."""
    found = re.search(rf"^## {heading}[^\n]*\n(.*?)(?=^## |\Z)", TEXTS[page], re.S | re.M)
    return found[1] if found else ""


def _lines(found: re.Match, instead: str) -> str:
    return "\n" * (found[0].count("\n") - found.expand(instead).count("\n"))
