"""Words that stand in no lexicon: what a book alone spells so, and what it alone says.

In the real book one right word of four is missing from the vocabulary of the text of 1909, in its own spelling and in
that of 1637: inflections, derived words, names, and a printer's habits. A simulated book has all of these of its own,
drawn from its random numbers. Its printer keeps some habits of spelling; and some of its words begin as one word does
and end as another, as inflections do.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from challenges.renaissance import spelling
from challenges.renaissance.spelling import MARKS

HABITUAL = 0.25  # how many of the habits a printer has
COINED = 0.4  # how many of its longer words only one book has
JOINS = 0.25  # how many printers write desto for de esto
SHORTEST = 5  # letters of the words that a book may coin
SHARED = 3  # letters at which a word may go on as another does
TRIES = 5


class Lexicon(NamedTuple):
    """The words of a text, and how they go on.

    Attributes
    ----------
    words : frozenset of str
        Small letters, no punctuation.
    ends : dict of str to list of str
        For three letters that stand in them, but not at their beginning, all that follows there.
    """

    words: frozenset[str]
    ends: dict[str, list[str]]


def lexicon(words: Iterable[str]) -> Lexicon:
    """Return the lexicon of a text.

    Examples
    --------
    >>> lexicon(["Virtudes,", "virtuosa"]).ends["irt"]
    ['udes', 'uosa']
    """
    kinds = sorted({word.strip(MARKS).lower() for word in words})
    ends: dict[str, list[str]] = {}
    for word in kinds:
        for at in range(1, len(word) - SHARED):
            ends.setdefault(word[at : at + SHARED], []).append(word[at + SHARED :])
    return Lexicon(frozenset(kinds), ends)


class Book:
    """What one book writes for the words of its source: always the same for the same word.

    Attributes
    ----------
    habits : list of Rule
        Its printer's.
    joins : bool
        Whether it writes *desto* for *de esto*.
    """

    def __init__(self, lexicon: Lexicon, rng: np.random.Generator) -> None:
        self.habits = [habit for habit in spelling.HABITS if rng.random() < HABITUAL]
        self.joins = rng.random() < JOINS
        self._lexicon, self._rng = lexicon, rng
        self._own: dict[str, str] = {}

    def said(self, word: str) -> str:
        """Return the book's word for one of the source, in the spelling of the source and with its punctuation."""
        core = word.strip(MARKS)
        if len(core) < SHORTEST:
            return word
        small = core.lower()
        if small not in self._own:
            self._own[small] = self._coined(small) if self._rng.random() < COINED else small
        own = self._own[small]
        return word.replace(core, own.capitalize() if core[0].isupper() else own)

    def _coined(self, word: str) -> str:
        """Return a word that begins like this one and ends like another, and is neither; or this if none was found."""
        for _ in range(TRIES):
            shared = int(self._rng.integers(1, len(word) - SHARED + 1))
            ends = self._lexicon.ends.get(word[shared : shared + SHARED])
            if ends:
                coined = word[: shared + SHARED] + ends[self._rng.integers(len(ends))]
                if coined not in self._lexicon.words:
                    return coined
        return word
