"""What whoever owns the source of the old book's text makes of it; ``python -m benchmarks renaissance_lookup``."""

import re
from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pandas as pd
from xgboost import XGBClassifier

from baselines.renaissance.channel import Corrector
from baselines.renaissance.language import Language, source_text
from baselines.rungs import rungs
from benchmarks import REAL_DATA, ROOT
from challenges import spec
from challenges.dataset import Dataset
from challenges.folding import fold
from challenges.renaissance import reading, tesseract, vocabulary
from challenges.renaissance.collation import collate
from challenges.renaissance.composition import SOURCE, read_source
from challenges.renaissance.data import words_of_book
from challenges.renaissance.layout import OCR, TEXT, TOKEN_ERRORS, TRANSCRIPTION, WRONG
from challenges.renaissance.simulate import simulate
from challenges.renaissance.spelling import aged, in_type
from leaderboard.workshop.lookup import looked_up, shipped_words
from scoring.interval import interval
from scoring.roc import auc, delong
from scoring.text import character_error_rate

PAGE = ROOT / "docs/evidence/renaissance_lookup.md"
REAL = REAL_DATA / "renaissance"
SEEDS = ((11, 12), (21, 22))
WORDS = 12000, 17000
LINES = 2400, 480
FAR = 3  # edits from the nearest word beyond which a word is like none
SHARED = 3
BACKWARDS = tuple(
    (re.compile(pattern), result)
    for pattern, result in (
        (r"(.)\1", r"\1"), ("sc", "c"), ("ct", "t"), ("h", ""), ("y", "i"), ("[zc](?=[ei])", "s"), ("z", "c"),
        ("[gx]", "i"), ("b", "u"), ("m(?=[bp])", "n"), ("cu", "qu"), ("ie(?=n)", "e"), ("ue(?=[nr])", "o"),
        ("d$", "t"), ("^es", "s"),
    )
)  # fmt: skip
"""What makes the habits of all printers alike."""


def plain(word: str) -> str:
    """Return a folded word as no printer's habit could change it."""
    for pattern, result in BACKWARDS:
        word = pattern.sub(result, word)
    return word


class Owner:
    """Somebody who has the source, and the simulator's code."""

    def __init__(self) -> None:
        words = read_source(SOURCE).words
        self.known = shipped_words(spec.load("renaissance"))
        self.count = Counter(spelled for word in words for spelled in {fold(word), fold(aged(word))})
        self.begun = {word[:end] for word in self.count for end in range(1, len(word))}
        self.ended = {word[start:] for word in self.count for start in range(1, len(word))}
        self.alike = {plain(word) for word in self.count}
        self.heads = {word[:end] for word in self.alike for end in range(1, len(word) + 1)}
        self.tails = {word[start:] for word in self.alike for start in range(len(word))}
        self._near: dict[str, tuple[int, int]] = {}

    def outside(self, features: pd.DataFrame) -> np.ndarray:
        """Return which words are not in the source, whether as they stand there or in the spelling of 1637."""
        return dict(looked_up(self.known, features[["token"]]))["token"][:, 0]

    def outside_or_broken(self, features: pd.DataFrame) -> np.ndarray:
        """Return the same, but what may be half of a broken word at the line's ends is known too."""
        first = (features["place"] == 0).to_numpy()
        last = (features["place"] == features["words"] - 1).to_numpy()
        parts = [fold(token) for token in features["token"]]
        half = [
            (starts and part in self.ended) or (ends and part in self.begun)
            for part, starts, ends in zip(parts, first, last, strict=True)
        ]
        return self.outside(features) * ~np.array(half)

    def rarity(self, features: pd.DataFrame) -> np.ndarray:
        """Return how seldom the source has each word."""
        return -np.log1p([self.count.get(fold(token), 0) for token in features["token"]])

    def backwards(self, features: pd.DataFrame) -> np.ndarray:
        """Return which words the simulator cannot have made: 0 from one of the source, 1 from two, 2 not at all."""
        return np.array([self._made(plain(fold(token))) for token in features["token"]], float)

    def _made(self, word: str) -> int:
        if word in self.alike:
            return 0
        joints = range(max(len(word) - SHARED + 1, 0))
        return 1 if any(word[: at + SHARED] in self.heads and word[at:] in self.tails for at in joints) else 2

    def near(self, word: str) -> tuple[int, int]:
        """Return how many edits away the nearest words of the source are, and how often they stand there."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import extract

        if word not in self._near:
            found = extract(word, self.count.keys(), scorer=Levenshtein.distance, score_cutoff=FAR, limit=None)
            edits = min((edit for _, edit, _ in found), default=FAR + 1)
            self._near[word] = edits, sum(self.count[other] for other, edit, _ in found if edit == edits)
        return self._near[word]

    def table(self, features: pd.DataFrame) -> np.ndarray:
        """Return numbers for trees: lookup, frequency, edits, company, shape, confidence."""
        rows = []
        for token, before, after in features[["token", "before", "after"]].itertuples(index=False):
            word, left, right = fold(token), fold(before), fold(after)
            edits, often = self.near(word)
            counts = [self.count.get(one, 0) for one in (word, left, right, left + word, word + right)]
            shape = [len(word), len(left), len(right), token.count("ſ"), token.count("f"), token.endswith("-")]
            marks = [sum(map(test, token)) for test in (str.isdigit, str.isupper, str.isalpha)]
            rows.append([edits, *np.log1p([often, *counts]), *shape, *marks])
        numbers = features[["place", "words", "line_number", "confidence"]].to_numpy(np.float64)
        broken = self.outside_or_broken(features)[:, None]
        return np.hstack([np.array(rows, float), broken, numbers])


def trees(table: Callable[[pd.DataFrame], np.ndarray], train: Dataset, features: pd.DataFrame) -> np.ndarray:
    """Return what boosted trees on a table of numbers say of each word."""
    model = XGBClassifier(n_estimators=300, max_depth=5, learning_rate=0.07, subsample=0.8, colsample_bytree=0.7)
    model.set_params(n_jobs=1, random_state=1).fit(table(train.features), train.targets[WRONG])
    return model.predict_proba(table(features))[:, 1]


def word_answers(owner: Owner, train: Dataset, test: Dataset) -> dict[str, np.ndarray]:
    """Return what the owner and the ladder answer for the words of a holdout."""

    def knowing(features: pd.DataFrame) -> np.ndarray:
        return np.hstack([owner.table(features), owner.backwards(features)[:, None]])

    looked_up = {
        "is it in the source?": owner.outside(test.features),
        "the same, halves at the line's ends known": owner.outside_or_broken(test.features),
        "how often is it there?": owner.rarity(test.features),
        "the simulator's rule backwards": owner.backwards(test.features),
        "**trees** on lookup, frequency, edits, shape, confidence": trees(owner.table, train, test.features),
        "**trees** on all that and the rule backwards": trees(knowing, train, test.features),
    }
    ladder = {
        f"baseline: {rung.title}": rung.fit(train).predict(test.features)[:, 0]
        for rung in rungs("renaissance", TOKEN_ERRORS)
    }
    return looked_up | ladder


def line_answers(train: Dataset, test: Dataset) -> dict[str, list[str]]:
    """Return what the owner's n-grams and the ladder answer for the lines of a holdout."""
    prints = [in_type(text) for text in train.targets[TEXT]]
    corrector, source = Corrector(prints, train.features[OCR].tolist()), in_type(source_text())
    found = {}
    for name, texts in (("the source", [source]), ("the source and the training lines", [source, *prints])):
        corrector.language = Language(texts, order=10)
        found[f"10-grams of {name}, channel"] = [corrector.correct(one) for one in test.features[OCR]]
    for rung in rungs("renaissance", TRANSCRIPTION):
        found[f"baseline: {rung.title}"] = rung.fit(train).predict(test.features)[:, 0].tolist()
    return found


def shares(owner: Owner, words: Dataset) -> str:
    """Return, as cells: right words outside the source, wrong ones inside, and the AUC of looking up."""
    label, outside = words.targets[WRONG].to_numpy(), owner.outside(words.features)
    cells = outside[label == 0].mean(), 1 - outside[label == 1].mean(), auc(label, outside)
    return " | ".join(f"{cell:.3f}" for cell in cells)


def shown(estimate) -> str:
    """Return a value with its 95% interval as text."""
    low, high = interval(estimate)[0]
    return f"{estimate.value.item():.4f} ({low:.4f} to {high:.4f})"


def table_of(cells: list[dict[str, str]]) -> str:
    """Return lines of a table: a name, and a cell of each pair of seeds."""
    return "\n".join(f"| {name} | " + " | ".join(one[name] for one in cells) + " |" for name in cells[0])


def words_of(owner: Owner, seeds: tuple[int, int]) -> dict[str, str]:
    """Return the AUC of each answer about words."""
    train, test = (simulate(n, seed, track=TOKEN_ERRORS) for n, seed in zip(WORDS, seeds, strict=True))
    label = test.targets[WRONG].to_numpy()
    return {
        name: shown(delong(label, answer.astype(float), test.groups))
        for name, answer in word_answers(owner, train, test).items()
    }


def lines_of(seeds: tuple[int, int]) -> dict[str, str]:
    """Return the folded character error rate of each answer about lines."""
    train, test = (simulate(n, seed, track=TRANSCRIPTION) for n, seed in zip(LINES, seeds, strict=True))
    texts = [fold(text) for text in test.targets[TEXT]]
    return {
        name: shown(character_error_rate(texts, [fold(one) for one in answer], test.groups))
        for name, answer in line_answers(train, test).items()
    }


def main() -> None:
    """Attack holdouts with all that ships, and write the page."""
    owner = Owner()
    with (
        patch.multiple(vocabulary, HABITUAL=0, COINED=0, JOINS=0),
        patch.object(reading, "GUESSED", 0),
    ):
        open_words = words_of(owner, SEEDS[0])
        facts = {"every book alike": shares(owner, simulate(WORDS[1], SEEDS[0][1], track=TOKEN_ERRORS))}
    for _, seed in SEEDS:
        facts[f"books of their own, seed {seed}"] = shares(owner, simulate(WORDS[1], seed, track=TOKEN_ERRORS))
    paths = REAL / "nobleza_virtuosa.pdf", REAL / "nobleza_virtuosa_transcription.docx"
    if all(path.is_file() for path in paths) and tesseract.is_there():
        facts["**real book**"] = shares(owner, words_of_book(collate(*paths)))
    words = [open_words, *(words_of(owner, seeds) for seeds in SEEDS)]
    lines = [lines_of(seeds) for seeds in SEEDS]
    PAGE.write_text(page(facts, words, lines), "utf-8")
    print(PAGE.read_text("utf-8"))


def page(facts: dict[str, str], words: list[dict[str, str]], lines: list[dict[str, str]]) -> str:
    """Return the page in Markdown."""
    pairs = " | ".join(f"seeds {train}, {test}" for train, test in SEEDS)
    compared = "\n".join(f"| {name} | {cells} |" for name, cells in facts.items())
    return f"""# Renaissance: what looking up gains

`python -m benchmarks renaissance_lookup` made this page. Whoever has the repository has the text that pages are
composed of, and the code that composes them. Here such an owner plays against holdouts of seeds that the training data
do not have, and the ladder plays beside.

## The words that ship, and those of a book

Words, folded, against every word of the source, as it stands there and in the spelling of 1637.

| | right words outside | wrong words inside | AUC of looking up |
| --- | ---: | ---: | ---: |
{compared}

*Every book alike* is what pages were before their books spelled and coined words of their own, and before the OCR took
some misread words for others.

## Which words are wrong?

ROC-AUC with its 95% interval, by page: {WORDS[0]:,} words to learn from, {WORDS[1]:,} to be judged on.

| | every book alike, seeds {SEEDS[0][0]}, {SEEDS[0][1]} | {pairs} |
| --- | ---: | ---: | ---: |
{table_of(words)}

*The rule backwards* undoes every habit of spelling that a printer may have, and asks whether a word begins as one word
of the source and ends as another.

Looking up wins nothing that the ladder does not win. From the kit alone, its last rung but one stands above trees
that look up, and below trees that know the simulator's rule too. The last rung, which knows the source, and says so,
stands above them all.

## What does the print say?

Folded character error rate with its 95% interval, by page, less is better: {LINES[0]:,} lines to learn from,
{LINES[1]:,} to be judged on.

| | {pairs} |
| --- | ---: | ---: |
{table_of(lines)}

A model of the source alone takes words that only one book has for misread ones: it stays behind the noisy channel,
which knows the training lines alone. With those lines it beats that channel, and stays behind the last rung, which
looks at fewer letters.

These are the first 20 of the 80 pages that a holdout of default size has, to keep the 10-grams short; the same rungs
on all pages of seed 12 stand in [the table of baselines](baselines.md), with other error rates.

## A text that never ships

`physathon simulate renaissance --text FILE` composes the holdout of a text of the organiser's own, and the training
data of the one that ships. Then no lexicon of the repository holds its words.
"""


if __name__ == "__main__":
    main()
