"""Simulated pages of an old book from a seed."""

from collections.abc import Callable

import numpy as np

from challenges.dataset import Dataset, Progress, as_table
from challenges.renaissance import composition
from challenges.renaissance.composition import Line
from challenges.renaissance.layout import LINES, TOKEN_ERRORS, TRANSCRIPTION
from challenges.renaissance.reading import read
from challenges.renaissance.tables import line_table, png, token_rows, token_table
from challenges.streams import must_be_possible, seed_sequence

TRACKS = (TOKEN_ERRORS, TRANSCRIPTION)
PAGES = 10**6  # the number of the stream that the null mode shuffles with: no book has so many pages

Report = Callable[[int], None]


def simulate(n: int, seed: int, *, track: str, signal: bool = True, progress: Progress | None = None) -> Dataset:
    """Simulate what an OCR read in a book that was never printed.

    Parameters
    ----------
    n : int
        Rows, at least 1: words that the OCR saw, or lines.
    seed : int
        Any integer from 0 to 2**256 - 1; all of its bits count.
    track : str
        ``"token_errors"`` or ``"transcription"``.
    signal : bool, default True
        False sets apart what belongs together, over all rows: which words are wrong is then independent of the words,
        and the texts are those of other lines.
    progress : callable, optional
        Called with rows done and rows wanted.

    Returns
    -------
    Dataset
        A page is a group. For ``token_errors`` a row is a word, with its neighbours and its line; the target ``wrong``
        is 1 if it is not what is printed. For ``transcription`` a row is a line, with what the OCR read and the image
        as bytes of a PNG file; the target ``text`` is the line as one writes it down today.

    Raises
    ------
    ValueError
        If n, seed or track is none of those.

    Examples
    --------
    >>> data = simulate(3, 1, track="token_errors")
    >>> list(data.features), list(data.targets)
    (['token', 'before', 'after', 'line', 'place', 'words', 'line_number', 'confidence'], ['wrong'])
    """
    must_be_possible(n, seed, None)
    if track not in TRACKS:
        raise ValueError(f"expected one of the tracks {list(TRACKS)}, got {track!r}")
    make = _tokens if track == TOKEN_ERRORS else _lines
    report = (lambda done: progress(min(done, n), n)) if progress else (lambda done: None)
    data = make(n, seed, report)
    if signal:
        return data
    order = _generator(seed, track, PAGES).permutation(n)
    return Dataset(data.features, as_table(data.targets).iloc[order].reset_index(drop=True), data.groups)


def _generator(seed: int, track: str, page: int) -> np.random.Generator:
    """Return the random numbers of one page: the tracks' books differ."""
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, TRACKS.index(track), page)))


def _page(seed: int, track: str, number: int) -> tuple[list[Line], np.ndarray, np.random.Generator]:
    """Return the lines of a page, how badly each is printed, and the random numbers for all that follows."""
    rng = _generator(seed, track, number)
    lines = composition.compose(LINES, rng)
    # Neighbours share a press, a damp sheet, a fold.
    quality = (rng.standard_normal() + rng.standard_normal(LINES)) / np.sqrt(2)
    return lines, quality, rng


def _tokens(n: int, seed: int, report: Report) -> Dataset:
    rows: list[tuple] = []
    groups: list[int] = []
    page = 0
    while len(rows) < n:
        lines, quality, rng = _page(seed, TOKEN_ERRORS, page)
        for number, (line, bad) in enumerate(zip(lines, quality, strict=True), start=1):
            tokens = read(line.text, line.printed, bad, rng)
            rows += token_rows(line.text, tokens, number)
        groups += [page] * (len(rows) - len(groups))
        page += 1
        report(len(rows))
    return token_table(rows[:n], groups[:n])


def _lines(n: int, seed: int, report: Report) -> Dataset:
    from challenges.renaissance.press import print_page

    texts, readings, images = [], [], []
    for page in range(-(-n // LINES)):
        lines, quality, rng = _page(seed, TRANSCRIPTION, page)
        readings += [
            " ".join(token.text for token in read(line.text, line.printed, bad, rng))
            for line, bad in zip(lines, quality, strict=True)
        ]
        texts += [line.text for line in lines]
        images += [png(image) for image in print_page(lines, quality, rng)]
        report(len(texts))
    return line_table(texts[:n], readings[:n], images[:n], (np.arange(n) // LINES).tolist())
