"""Pooling playgrounds in the pages of the book.

The directive puts one in, with a figure for where scripts are off. Its argument is what stands after the `#` of a
link to the playground; the role is such a link to the playground of its own page:

    ```{playground} pooling=average_pool&padding=same
    :show: gradient
    ```
    {try}`Two equal maxima <pooling=max_pool&at=0,0>`

The page of the playground loads its modules, others do when the reader comes near. The build writes the
golden values that the page `_static/playground/selftest.html` holds the browser's arithmetic against.
"""

import html
import json
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.util.nodes import split_explicit_title

from course_lib.figures import golden, playground

FOLDER = "playground"
ENTRY, NEARBY = "playground.js", "nearby.js"
SOURCE = Path(__file__).parents[1] / "_static" / FOLDER


class Playground(Directive):
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"show": directives.unchanged, "main": directives.flag}

    def run(self):
        state = "".join(self.arguments).strip()
        try:
            text = playground.embed(state, self.options.get("show", ""), main="main" in self.options)
        except (TypeError, ValueError) as error:
            raise self.error(f"playground {state!r}: {error}") from None
        return [nodes.raw("", text, format="html")]


def try_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    _, title, state = split_explicit_title(text)
    try:
        playground.read(state)
    except ValueError as error:
        message = inliner.reporter.error(f"situation {state!r}: {error}", line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    return [nodes.raw("", f'<a href="#{html.escape(state)}">{html.escape(title)}</a>', format="html")], []


def load_where_needed(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    if 'class="pooling-playground"' not in body:
        return
    app.add_css_file(f"{FOLDER}/playground.css")
    if "data-main" not in body:
        app.add_js_file(f"{FOLDER}/{NEARBY}", type="module")
        return
    app.add_js_file(f"{FOLDER}/{ENTRY}", type="module")
    # Without these the browser would learn of each module only from the one that imports it.
    for name in sorted({path.name for path in SOURCE.glob("*.js")} - {ENTRY, NEARBY, "selftest.js"}):
        address = context["pathto"](f"_static/{FOLDER}/{name}", resource=True)
        context["metatags"] = context.get("metatags", "") + f'<link rel="modulepreload" href="{address}">\n'


def write_golden(app, exception):
    if exception is None and app.builder.format == "html":
        place = Path(app.outdir) / "_static" / FOLDER / "golden.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(golden.document()))


def setup(app):
    app.add_directive("playground", Playground)
    app.add_role("try", try_role)
    app.connect("html-page-context", load_where_needed)
    app.connect("build-finished", write_golden)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
