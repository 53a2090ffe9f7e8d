"""Pictures of single rows as SVG, which any browser draws on light paper and on dark; no plotting library is needed."""

import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass
from html import escape

import numpy as np

INK = """
:root { --ink: #1e293b; --faint: #94a3b8; --one: #0e7490; --two: #b45309; --three: #4d7c0f; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e2e8f0; --faint: #64748b; --one: #22d3ee; --two: #fbbf24; --three: #a3e635; --bad: #fca5a5; }
}
text { font-family: "Source Sans 3", "Source Sans Pro", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
.faint { stroke: var(--faint); } .ink { stroke: var(--ink); }
image { image-rendering: pixelated; }
"""
"""Colours of every picture: its ground is that of the page, which may be light or dark."""

MAGMA = "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf"
"""Ten of the colours of matplotlib's map of that name, equally far apart: lighter is more, whoever looks."""

SIDE = 320
"""Units along a picture that is square."""

LIGHT = 'style="fill:#fff"'
"""Of words on the dark ground of an image."""


@dataclass(frozen=True)
class Picture:
    """One row of a data set, to look at.

    Attributes
    ----------
    svg : str
    label : str
        What the training data say it is.
    text : str
        What is to be seen, for those who do not see it.
    """

    svg: str
    label: str
    text: str


def svg(body: str, width: float = SIDE, height: float = SIDE) -> str:
    """Return a picture of that size from what is drawn in it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}"><style>{INK}</style>{body}</svg>'
    )


def words(x: float, y: float, text: str, *, size: float = 13, more: str = "") -> str:
    """Return a text as SVG shows it as written; ``more`` are further attributes."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" {more}>{escape(text)}</text>'


def image(shades: np.ndarray, width: float = SIDE, height: float = SIDE) -> str:
    """Return an image in the colours of `MAGMA`.

    Parameters
    ----------
    shades : ndarray, shape (h, w)
        From 0, dark, to 1, bright; the first row is on top.
    width, height : float
        How large it is drawn.
    """
    return embedded(png(shades), width, height)


def scale_bar(length: float, name: str) -> str:
    """Return a bar that says how long something is in an image, on dark ground."""
    return f'<path d="M14 306h{length:.1f}" stroke="#fff" stroke-width="2"/>' + words(14, 300, name, more=LIGHT)


def directions(right: str, up: str) -> str:
    """Return what runs to the right and what upwards in an image, on dark ground."""
    turned = f'{LIGHT} transform="rotate(-90 20 284)"'
    return words(12, 310, f"{right} →", more=LIGHT) + words(20, 284, f"{up} →", more=turned)


def embedded(picture: bytes, width: float, height: float) -> str:
    """Return a PNG file as a part of an SVG picture."""
    data = b64encode(picture).decode()
    return f'<image width="{width:g}" height="{height:g}" href="data:image/png;base64,{data}"/>'


def png(shades: np.ndarray) -> bytes:
    """Return a PNG file of 64 colours.

    Parameters
    ----------
    shades : ndarray, shape (h, w)
        From 0 to 1; what lies beyond is drawn as the nearest of them.

    Examples
    --------
    >>> png(np.eye(3))[:4]
    b'\\x89PNG'
    """
    height, width = shades.shape
    stops = np.array([list(bytes.fromhex(colour)) for colour in MAGMA.split()], float)
    place = np.linspace(0, len(stops) - 1, 64)
    palette = np.stack([np.interp(place, np.arange(len(stops)), channel) for channel in stops.T], axis=1)
    pixels = np.zeros((height, width + 1), np.uint8)  # every line begins with its filter, 0 for none
    pixels[:, 1:] = np.rint(63 * np.clip(np.nan_to_num(shades), 0, 1))
    header = struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette.round().astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(pixels.tobytes())),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in (*chunks, (b"IEND", b"")))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
