"""Text that nobody can look up, set in lines and pages."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np

from challenges.dataset import DataFileError
from challenges.renaissance.spelling import Word, set_in_type
from challenges.renaissance.vocabulary import Book, Lexicon, lexicon

SOURCE = Path(__file__).parent / "source.txt"
FEWEST = 5000  # words of a text that pages can be composed of
JUMP = 0.65  # how often the text goes on where the same word stands elsewhere
PARAGRAPH = 0.15  # how often a sentence ends its paragraph
LONGEST = 400  # words of a paragraph
HYPHEN = 0.8  # how often a word that is broken gets its hyphen
FULL = 14.2  # how much fits into a line, in units of the type's size
NARROW, WIDE, CAPITAL = "iljſt.,:;'()", "mwM", "ABCDEFGHLNOPQRSTUVXYZ"
WIDTHS = {letter: width for kind, width in ((NARROW, 0.29), (WIDE, 0.8), (CAPITAL, 0.62)) for letter in kind}
LETTER, SPACE, DASH = 0.46, 0.25, 0.3
# A syllable begins with one consonant, or with a pair that Spanish never parts.
ONSET = "(?=(?:[bcfgp][lr]|[dt]r|ch|ll|rr|qu|[bcdfghjlmnñpqrstvxyz])[aeiou])"
PARTED = "(?!(?<=[bcfgp])[lr]|(?<=[dt])r|(?<=c)h|(?<=l)l|(?<=r)r)"
BREAK = re.compile(f"(?<=[aeiou]){ONSET}|(?<=[aeiou][bcdflmnprsxz]){PARTED}{ONSET}")


class TextError(DataFileError):
    """A text that no pages can be composed of."""


class Line(NamedTuple):
    """A printed line.

    Attributes
    ----------
    text, printed : str
        As it is written down, and letter by letter as it is printed.
    full : bool
        Whether it is spread over the whole measure; the last lines of paragraphs are not.
    """

    text: str
    printed: str
    full: bool


class Source(NamedTuple):
    """A text to leap about in.

    Attributes
    ----------
    words : list of str
        In their order, with their punctuation.
    places : dict of str to ndarray
        Where each word stands.
    lexicon : Lexicon
    """

    words: list[str]
    places: dict[str, np.ndarray]
    lexicon: Lexicon


@cache
def read_source(path: Path) -> Source:
    """Read a text.

    Parameters
    ----------
    path : Path
        Spanish of about 1900, in UTF-8, one sentence a line; lines that begin with # are comments.

    Raises
    ------
    TextError
        If it cannot be read as such, or has fewer than 5,000 words.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TextError(f"{path}: expected a text in UTF-8, got {error}") from error
    words = [word for line in lines if not line.startswith("#") for word in normalize("NFC", line).split()]
    if len(words) < FEWEST:
        raise TextError(f"{path}: expected a text of {FEWEST:,} words at least to compose pages of, got {len(words):,}")
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    return Source(words, {word: np.array(found) for word, found in places.items()}, lexicon(words))


def compose(n_lines: int, rng: np.random.Generator, source: Path = SOURCE) -> list[Line]:
    """Return so many lines of a new text, from a book of its own.

    The text follows another word by word, but at two words of three leaps to another place where that word stands too:
    it reads like Spanish and stands nowhere. The book has its own spellings, and words of its own.

    Parameters
    ----------
    n_lines : int
    rng : Generator
    source : Path
        The text that is followed.

    Raises
    ------
    TextError
        If the source is not what `read_source` takes.
    """
    words, places, found = read_source(source)
    book = Book(found, rng)
    at = int(rng.integers(len(words)))
    lines: list[Line] = []
    while len(lines) < n_lines:
        paragraph: list[Word] = []
        while True:
            word = words[at]
            said = book.said(word)
            if book.joins and said[0] == "e" and paragraph and paragraph[-1].text == "de":
                paragraph.pop()
                said = f"d{said}"
            paragraph.append(set_in_type(said, rng, book.habits))
            if rng.random() < JUMP:
                at = int(rng.choice(places[word]))
            at = (at + 1) % len(words)
            ends = word[-1] in ".?" and rng.random() < PARAGRAPH
            if ends or len(paragraph) == LONGEST:
                break
        lines += _lines(paragraph, rng)
    return lines[:n_lines]


def _lines(paragraph: list[Word], rng: np.random.Generator) -> list[Line]:
    """Break a paragraph into lines, words too where they allow it."""
    lines, waiting, line, used = [], paragraph[::-1], [], 0.0
    while waiting:
        word = waiting.pop()
        needed = _width(word.text)
        if used + needed <= FULL or (not line and needed > FULL):
            line.append(word)
            used += needed + SPACE
            continue
        head, tail = _broken(word, FULL - used, rng)
        if head:
            line.append(head)
        waiting.append(tail)
        lines.append(_joined(line, full=True))
        line, used = [], 0.0
    return [*lines, _joined(line, full=False)]


def _broken(word: Word, room: float, rng: np.random.Generator) -> tuple[Word | None, Word]:
    """Return what of a word fits into the room, with or without its hyphen, and the rest of it."""
    fits = [at.start() for at in BREAK.finditer(word.text) if _width(word.text[: at.start()]) + DASH <= room]
    if not fits:
        return None, word
    hyphen = "-" if rng.random() < HYPHEN else ""
    return (
        Word(word.text[: fits[-1]] + hyphen, word.printed[: fits[-1]] + hyphen),
        Word(word.text[fits[-1] :], word.printed[fits[-1] :]),
    )


def _width(text: str) -> float:
    return sum(WIDTHS.get(letter, LETTER) for letter in text)


def _joined(words: list[Word], full: bool) -> Line:
    return Line(" ".join(word.text for word in words), " ".join(word.printed for word in words), full)
