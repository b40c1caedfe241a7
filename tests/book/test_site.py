"""The built site in a real browser, every page. Needs `make site` first and Chromium."""

import functools
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from book_pages import ROOT, listed_pages, names_below

pytestmark = pytest.mark.site

SITE = ROOT / "_build" / "html"
PAGES = [*listed_pages(), "genindex", "search"]
ARTEFACTS = ROOT / "_build" / "screenshots"
# Before a click, uncompressed: a host may compress, but need not.
HEAVIEST = 500_000
RAW_TEX = re.compile(r"\$[^$\n]{1,80}\$|\\[(\[]|\\(?:frac|sum|begin|max|partial|mathrm|text|left|operatorname)\b")

# Formulas and programs aside, all that a reader sees.
PROSE = """() => {
    const copy = document.querySelector("main").cloneNode(true);
    copy.querySelectorAll("pre, code, math, script, style, svg").forEach(e => e.remove());
    return copy.textContent;
}"""
UNNAMED = """() => [
    ...[...document.images].filter(e => !(e.alt || "").trim() && e.getAttribute("role") !== "presentation"),
    ...document.querySelectorAll("main svg[role=img]:not([aria-label], [aria-hidden])"),
    ...document.querySelectorAll(".cell_output svg:not([role=img], button svg)"),
].map(e => e.outerHTML.slice(0, 200))"""
TRACEBACK = ".output.traceback, .cell_output :text('Traceback (most recent call last)')"
# Axe does not judge the text of pictures. On the page's own ground, not on a coloured cell, it must stand out.
INKS = """() => [...document.querySelectorAll("svg.picture text")]
    .filter(e => e.style.fill.includes("--picture-ink")).map(e => getComputedStyle(e).fill)"""
WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""


@dataclass
class Visit:
    """What was seen of one page."""

    requests: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    prose: str = ""
    unnamed: list[str] = field(default_factory=list)
    tracebacks: int = 0
    bad_formulas: int = 0
    links: list[str] = field(default_factory=list)
    overflow: int = 0
    wide: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visit(origin, browser):
    """A function that opens a page once and remembers what it saw."""

    @functools.cache
    def look(name: str) -> Visit:
        seen, answers = Visit(), []
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("requestfailed", lambda request: seen.failed.append(f"{request.url}: {request.failure}"))
        page.on("response", lambda got: got.status >= 400 and seen.failed.append(f"{got.url}: {got.status}"))
        page.on("console", lambda said: said.type in ("error", "warning") and seen.console.append(said.text))
        page.on("pageerror", lambda error: seen.console.append(str(error)))
        page.on("requestfinished", lambda request: answers.append(request.response()))
        page.goto(f"{origin}/{name}.html", wait_until="networkidle")
        seen.weights = {answer.url: len(answer.body()) for answer in answers}
        seen.prose = page.evaluate(PROSE)
        seen.unnamed = page.evaluate(UNNAMED)
        seen.tracebacks = page.locator(TRACEBACK).count()
        seen.bad_formulas = page.locator("merror, .MathJax_Error").count()
        seen.links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        page.set_viewport_size({"width": 360, "height": 740})
        seen.overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        seen.wide = page.evaluate(WIDE) if seen.overflow else []
        context.close()
        return seen

    return look


@pytest.mark.parametrize("name", PAGES)
class TestPage:
    def test_asks_nothing_of_another_host(self, visit, origin, name):
        own = (origin, "data:", "blob:")
        assert [url for url in visit(name).requests if not url.startswith(own)] == []

    def test_weighs_little(self, visit, name):
        weights = visit(name).weights
        assert sum(weights.values()) < HEAVIEST, sorted(weights.items(), key=lambda item: -item[1])

    def test_every_request_is_answered(self, visit, name):
        assert visit(name).failed == []

    def test_the_console_stays_silent(self, visit, name):
        assert visit(name).console == []

    def test_shows_no_raw_tex(self, visit, name):
        assert RAW_TEX.findall(visit(name).prose) == []
        assert visit(name).bad_formulas == 0

    def test_no_output_is_a_traceback(self, visit, name):
        assert visit(name).tracebacks == 0

    def test_every_image_says_what_it_shows(self, visit, name):
        assert visit(name).unnamed == []

    def test_a_narrow_screen_does_not_scroll_sideways(self, visit, name):
        assert visit(name).overflow <= 0, visit(name).wide

    def test_links_within_the_site_resolve(self, visit, origin, name):
        broken = [link for link in visit(name).links if link.startswith(origin) and not _resolves(link)]
        assert broken == []


def test_the_build_has_no_page_that_goes_unvisited(site):
    assert names_below(site, ".html") - set(PAGES) == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_accessibility(origin, browser, name, scheme):
    """No rule of axe is broken, on the page with everything opened that opens; a picture of it is kept."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{origin}/{name}.html", wait_until="networkidle")
    picture = ARTEFACTS / scheme / f"{name}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, full_page=True)
    inks = page.evaluate(INKS)
    ground = _luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    page.locator("article details").evaluate_all("all => all.forEach((one) => { one.open = true })")
    found = Axe().run(page)
    page.close()
    assert not found.violations_count, found.generate_report()
    for ink in set(inks):
        low, high = sorted([ground, _luminance(ink)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"the ink of a picture, {ink}, on a {scheme} page"


def _luminance(colour: str) -> float:
    parts = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@functools.cache
def _page(path: str) -> str | None:
    file = SITE / unquote(path).lstrip("/")
    file = file / "index.html" if file.is_dir() else file
    return file.read_text(errors="replace") if file.is_file() else None


def _resolves(link: str) -> bool:
    address, anchor = urldefrag(link)
    text = _page(urlsplit(address).path)
    if text is None:
        return False
    if "=" in anchor:
        return "pooling-playground" in text
    return not anchor or f'id="{unquote(anchor)}"' in text
