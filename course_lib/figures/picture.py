"""Figures that describe themselves and follow the page's colours.

A `Picture` is a Matplotlib figure with a text alternative. In a notebook or in the book it shows itself as SVG
inside the page: its ink is a CSS variable there, so that one picture serves light pages, dark pages and print.
"""

import hashlib
import io
import re
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK = "#1f2933"
FAINT = "#8793a0"
# Told apart by lightness as well as by hue: dark to light, so that they survive a grey print.
SERIES = ("#1d4e89", "#c2410c", "#2f855a", "#b7791f", "#7c5cbf", "#4a90c2", "#d16b8e", "#6b7280")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)), (0, (3, 3)))
FONT = "var(--pst-font-family-base, system-ui, sans-serif)"
VARIABLES = {INK: "var(--picture-ink, #1f2933)", FAINT: "var(--picture-faint, #8793a0)"}
VARIABLES |= {colour: f"var(--picture-{i}, {colour})" for i, colour in enumerate(SERIES, 1)}

SVG = "{http://www.w3.org/2000/svg}"
ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")

STYLE = {
    "svg.fonttype": "none",
    "font.size": 11.0,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Picture(Figure):
    """A figure of `width` × `height` CSS pixels, with `alt` saying in words what it shows."""

    def __init__(self, width: float, height: float, alt: str = "", layout: str | None = "constrained"):
        with matplotlib.rc_context(STYLE):
            super().__init__(figsize=(width / 72, height / 72), dpi=72, layout=layout)
        FigureCanvasSVG(self)
        self.patch.set_visible(False)
        self.alt = alt

    def svg(self) -> str:
        """The picture as one `<svg>` element, with a role and a label."""
        if not self.alt:
            raise ValueError("a picture needs its text alternative: set alt")
        drawn = self._draw("")
        # Two pictures in one page must not share the names of their clip paths.
        root = ElementTree.fromstring(self._draw(hashlib.sha256(drawn.encode()).hexdigest()[:8]))
        _strip(root)
        width, height = self.get_size_inches() * 72
        root.attrib.clear()
        root.attrib.update(
            {
                "role": "img",
                "aria-label": self.alt,
                "class": "picture",
                "viewBox": f"0 0 {width:g} {height:g}",
                "style": f"width: 100%; max-width: {width:g}px; height: auto; font-family: {FONT}",
            }
        )
        text = ElementTree.tostring(root, encoding="unicode")
        for colour, variable in VARIABLES.items():
            text = text.replace(colour, variable)
        text = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", text)
        # What SVG takes for granted.
        text = text.replace("; stroke-linejoin: miter", "")
        return re.sub(r' d="[^"]*"', lambda found: re.sub(r" *([MLz]) *", r"\1", found[0]), text)

    def _draw(self, salt: str) -> str:
        buffer = io.StringIO()
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": salt}):
            self.savefig(buffer, format="svg", metadata={"Date": None})
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"


def _strip(root: ElementTree.Element) -> None:
    """Leave out what a page has no use for: metadata, global style, names nobody refers to, empty groups."""
    text = ElementTree.tostring(root, encoding="unicode")
    referred = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    for element in root.iter():
        if element.get("id") not in referred:
            element.attrib.pop("id", None)
        if element.tag == f"{SVG}text":
            style = re.sub(r"font: ([\d.]+)px [^;]*", r"font-size: \1px", element.get("style", ""))
            element.set("style", re.sub(r"font-family: [^;]*; ", "", style))
            if element.get("transform", "").startswith("rotate(-0 "):
                del element.attrib["transform"]
        element.text, element.tail = (part and part.strip() for part in (element.text, element.tail))
    _flatten(root)


def _flatten(element: ElementTree.Element) -> None:
    kept = []
    for child in element:
        _flatten(child)
        if child.tag in (f"{SVG}metadata", f"{SVG}style"):
            continue
        bare = child.tag in (f"{SVG}g", f"{SVG}defs") and not child.attrib
        kept += list(child) if bare and (child.tag == f"{SVG}g" or not len(child)) else [child]
    element[:] = kept
