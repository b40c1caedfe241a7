"""After the build: a font of the icons that the site uses, out of the theme's font of 1,400.

Which they are is read from the style sheet, in which only their rules are left by then.
"""

import logging
import re
from pathlib import Path

from fontTools import subset

RULE = re.compile(r'(?:\.fa-[\w-]+::?before\{content|--pst-icon-[\w-]+):\s*"(.)"')
SHEET = "site/book.css"
ALL = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
USED = "fonts/icons.woff"


def used_icons(css: str) -> set[int]:
    return {ord(letter) for letter in RULE.findall(css)}


def write_font(source: Path, icons: set[int], place: Path):
    """Writes the part of a font that draws those of the given code points that it has."""
    options = subset.Options(flavor="woff", layout_features=[], hinting=False, name_IDs=[], notdef_outline=False)
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=icons)
    subsetter.subset(font)
    place.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(place), options)


def write_icons(app, exception):
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        write_font(static / ALL, used_icons((static / SHEET).read_text()), static / USED)


def setup(app):
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells all that it does
    # After the styles are purged.
    app.connect("build-finished", write_icons, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
