"""What a challenge's README says to teams: all of it, but for what only organisers do."""

import re
from pathlib import Path

TITLE = re.compile(r"\A\s*# .*\n?")
FOR_ORGANISERS = re.compile(r"^## For organisers$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def about(folder: Path) -> str:
    """Return the README of a challenge's folder as Markdown, without its title and its section for organisers."""
    path = folder / "README.md"
    text = path.read_text("utf-8") if path.is_file() else ""
    return FOR_ORGANISERS.sub("", TITLE.sub("", text)).strip() + "\n"
