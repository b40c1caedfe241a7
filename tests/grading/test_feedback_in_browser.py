"""What a hand-in shows, in a real browser: no script of it runs, in the feedback or in nbgrader's formgrader."""

import json
import re

import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from tiny_course import RIGHT

from course_lib.grading import run_class

CHROMIUM = "/usr/bin/chromium"
MARKUP = [
    "<script>alert(1)</script>", "<ScRiPt >alert(1)</sCrIpT>", "<script src=https://example.org/x.js></script>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>", "<object data='javascript:alert(1)'></object>",
    "<a href='javascript:alert(1)'>click</a>", "<a href=' &#106;avascript:alert(1)'>click</a>",
    "<form action='javascript:alert(1)'><button>click</button></form>", "<details open ontoggle=alert(1)>x</details>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<base href='https://example.org/'>",
    "<meta http-equiv=refresh content='0;url=https://example.org/'>", "<link rel=stylesheet href=https://example.org/>",
    "<style>@import url(https://example.org/);</style>", "<body onload=alert(1)>", "</pre></div><script>alert(1)</script>",
    "<input autofocus onfocus=alert(1)>", "[click](javascript:alert(1))", "![x](x\"onerror=\"alert(1))",
    "$\\href{javascript:alert(1)}{click}$", "{{ 7 * 7 }}{% raw %}", "]]><!--><script>alert(1)</script>",
]
PRINTED = f"""
markup = {MARKUP!r}
class Shown:
    def __init__(self, text): self.text = text
    def __repr__(self): return self.text
    def _repr_html_(self): return self.text
    def _repr_mimebundle_(self, *args, **kwargs): return {{"text/html": self.text, "application/javascript": "alert(1)"}}
for text in markup:
    print(text)
    display(Shown(text))
from IPython.display import HTML, Markdown, SVG
display(*map(HTML, markup), *map(Markdown, markup), *map(SVG, markup))
import sys
print(*markup, file=sys.stderr)
"""
RAISES = f"def double(x):\n    raise type({MARKUP[0]!r}, (Exception,), {{}})({chr(10).join(MARKUP)!r})"
WATCH = "window.ran = []; for (const f of ['alert', 'confirm', 'prompt', 'print']) window[f] = x => window.ran.push(f + x)"
LIVE = """() => [...document.querySelectorAll("*")].filter(e =>
    ["SCRIPT", "IFRAME", "OBJECT", "EMBED", "FORM", "BASE", "LINK"].includes(e.tagName) ||
    [...e.attributes].some(a => a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value) ||
                                (/^(src|href)$/.test(a.name) && /^\\s*https?:/i.test(a.value) && e.tagName != "A"))
).map(e => e.outerHTML.slice(0, 200))"""

CLICK = """() => [...document.querySelectorAll("a, summary, button")]
    .filter(e => e.tagName != "A" || !/^(https?|file):$/.test(e.protocol)).forEach(e => e.click())"""


@pytest.fixture(scope="module")
def graded(released, notebook_of, tmp_path_factory):
    """A course in which `eve` handed in all that markup."""
    import shutil

    from course_lib.grading.course import Course

    root = tmp_path_factory.mktemp("shown") / "course"
    shutil.copytree(released.root, root)
    course = Course.open(root)
    notebook = notebook_of(PRINTED, "raise ValueError(''.join(markup))", **RIGHT | {"double": RAISES})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = "\n\n".join([cell.source, *MARKUP])
            cell["attachments"] = {"x.svg": {"image/svg+xml": MARKUP[4]}}
    folder = course.folder("submitted", "tiny", "eve")
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_text(json.dumps(notebook))
    run_class.grade(course, "tiny", workers=1)
    return course


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def look(browser, tmp_path):
    """`look(html)`: opens the page, clicks what might run, and returns what ran, what was fetched, and what is live."""

    def open_page(html: str) -> tuple[list, list, list]:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        page, asked = browser.new_page(), []
        page.set_default_timeout(10000)
        page.add_init_script(WATCH)
        page.on("request", lambda request: asked.append(request.url))
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        live, fetched = page.evaluate(LIVE), [url for url in asked if url.startswith("http")]
        page.evaluate(CLICK)
        page.wait_for_timeout(200)
        ran = page.evaluate("() => window.ran")
        page.close()
        return ran, fetched, live

    return open_page


def feedback(course) -> str:
    return (course.folder("feedback", "tiny", "eve") / "tiny.html").read_text(encoding="utf-8")


def test_the_test_would_notice(look):
    """Without this, a browser that runs nothing at all would pass."""
    ran, asked, live = look("<p>" + MARKUP[0] + MARKUP[3] + MARKUP[2])
    assert len(ran) == 2 and "https://example.org/x.js" in asked and len(live) == 3
    assert look(MARKUP[7])[0] == ["alert1"]


def test_feedback_runs_and_fetches_nothing(graded, look):
    page = feedback(graded)
    assert "Content-Security-Policy" in page and "alert(1)" in page
    assert look(page) == ([], [], [])


def test_feedback_is_harmless_without_its_policy_too(graded, look):
    page = re.sub(r"<meta http-equiv=.Content-Security-Policy.[^>]*>", "", feedback(graded))
    assert "Content-Security-Policy" not in page
    assert look(page) == ([], [], [])


def test_formgrader_runs_nothing_of_a_hand_in(graded, look):
    """As its handler renders a submission, with the course's own configuration; its own scripts are put aside."""
    config = graded.config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {"assignment_id": "tiny", "notebook_id": "tiny", "submission_id": "1", "index": 0, "total": 1,
                 "base_url": "", "mathjax_url": "", "student": "eve", "last_name": "", "first_name": "",
                 "notebook_path": "", "keyword_args": ""}
    page, _ = HTMLExporter(config=config).from_filename(str(graded.notebook("autograded", "tiny", "eve")), resources)
    assert "alert(1)" in page
    own = re.compile(r"<script\b[^>]*>(?:(?!alert).)*?</script>|<link\b[^>]*>|<img[^>]*onload[^>]*>", re.DOTALL)
    ran, asked, _ = look(own.sub("", page))
    assert (ran, asked) == ([], [])
