"""The built site on a server with the headers that it asks for, and Chromium to look at it."""

import sys

import pytest
from book_pages import ROOT

sys.path.append(str(ROOT / "scripts"))

CHROMIUM = "/usr/bin/chromium"
# As root Chromium runs only without its own sandbox; the rest keeps it from calling home.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)


@pytest.fixture(scope="session")
def site():
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").is_file():
        pytest.fail("the site is not built: run `make site` first", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def origin(site):
    from serve import serving

    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser(origin):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(origin, browser):
    """A function that opens a page of the site, by name; a complaint of the page fails the test."""
    contexts, complaints = [], []

    def go(name, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{origin}/{name}", wait_until="load")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
