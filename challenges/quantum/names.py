"""Names in a declared circuit: which may stand there, how a reader sees them, and which mean a jet's features."""

import re
import unicodedata
from functools import cache

MAX_NAME = 64
CONSTANTS = frozenset({"pi", "π", "tau", "τ", "euler", "ℇ"})
FEATURES = "x, x0, x_1, x[0], _x_0_, …"
"""How the names of features may be written."""

_FEATURE = re.compile(r"_*x[_0-9]*")
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"})
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")


def is_letter(character: str) -> bool:
    """Return whether a character beyond ASCII may stand in a name.

    The letters of OpenQASM 3's grammar may, but for those that are invisible, or are written from right to left and
    would turn the order of what stands beside them.

    Examples
    --------
    >>> [is_letter(character) for character in "θж\u3164א²"]
    [True, True, False, False, False]
    """
    return (
        unicodedata.category(character) in _LETTERS
        and unicodedata.bidirectional(character) == "L"
        and character not in _UNSEEN
    )


def seen(name: str) -> str:
    """Return a name as a reader sees it: two names of one text that are seen as one are refused.

    Variants of a letter are that letter. Letters of other scripts that look like a Latin one are that one, by Unicode's
    table (Technical Standard 39); Greek ones stay, because physicists tell ν from v.

    Examples
    --------
    >>> seen("ϕ"), seen("\U0001d465_1"), seen("\u0445_1"), seen("ν")
    ('φ', 'x_1', 'x_1', 'ν')
    """
    return "".join(map(_twin, unicodedata.normalize("NFKC", name)))


def is_feature(name: str) -> bool:
    """Return whether an input holds a jet's features: an x, with nothing about it but digits and underscores.

    Qiskit writes the element x[0] of a vector as ``_x_0_``, and x as ``x_0``, because x is a gate.

    Examples
    --------
    >>> [is_feature(name) for name in ("x", "x0", "x_1", "_x_0_", "_x_0__1_", "xi", "theta")]
    [True, True, True, True, True, False, False]
    """
    return _FEATURE.fullmatch(seen(name)) is not None


@cache
def _twin(letter: str) -> str:
    if letter.isascii() or unicodedata.name(letter, "").startswith(("GREEK", "LATIN")):
        return letter
    from confusable_homoglyphs.confusables import confusables_data

    alike = (entry["c"] for entry in confusables_data.get(letter, ()))
    return next((one for one in alike if len(one) == 1 and one.isascii() and one.isalpha()), letter)
