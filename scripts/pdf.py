"""Print the book as one PDF, with page numbers and bookmarks, through Chromium."""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

BUILT = Path(__file__).parents[1] / "_build"
# As root Chromium runs only without its own sandbox.
FLAGS = ("--no-sandbox", "--disable-gpu")
NUMBERS = """<div style="width: 100%; font: 8pt sans-serif; text-align: center; color: #555">
<span class="pageNumber"></span></div>"""


def write_pdf(page: Path, place: Path, chromium: str):
    """Prints the book in one page, as the builder `singlehtml` makes it, to `place`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        # Without scripts nothing is folded, and figures stand where the playgrounds would.
        view = browser.new_page(java_script_enabled=False, color_scheme="light")
        view.goto(page.as_uri())
        view.pdf(
            path=place, format="A4", outline=True, tagged=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=NUMBERS,
            margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
        )
        browser.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=BUILT / "singlehtml" / "index.html")
    parser.add_argument("--output", type=Path, default=BUILT / "book.pdf")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    chosen = parser.parse_args()
    if not chosen.page.is_file():
        parser.error(f"no {chosen.page}: build it first (jupyter-book build --builder singlehtml)")
    write_pdf(chosen.page.resolve(), chosen.output, chosen.chromium)
    print(chosen.output)


if __name__ == "__main__":
    main()
