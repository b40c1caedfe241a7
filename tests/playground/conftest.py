"""A small site of playgrounds, served under a strict Content-Security-Policy, and pages of it."""

import functools
import json
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_lib.figures import golden, playground

BOOK = Path(__file__).parents[2] / "book"
# No inline script and no style in the HTML: what the playground needs must work for the strictest host.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Test</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/playground/playground.css">
<link rel="stylesheet" href="page.css">
<script type="module" src="_static/playground/playground.js"></script></head>
<body><main><h1>Test</h1>{body}</main></body></html>"""
# Dark pages have a dark ground of their own.
STYLE = """body { margin: 0; padding: 8px; font-family: sans-serif }
html[data-theme=dark] body { background: #121212; color: #eee }"""


class Handler(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Address of the site: playground.html with the whole playground, chapter.html with two small ones."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(BOOK / "_static" / "playground", folder / "_static" / "playground")
    (folder / "_static" / "playground" / "golden.json").write_text(json.dumps(golden.document()))
    (folder / "page.css").write_text(STYLE)
    whole = playground.embed("", "gradient map shift python", main=True)
    small = playground.embed("pooling=average_pool&padding=same&pool_size=3&strides=2", "gradient")
    (folder / "playground.html").write_text(PAGE.format(body=whole))
    (folder / "chapter.html").write_text(PAGE.format(body=small + playground.embed("pooling=max_pool", "shift")))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def visit(browser, site):
    """`visit("playground.html#…", width=360)` opens a page; at the end none may have complained or left the site."""
    contexts, complaints = [], []

    def open_page(path, width=1000, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith((site, "data:")) or complaints.append(f"request to {r.url}"))
        page.on("response", lambda r: r.status < 400 or complaints.append(f"{r.status} {r.url}"))
        page.goto(f"{site}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
