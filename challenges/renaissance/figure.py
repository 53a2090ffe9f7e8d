"""The figure of the challenge: lines of a page, what the OCR read in them, and which words are wrong."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from challenges.dataset import Dataset, as_table
from challenges.paper import on_both
from challenges.renaissance.layout import HEIGHT, IMAGE, OCR, PITCH, TEXT, WIDTH
from challenges.renaissance.tokens import is_word, wrong

WRONG_COLOUR, RIGHT_COLOUR, INK, PALE = "#c2410c", "#0f766e", "#1e293b", "#64748b"
LINES = 9
COLOURS = 96
SIZE = 12  # of the type, in points


def draw(dataset: Dataset, path: Path) -> None:
    """Draw the first lines of a page, their readings with the wrong words in red, and their texts, as a PNG picture.

    Parameters
    ----------
    dataset : Dataset
        Lines of the track transcription; those of one page come first.
    path : Path
        Where the picture goes; its folder must exist.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = as_table(dataset.features).iloc[:LINES]
    texts = as_table(dataset.targets)[TEXT].iloc[:LINES]
    figure = Figure(figsize=(11.2, 4.5))
    FigureCanvasAgg(figure)  # no pyplot: a server draws in many threads
    page, words = figure.add_axes((0.01, 0.02, 0.56, 0.9)), figure.add_axes((0.6, 0.02, 0.39, 0.9))
    page.imshow(_page(lines[IMAGE]), cmap="gray", vmin=0, vmax=255, aspect="auto")
    page.set_title("The print", fontsize=11, color=INK, loc="left")
    page.axis("off")
    words.set_title("What the OCR read, wrong words in red; what is written", fontsize=11, color=INK, loc="left")
    # One unit is a letter of the readings: 0.602 of the type's size.
    letters = 0.39 * 11.2 * 72 / (0.602 * SIZE)
    words.set(xlim=(0, letters), ylim=(len(lines), 0))
    words.axis("off")
    for row, (reading, text) in enumerate(zip(lines[OCR], texts, strict=True)):
        _reading(words, row + 0.48, reading, text)
        words.text(0, row + 0.86, text, fontsize=SIZE - 2, family="DejaVu Sans Mono", color=PALE)
    on_both(figure, path, _write)


def _write(figure, path: Path) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, dpi=100, format="png")
    # Paper is noisy: all shades of it would take half a megabyte.
    Image.open(picture).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def _page(images) -> np.ndarray:
    """Put the lines of a page together again."""
    above = (HEIGHT - PITCH) // 2
    cut = [np.asarray(Image.open(io.BytesIO(image)))[above : above + PITCH, :WIDTH] for image in images]
    return np.concatenate(cut)


def _reading(axis, height: float, reading: str, text: str) -> None:
    """Write a reading word by word; the letters have one width, so each place is known."""
    tokens = reading.split()
    marked = iter(wrong(text, [token for token in tokens if is_word(token)]))
    place = 0
    for token in tokens:
        colour = WRONG_COLOUR if is_word(token) and next(marked) else RIGHT_COLOUR
        axis.text(place, height, token, fontsize=SIZE, family="DejaVu Sans Mono", color=colour, weight="bold")
        place += len(token) + 1
