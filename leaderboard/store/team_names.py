"""What a team may be called: one rule for all who take, compare or show a name."""

import re
import unicodedata
from functools import cache

from leaderboard.event import EventError

LONGEST = 60
"""Characters, as Unicode counts them."""

JOINER, AS_PICTURE = "\u200d", "\ufe0f"
"""Join emoji into one, and ask for its picture: invisible, and right between and behind emoji alone."""

UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols by their category, and nothing to be seen."""

SHOWN = frozenset("LNPS")
"""The first letters of the categories of what is seen by itself: letters, numbers, punctuation, symbols."""

MOST_MARKS = 4
PILE = re.compile(f"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{{{MOST_MARKS + 1}}}")
"""More accents on one letter than any language has: they run into the lines above and below."""


class TeamNameError(EventError):
    """A name that no team can have: empty, too long, or with characters that cannot be seen or run astray."""


def clean(name: str) -> str:
    """Return a name as it is kept: composed (NFC), single spaces, none at its ends.

    Raises
    ------
    TeamNameError
        If it has no visible character, more than 60 of any kind, one that is invisible or turns the direction of
        writing, or piles of accents; the message names it.

    Examples
    --------
    >>> clean("  Muon   Collective ")
    'Muon Collective'
    >>> clean("Muon\u3164")
    Traceback (most recent call last):
    leaderboard.store.team_names.TeamNameError: 'Muon\u3164' has U+3164 (HANGUL FILLER), which nobody can see
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not any(unicodedata.category(letter)[0] in SHOWN and not UNSEEN.match(letter) for letter in name):
        raise TeamNameError(f"a team's name has at least one visible character, got {name!r}")
    if len(name) > LONGEST:
        raise TeamNameError(f"a team's name has at most {LONGEST} characters, got {len(name)}: {name[:LONGEST]!r}...")
    for at, letter in enumerate(name):
        if not _may_stand(name, at):
            code = f"U+{ord(letter):04X} ({unicodedata.name(letter, 'no character')})"
            raise TeamNameError(f"{name!r} has {code}, which nobody can see")
    if PILE.search(unicodedata.normalize("NFD", name)):
        raise TeamNameError(f"{name!r} has more than {MOST_MARKS} accents on one letter")
    return name


def same(one: str, other: str) -> bool:
    """Return whether two names are one name written otherwise: capitals, width, accents composed or not, emoji styles.

    Examples
    --------
    >>> same("Muon Collective", "\uff2d\uff35\uff2f\uff2e collective"), same("Muon", "Tau")
    (True, False)
    """
    return _folded(one) == _folded(other)


def look_alike(one: str, other: str) -> bool:
    """Return whether two names can be taken for each other: the same one, or letters that look the same.

    By the skeletons of Unicode Technical Standard 39, whose table the package confusable-homoglyphs carries: of the
    names as they are written, and in small letters.

    Examples
    --------
    >>> look_alike("Muon", "M\u03c5on"), look_alike("Ionic", "lonic"), look_alike("Muon", "Tau")
    (True, True, False)
    """
    return same(one, other) or not _skeletons(one).isdisjoint(_skeletons(other))


def _may_stand(name: str, at: int) -> bool:
    letter = name[at]
    if letter == JOINER:
        return 0 < at < len(name) - 1 and _is_emoji(name[:at]) and _is_emoji(name[at + 1])
    if letter == AS_PICTURE:
        return unicodedata.category(name[at - 1]) in ("So", "Sm", "Nd", "Po") and at > 0
    kind = unicodedata.category(letter)
    return not UNSEEN.match(letter) and (letter == " " or kind[0] in SHOWN or (kind[0] == "M" and at > 0))


def _is_emoji(ending: str) -> bool:
    """Return whether a text ends in an emoji, perhaps with its style or the colour of its skin."""
    last = ending.rstrip(AS_PICTURE)[-1:]
    return last > "\u2000" and unicodedata.category(last) in ("So", "Sk")


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", _visible(name).casefold()).split())


def _visible(name: str) -> str:
    return unicodedata.normalize("NFKC", name.replace(JOINER, "").replace(AS_PICTURE, ""))


def _skeletons(name: str) -> set[str]:
    table = _prototypes()
    return {
        "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFD", text)).casefold()
        for text in (_visible(name), _folded(name))
    }


@cache
def _prototypes() -> dict[str, str]:
    """Return what each character looks like: of all that look alike, the one that the others are listed for."""
    from confusable_homoglyphs.confusables import confusables_data

    alike = {character: [entry["c"] for entry in entries] for character, entries in confusables_data.items()}
    # The table lists every pair both ways; a prototype has many, what looks like it has one.
    return {
        character: max((character, *others), key=lambda one: (len(alike.get(one, ())), len(one), one))
        for character, others in alike.items()
        if len(character) == 1
    }
