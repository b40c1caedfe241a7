"""Nothing on a page that the page does not need, that would call another host, or that a strict
Content-Security-Policy refuses.

The theme sends its icons twice, as a font and as a script of 1.5 MB that draws them again, and Bootstrap's script for
menus that HTML has by itself. A live kernel (thebe) would be fetched from a public server; the book offers none.
What scripts need to know stands in the theme's pages as inline scripts; here it comes as a file of its own.
"""

import hashlib
import re
from pathlib import Path

from docutils import nodes
from styles import is_shared

# Scripts that only some pages need, by what such a page has in it.
NEEDED_FOR = {
    "toggle": re.compile(r'class="[^"]*(?:\btoggle\b|\badmonition\b[^"]*\bdropdown\b)'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab-set\b'),
}
# Facts about the page or the theme that no script left on the page asks for.
UNASKED = ("DOCUMENTATION_OPTIONS.",)


def is_live_kernel(asset) -> bool:
    return "thebe" in said_by(asset).lower()


def said_by(asset) -> str:
    return f"{getattr(asset, 'filename', asset) or ''} {getattr(asset, 'attributes', {}).get('body', '')}"


def is_wanted(asset, body: str) -> bool:
    said = said_by(asset)
    needed = all(sign.search(body) for word, sign in NEEDED_FOR.items() if word in said.lower())
    return needed and not is_live_kernel(asset) and not said.strip().startswith(UNASKED)


def leave_to_pages(app, config):
    """Jupyter Book puts every script and style sheet below `_static` on every page."""
    for setting in ("html_css_files", "html_js_files"):
        setattr(config, setting, [file for file in getattr(config, setting) if "/" not in str(file)])


def page_assets(app, pagename, templatename, context, doctree):
    context["css_files"] = [sheet for sheet in context["css_files"] if not is_shared(sheet)]
    wanted = [asset for asset in context["script_files"] if is_wanted(asset, context.get("body", ""))]
    inline = dict.fromkeys(asset.attributes["body"] for asset in wanted if not asset.filename)
    scripts = [asset for asset in wanted if asset.filename]
    for script in scripts:
        if script.attributes.get("type") != "module":
            script.attributes["defer"] = "defer"
    context["script_files"] = scripts
    context["settings_script"] = settings_script(inline, Path(app.outdir)) if inline else None


def settings_script(statements, site: Path) -> str:
    """Writes what were inline scripts into a file, named by its content, and returns its place in the site."""
    text = "\n".join(statements) + "\n"
    place = f"_static/site/settings-{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
    path = site / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return place


def drop_live_kernel(app, doctree, docname):
    for node in list(doctree.findall(nodes.raw)):
        if "<script" in node.astext() and ("thebe" in node.astext() or "kernelName" in node.astext()):
            node.parent.remove(node)


def setup(app):
    app.connect("config-inited", leave_to_pages)
    # After every extension that adds something.
    app.connect("doctree-resolved", drop_live_kernel, priority=999)
    app.connect("html-page-context", page_assets, priority=999)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
