"""The real book, line by line: what was written down beside what Tesseract read."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from challenges.dataset import Progress
from challenges.renaissance import book, tesseract
from challenges.renaissance.layout import HEIGHT, WIDTH
from challenges.renaissance.matching import match
from challenges.renaissance.tesseract import Seen


class BookLine(NamedTuple):
    """A line of the book.

    Attributes
    ----------
    spread, side : int
        Where it stands: page of the PDF from 1, 0 left or 1 right.
    text : str
        As somebody wrote it down.
    seen : list of Seen
        The words that Tesseract saw.
    image : ndarray of uint8, shape (40, 420)
        The line cut out of the scan, paper added on the right.
    """

    spread: int
    side: int
    text: str
    seen: list[Seen]
    image: np.ndarray


def collate(pdf: Path, docx: Path, *, progress: Progress | None = None) -> list[BookLine]:
    """Return the lines of the book that were both written down and read, in their order.

    Parameters
    ----------
    pdf, docx : Path
        The scans and the transcription.
    progress : callable, optional
        Called with the number of pages read, and None.

    Raises
    ------
    challenges.renaissance.book.PdfError, TranscriptionError
        If a file is not what it should be, the transcription has a page that the scans lack, or the two have no line in
        common.
    challenges.renaissance.tesseract.TesseractError
        If there is no Tesseract.
    """
    written = book.written(docx)
    read: dict[int, list[tuple[int, list[Seen], np.ndarray]]] = {}
    for number, block in enumerate(book.blocks(pdf), start=1):
        if block.spread in written:
            lines = tesseract.lines(block.image)
            read.setdefault(block.spread, []).extend((block.side, seen, _cut(block.image, seen)) for seen in lines)
        if progress:
            progress(number, None)
    found = []
    for spread, texts in written.items():
        if spread not in read:
            raise book.TranscriptionError(f"{docx}: it has {len(texts)} lines of page {spread}, which {pdf} lacks")
        theirs = read[spread]
        pairs = match(texts, [" ".join(word.text for word in seen) for _, seen, _ in theirs]) if theirs else []
        for ours, other in pairs:
            side, seen, image = theirs[other]
            found.append(BookLine(spread, side, texts[ours], seen, image))
    if not found:
        raise book.TranscriptionError(f"{docx}: none of its lines was found in {pdf}; do they belong together?")
    return found


def _cut(page: np.ndarray, seen: list[Seen]) -> np.ndarray:
    """Cut a line out of its page, its middle in the middle of the image."""
    tops = [word.box[1] for word in seen]
    bottoms = [word.box[1] + word.box[3] for word in seen]
    first = round((np.median(tops) + np.median(bottoms)) / 2) - HEIGHT // 2
    image = np.full((HEIGHT, WIDTH), np.uint8(np.median(page)))
    rows = np.arange(first, first + HEIGHT)
    inside = (rows >= 0) & (rows < len(page))
    width = min(WIDTH, page.shape[1])
    image[inside, :width] = page[rows[inside], :width]
    return image
