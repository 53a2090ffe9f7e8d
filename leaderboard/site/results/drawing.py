"""Figures as files: SVG for light pages and dark ones, PDF with its fonts, CSV with the very data."""

import io
import logging
import warnings
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Literal

from leaderboard.site.exports import as_csv
from leaderboard.site.results.plots import INK, PLOTS, Plot
from leaderboard.site.results.shown import Line, Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Form = Literal["svg", "pdf", "csv"]
MEDIA_TYPES: dict[Form, str] = {"svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv"}

MOST_KEPT = 100
"""Files that are kept of one result."""

LONGEST_NAME = 28
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "physathon",
    "pdf.fonttype": 42,
    "font.size": 10,
    "text.parse_math": False,  # a team's name is no formula
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}
DARK = "#e8eaed"
STYLE = (
    'text{font-family:"Source Sans 3","Source Sans Pro",system-ui,sans-serif!important}'
    "@media (prefers-color-scheme:dark){"
    f'[style*="fill: {INK}"]{{fill:{DARK}!important}}[style*="stroke: {INK}"]{{stroke:{DARK}!important}}}}'
)
"""A picture on a page follows the page's colours; in any other program it is as drawn."""

OPENING = '<style type="text/css">'

# Where it may keep nothing it finds its fonts anew in each process, and says so.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

_drawing = Lock()


def drawn(found: Shown, name: str, form: Form, picked: Sequence[int]) -> bytes | None:
    """Return a figure of a result as a file, drawn once, one at a time; None where there is nothing to draw.

    Parameters
    ----------
    found : Shown
    name : str
        One of `PLOTS`.
    form : Form
    picked : sequence of int
        Numbers of the finals that it is about, where that can be chosen.
    """
    key = name, form, tuple(sorted(set(picked)))
    with _drawing:
        if key not in found.drawn:
            if len(found.drawn) >= MOST_KEPT:
                found.drawn.clear()
            plot = PLOTS[name](found, picked)
            found.drawn[key] = plot and (as_csv(plot.rows) if form == "csv" else _picture(plot, form))
        return found.drawn[key]


def kept(found: Shown, name: str, form: Form, picked: Sequence[int]) -> bytes | None:
    """Return a figure that was drawn before; else None."""
    return found.drawn.get((name, form, tuple(sorted(set(picked)))))


def _picture(plot: Plot, form: Form) -> bytes:
    # Drawing takes a second to import, and most readers come before there is anything to draw.
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a browser has its own
        figure = Figure(figsize=plot.size, layout="constrained")
        plot.draw(figure, _in_font if form == "pdf" else _short)
        return _saved(figure, form)


def _saved(figure: "Figure", form: Form) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=form, transparent=True, metadata={"Date" if form == "svg" else "CreationDate": None})
    if form == "pdf":
        return file.getvalue()
    text = file.getvalue().decode().replace(OPENING, OPENING + STYLE, 1)
    before, _, rest = text.partition("<metadata>")
    return (before + rest.partition("</metadata>")[2]).encode() if rest else text.encode()


def _short(line: Line) -> str:
    return line.name if len(line.name) <= LONGEST_NAME else f"{line.name[: LONGEST_NAME - 1].rstrip()}…"


def _in_font(line: Line) -> str:
    """Return what to call a line in a file that has one font alone: by its number, if that font lacks a letter."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    name = _short(line)
    return name if all(font.get_char_index(ord(letter)) for letter in name) else f"final no. {line.number}"
