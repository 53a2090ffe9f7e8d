"""How close the simulated book comes to the real one; ``python -m benchmarks renaissance_faithfulness``."""

import time
from collections import Counter
from pathlib import Path

import numpy as np

from baselines.renaissance import Letters, LettersAndCompany, NoisyChannel, fit_as_read, fit_doubt
from benchmarks import REAL_DATA, ROOT
from challenges.dataset import Dataset
from challenges.folding import fold
from challenges.renaissance import composition, tesseract
from challenges.renaissance.collation import BookLine, collate
from challenges.renaissance.data import lines_of_book, words_of_book
from challenges.renaissance.figure import LINES as EXAMPLES
from challenges.renaissance.figure import draw
from challenges.renaissance.fitting import plain
from challenges.renaissance.layout import HEIGHT, LINES, OCR, PITCH, TEXT, TOKEN_ERRORS, TRANSCRIPTION, WRONG
from challenges.renaissance.matching import match
from challenges.renaissance.press import print_page
from challenges.renaissance.simulate import simulate
from challenges.renaissance.spelling import in_type
from scoring.interval import interval
from scoring.roc import delong
from scoring.text import character_error_rate, word_error_rate

REAL = REAL_DATA / "renaissance"
PAGE = ROOT / "docs/evidence/renaissance.md"
IMAGES = ROOT / "docs/evidence/images"
SEED = 1637
FOLDS = 6
PRINTED = 10  # simulated pages that Tesseract reads
REPEATS = 5  # simulated books as long as the real one
WORD_MODELS = (
    ("the OCR's confidence", fit_doubt),
    ("letters", Letters),
    ("letters, shape, company", LettersAndCompany),
)
REAL_COLOUR, OUR_COLOUR, INK = "#475569", "#c2410c", "#1e293b"


def shown(estimate) -> str:
    """Return a value with its 95% interval as text."""
    low, high = interval(estimate)[0]
    return f"{estimate.value.item():.3f} ({low:.3f} to {high:.3f})"


def error_rates(texts: list[str], readings: list[str], pages: np.ndarray) -> list[str]:
    """Return folded and strict character error rates and the word error rates, by page."""
    folded = [fold(one) for one in texts], [fold(one) for one in readings]
    return [
        shown(metric(*pair, pages))
        for metric, pair in (
            (character_error_rate, folded),
            (character_error_rate, (texts, readings)),
            (word_error_rate, folded),
            (word_error_rate, (texts, readings)),
        )
    ]


def out_of_fold(fit, data: Dataset) -> np.ndarray:
    """Return a model's answers to pages that it has not seen, (n, 1)."""
    pages = np.unique(data.groups)
    fold_of = dict(zip(pages.tolist(), np.arange(len(pages)) * FOLDS // len(pages), strict=True))
    part = np.array([fold_of[page] for page in data.groups.tolist()])
    answers = None
    for one in range(FOLDS):
        test = np.flatnonzero(part == one)
        found = fit(data.take(np.flatnonzero(part != one))).predict(data.take(test).features)
        answers = np.empty((len(data), 1), object) if answers is None else answers
        answers[test] = found
    return answers


def areas(words: Dataset) -> list[float]:
    """Return the AUC of each model, by pages that it has not seen."""
    label = words.targets[WRONG].to_numpy()
    return [float(delong(label, out_of_fold(fit, words)[:, 0].astype(float)).value[0]) for _, fit in WORD_MODELS]


def by_page(words: Dataset) -> list[tuple[int, int, float, list[str]]]:
    """Return for each spread: words, share of wrong ones, and the AUC of each model where both kinds are there."""
    label = words.targets[WRONG].to_numpy()
    answers = [out_of_fold(fit, words)[:, 0].astype(float) for _, fit in WORD_MODELS]
    rows = []
    for spread in np.unique(words.groups // 2):
        here = words.groups // 2 == spread
        values = [f"{delong(label[here], answer[here]).value[0]:.3f}" for answer in answers]
        rows.append((int(spread), int(here.sum()), float(label[here].mean()), values))
    return rows


def read_print() -> tuple[list[str], list[str], np.ndarray]:
    """Return what Tesseract reads in simulated pages, line by line, beside their texts and page numbers."""
    rng = np.random.default_rng(SEED)
    texts, readings, pages = [], [], []
    above = (HEIGHT - PITCH) // 2
    for number in range(PRINTED):
        lines = composition.compose(LINES, rng)
        quality = (rng.standard_normal() + rng.standard_normal(len(lines))) / np.sqrt(2)
        page = np.concatenate([image[above : above + PITCH] for image in print_page(lines, quality, rng)])
        page = np.pad(page, 20, constant_values=int(np.median(page)))
        seen = [" ".join(word.text for word in line) for line in tesseract.lines(page)]
        found = dict(match([line.text for line in lines], seen))
        texts += [line.text for line in lines]
        readings += [seen[found[row]] if row in found else "" for row in range(len(lines))]
        pages += [number] * len(lines)
    return texts, readings, np.array(pages)


def confusions(texts: list[str], readings: list[str]) -> Counter:
    """Count what was read instead of what was printed, letter by letter."""
    from rapidfuzz.distance import Levenshtein

    found: Counter = Counter()
    for text, reading in zip(texts, readings, strict=True):
        ours, theirs = plain(in_type(text)), plain(reading)
        for tag, i, j, k, m in Levenshtein.opcodes(ours, theirs):
            if tag == "replace":
                found.update(zip(ours[i:j], theirs[k:m], strict=True))
            elif tag == "delete":
                found.update((one, "") for one in ours[i:j])
    return found


def typical(lines: Dataset) -> Dataset:
    """Return the page in whose first lines about as much went wrong as in all of them."""
    counts = np.array([_edits(*pair) for pair in zip(lines.targets[TEXT], lines.features[OCR], strict=True)])
    pages = np.unique(lines.groups)
    means = [counts[lines.groups == page][:EXAMPLES].mean() for page in pages]
    best = pages[np.argmin(np.abs(np.array(means) - counts.mean()))]
    return lines.take(np.flatnonzero(lines.groups == best))


def plot(real: tuple[Dataset, Dataset], ours: tuple[Dataset, Dataset], path: Path) -> None:
    """Draw confidences, errors a line, and the most frequent confusions, real and simulated."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    sure, errors, letters = figure.subplots(1, 3, width_ratios=(1.2, 1, 1.5))
    for (words, lines), colour, name in ((real, REAL_COLOUR, "real book"), (ours, OUR_COLOUR, "simulated")):
        for label, style in ((0, "-"), (1, ":")):
            chosen = words.features["confidence"][words.targets[WRONG] == label]
            kind = "wrong" if label else "right"
            sure.plot(np.sort(chosen), np.linspace(0, 1, len(chosen)), style, color=colour, label=f"{name}, {kind}")
        counts = [_edits(*pair) for pair in zip(lines.targets[TEXT], lines.features[OCR], strict=True)]
        heights = np.bincount(np.minimum(counts, 10), minlength=11) / len(counts)
        errors.stairs(heights, np.arange(12) - 0.5, color=colour, linewidth=1.6, label=name)
    sure.set(xlabel="the OCR's confidence", ylabel="share of words below")
    errors.set(xlabel="errors in a line (10: and more)", ylabel="share of lines")
    found = [confusions(list(lines.targets[TEXT]), list(lines.features[OCR])) for _, lines in (real, ours)]
    common = [pair for pair, _ in found[0].most_common(14)]
    place = np.arange(len(common))
    for counts, colour, shift, (_, lines) in zip(
        found, (REAL_COLOUR, OUR_COLOUR), (-0.2, 0.2), (real, ours), strict=True
    ):
        letters.bar(place + shift, [100 * counts[pair] / len(lines) for pair in common], 0.4, color=colour)
    names = [f"{_visible(one)}→{_visible(other)}" for one, other in common]
    letters.set_xticks(place, names, rotation=60, fontsize=9)
    letters.set(ylabel="in 100 lines")
    for axis in (sure, errors, letters):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(colors=INK)
    sure.legend(frameon=False, fontsize=8)
    errors.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=100, format="png", metadata={"Software": None})


def _edits(text: str, reading: str) -> int:
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(fold(text), fold(reading))


def _visible(letter: str) -> str:
    return {"": "∅", " ": "␣"}.get(letter, letter)


def main() -> None:
    """Read the real book and simulated ones, compare them, and write the page and its pictures."""
    paths = REAL / "nobleza_virtuosa.pdf", REAL / "nobleza_virtuosa_transcription.docx"
    if not all(path.is_file() for path in paths) or not tesseract.is_there():
        print(f"skipped: needs Tesseract, and the real book in {REAL}; PHYSATHON_REAL_DATA names another folder")
        return
    book: list[BookLine] = collate(*paths)
    words, lines = words_of_book(book), lines_of_book(book)
    begin = time.process_time()
    pages = simulate(480, SEED, track=TRANSCRIPTION, workers=1)
    rate = len(pages) / (time.process_time() - begin)
    draw(typical(pages), ROOT / "challenges/renaissance/renaissance.png")
    books = [simulate(len(words), SEED + number, track=TOKEN_ERRORS) for number in range(REPEATS)]
    our_lines = simulate(len(lines), SEED, track=TRANSCRIPTION)
    plot((words, lines), (books[0], our_lines), IMAGES / "renaissance_errors.png")
    facts = {
        "rate": rate,
        "words": words,
        "books": books,
        "real_rates": error_rates(list(lines.targets[TEXT]), list(lines.features[OCR]), lines.groups),
        "print_rates": error_rates(*read_print()),
        "model_rates": error_rates(list(our_lines.targets[TEXT]), list(our_lines.features[OCR]), our_lines.groups),
        "real_areas": areas(words),
        "our_areas": np.array([areas(one) for one in books]),
        "by_page": by_page(words),
        "transfer": transfer(words, lines),
    }
    PAGE.write_text(page(facts), "utf-8")
    print(f"{rate:.0f} lines/s; real {facts['real_areas']}, simulated {facts['our_areas'].mean(axis=0)}")


def transfer(words: Dataset, lines: Dataset) -> dict[str, list[str]]:
    """Return what models that learned from simulated pages alone are worth on the real book."""
    label = words.targets[WRONG].to_numpy()
    train = simulate(6000, SEED + 50, track=TOKEN_ERRORS)
    found = {
        "areas": [
            shown(delong(label, fit(train).predict(words.features)[:, 0].astype(float), words.groups))
            for _, fit in WORD_MODELS
        ]
    }
    texts = [fold(text) for text in lines.targets[TEXT]]
    simulated = simulate(2400, SEED + 51, track=TRANSCRIPTION)
    answers = {
        "as read": fit_as_read(simulated).predict(lines.features),
        "simulated": NoisyChannel(simulated).predict(lines.features),
        "real": out_of_fold(NoisyChannel, lines),
    }
    for name, answer in answers.items():
        readings = [fold(text) for text in answer[:, 0]]
        found[name] = [shown(character_error_rate(texts, readings, lines.groups))]
    return found


def page(facts: dict) -> str:
    """Return the page in Markdown."""
    words, books = facts["words"], facts["books"]
    rates = "\n".join(
        f"| {name} | " + " | ".join(facts[key]) + " |"
        for name, key in (
            ("Tesseract, real book", "real_rates"),
            ("Tesseract, simulated print", "print_rates"),
            ("model of confusions", "model_rates"),
        )
    )
    share = [float(one.targets[WRONG].mean()) for one in books]
    spread = facts["our_areas"].std(axis=0, ddof=1)
    models = "\n".join(
        f"| {name} | {facts['real_areas'][row]:.3f} | {facts['our_areas'][:, row].mean():.3f} ± {spread[row]:.3f} |"
        f" {facts['transfer']['areas'][row]} |"
        for row, (name, _) in enumerate(WORD_MODELS)
    )
    spreads = "\n".join(
        f"| {number} | {count} | {wrong:.2f} | " + " | ".join(values) + " |"
        for number, count, wrong, values in facts["by_page"]
    )
    corrected = facts["transfer"]
    return f"""# Renaissance: how faithful the simulated book is

`python -m benchmarks renaissance_faithfulness` made this page (seed {SEED}), with Tesseract 5 and its model `spa_old`,
and with the 13 spreads of the real book that somebody has written down: 584 lines, {len(words):,} words that Tesseract
saw. One core prints, photographs and reads {facts["rate"]:,.0f} lines a second.

![Simulated lines](../../challenges/renaissance/renaissance.png)

The print above is simulated. The real scans name no licence, so none of their pixels are shown here; we put them beside
ours while we made these.

## Error rates

Of characters (CER) and words (WER), with 95% intervals by page. Folded: case, accents, punctuation and old letters do
not count; that is the track's score. Strict: everything counts.

| | CER, folded | CER, strict | WER, folded | WER, strict |
| --- | ---: | ---: | ---: | ---: |
{rates}

The first line was read in the scans. The second was read in {PRINTED} pages of our print: the press does not know what
Tesseract confuses, so it shows how hard the print is to read. The third is what the challenge's readings are,
drawn from the model that was fitted to the errors of the first.

## Wrong words

A word is wrong if its letters are not those of the line, or if it does not begin and end where a word does. In the real
book {float(words.targets[WRONG].mean()):.3f} of Tesseract's words are; in {REPEATS} simulated books of the same
length {min(share):.3f} to {max(share):.3f}.

AUC on pages that the models have not seen, {FOLDS}-fold; the simulated columns are means of {REPEATS} books, ± their
standard deviation; the last column was learned from 6,000 simulated words alone.

| model | real book | simulated, as long | learned from simulated, real book |
| --- | ---: | ---: | ---: |
{models}

![Confidences, errors a line, confusions](images/renaissance_errors.png)

## Page by page

The real book, spread by spread: what the models above, each trained on the other pages, are worth.

| spread | words | wrong | confidence | letters | letters, shape, company |
| ---: | ---: | ---: | ---: | ---: | ---: |
{spreads}

## Corrected

The folded CER of the real book's readings: {corrected["as read"][0]} as they are; {corrected["real"][0]} after a noisy
channel that learned from the other real pages (about 490 lines); {corrected["simulated"][0]} after one that learned
from 2,400 simulated lines and has never seen the book.

## Limits

- **The model of confusions was fitted to this very book**, so its rates agree by construction; what it does not know by
  construction are the AUCs and how errors gather in lines.
- It misreads glyph by glyph, and now and then takes what it misread for a word that it knows. Tesseract guesses in more
  ways than that.
- The transcription has slips of its own, which count as Tesseract's errors here; simulated texts have none. That makes
  real words harder to judge than simulated ones.
- Punctuation is only ever overlooked in simulated readings, never read as something else: hence the strict rates.
- The readings know how well a line is printed, and so do the images; they do not know which stroke failed.
- One typeface, upright, at one size. No drop capitals, headings, notes in the margin, stamps, or stains.
- The text leaps at two words of three to another place where the same word stands: real Spanish by twos and threes,
  nonsense by sentences. Words that only one book has begin as one word does and end as another; real names and derived
  words have reasons. How many there are agrees: see [what looking up gains](renaissance_lookup.md).
- Real labels are public. Only simulated holdouts can be secret.
"""


if __name__ == "__main__":
    main()
