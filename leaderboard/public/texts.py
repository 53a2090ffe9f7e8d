"""What the organiser wrote for everybody who joins: Markdown files in the event's folder."""

from functools import lru_cache
from pathlib import Path

from leaderboard.event import Event, EventError

RULES = {Event.RULES: "Rules", Event.CONDUCT: "Code of conduct"}
"""What everybody agrees to who joins, by the file's name; each is there or not."""


@lru_cache(maxsize=32)
def _texts(folder: Path) -> dict[str, str]:
    found = {}
    for name in Event.TEXTS:
        try:
            found[name] = (folder / name).read_text("utf-8-sig")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise EventError(f"{folder / name} cannot be read: expected a UTF-8 text, open to who serves") from error
    return {name: text for name, text in found.items() if text.strip()}


def texts(event: Event) -> dict[str, str]:
    """Return the organiser's texts by the names of their files, as they were when this process first asked.

    Raises
    ------
    EventError
        If one is there that cannot be read.
    """
    return _texts(event.folder)


def rules(event: Event) -> dict[str, str]:
    """Return the texts that everybody agrees to who joins, by their titles; without any nothing is to be agreed to."""
    return {RULES[name]: text for name, text in texts(event).items() if name in RULES}
