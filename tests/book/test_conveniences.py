"""What the site does for its readers, in a real browser. Needs `make site` first and Chromium."""

import json
import re

import pytest
from book_pages import BOOK, listed_pages
from playwright.sync_api import expect

pytestmark = pytest.mark.site

CHAPTER = "pooling/max.html"


def test_the_search_finds_a_word_of_the_text(open_page):
    page = open_page("index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("argmax")
    page.keyboard.press("Enter")
    results = page.locator("#search-results ul.search a")
    expect(results.filter(has_text="Max pooling").first).to_be_visible()
    results.filter(has_text="Max pooling").first.click()
    expect(page.locator("article h1")).to_contain_text("Max pooling")


def test_the_search_button_opens_the_field(open_page):
    page = open_page(CHAPTER)
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("#pst-search-dialog input")).to_be_focused()


@pytest.mark.parametrize("kind, shows", [
    ("[href*='#equation-']", "math"),
    (":has(.std-numref)", "figure svg"),
    (":has(.std-ref)[href*='.html#']", "h1"),
    ("[href^='#id']", ".citation"),
])
def test_a_link_shows_where_it_leads(open_page, kind, shows):
    page = open_page("pooling/any-size.html")
    link = page.locator(f"article a.reference.internal{kind}").first
    link.hover()
    expect(page.locator(f"#preview {shows}").first).to_be_visible()
    assert not page.evaluate("document.querySelectorAll('#preview :is([id], a[href], [tabindex]):not(svg *)').length")
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()


def test_a_term_shows_its_definition(open_page):
    page = open_page(CHAPTER)
    page.locator("article a.glossary-term").first.hover()
    expect(page.locator("#preview dd").last).to_be_visible()


def test_the_keyboard_opens_a_look_too(open_page):
    page = open_page("pooling/average.html")
    page.locator("article a.reference.internal[href*='#equation-']").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#preview math").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#preview")).to_be_hidden()


def test_a_button_copies_code(open_page):
    page = open_page(CHAPTER, permissions=["clipboard-read", "clipboard-write"])
    cell = page.locator("div.cell_input").first
    cell.hover()
    cell.get_by_role("button", name="Copy to clipboard").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == cell.locator("pre").inner_text().strip()


def test_the_switch_changes_the_colours_and_is_remembered(open_page):
    page = open_page(CHAPTER, color_scheme="light")
    ink = """() => getComputedStyle([...document.querySelectorAll("svg.picture text")]
        .find((e) => e.style.fill.includes("--picture-ink"))).fill"""
    before = page.evaluate(ink)
    page.get_by_role("button", name="Color mode").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(ink) != before
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_pages_follow_each_other(open_page):
    page = open_page("index.html")
    visited = []
    for _ in range(3):
        visited.append(re.search(r"127\.0\.0\.1:\d+/(.*)\.html", page.url)[1])
        page.locator("a.right-next").click()
        page.wait_for_load_state()
    assert visited == listed_pages()[:3]
    page.locator("a.left-prev").click()
    page.wait_for_url(f"**/{visited[-1]}.html")


def test_a_notebook_can_be_taken_along(open_page):
    page = open_page(CHAPTER)
    page.get_by_label("Take this page along").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Notebook").click()
    notebook = json.loads(download.value.path().read_text())
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert any("max_pool" in source for source in code)
    with page.expect_download() as download:
        page.get_by_role("link", name="Source").click()
    assert download.value.path().read_text() == (BOOK / "pooling" / "max.md").read_text()


def test_a_small_playground_wakes_when_it_comes_near(open_page):
    page = open_page(CHAPTER)
    assert page.locator(".pooling-playground figure").count() == 1
    page.locator(".pooling-playground").scroll_into_view_if_needed()
    page.locator(".pooling-playground.pp-ready").get_by_role("grid", name="Output", exact=True).wait_for()
    assert page.locator(".pooling-playground figure").count() == 0


def test_a_menu_closes(open_page):
    page = open_page(CHAPTER)
    menu = page.locator("details.page-menu").first
    menu.locator("summary").click()
    page.keyboard.press("Escape")
    assert menu.evaluate("e => !e.open") and menu.locator("summary").evaluate("e => e === document.activeElement")
    menu.locator("summary").click()
    page.locator("article h1").click()
    assert menu.evaluate("e => !e.open")


def test_a_telephone_opens_the_contents(open_page):
    page = open_page(CHAPTER, viewport={"width": 360, "height": 740}, has_touch=True)
    page.locator(".primary-toggle").tap()
    page.get_by_role("dialog").get_by_role("link", name="Playground").tap()
    expect(page.locator("article h1")).to_contain_text("Playground")


def test_without_scripts_no_button_pretends(open_page):
    page = open_page(CHAPTER, java_script_enabled=False)
    assert not page.get_by_role("button", name="Color mode").is_visible()
    assert page.locator("math").first.is_visible() and page.locator("svg.picture").first.is_visible()


def test_paper_shows_the_text_alone(open_page):
    page = open_page(CHAPTER)
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible() and page.locator("svg.picture").first.is_visible()
    for part in (".bd-sidebar-primary", ".article-header-buttons", ".prev-next-footer"):
        assert not page.locator(part).first.is_visible(), part
