"""From a page of lines to its scan: type, ink, paper, camera."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features
from scipy.ndimage import gaussian_filter, map_coordinates

from challenges.renaissance.composition import Line
from challenges.renaissance.extra import library
from challenges.renaissance.layout import HEIGHT, MEASURE, PITCH, WIDTH

FINE = 2  # type is set and inked on a grid this much finer than the scan
SIZE = 29.8  # of the type, in pixels of the scan
# Long s with t, c with t, joined as in the real book; Pillow shapes letters so only where it has libraqm.
LIGATURES = ["dlig", "hlig"] if features.check("raqm") else None
BASELINE = 25  # of a line, below its top
MARGIN = (WIDTH - MEASURE) // 2
SPREAD = 1.1  # how far ink creeps, in fine pixels
EDGE = 0.07  # how soft its edge is
PRESSURE = 0.07  # how much more or less ink there is from place to place
LEVEL = 0.39  # of coverage that still prints; less makes bolder letters
WEAR = 0.22  # how uneven single strokes are
SLANT, WAVE = 0.010, 1.2  # skew of a page, and waves of its lines in pixels
BLUR = 0.75  # of the camera, in pixels
PAPER, INK = 226.0, 62.0  # grey values
STAINS, GRAIN = 4.0, 5.0  # grey values: of the paper's clouds, and from pixel to pixel
SHOW = 0.10  # how much of the other side shines through
GREYS = 32  # levels that are kept


@cache
def _type(size: float) -> ImageFont.FreeTypeFont:
    path = Path(library("fontpkg_eb_garamond").__path__[0]) / "files" / "EBGaramond[wght].ttf"
    font = ImageFont.truetype(str(path), size)
    font.set_variation_by_axes([460])
    return font


@cache
def _width(word: str) -> float:
    return _type(SIZE * FINE).getlength(word, features=LIGATURES)


def print_page(lines: list[Line], quality: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the images of a page's lines, cut out of its scan.

    Parameters
    ----------
    lines : list of n Line
    quality : ndarray, shape (n,)
        How badly each line is printed, 0 as usual, in standard deviations.
    rng : Generator

    Returns
    -------
    ndarray of uint8, shape (n, 40, 420)
        Black is 0, in 32 levels of grey.
    """
    coverage = _ink(_composed(lines, rng), quality, rng)
    scan = _scanned(coverage, rng)
    top = PITCH + np.arange(len(lines)) * PITCH - (HEIGHT - PITCH) // 2
    cut = np.stack([scan[start : start + HEIGHT] for start in top])
    step = 255 / (GREYS - 1)
    return (np.round(cut / step) * step).astype(np.uint8)


def _composed(lines: list[Line], rng: np.random.Generator) -> np.ndarray:
    """Return the type of a page on the fine grid, 1 where there is metal; an empty line above and below."""
    page = Image.new("L", (WIDTH * FINE, (len(lines) + 2) * PITCH * FINE))
    pen, font = ImageDraw.Draw(page), _type(SIZE * FINE)
    for number, line in enumerate(lines, start=1):
        words = line.printed.split()
        room = MEASURE * FINE - sum(map(_width, words))
        gap = max(room / max(len(words) - 1, 1), 0.1 * SIZE * FINE) if line.full else 0.27 * SIZE * FINE
        x, y = MARGIN * FINE, (number * PITCH + BASELINE) * FINE
        for word in words:
            pen.text((x, y + int(rng.integers(-1, 2))), word, fill=255, font=font, anchor="ls", features=LIGATURES)
            x += _width(word) + gap * (1 + 0.1 * rng.uniform(-1, 1))
    for x in (MARGIN - 7, WIDTH - MARGIN + 5):
        if rng.random() < 0.5:
            pen.line((x * FINE, 0, (x + int(rng.integers(-3, 4))) * FINE, page.height), fill=255, width=3)
    return np.asarray(page, np.float32) / 255


def _ink(type_: np.ndarray, quality: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how black the sheet is after the press, 0 to 1: ink creeps over edges and fails on worn strokes."""
    rows = np.concatenate([[0], quality, [0]]).astype(np.float32)
    worse = np.repeat(rows, PITCH * FINE)[:, None]
    worn = WEAR * np.exp(0.35 * worse)
    inked = gaussian_filter(type_, SPREAD, truncate=2.5) * (1 + worn * _clouds(type_.shape, 5, rng))
    level = LEVEL + PRESSURE * _clouds(type_.shape, 90, rng)
    return 1 / (1 + np.exp((level - inked) / EDGE))


def _scanned(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what a camera sees of the sheet, grey values at the size of the scan."""
    height, width = ink.shape[0] // FINE, ink.shape[1] // FINE
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    phase, length = rng.uniform(0, 2 * np.pi), rng.uniform(250, 600)
    bend = rng.normal(0, SLANT / 2) * (x - width / 2) + rng.normal(0, WAVE / 2) * np.sin(x * 2 * np.pi / length + phase)
    lean = rng.normal(0, SLANT / 2) * (y - height / 2)
    places = np.broadcast_arrays((y + bend) * FINE + 0.5, (x + lean) * FINE + 0.5)
    seen = map_coordinates(gaussian_filter(ink, BLUR * FINE, truncate=2), places, order=1, mode="constant")
    behind = np.roll(gaussian_filter(seen[::-1, ::-1], 2.2, truncate=2), int(rng.integers(5, PITCH)), axis=0)[::-1]
    shown = SHOW * (PAPER - INK) * behind * (1 + 0.5 * _clouds(seen.shape, 70, rng))
    paper = PAPER + STAINS * _clouds(seen.shape, 60, rng) - shown
    grain = GRAIN * gaussian_filter(rng.standard_normal(seen.shape, np.float32), 0.6) / 0.47
    return np.clip(paper + (INK - paper) * np.clip(seen, 0, 1) + grain, 0, 255)


def _clouds(shape: tuple[int, int], size: int, rng: np.random.Generator) -> np.ndarray:
    """Return smooth random values of about unit variance that change over `size` pixels."""
    height, width = (-(-side // size) + 2 for side in shape)
    coarse = Image.fromarray(rng.standard_normal((height, width), np.float32))
    return 1.3 * np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC))
