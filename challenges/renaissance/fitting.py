"""Fits the model of confusions to the real book: ``python -m challenges.renaissance.fitting PDF DOCX``."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from challenges.renaissance.collation import BookLine, collate
from challenges.renaissance.reading import FITTED
from challenges.renaissance.spelling import in_type, without_accents
from challenges.renaissance.tokens import is_word, wrong

ORIGIN = (
    "Counted in the errors of Tesseract 5 (spa_old) on 13 spreads of a book of 1637, against its transcription turned"
    " back into the letters of print; from the hackathon ML4SCI/DeepLearnHackathon. Made by"
    " challenges/renaissance/fitting.py."
)
SHRINK = 15  # occurrences after which a pair of glyphs is believed as much as its first glyph
SEEN = 15  # occurrences from which a pair of glyphs is listed
QUANTILES = 21
LONGEST = 3  # letters that appear from nowhere; more are a neighbour's note, and only their number counts


def plain(text: str) -> str:
    """Return a text as both sides are compared: small letters, blanks and hyphens, without accents.

    Examples
    --------
    >>> plain(in_type("El corazon, y su Fé  des-"))
    'el coraçon y ſu fe deſ-'
    """
    kept = "".join(one for one in without_accents(text).lower() if one.isalnum() or one in " -")
    return " ".join(kept.split())


def fit(lines: Iterable[BookLine]) -> dict:
    """Return the numbers of `challenges.renaissance.reading.Confusion`, as its file holds them.

    Rates are counts, those of pairs of glyphs shrunk towards the first glyph's. The spreads of quality are found by
    moments: how much more the number of errors varies from line to line, and from word to word, than chance would have
    it.
    """
    from rapidfuzz.distance import Levenshtein

    lines = list(lines)
    glyphs: dict[str, Counter] = defaultdict(Counter)
    pairs: dict[str, list[bool]] = defaultdict(list)
    added = {"start": Counter(), "inside": Counter(), "end": Counter()}
    texts = [(plain(in_type(line.text)), plain(" ".join(word.text for word in line.seen))) for line in lines]
    failures = []
    for ours, theirs in texts:
        became = list(ours)
        for step in Levenshtein.opcodes(ours, theirs):
            i, j, k, m = step.src_start, step.src_end, step.dest_start, step.dest_end
            if step.tag == "insert":
                place = "start" if i == 0 else "end" if i == len(ours) else "inside"
                added[place][theirs[k : min(m, k + LONGEST)]] += 1
            elif step.tag != "equal":
                became[i:j] = list(theirs[k:m]) if step.tag == "replace" else [""] * (j - i)
        failed = [old != new for old, new in zip(ours, became, strict=True)]
        failures.append(np.array(failed))
        for place, (glyph, other) in enumerate(zip(ours, became, strict=True)):
            glyphs[glyph][other] += 1
            pairs[glyph + (ours + " ")[place + 1]].append(failed[place])
    return {
        "origin": ORIGIN,
        "glyphs": {
            glyph: {"rate": _rate(counts, glyph), "read": _others(counts, glyph)}
            for glyph, counts in sorted(glyphs.items())
            if counts.total() >= SEEN and len(counts) > 1
        },
        "pairs": {
            pair: round((sum(failed) + SHRINK * _rate(glyphs[pair[0]], pair[0])) / (len(failed) + SHRINK), 4)
            for pair, failed in sorted(pairs.items())
            if len(failed) >= SEEN and len(glyphs[pair[0]]) > 1
        },
        "start": {"rate": round(added["start"].total() / len(lines), 4), "read": _sorted(added["start"])},
        "inside": {
            "rate": round(added["inside"].total() / sum(len(ours) for ours, _ in texts), 5),
            "read": _sorted(added["inside"]),
        },
        "end": {"rate": round(added["end"].total() / len(lines), 4), "read": _sorted(added["end"])},
        "spread": _spread([ours for ours, _ in texts], failures, glyphs),
        "confidences": _confidences(lines),
    }


def _rate(counts: Counter, glyph: str) -> float:
    return round((counts.total() - counts[glyph] + 0.5) / (counts.total() + 1), 4)


def _others(counts: Counter, glyph: str) -> dict[str, int]:
    return _sorted(Counter({other: count for other, count in counts.items() if other != glyph}))


def _sorted(counts: Counter) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _spread(texts: list[str], failures: list[np.ndarray], glyphs: dict[str, Counter]) -> list[float]:
    """Return the standard deviations of the logarithm of a line's and of a word's odds to be misread."""

    def excess(counts: list[int], expected: list[float]) -> float:
        n, mean = np.array(counts, float), np.array(expected)
        return max(float(np.log1p(((n - mean) ** 2 - mean).sum() / (mean**2).sum())), 0.0)

    rates = [np.array([_rate(glyphs[one], one) for one in text]) for text in texts]
    by_line = excess([failed.sum() for failed in failures], [rate.sum() for rate in rates])
    counts, expected = [], []
    for text, failed, rate in zip(texts, failures, rates, strict=True):
        word = np.cumsum([one == " " for one in text])
        counts += np.bincount(word, failed).tolist()
        expected += np.bincount(word, rate).tolist()
    by_word = max(excess(counts, expected) - by_line, 0.0)
    return [round(float(np.sqrt(by_line)), 3), round(float(np.sqrt(by_word)), 3)]


def _confidences(lines: list[BookLine]) -> dict[str, list[float]]:
    sure: dict[bool, list[float]] = {False: [], True: []}
    for line in lines:
        words = [word for word in line.seen if is_word(word.text)]
        for word, bad in zip(words, wrong(line.text, [word.text for word in words]), strict=True):
            sure[bad].append(word.confidence)
    steps = np.linspace(0, 1, QUANTILES)
    return {name: np.quantile(sure[bad], steps).round(1).tolist() for name, bad in (("right", False), ("wrong", True))}


if __name__ == "__main__":
    FITTED.write_text(json.dumps(fit(collate(*map(Path, sys.argv[1:]))), ensure_ascii=False, indent=1) + "\n", "utf-8")
