"""What our own forms ask for: lines and ticks, and what a person says of itself."""

from collections.abc import Mapping
from html import escape

from leaderboard.people.joining import Person
from leaderboard.people.members import LONGEST

Said = Mapping[str, str]
"""The fields of a form, as they were typed."""


def about(said: Said) -> str:
    """Return the fields in which a person says something of itself."""
    return (
        field("name", "Your name", said, "name", "Your team and the organisers see it.", required=True)
        + field("affiliation", "Affiliation (optional)", said, "organization")
        + field("orcid", "ORCID iD (optional, not if you are under 18)", said, hint="Such as 0000-0002-1825-0097")
        + tick("minor", "I am under 18", said)
        + tick("publishes", "My name may stand beside our result when it is published (optional)", said)
    )


def person_of(said: Said) -> Person:
    """Return what a person said in these fields."""
    return Person(
        said.get("name", ""),
        said.get("affiliation", ""),
        said.get("orcid", ""),
        minor="minor" in said,
        agrees="agrees" in said,
        publishes="publishes" in said,
    )


def field(
    name: str,
    label: str,
    said: Said,
    complete: str = "off",
    hint: str = "",
    *,
    required: bool = False,
    most: int = LONGEST,
) -> str:
    """Return a line to write in; ``complete`` says what of a browser's own knowledge belongs there."""
    told = f'<small id="{name}-hint">{hint}</small>' if hint else ""
    extra = f' aria-describedby="{name}-hint"' * bool(hint) + " required" * required
    return (
        f'<div><label for="{name}">{label}</label><input id="{name}" name="{name}" '
        f'value="{escape(said.get(name, ""))}" maxlength="{most}" autocomplete="{complete}"{extra}>{told}</div>'
    )


def tick(name: str, label: str, said: Said, *, required: bool = False) -> str:
    """Return a box to tick; its label is HTML."""
    state = " checked" * (name in said) + " required" * required
    return f'<label class="tick"><input type="checkbox" name="{name}" value="1"{state}><span>{label}</span></label>'
