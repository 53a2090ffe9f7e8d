"""What a challenge's README says to teams: all of it, but for what only organisers do."""

import re
from pathlib import Path

TITLE = re.compile(r"\A\s*# .*\n?")
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
FOR_ORGANISERS = "## For organisers\n"


def about(folder: Path) -> str:
    """Return the README of a challenge's folder as Markdown, without its title and its section for organisers."""
    path = folder / "README.md"
    text = path.read_text("utf-8") if path.is_file() else ""
    sections = SECTION.split(TITLE.sub("", text))
    return "".join(one for one in sections if not one.startswith(FOR_ORGANISERS)).strip() + "\n"
