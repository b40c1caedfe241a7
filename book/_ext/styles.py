"""After the build: one style sheet for all pages, without the rules that no page of the site can use.

The theme brings styles for components by the hundred, among them a rule for each of 1,400 icons, in a dozen files
that a page would wait for. A selector stays if every class it names occurs as a word somewhere in the site's pages or
scripts, which may set it later; anything that is not a plain rule with classes stays.
"""

import os
import re
from pathlib import Path

import tinycss2

SHEET = "_static/site/book.css"
# The theme's own, which it does not register with the builder.
FIRST = ("_static/basic.css", "_static/styles/pydata-sphinx-theme.css")
OF_SOME_PAGES = ("_static/playground/", "_static/sphinx-thebe")
# An address relative to its style sheet.
RELATIVE = re.compile(r"""(url\(\s*(?:"|'|(?!["'])))(?!data:|#|/|https?:)""")
# These name every icon and every word of the text; they set no class.
NO_CLASSES = {"fontawesome.js", "searchindex.js"}
WORD = re.compile(r"[\w-]+")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
# Inside these a selector may name what an element must not have, or need not, or a text that is no class.
CONDITION = re.compile(r":(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]")


def words_of(site: Path) -> set[str]:
    files = [*site.rglob("*.html"), *(path for path in site.rglob("*.js") if path.name not in NO_CLASSES)]
    return {word for path in files for word in WORD.findall(path.read_text(errors="replace"))}


def purge(css: str, words: set[str]) -> str:
    """The style sheet without the rules whose classes are not among the words."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(filter(None, (_kept(rule, words) for rule in rules)))


def _kept(rule, words: set[str]) -> str:
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
        inside = purge(tinycss2.serialize(rule.content), words)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inside}}}" if inside else ""
    if rule.type != "qualified-rule":
        return rule.serialize()
    selectors = [part for part in _split(tinycss2.serialize(rule.prelude)) if _usable(part, words)]
    return f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}" if selectors else ""


def _usable(selector: str, words: set[str]) -> bool:
    return all(name in words for name in CLASS.findall(CONDITION.sub("", selector)))


def _split(selectors: str) -> list[str]:
    """The parts between commas, but not between those inside brackets."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(selectors):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(selectors[start:place])
            start = place + 1
    return [*parts, selectors[start:]]


def is_shared(sheet) -> bool:
    """Whether a style sheet is for all pages, and so a part of the one that they load."""
    return not str(sheet.filename).startswith(OF_SOME_PAGES)


def bundle(site: Path, names: list[str]) -> str:
    """The style sheets one after the other, to lie at `SHEET`."""
    texts = []
    for name in names:
        folder = Path(name).parent
        at_home = os.path.relpath(folder, Path(SHEET).parent)
        texts.append(RELATIVE.sub(lambda found, at_home=at_home: f"{found[1]}{at_home}/", (site / name).read_text()))
    return "\n".join(texts)


def write_sheet(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    names = [str(sheet.filename) for sheet in app.builder._css_files if is_shared(sheet)]
    (site / SHEET).write_text(purge(bundle(site, [*FIRST, *names]), words_of(site)))


def setup(app):
    # After the theme has written the colours of code.
    app.connect("build-finished", write_sheet, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
