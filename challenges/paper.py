"""Figures on light paper and on dark: what is drawn for one is turned for the other; images stay."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

DARK = "#14181d"
"""The ground of dark paper, that of the site's dark pages."""

COLOURS = 200
"""Of a dark figure: noise takes a third of the room that true colours need."""


def dark_of(path: Path) -> Path:
    """Return where the dark version of a figure lies.

    Examples
    --------
    >>> dark_of(Path("higgs/higgs.png")).as_posix()
    'higgs/higgs_dark.png'
    """
    return path.with_stem(f"{path.stem}_dark")


def on_both(figure: "Figure", path: Path, write: Callable[["Figure", Path], None]) -> None:
    """Write a figure, and its dark version beside it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn on white. It is dark afterwards.
    path : Path
    write : callable
        Writes a figure as a PNG picture.
    """
    from PIL import Image

    write(figure, path)
    darken(figure)
    write(figure, dark_of(path))
    with Image.open(dark_of(path)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(dark_of(path), optimize=True)


def darken(figure: "Figure") -> None:
    """Turn a figure's ground dark and its dark inks light; what lies on an image stays as it is."""
    kept = {id(artist) for axes in figure.axes if axes.images for artist in _on_image(axes)}
    for artist in figure.findobj():
        if id(artist) not in kept:
            _turn(artist)
    for ground in (figure, *figure.axes):
        ground.patch.set_facecolor(DARK)


def _on_image(axes) -> list["Artist"]:
    return [*axes.lines, *axes.patches, *axes.collections, *axes.texts]


def _turn(artist: "Artist") -> None:
    """Turn every colour of an artist; those that it has none of are left."""
    for part in ("color", "edgecolor", "facecolor", "markeredgecolor", "markerfacecolor"):
        get, put = getattr(artist, f"get_{part}", None), getattr(artist, f"set_{part}", None)
        # A patch's or a collection's colour is that of its edge and its ground together.
        if get and put and not (part == "color" and hasattr(artist, "set_edgecolor")):
            put(_light(get()))


def _light(colours):
    """Return colours for a dark ground: what was dark is as light as it was dark; alpha stays, and so does light."""
    import colorsys

    import numpy as np
    from matplotlib.colors import to_rgba_array

    rgba = to_rgba_array(colours)
    turned = []
    for red, green, blue, alpha in rgba:
        hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
        light = max(0.95 - 0.6 * light, 0.7) if light < 0.6 else light
        turned.append((*colorsys.hls_to_rgb(hue, light, saturation), alpha))
    return turned[0] if len(turned) == 1 else np.array(turned)
