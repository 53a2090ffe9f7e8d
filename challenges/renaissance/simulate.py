"""Simulated pages of an old book from a seed."""

from collections.abc import Callable
from functools import partial
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from challenges.dataset import Dataset, Progress, as_table
from challenges.renaissance import composition
from challenges.renaissance.composition import Line
from challenges.renaissance.layout import LINES, TOKEN_ERRORS, TRANSCRIPTION
from challenges.renaissance.reading import read
from challenges.renaissance.spelling import aged as spelled
from challenges.renaissance.tables import line_table, png, token_rows, token_table
from challenges.renaissance.tokens import Token
from challenges.streams import must_be_possible, run_streams, seed_sequence

__all__ = ["TRACKS", "simulate", "spelled"]

TRACKS = (TOKEN_ERRORS, TRANSCRIPTION)
PAGES = 10**6  # the number of the stream that the null mode shuffles with: no book has so many pages

PARTS = 4  # of the pages of lines, each printed by a process of its own

Report = Callable[[int], None]


def simulate(
    n: int,
    seed: int,
    *,
    track: str,
    signal: bool = True,
    text: Path = composition.SOURCE,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
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
    text : Path
        The Spanish text that pages are composed of, instead of the one that comes with the challenge: UTF-8, one
        sentence a line, 5,000 words at least.
    workers : int, optional
        In how many processes lines are printed, by default one a core. Words take one.
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
        If n, seed, track or workers is none of those.
    challenges.renaissance.composition.TextError
        If the text is too short or cannot be read.

    Examples
    --------
    >>> data = simulate(3, 1, track="token_errors")
    >>> list(data.features), list(data.targets)
    (['token', 'before', 'after', 'line', 'place', 'words', 'line_number', 'confidence'], ['wrong'])
    """
    must_be_possible(n, seed, workers)
    if track not in TRACKS:
        raise ValueError(f"expected one of the tracks {list(TRACKS)}, got {track!r}")
    report = (lambda done: progress(min(done, n), n)) if progress else (lambda done: None)
    data = _tokens(n, seed, text, report) if track == TOKEN_ERRORS else _lines(n, seed, text, workers, report)
    if signal:
        return data
    order = _generator(seed, track, PAGES).permutation(n)
    return Dataset(data.features, as_table(data.targets).iloc[order].reset_index(drop=True), data.groups)


def _generator(seed: int, track: str, page: int) -> np.random.Generator:
    """Return the random numbers of one page: the tracks' books differ."""
    return np.random.Generator(np.random.SFC64(seed_sequence(seed, TRACKS.index(track), page)))


def _page(
    seed: int, track: str, text: Path, number: int
) -> tuple[list[Line], np.ndarray, list[list[Token]], np.random.Generator]:
    """Return the lines of a page, how badly each is printed, what was read, and the random numbers that follow."""
    rng = _generator(seed, track, number)
    lines = composition.compose(LINES, rng, text)
    # Neighbours share a press, a damp sheet, a fold.
    quality = (rng.standard_normal() + rng.standard_normal(LINES)) / np.sqrt(2)
    tokens = [read(line.text, line.printed, bad, rng) for line, bad in zip(lines, quality, strict=True)]
    return lines, quality, tokens, rng


def _tokens(n: int, seed: int, text: Path, report: Report) -> Dataset:
    rows: list[tuple] = []
    groups: list[int] = []
    page = 0
    while len(rows) < n:
        lines, _, tokens, _ = _page(seed, TOKEN_ERRORS, text, page)
        for number, (line, found) in enumerate(zip(lines, tokens, strict=True), start=1):
            rows += token_rows(line.text, found, number)
        groups += [page] * (len(rows) - len(groups))
        page += 1
        report(len(rows))
    return token_table(rows[:n], groups[:n])


def _lines(n: int, seed: int, text: Path, workers: int | None, report: Report) -> Dataset:
    edges = [part * -(-n // LINES) // PARTS for part in range(PARTS + 1)]
    sizes = tuple(LINES * (end - start) for start, end in pairwise(edges))
    run = partial(_printed, seed, text, edges)
    parts = run_streams(run, sizes, workers=workers, progress=lambda done, _: report(done))
    texts, readings, images = (list(chain(*column))[:n] for column in zip(*parts, strict=True))
    return line_table(texts, readings, images, (np.arange(n) // LINES).tolist())


def _printed(
    seed: int, text: Path, edges: list[int], part: int, n_rows: int, *, report: Report
) -> tuple[list[str], list[str], list[bytes]]:
    """Return texts, readings and images of the lines of some pages."""
    from challenges.renaissance.press import print_page

    texts, readings, images = [], [], []
    for page in range(edges[part], edges[part + 1]):
        lines, quality, tokens, rng = _page(seed, TRANSCRIPTION, text, page)
        texts += [line.text for line in lines]
        readings += [" ".join(token.text for token in found) for found in tokens]
        images += [png(image) for image in print_page(lines, quality, rng)]
        report(len(texts))
    return texts, readings, images
