"""What search engines ask of a page: a sentence on what it is about, and a map of the site."""

from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

from docutils import nodes

LONGEST = 155
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def description(doctree: nodes.document) -> str:
    """The first paragraph of the page's own text, cut at a word."""
    paragraph = next((p for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)), None)
    text = " ".join(paragraph.astext().split()) if paragraph else ""
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:–") + " …"


def describe(app, pagename, templatename, context, doctree):
    about = description(doctree) if doctree else ""
    context["description"] = about or f"{context.get('title') or 'Search'}: {app.config.html_title}"


def sitemap(base: str, pages: list[str]) -> bytes:
    """The addresses of all pages below `base`."""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(f"{{{NAMESPACE}}}urlset")
    for page in pages:
        url = ElementTree.SubElement(root, f"{{{NAMESPACE}}}url")
        ElementTree.SubElement(url, f"{{{NAMESPACE}}}loc").text = urljoin(base.rstrip("/") + "/", page)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def write_sitemap(app, exception):
    if exception is None and app.builder.format == "html" and app.config.html_baseurl:
        pages = [app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
        (Path(app.outdir) / "sitemap.xml").write_bytes(sitemap(app.config.html_baseurl, pages))


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
