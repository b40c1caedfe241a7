"""Nothing on a page that the page does not need, and nothing that would call another host.

The theme sends its icons twice, as a font of 0.15 MB and as a script of 1.5 MB that draws them again: the font is
enough. A live kernel (thebe) would be fetched from a public server; the book offers none.
"""

import re

ICON_SCRIPT = re.compile(r"<script[^>]*fontawesome\.js[^>]*></script>\s*")


def without_icon_script(head: str) -> str:
    return ICON_SCRIPT.sub("", head)


def is_live_kernel(asset) -> bool:
    said = str(getattr(asset, "filename", asset)) + str(getattr(asset, "attributes", {}).get("body", ""))
    return "thebe" in said.lower()


def drop_live_kernel(app, pagename, templatename, context, doctree):
    context["without_icon_script"] = without_icon_script
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context[kind] if not is_live_kernel(asset)]


def setup(app):
    # After every extension that adds an asset.
    app.connect("html-page-context", drop_live_kernel, priority=999)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
