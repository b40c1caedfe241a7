"""The built site on a server with the headers that it asks for, and pages of it."""

import sys

import pytest
from book_pages import ROOT

sys.path.append(str(ROOT / "scripts"))

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
