"""How an OCR reads a printed line: a stated model of confusions, with numbers fitted to Tesseract's errors.

For a line of quality q and a word of quality w, both of unit variance, a glyph is misread with the odds

    odds(rate of the glyph before its neighbour) * exp(a q + b w - (a² + b²) / 2),

and what stands in its place is drawn from what Tesseract read there in the real book. Blanks are lost, letters
appear, and rules at the side of a line are taken for letters at rates of their own. Now and then the OCR takes what it
misread for the most frequent word that it knows one letter away. The confidence of a token is drawn from Tesseract's
confidences in right and in wrong tokens, and knows a little of q beside.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from challenges.renaissance.composition import SOURCE, read_source
from challenges.renaissance.spelling import MARKS, aged, in_type, without_accents
from challenges.renaissance.tokens import Token, is_word, wrong

FITTED = Path(__file__).parent / "confusion.json"
KNOWN = 0.15  # correlation of a confidence's rank, among right or wrong tokens, with the line's quality
MARKS_LOST = 0.1  # how often a point or comma is overlooked
GUESSED = 0.12  # how often a misread word is taken for one that the OCR knows, if there is any like it


@dataclass(frozen=True)
class Choice:
    """Something that happens at a rate, and what then comes, with its chances."""

    rate: float
    texts: tuple[str, ...]
    edges: np.ndarray

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Choice":
        """Read ``{"rate": 0.1, "read": {"c": 3, "": 1}}``."""
        counts = np.array(list(entry["read"].values()), float)
        return cls(entry["rate"], tuple(entry["read"]), np.cumsum(counts) / counts.sum())

    def drawn(self, uniform: float) -> str:
        """Return the text that belongs to a random number from 0 to 1."""
        return self.texts[min(int(np.searchsorted(self.edges, uniform, side="right")), len(self.texts) - 1)]


@dataclass(frozen=True)
class Confusion:
    """The fitted numbers.

    Attributes
    ----------
    glyphs : mapping of str to Choice
        For each letter, blank and hyphen: how often it is misread, and as what.
    pairs : mapping of str to float
        How often the first of two glyphs is misread, where that is known.
    start, inside, end : Choice
        What is read before the line, between two glyphs, and behind the line, where nothing stands.
    spread : tuple of two float
        a and b of the formula.
    confidences : ndarray, shape (2, k)
        Quantiles of the confidence, 0 to 100, of right tokens and of wrong ones.
    """

    glyphs: Mapping[str, Choice]
    pairs: Mapping[str, float]
    start: Choice
    inside: Choice
    end: Choice
    spread: tuple[float, float]
    confidences: np.ndarray

    def rate(self, glyph: str, neighbour: str) -> float:
        """Return how often a glyph is misread before its neighbour, 0 if it never was."""
        if glyph not in self.glyphs:
            return 0.0
        return self.pairs.get(glyph + neighbour, self.glyphs[glyph].rate)


@cache
def fitted(path: Path = FITTED) -> Confusion:
    """Read the fitted numbers."""
    found = json.loads(path.read_text("utf-8"))
    return Confusion(
        glyphs={glyph: Choice.of(entry) for glyph, entry in found["glyphs"].items()},
        pairs=found["pairs"],
        start=Choice.of(found["start"]),
        inside=Choice.of(found["inside"]),
        end=Choice.of(found["end"]),
        spread=tuple(found["spread"]),
        confidences=np.array([found["confidences"]["right"], found["confidences"]["wrong"]]),
    )


def read(text: str, printed: str, quality: float, rng: np.random.Generator) -> list[Token]:
    """Return what the OCR takes for the words of a line, and how sure it is of each.

    Parameters
    ----------
    text, printed : str
        The line as it should be read, and as it is printed.
    quality : float
        How badly it is printed, 0 as usual, in standard deviations.
    rng : Generator

    Returns
    -------
    list of Token
        From left to right; may be empty.
    """
    model = fitted()
    a, b = model.spread
    word = np.cumsum([glyph == " " for glyph in printed])
    worse = a * quality + b * rng.standard_normal(word[-1] + 1) - (a * a + b * b) / 2
    found = _misread(model, printed, worse[word], rng).split()
    tokens = [token for token in found if is_word(token)]
    guesses = rng.random(len(tokens)) < GUESSED
    for place in np.flatnonzero(guesses & wrong(text, tokens)):
        tokens[place] = _guessed(tokens[place])
    failed = np.array(wrong(text, tokens), int)
    rank = ndtr(-KNOWN * quality + np.sqrt(1 - KNOWN**2) * rng.standard_normal(len(tokens)))
    steps = np.linspace(0, 1, model.confidences.shape[1])
    sure = [np.interp(one, steps, model.confidences[bad]) for one, bad in zip(rank, failed, strict=True)]
    return [Token(*pair) for pair in zip(tokens, sure, strict=True)]


def _guessed(token: str) -> str:
    """Return a token as the OCR takes it for a word.

    A word that it knows stays. Otherwise it is the most frequent of the known words that differ from it in one letter,
    the first by alphabet of those as frequent, and the token if there is none. What hangs on the word stays.
    """
    from rapidfuzz.distance import Levenshtein

    word, known = token.strip(MARKS + "-"), _known_words()
    if word in known:
        return token
    alike = (other for other in known if Levenshtein.distance(word, other, score_cutoff=1) == 1)
    return token.replace(word, next(alike, word), 1)


@cache
def _known_words() -> dict[str, int]:
    """Return the words of the text that ships as they are printed, and how often: the most frequent first.

    The OCR knows these, whatever text the pages are composed of.
    """
    counts = Counter(in_type(aged(word)).strip(MARKS) for word in read_source(SOURCE).words)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _misread(model: Confusion, printed: str, worse: np.ndarray, rng: np.random.Generator) -> str:
    """Return what is read of a line, whose every glyph is as badly printed as `worse` says."""
    plain = without_accents(printed).lower()
    rates = np.array([model.rate(*pair) for pair in zip(plain, plain[1:] + " ", strict=True)])
    odds = np.exp(worse) * rates / np.maximum(1 - rates, 1e-3)
    fails = rng.random(len(plain)) < odds / (1 + odds)
    which, appears, marks = rng.random((3, len(plain)))
    result = []
    for place, glyph in enumerate(printed):
        if fails[place]:
            result.append(model.glyphs[plain[place]].drawn(which[place]))
        elif glyph not in ",.;:?()" or marks[place] > MARKS_LOST:
            result.append(glyph)
        if appears[place] < model.inside.rate:
            result.append(model.inside.drawn(which[place]))
    before, behind = (edge.drawn(rng.random()) if rng.random() < edge.rate else "" for edge in (model.start, model.end))
    return before + "".join(result) + behind
