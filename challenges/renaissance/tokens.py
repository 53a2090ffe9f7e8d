"""The words that an OCR saw, and which of them are wrong."""

from collections.abc import Sequence
from typing import NamedTuple

from challenges.folding import fold


class Token(NamedTuple):
    """What an OCR took for a word, and how sure it was, 0 to 100."""

    text: str
    confidence: float


def wrong(truth: str, tokens: Sequence[str]) -> list[bool]:
    """Return which tokens of a line are wrong.

    A token is right if, in the cheapest edit of the line into its truth, its letters stay and it begins and ends where
    a word does. Case, accents, punctuation and the shapes of letters do not count: both are folded.

    Parameters
    ----------
    truth : str
        The line as it should be.
    tokens : sequence of str
        What was read, from left to right; each with a letter or a digit at least.

    Examples
    --------
    >>> wrong("a la casa de su padre", ["ala", "caſa", "de", "fu", "pa", "dre"])
    [True, False, False, True, True, True]
    """
    from rapidfuzz.distance import Levenshtein

    parts = [fold(token) for token in tokens]
    # Blanks at both ends, so that the first and the last word have neighbours too.
    expected, found = f" {fold(truth)} ", f" {' '.join(parts)} "
    kept = [edit for edit in Levenshtein.opcodes(expected, found) if edit.tag == "equal"]
    result, start = [], 1
    for part in parts:
        end = start + len(part)
        whole = [edit for edit in kept if edit.dest_start <= start and end <= edit.dest_end]
        shift = whole[0].src_start - whole[0].dest_start if whole else 0
        result.append(not whole or expected[start + shift - 1] + expected[end + shift] != "  ")
        start = end + 1
    return result


def is_word(text: str) -> bool:
    """Return whether there is a letter or a digit in it: what is not is no token."""
    return bool(fold(text))
