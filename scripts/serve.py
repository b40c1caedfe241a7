"""Serve the built site on this machine as a host on the web would: compressed, with the headers of its `_headers`."""

import argparse
import functools
import gzip
import io
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"
TEXT = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".md", ".ipynb"}


def headers_of(site: Path) -> dict[str, str]:
    """What `_headers`, as some hosts read it, asks to be sent with every file of the site."""
    lines = (site / "_headers").read_text().splitlines()
    assert lines[0] == "/*", "one rule, for all files"
    return dict(line.strip().split(": ", 1) for line in lines[1:] if line.strip())


@functools.lru_cache(maxsize=512)
def _compressed(path: Path, changed: int) -> bytes:
    return gzip.compress(path.read_bytes())


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".woff2": "font/woff2", ".ipynb": "application/json"}
    always: dict[str, str]

    def __init__(self, *args, **kwargs):
        self.always = headers_of(Path(kwargs["directory"]))
        super().__init__(*args, **kwargs)

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path = path / "index.html"
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (packed and path.is_file() and path.suffix in TEXT):
            return super().send_head()
        data = _compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path.name))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return io.BytesIO(data)

    def end_headers(self):
        for name, value in self.always.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args):
        pass


def server(site: Path = SITE, port: int = 0) -> ThreadingHTTPServer:
    """A server of the site on this machine alone; port 0 takes a free one.

    Raises:
        FileNotFoundError: the site is not built.
    """
    headers_of(site)
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, directory=str(site)))


@contextmanager
def serving(site: Path = SITE):
    """The address of the site while the block runs."""
    running = server(site)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--site", type=Path, default=SITE)
    chosen = parser.parse_args()
    if not (chosen.site / "index.html").is_file():
        parser.error("the site is not built: run `make site` first")
    print(f"http://127.0.0.1:{chosen.port}", flush=True)
    try:
        server(chosen.site, chosen.port).serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
