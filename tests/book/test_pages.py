"""The extensions that give the pages their head, their scripts and their menus."""

import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from book_pages import BOOK
from docutils import nodes
from sphinx.builders.html._assets import _JavaScript

sys.path.append(str(BOOK / "_ext"))

import discovery
import glossary
import icons
import lean
import menus


@pytest.fixture
def page(tmp_path):
    """A function from the scripts of a page and its text to the context of its template."""

    def make(scripts, body=""):
        context = {"css_files": [], "script_files": scripts, "body": body}
        lean.page_assets(SimpleNamespace(outdir=str(tmp_path)), "page", "page.html", context, None)
        return context

    return make


def test_no_script_is_inline(page, tmp_path):
    said = _JavaScript("", body="let toggleHintShow = 'Show';")
    context = page([said, said, _JavaScript("a.js")], '<div class="toggle">')
    assert [script.filename for script in context["script_files"]] == ["a.js"]
    assert (tmp_path / context["settings_script"]).read_text() == "let toggleHintShow = 'Show';\n"


def test_scripts_wait_for_the_page_and_modules_do_so_anyway(page):
    scripts = page([_JavaScript("a.js"), _JavaScript("b.js", type="module")])["script_files"]
    assert [script.attributes.get("defer") for script in scripts] == ["defer", None]


@pytest.mark.parametrize(
    "name, body, loaded",
    [
        ("togglebutton.js", "<p>", False),
        ("togglebutton.js", '<div class="admonition tip dropdown">', True),
        ("togglebutton.js", '<details class="sd-dropdown">', False),
        ("design-tabs.js", '<div class="sd-tab-set docutils">', True),
        ("design-tabs.js", "<p>", False),
        ("https://unpkg.com/thebe/index.js", "<p>", False),
        ("sphinx-thebe.js", "<p>", False),
        ("copybutton.js", "<p>", True),
    ],
)
def test_only_what_the_page_needs_is_loaded(page, name, body, loaded):
    assert bool(page([_JavaScript(name)], body)["script_files"]) == loaded


def test_the_live_kernels_settings_leave_the_page():
    kept = nodes.raw("", "<p>thebe</p>", format="html")
    document = nodes.section("", kept, nodes.raw("", "<script>kernelName = 'python3'</script>", format="html"))
    lean.drop_live_kernel(None, document, "page")
    assert document.children == [kept]


def section(*children):
    return nodes.section("", *children)


def test_a_page_is_described_by_its_first_sentences():
    short = section(nodes.title("", "Title"), nodes.paragraph("", "What a\nwindow does."))
    assert discovery.description(short) == "What a window does."
    long = discovery.description(section(nodes.paragraph("", "window, " * 40)))
    assert len(long) <= 157 and long.endswith("window …")
    assert discovery.description(section(nodes.title("", "Title"))) == ""


def test_the_sitemap_lists_addresses():
    root = ElementTree.fromstring(discovery.sitemap("https://example.org/course", ["index.html", "pooling/max.html"]))
    assert [place.text for place in root.iter(f"{{{discovery.NAMESPACE}}}loc")] == [
        "https://example.org/course/index.html", "https://example.org/course/pooling/max.html"]


def links(repository, notebook=True):
    found = menus.menus("pooling/max", "pooling/max.md", "../_sources", notebook, repository)
    return dict(link for menu in found for link in menu["links"])


def test_without_a_repository_a_page_can_only_be_taken_along():
    assert links(None) == {
        "Notebook (.ipynb)": "../_sources/pooling/max.ipynb", "Source (.md)": "../_sources/pooling/max.md"}
    assert "Notebook (.ipynb)" not in links(None, notebook=False)


def test_links_to_github():
    found = links(menus.Repository("https://github.com/ann/course", "next"))
    assert found["Suggest an edit"] == "https://github.com/ann/course/edit/next/book/pooling/max.md"
    assert found["Report a mistake"].startswith("https://github.com/ann/course/issues/new?title=On%20the%20page")
    assert found["Binder"] == (
        "https://mybinder.org/v2/gh/ann/course/next?urlpath=lab/tree/book/pooling/max.md")
    assert found["Colab"] == (
        "https://colab.research.google.com/github/ann/course/blob/notebooks/pooling/max.ipynb")


def test_links_to_gitlab_and_to_an_unknown_host():
    found = links(menus.Repository("https://gitlab.example.org/group/sub/course"))
    assert found["Suggest an edit"] == (
        "https://gitlab.example.org/group/sub/course/-/edit/main/book/pooling/max.md")
    assert "/gl/group%2Fsub%2Fcourse/main?" in found["Binder"] and "Colab" not in found
    found = links(menus.Repository("https://git.example.org/course"))
    assert "/git/https%3A%2F%2Fgit.example.org%2Fcourse/main?" in found["Binder"]
    assert "Suggest an edit" not in found and found["Repository"] == "https://git.example.org/course"


def test_a_page_without_code_is_not_offered_to_run():
    assert not {"Binder", "Colab"} & links(menus.Repository("https://github.com/ann/course"), notebook=False).keys()


def test_a_notebook_away_from_home_fetches_the_library():
    notebook = {"cells": [{"cell_type": "markdown"}], "nbformat": 4}
    assert menus.prepared(notebook, None) is notebook
    first, *others = menus.prepared(notebook, menus.Repository("https://github.com/ann/course", "next"))["cells"]
    assert "course_lib @ git+https://github.com/ann/course@next" in first["source"]
    assert others == notebook["cells"]


def test_the_setting_is_taken_from_the_theme():
    config = SimpleNamespace(html_theme_options={"repository_url": "https://github.com/ann/course.git/"})
    menus.take_over(None, config)
    assert menus.repository_of(config) == menus.Repository("https://github.com/ann/course", "main")
    assert config.html_theme_options == {}


def test_used_icons_are_read_from_the_styles():
    assert icons.used_icons('.fa-bars:before{content:"\uf0c9"}.fa-plus::before{content:"+"}a:after{content:"x"}'
                            ':root{--pst-icon-bell:"\uf0f3";--pst-mark:"y"}') == {0xF0C9, 0x2B, 0xF0F3}


def test_the_font_of_icons_draws_those_it_has(tmp_path):
    from fontTools.ttLib import TTFont
    from matplotlib import get_data_path

    source = f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    icons.write_font(source, {0x41, 0x2190, 0xF0C9}, tmp_path / "icons.woff")
    assert TTFont(tmp_path / "icons.woff").getBestCmap().keys() == {0x41, 0x2190}


@pytest.fixture
def linked(monkeypatch):
    """A function from a page's nodes to its text, with the links to the glossary in brackets."""
    env = SimpleNamespace(glossary={"feature map": "term-feature-map", "map": "term-map", "stride": "term-stride"})
    monkeypatch.setattr(glossary, "link", lambda app, page, words, target: nodes.Text(f"[{words}|{target}]"))

    def make(*children, page="pooling/max"):
        document = section(*children)
        glossary.link_terms(SimpleNamespace(env=env), document, page)
        return document.astext()

    return make


def test_the_first_use_of_a_word_leads_to_the_glossary(linked):
    text = linked(nodes.paragraph("", "", nodes.Text("Two feature maps; a Map, the map, remaps, map-like strides.")))
    assert text == (
        "Two [feature maps|term-feature-map]; a [Map|term-map], the map, remaps, map-like [strides|term-stride].")


def test_words_in_code_links_and_headings_stay(linked):
    assert linked(nodes.title("", "Stride"), nodes.paragraph("", "", nodes.literal("", "stride"))) == "Stride\n\nstride"
    assert linked(nodes.paragraph("", "stride"), page=glossary.PAGE) == "stride"


def test_words_of_the_glossary_get_anchors():
    document = section(nodes.term("", "RoI align"))
    env = SimpleNamespace(docname=glossary.PAGE, found_docs={"b", "a"})
    app = SimpleNamespace(env=env)
    glossary.name_terms(app, document)
    assert env.glossary == {"roi align": "term-roi-align"} and document[0]["ids"] == ["term-roi-align"]
    assert glossary.pages_to_write_again(app, env) == ["a", "b"]
    glossary.name_terms(app, section(nodes.term("", "RoI align")))
    assert glossary.pages_to_write_again(app, env) == []


def test_the_handbook_gives_the_headers_that_the_site_is_tested_with():
    told = (BOOK / "handbook" / "hosting.md").read_text()
    _, *headers = (BOOK / "_headers").read_text().splitlines()
    for header in headers:
        name, value = header.strip().split(": ", 1)
        assert f'add_header {name} "{value}" always;' in told
