"""The OCR of the real book: Tesseract, with its model of old Spanish, called as a program."""

import io
import os
import shutil
import subprocess
from typing import NamedTuple

import numpy as np
from PIL import Image

LANGUAGE = "spa_old"
ENLARGED = 2  # Tesseract wants about 300 dots per inch, the scan has 150
TIMEOUT = 120  # seconds for a page


class TesseractError(OSError):
    """Tesseract, or its model of old Spanish, is missing, or could not read an image."""


class Seen(NamedTuple):
    """A word that Tesseract saw.

    Attributes
    ----------
    text : str
    line : tuple of three int
        Block, paragraph and line.
    confidence : float
        0 to 100.
    box : tuple of four float
        Left, top, width, height in pixels of the scan.
    """

    text: str
    line: tuple[int, int, int]
    confidence: float
    box: tuple[float, float, float, float]


def is_there() -> bool:
    """Return whether Tesseract and its model of old Spanish are installed."""
    if not shutil.which("tesseract"):
        return False
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)
    return LANGUAGE in listed.stdout.split()


def lines(block: np.ndarray) -> list[list[Seen]]:
    """Return the lines of a block of text, top to bottom, each a list of its words.

    Parameters
    ----------
    block : ndarray of uint8, shape (height, width)
        A column of text, black is 0, at 150 dots per inch.

    Raises
    ------
    TesseractError
        If Tesseract is missing or fails; the message says what it said.
    """
    if not is_there():
        raise TesseractError(
            f"the real book is read by Tesseract with its model {LANGUAGE}, and they are not installed:"
            " apt-get install tesseract-ocr tesseract-ocr-spa-old"
        )
    found: dict[tuple[int, int, int], list[Seen]] = {}
    for word in _words(block):
        found.setdefault(word.line, []).append(word)
    return list(found.values())


def _words(block: np.ndarray) -> list[Seen]:
    image = Image.fromarray(block)
    large = image.resize((ENLARGED * image.width, ENLARGED * image.height), Image.Resampling.LANCZOS)
    picture = io.BytesIO()
    large.save(picture, "PNG")
    command = ["tesseract", "-", "-", "-l", LANGUAGE, "--psm", "6", "--dpi", "300", "tsv"]
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
    try:
        run = subprocess.run(
            command, input=picture.getvalue(), capture_output=True, check=False, timeout=TIMEOUT, env=one_thread
        )
    except subprocess.TimeoutExpired as error:
        raise TesseractError(f"tesseract was still reading a page after {TIMEOUT} s; is it a page?") from error
    if run.returncode:
        raise TesseractError(f"tesseract ended with status {run.returncode}: {run.stderr.decode(errors='replace')}")
    rows = [row.split("\t") for row in run.stdout.decode("utf-8").splitlines()[1:]]
    return [_seen(row) for row in rows if row[0] == "5" and row[11].strip()]


def _seen(row: list[str]) -> Seen:
    block, paragraph, line = map(int, row[2:5])
    left, top, width, height = (int(side) / ENLARGED for side in row[6:10])
    return Seen(row[11], (block, paragraph, line), float(row[10]), (left, top, width, height))
