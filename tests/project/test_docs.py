"""The pages: each is in the index, and no link from one to another is broken."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "challenges").glob("*/README.md")),
]


def links(page: Path) -> Iterator[Path]:
    """Yield the files that a page's relative links name, pictures among them."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        place = target.partition("#")[0]
        if place and not re.match(r"[a-z]+:", place):
            yield (page.parent / place).resolve()


def test_every_page_is_in_the_index():
    index = DOCS / "README.md"
    assert set(links(index)) == set(DOCS.rglob("*.md")) - {index}


def test_every_picture_is_shown_on_a_page():
    shown = {file for page in PAGES for file in links(page)}
    assert {picture for picture in DOCS.rglob("*") if picture.suffix in {".png", ".svg"}} <= shown


def test_no_relative_link_is_broken():
    broken = [f"{page.relative_to(ROOT)} -> {file}" for page in PAGES for file in links(page) if not file.exists()]
    assert broken == []
    assert len(PAGES) > 20
