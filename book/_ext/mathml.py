"""Formulas as MathML Core, made when the book is built.

Every current browser draws MathML itself: no script, no request, text that screen readers speak, colours
that follow the page. A formula that does not parse is a warning, so that a strict build stops at it.
"""

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
converter = LatexToMathML(fancy_error=False)


def to_mathml(node: nodes.Element, display: bool) -> str:
    latex = node.astext()
    try:
        return converter.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        logger.warning("formula %r: %s", latex, error, location=node)
        return ""


def visit_math(self, node):
    self.body.append(to_mathml(node, display=False))
    raise nodes.SkipNode


def visit_displaymath(self, node):
    # Wide formulas scroll inside this box instead of widening the page; the keyboard must reach it for that.
    label = {"tabindex": "0", "role": "group", "aria-label": "Formula"}
    self.body.append(self.starttag(node, "div", CLASS="math", **label))
    self.body.append(to_mathml(node, display=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
