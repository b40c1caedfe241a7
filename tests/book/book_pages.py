"""Where the book lies, and its table of contents."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"


def listed_pages() -> list[str]:
    """Every page in the table of contents, in reading order, without suffix."""
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(file for chapter in chapters for file in _files(chapter))]


def names_below(folder: Path, suffix: str) -> set[str]:
    """The pages in a folder, named as the table of contents names them."""
    paths = (path.relative_to(folder) for path in folder.rglob(f"*{suffix}") if path.stem != "README")
    return {str(path.with_suffix("")) for path in paths if path.parts[0] != "_static"}


def _files(chapter: dict) -> list[str]:
    return [chapter["file"], *(file for section in chapter.get("sections", ()) for file in _files(section))]
