"""The picture in README.md: a page of the built site beside the report of a made-up class, as a browser shows them."""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from serve import SITE, serving

ROOT = SITE.parents[1]
PICTURE = ROOT / ".github" / "picture.png"
ASSIGNMENT = "max_pooling"
SIZE = {"width": 800, "height": 900}
EDGE, GAP = 2, 24
COLOURS = 128


def report(folder: Path) -> Path:
    """The report of a made-up class, graded in a course folder of its own."""
    for name in ("nbgrader_config.py", f"{ASSIGNMENT}.py"):
        shutil.copy(ROOT / "assignments" / name, folder)
    page = folder / "report.html"
    for command in (["release"], ["sample", "--from", ROOT / "tests" / "assignments" / ASSIGNMENT, "--students", "60"],
                    ["grade", "--no-feedback"], ["report", "--to", page]):
        subprocess.run([sys.executable, "-m", "course_lib.cli", "--root", folder, command[0], ASSIGNMENT, *command[1:]],
                       check=True, stdout=subprocess.DEVNULL)
    return page


def shots(addresses: list[str]) -> list[Image.Image]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        pages = [browser.new_page(viewport=SIZE, color_scheme="light") for _ in addresses]
        for page, address in zip(pages, addresses):
            page.goto(address, wait_until="networkidle")
        made = [Image.open(io.BytesIO(page.screenshot())).convert("RGB") for page in pages]
        browser.close()
    return made


def side_by_side(images: list[Image.Image]) -> Image.Image:
    width = sum(image.width + 2 * EDGE for image in images) + GAP * (len(images) - 1)
    picture = Image.new("RGB", (width, SIZE["height"] + 2 * EDGE), "white")
    left = 0
    for image in images:
        framed = Image.new("RGB", (image.width + 2 * EDGE, image.height + 2 * EDGE), "#9aa5b1")
        framed.paste(image, (EDGE, EDGE))
        picture.paste(framed, (left, 0))
        left += framed.width + GAP
    return picture.quantize(COLOURS)


def main():
    with tempfile.TemporaryDirectory() as scratch, serving(SITE) as origin:
        side_by_side(shots([f"{origin}/playground.html", report(Path(scratch)).as_uri()])).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size >> 10} KB")


if __name__ == "__main__":
    main()
