"""A language model of characters, and a text to learn one from.

References
----------
I. H. Witten and T. C. Bell, IEEE Transactions on Information Theory 37, 1085 (1991): the smoothing.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

from challenges.renaissance.composition import SOURCE, read_source
from challenges.renaissance.spelling import aged

ORDER = 6
START, END = "\x02", "\n"


@cache
def source_text() -> str:
    """Return the Spanish text that comes with the challenge, in the spelling of 1637.

    Whoever takes part may use it as well as any other text: it lies in the project's repository.
    """
    return " ".join(map(aged, read_source(SOURCE).words))


class Language:
    """A language model of characters: each is predicted from the ones before it.

    Attributes
    ----------
    order : int
        Characters that the model looks at, the next one included.
    """

    def __init__(self, texts: Iterable[str], order: int = ORDER) -> None:
        self.order = order
        self._after: dict[str, Counter] = defaultdict(Counter)
        for text in texts:
            padded = START * (order - 1) + text + END
            for place in range(order - 1, len(padded)):
                for length in range(order):
                    self._after[padded[place - length : place]][padded[place]] += 1
        self._totals = {context: counts.total() for context, counts in self._after.items()}
        self._known: dict[str, float] = {}

    def log_probabilities(self, text: str) -> list[float]:
        """Return the logarithm of the chance of each character of a text, and of its end."""
        before = self.order - 1
        padded = START * before + text + END
        return [
            self.log_probability(padded[place - before : place], padded[place]) for place in range(before, len(padded))
        ]

    def log_probability(self, context: str, character: str) -> float:
        """Return the logarithm of the chance that a character follows a context, which is shorter than the order."""
        return math.log(self._probability(context, character))

    def _probability(self, context: str, character: str) -> float:
        """Witten and Bell: the more different characters have followed, the more the shorter context counts."""
        known = self._known.get(context + character)
        if known is None:
            shorter = self._probability(context[1:], character) if context else 1 / 256
            counts = self._after.get(context)
            kinds = len(counts) if counts else 0
            known = (counts[character] + kinds * shorter) / (self._totals[context] + kinds) if counts else shorter
            self._known[context + character] = known
        return known
