"""A noisy channel: what was written, if this is what an OCR made of it?

Two things are learned from lines and their readings: which characters follow each other in the text, and what the OCR
makes of each. The most probable text of a new reading is then searched from left to right.

References
----------
C. E. Shannon, Bell System Technical Journal 27, 379 (1948).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from baselines.renaissance.language import END, START, Language

BEAM = 12  # hypotheses kept at each character
LANGUAGE = 0.5  # weight of the language model beside the channel's 1
RARE = 2  # occurrences below which a confusion is not believed
SMOOTH = 0.5


class Channel:
    """What the OCR makes of each character of the text.

    Attributes
    ----------
    sources : dict
        For each character that can be read: the characters it may stand for, likely ones first, and the logarithms of
        the chances that they are read so. An empty source is a character that appears from nowhere.
    lost : list
        Characters that may be overlooked, and the logarithms of the chances.
    """

    def __init__(self, texts: Iterable[str], readings: Iterable[str]) -> None:
        from rapidfuzz.distance import Levenshtein

        became: Counter = Counter()
        written: Counter = Counter()
        for text, reading in zip(texts, readings, strict=True):
            written.update(text)
            for tag, i, j, k, m in Levenshtein.opcodes(text, reading):
                left = text[i:j] if tag != "insert" else [""] * (m - k)
                right = reading[k:m] if tag != "delete" else [""] * (j - i)
                became.update(zip(left, right, strict=True))
        written[""] = written.total()
        self.sources: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self.lost: list[tuple[str, float]] = []
        for (source, read), count in sorted(became.items()):
            if count < RARE and source != read:
                continue
            chance = math.log(count / (written[source] + 1))
            if read:
                self.sources[read].append((source, chance))
            else:
                self.lost.append((source, chance))
        for found in self.sources.values():
            found.sort(key=lambda one: one[1], reverse=True)
        self.unknown = math.log(SMOOTH / (written.total() + 1))


class Hypothesis(NamedTuple):
    """A text that may have been written so far, and the logarithm of how probable it is."""

    score: float
    text: str


class Corrector:
    """Reads what an OCR read."""

    def __init__(self, texts: list[str], readings: list[str], *more: str) -> None:
        """Learn from lines and their readings, and the language from more texts besides."""
        self.language, self.channel = Language([*texts, *more]), Channel(texts, readings)

    def correct(self, reading: str) -> str:
        """Return the text that most probably became this reading."""
        beam = self._with_lost([Hypothesis(0.0, START * (self.language.order - 1))])
        for read in reading:
            first, *others = self.channel.sources.get(read) or [(read, self.channel.unknown)]
            likely = [self._grown(hypothesis, *first) for hypothesis in beam]
            beam = self._with_lost(self._joined(likely, beam, others))
        ends = [self._grown(hypothesis, END, 0.0) for hypothesis in beam]
        return max(ends).text[self.language.order - 1 : -1].strip()

    def _grown(self, hypothesis: Hypothesis, source: str, chance: float) -> Hypothesis:
        """Return a hypothesis with one more character, or none."""
        if source:
            context = hypothesis.text[1 - self.language.order :]
            chance += LANGUAGE * self.language.log_probability(context, source)
        return Hypothesis(hypothesis.score + chance, hypothesis.text + source)

    def _with_lost(self, beam: list[Hypothesis]) -> list[Hypothesis]:
        """Let a character be overlooked after each hypothesis."""
        return self._joined(beam, beam, self.channel.lost)

    def _joined(
        self, kept: list[Hypothesis], beam: list[Hypothesis], sources: list[tuple[str, float]]
    ) -> list[Hypothesis]:
        """Return the best of some hypotheses and of those that grow from a beam by sources; what cannot win is left."""
        worst = min(kept).score if len(kept) >= BEAM else -math.inf
        more = [
            self._grown(hypothesis, source, chance)
            for hypothesis in beam
            for source, chance in sources
            if hypothesis.score + chance > worst
        ]
        return self._best(kept + more)

    def _best(self, hypotheses: list[Hypothesis]) -> list[Hypothesis]:
        """Return the best hypotheses, of those that end alike only one."""
        best: dict[str, Hypothesis] = {}
        for hypothesis in hypotheses:
            end = hypothesis.text[1 - self.language.order :]
            if end not in best or hypothesis.score > best[end].score:
                best[end] = hypothesis
        return sorted(best.values(), reverse=True)[:BEAM]
