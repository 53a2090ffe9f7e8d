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

ORDER = 6  # characters that the model looks at, the next one included
START, END = "\x02", "\n"


@cache
def source_text() -> str:
    """Return the Spanish text that comes with the challenge, in the spelling of 1637.

    Whoever takes part may use it as well as any other text: it lies in the project's repository.
    """
    return " ".join(map(aged, read_source(SOURCE).words))


class Language:
    """A language model of characters: each is predicted from the ones before it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._after: dict[str, Counter] = defaultdict(Counter)
        for text in texts:
            padded = START * (ORDER - 1) + text + END
            for place in range(ORDER - 1, len(padded)):
                for length in range(ORDER):
                    self._after[padded[place - length : place]][padded[place]] += 1
        self._totals = {context: counts.total() for context, counts in self._after.items()}
        self._known: dict[tuple[str, str], float] = {}

    def log_probabilities(self, text: str) -> list[float]:
        """Return the logarithm of the chance of each character of a text, and of its end."""
        padded = START * (ORDER - 1) + text + END
        return [
            self.log_probability(padded[place - ORDER + 1 : place], padded[place])
            for place in range(ORDER - 1, len(padded))
        ]

    def log_probability(self, context: str, character: str) -> float:
        """Return the logarithm of the chance that a character follows a context of at most 5."""
        key = (context, character)
        if key not in self._known:
            self._known[key] = math.log(self._probability(context, character))
        return self._known[key]

    def _probability(self, context: str, character: str) -> float:
        """Witten and Bell: the more different characters have followed, the more the shorter context counts."""
        shorter = self._probability(context[1:], character) if context else 1 / 256
        counts = self._after.get(context)
        if counts is None:
            return shorter
        kinds = len(counts)
        return (counts[character] + kinds * shorter) / (self._totals[context] + kinds)
