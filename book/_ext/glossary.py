"""The first time that a page says a word of the glossary, the word leads to its definition.

The glossary is a page with a definition list; its words become the anchors `term-...`.
"""

import re

from docutils import nodes
from sphinx.util.nodes import make_refnode

PAGE = "reference/glossary"
# Where a link would be wrong or in the way.
APART = (nodes.reference, nodes.title, nodes.caption, nodes.literal, nodes.term, nodes.citation, nodes.topic)


def anchor(term: str) -> str:
    return "term-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def name_terms(app, doctree):
    """Remembers the words of the glossary, and gives each an anchor."""
    if app.env.docname != PAGE:
        return
    terms = {}
    for term in doctree.findall(nodes.term):
        word = term.astext().strip()
        term["ids"].append(anchor(word))
        terms[word.lower()] = anchor(word)
    if getattr(app.env, "glossary", None) != terms:
        app.env.glossary, app.env.glossary_changed = terms, True


def pages_to_write_again(app, env):
    changed, env.glossary_changed = getattr(env, "glossary_changed", False), False
    return sorted(env.found_docs) if changed else []


def pattern(words) -> re.Pattern:
    """Finds any of the words, also with an s at the end; of two that begin alike, the longer one."""
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(longest_first)})s?(?![\w-])", re.I)


def link_terms(app, doctree, docname):
    left = dict(getattr(app.env, "glossary", {}))
    if docname == PAGE or not left:
        return
    for paragraph in doctree.findall(nodes.paragraph):
        for text in list(paragraph.findall(nodes.Text)):
            if left and not any(isinstance(parent, APART) for parent in parents(text)):
                text.parent.replace(text, linked(app, docname, text, left))


def parents(node):
    while node.parent is not None:
        node = node.parent
        yield node


def linked(app, docname, text, left) -> list[nodes.Node]:
    """The text with links for the words that are left, which it takes away from them."""
    parts, end = [], 0
    for found in pattern(left).finditer(text):
        word = found[1].lower()
        if word not in left:
            continue
        parts += [nodes.Text(text[end:found.start()]), link(app, docname, found[0], left.pop(word))]
        end = found.end()
    return [part for part in [*parts, nodes.Text(text[end:])] if part.astext()]


def link(app, docname, words, target):
    reference = make_refnode(app.builder, docname, PAGE, target, nodes.inline("", words, classes=["term"]))
    reference["classes"].append("glossary-term")
    return reference


def setup(app):
    app.connect("doctree-read", name_terms)
    app.connect("env-updated", pages_to_write_again)
    app.connect("doctree-resolved", link_terms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
