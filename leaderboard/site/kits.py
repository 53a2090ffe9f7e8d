"""Starter kits, in words."""

import hashlib
from functools import lru_cache
from pathlib import Path

from leaderboard.event import Event
from leaderboard.public.data import kit_file
from leaderboard.site.upload import megabytes


def kit_in_words(event: Event, challenge: str) -> str:
    """Return how large a challenge's kit is, and its SHA-256."""
    path = kit_file(event, challenge)
    try:
        stat = path.stat()
    except FileNotFoundError:
        return "not built yet: it is when somebody first asks for it"
    return f"{megabytes(stat.st_size)}, SHA-256 {_sha256(path, stat.st_mtime_ns)}"


@lru_cache(maxsize=32)
def _sha256(path: Path, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
