"""The real book: a PDF of scanned spreads, and a DOCX with what somebody wrote down of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
from scipy.ndimage import binary_dilation, binary_opening, label, uniform_filter1d

from challenges.dataset import DataFileError
from challenges.renaissance.extra import library
from challenges.renaissance.word_file import TranscriptionError, read_lines

DPI = 150
LARGEST = 40  # inches of a page: more would fill the memory
DARK = 130  # grey value below which there is ink
RULE_HEIGHT, RULE_WIDTH = 45, 70  # pixels from which a straight stroke is a rule, not a letter
SPREAD = 900  # pixels from which a scan shows two pages
EDGE = 6  # pixels that a column of text gets on either side
MARK = re.compile(r"PDF\s*(?:page|p[aá]g(?:ina)?|p)\s*(?:\.\s*)?(\d+)\s*[.:]?", re.IGNORECASE)
ALMOST_A_MARK = re.compile(r"PDF.{0,20}", re.IGNORECASE)
PARTING = re.compile(r"\*[\s*]{2,}")  # between pages where they have no marks, or between those of a spread
BLANK = re.compile(r"--.*--")  # stands for a page that was left out on purpose


class PdfError(DataFileError):
    """A PDF that cannot be opened, or shows no page."""


class Block(NamedTuple):
    """The column of text of one page: the spread's number from 1, 0 left or 1 right, and its grey values."""

    spread: int
    side: int
    image: np.ndarray


def written(path: Path) -> dict[int, list[str]]:
    """Return the lines that were written down of each spread; spreads that were left blank are left out.

    Parameters
    ----------
    path : Path
        A DOCX in which a line ``PDF p7`` stands before the lines of the seventh page of the PDF. What stands before the
        first such mark are notes, and no part of the book. Or one without marks in which a line ``****`` stands between
        the lines of one page of the PDF and those of the next, from the first page on.

    Returns
    -------
    dict of int to list of str
        By the page of the PDF, from 1; texts in Unicode's composed form.

    Raises
    ------
    TranscriptionError
        If it is no DOCX, or has no such marks, or one twice or misspelt, or no line under any of them; or if words
        stand on a page where they are not read, such as footnotes and text boxes.
    """
    found = [(normalize("NFC", line.text.strip()), line.unread) for line in read_lines(path)]
    marked = any(MARK.fullmatch(text) for text, _ in found)
    parted = not marked and any(PARTING.fullmatch(text) for text, _ in found)
    lines: list[str] = []
    spreads = {1: lines} if parted else {}
    where = "on page 1" if parted else ""
    for text, unread in found:
        if PARTING.fullmatch(text):
            if parted:
                lines = spreads[len(spreads) + 1] = []
                where = f"on page {len(spreads)}"
        elif mark := MARK.fullmatch(text):
            if int(mark[1]) in spreads:
                raise TranscriptionError(f"{path}: the mark {text!r} stands in it twice")
            lines = spreads[int(mark[1])] = []
            where = f"below the mark {text!r}"
        elif ALMOST_A_MARK.fullmatch(text):
            raise TranscriptionError(f"{path}: expected a mark like 'PDF p1', got {text!r}")
        elif text and not BLANK.fullmatch(text):
            lines.append(text)
        if where and unread:
            raise TranscriptionError(
                f"{path}, {where}, in the line {text[:60]!r}: {'; '.join(unread)} is not read;"
                " write its words as plain lines and save the file again"
            )
    if not spreads:
        raise TranscriptionError(
            f"{path}: expected this transcription to say where the pages of the scans begin, by a line 'PDF p1' before"
            " the lines of the first page, 'PDF p2' before those of the second, or by a line '****' between one page"
            " and the next; found neither"
        )
    if not any(spreads.values()):
        raise TranscriptionError(f"{path}: expected lines of text after the marks, found {len(spreads)} empty pages")
    return {spread: lines for spread, lines in spreads.items() if lines}


def blocks(path: Path) -> Iterator[Block]:
    """Yield the column of text of every page, without the rules around it.

    Raises
    ------
    PdfError
        If the file is no PDF, asks for a password, has no page, or one larger than 40 inches.
    """
    pypdfium2 = library("pypdfium2")
    if not path.is_file():
        raise PdfError(f"{path}: expected a PDF, got no file of that name")
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise PdfError(f"{path}: expected a PDF of scanned pages, but {_reason(str(error))}") from error
    try:
        for number in range(len(document)):
            inches = max(document[number].get_size()) / 72
            if inches > LARGEST:
                raise PdfError(f"{path}, page {number + 1}: expected at most {LARGEST} inches, got {inches:.0f}")
            scan = document[number].render(scale=DPI / 72, grayscale=True).to_numpy()
            scan = scan.reshape(scan.shape[:2])
            middle = scan.shape[1] // 2
            sides = [scan[:, :middle], scan[:, middle:]] if scan.shape[1] > SPREAD else [scan]
            for side, page in enumerate(sides):
                yield Block(number + 1, side, column(page))
    finally:
        document.close()


def _reason(said: str) -> str:
    """Say in other words why PDFium has not opened a file."""
    if "password" in said.lower():
        return "it asks for a password"
    # PDFium finds nothing wrong with a file that has no pages, and yet gives none.
    return "it is without any page" if "Success" in said else f"it cannot be opened ({said})"


def column(page: np.ndarray) -> np.ndarray:
    """Return the column of text of a page, the rules that frame it painted over.

    The column is where the ink is dense from left to right; notes in the margin lie outside.

    Parameters
    ----------
    page : ndarray of uint8, shape (height, width)
        Black is 0.

    Returns
    -------
    ndarray of uint8, shape (height, less)
        Running head and catchword are still in it.
    """
    dark = page < DARK
    upright = binary_opening(binary_dilation(dark, np.ones((1, 3))), np.ones((RULE_HEIGHT, 1)))
    level = binary_opening(binary_dilation(dark, np.ones((3, 1))), np.ones((1, RULE_WIDTH)))
    rules = binary_dilation(upright | level, np.ones((3, 3)))
    clean = np.where(rules, np.uint8(np.median(page)), page)
    density = uniform_filter1d((clean < DARK).mean(axis=0), 25)
    parts, number = label(density > 0.45 * np.quantile(density, 0.8))
    if not number:
        return clean
    widest = 1 + np.bincount(parts[parts > 0] - 1).argmax()
    inside = np.flatnonzero(parts == widest)
    return clean[:, max(inside[0] - EDGE, 0) : inside[-1] + EDGE + 1]
