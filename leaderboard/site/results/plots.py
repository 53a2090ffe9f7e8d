"""What each figure of a result shows: its rows, which are its data, and how they are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

from challenges.spec import OBSERVED, PRIVATE, PUBLIC
from leaderboard.site.results.shown import Line, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = dict[str, Any]
Call = Callable[[Line], str]
"""What a line is called in a figure."""

INK, TEAM, GHOST, AHEAD = "#31333f", "#3a80c1", "#8a9099", "#3a9a62"
COLOURS = (TEAM, "#c9711b", AHEAD, "#8f63c9", "#c9432b", "#1f97a6", "#c8559b", GHOST)
DASHES = ("-", "--", "-.", ":")
"""Curves differ in colour and in stroke."""

MOST_DRAWN = 40
"""Rows of a picture; its data have all."""

MOST_NAMED = 15
"""Points of a picture with a name beside them."""

LONGEST_LINE = 44
"""Letters of an axis' title."""

WIDTH, ROW, AROUND, CELL = 6.4, 0.27, 0.75, 0.28
"""Inches."""


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes
    ----------
    title : str
    says : str
        The picture in words.
    note : str
        What a reader must know of it.
    rows : list of dict
        Its data.
    size : (float, float)
        Inches.
    draw : callable
        Draws it into a figure, given what each line is called.
    """

    title: str
    says: str
    note: str
    rows: list[Row]
    size: tuple[float, float]
    draw: Callable[["Figure", Call], None]


def ranking(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot all finals with their intervals."""
    drawn = found.lines[:MOST_DRAWN]
    if not drawn:
        return None

    def draw(figure: "Figure", call: Call) -> None:
        axes = _rows(figure, [call(line) for line in drawn])
        for at, line in enumerate(drawn):
            _interval(axes, at, line.entry, line)
        _scale(found, axes)

    best = drawn[0]
    return Plot(
        "Ranking",
        f"{len(drawn)} finals on the private slice with 95% intervals; best: {best.name}, {best.entry.value:.5g}.",
        "Exact values on the private slice, with 95% intervals; hollow and dashed: baselines, which have no rank.",
        [
            {
                "rank": line.entry.rank,
                "rank best": line.entry.rank_best,
                "rank worst": line.entry.rank_worst,
                **_who(line),
                "value": line.entry.value,
                "low": line.entry.low,
                "high": line.entry.high,
            }
            for line in found.lines
        ],
        _tall(len(drawn)),
        draw,
    )


def shift(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot how far each final is on the private slice from where it was on the public one."""
    lines = [
        (line, public, private) for line in found.lines if (public := line.on(PUBLIC)) and (private := line.on(PRIVATE))
    ]
    if not lines:
        return None
    drawn = lines[:MOST_DRAWN]

    def draw(figure: "Figure", call: Call) -> None:
        axes = _rows(figure, [call(line) for line, _, _ in drawn])
        for at, (line, public, private) in enumerate(drawn):
            colour = _colour(line)
            axes.plot([private.low, private.high], [at, at], color=colour, lw=5, alpha=0.25, solid_capstyle="round")
            axes.plot(public.value, at, "o", mfc="none", mec=colour, ms=6)
            axes.annotate(
                "",
                (private.value, at),
                (public.value, at),
                arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.5},
            )
        _scale(found, axes)

    moved = sum(bool(line.climbed) for line, _, _ in lines)
    return Plot(
        "From the public to the private slice",
        f"An arrow for each of {len(drawn)} finals from its public value to its private one; "
        f"{moved} of {sum(line.is_team for line, _, _ in lines)} teams changed places.",
        "From each ring, the exact value on the public slice, an arrow leads to the value on the private one, with its "
        "95% interval. Arrows that all point to the worse side tell of tuning to the board.",
        [
            {**_who(line), "places gained": line.climbed}
            | {f"{name} {key}": got for name, on in ((PUBLIC, public), (PRIVATE, private)) for key, got in on}
            for line, public, private in lines
        ],
        _tall(len(drawn)),
        draw,
    )


def observed(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot simulated rows beside recordings."""
    lines = [line for line in found.lines if line.entry.observed]
    if not lines:
        return None
    drawn = lines[:MOST_DRAWN]

    def draw(figure: "Figure", call: Call) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        _name_rows(left, [call(line) for line in drawn])
        for axes, of in ((left, lambda line: line.entry), (right, lambda line: line.entry.observed)):
            _plain(axes)
            for at, line in enumerate(drawn):
                _interval(axes, at, of(line), line)
        right.tick_params(axis="y", length=0)
        _scale(found, left)
        right.set_xlabel("observed, for interest")

    return Plot(
        "Simulated beside observed",
        f"{len(drawn)} finals on simulated private rows, and beside that on recordings of real things.",
        "On the left the private slice, which decides; on the right recordings of real things: a handful, which decide "
        "nothing.",
        [
            _who(line)
            | {f"{name} {key}": getattr(of, key) for name, of in _both(line) for key in ("value", "low", "high")}
            for line in lines
        ],
        _tall(len(drawn)),
        draw,
    )


def _both(line: Line) -> list[tuple[str, Any]]:
    return [(PRIVATE, line.entry), (OBSERVED, line.entry.observed)]


def roc(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot the ROC curves of some finals with their bands."""
    lines = [(line, line.final.curve) for line in found.curves(picked) if line.final and line.final.curve]
    if not lines:
        return None

    def draw(figure: "Figure", call: Call) -> None:
        axes = figure.subplots()
        _plain(axes)
        axes.plot([0, 1], [0, 1], color=INK, lw=0.8, alpha=0.4)
        strokes = []
        for at, (_, curve) in enumerate(lines):
            colour = COLOURS[at]
            axes.fill_between(curve.false_positive_rate, curve.low, curve.high, color=colour, alpha=0.18, lw=0)
            stroke = {"color": colour, "lw": 1.8, "ls": DASHES[at % len(DASHES)]}
            strokes += axes.plot(curve.false_positive_rate, curve.true_positive_rate, **stroke)
        names = [f"{line.entry.value:.4f}  {call(line)}" for line, _ in lines]
        axes.legend(strokes, names, loc="lower right", frameon=False, fontsize=9)
        axes.set(xlabel="background that passes", ylabel="signal that passes", xlim=(0, 1), ylim=(0, 1.005))

    return Plot(
        "ROC curves",
        f"ROC curves with 95% bands of {', '.join(line.name for line, _ in lines)}.",
        "On the private slice, with pointwise 95% bands, and the area under each curve.",
        [
            {**_who(line), "false positive rate": x, "true positive rate": y, "low": low, "high": high}
            for line, curve in lines
            for x, y, low, high in zip(*(values for _, values in curve), strict=True)
        ],
        (WIDTH, 4.6),
        draw,
    )


def comparisons(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot which team is surely ahead of which."""
    lines, pairs = found.compared(picked)
    if not pairs:
        return None
    place = {line.number: at for at, line in enumerate(lines)}
    name_of = {line.number: line.name for line in lines}

    def draw(figure: "Figure", call: Call) -> None:
        axes = figure.subplots()
        _name_rows(axes, [f"{at}  {call(line)}" for at, line in enumerate(lines, start=1)])
        axes.set_xticks(range(len(lines)), [str(at) for at in range(1, len(lines) + 1)])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        size = 50 * CELL
        for both, pair in pairs.items():
            row, column = (place[number] for number in both)
            marks = (("s", AHEAD, size), ("_", GHOST, size / 2)) if pair.ahead else ((".", GHOST, 4), (".", GHOST, 4))
            for at, (marker, colour, ms) in zip(((column, row), (row, column)), marks, strict=True):
                axes.plot(*at, ls="", marker=marker, color=colour, ms=ms)
        axes.set(xlim=(-0.6, len(lines) - 0.4), ylim=(len(lines) - 0.4, -0.6), aspect="equal")

    sure = sum(pair.ahead for pair in pairs.values())
    return Plot(
        "Who is ahead of whom",
        f"A matrix of {len(lines)} teams: of {len(pairs)} pairs, {sure} are told apart.",
        "A square: the team of this row is surely ahead of the team of this column. A stroke: surely behind it. A dot: "
        "they cannot be told apart. All pairs of all teams are considered at once, as for the rank ranges: with 95% no "
        "square is wrong. The p-values are those of one pair alone.",
        [
            {
                "ahead": name_of[pair.first],
                "of": name_of[pair.second],
                "final": pair.first,
                "of final": pair.second,
                "difference": pair.difference,
                "low": pair.low,
                "high": pair.high,
                "p-value": pair.p_value,
                "surely": "yes" if pair.ahead else "no",
            }
            for pair in pairs.values()
        ],
        (3.4 + CELL * len(lines), 0.6 + CELL * len(lines)),
        draw,
    )


def compute(found: Shown, picked: Sequence[int]) -> Plot | None:
    """Plot scores against the hours of training that teams say."""
    lines = [(line, line.entry.card.hours) for line in found.lines if line.entry.card and line.entry.card.hours]
    if not lines:
        return None

    def draw(figure: "Figure", call: Call) -> None:
        axes = figure.subplots()
        _plain(axes)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda hours, _: f"{hours:g}")
        axes.xaxis.set_minor_formatter(lambda *_: "")
        for line, hours in lines:
            axes.plot([hours, hours], [line.entry.low, line.entry.high], color=TEAM, lw=2, alpha=0.35)
            axes.plot(hours, line.entry.value, "o", color=TEAM, ms=6)
        for line, hours in lines[:MOST_NAMED]:
            axes.annotate(call(line), (hours, line.entry.value), (6, 4), textcoords="offset points", fontsize=8)
        axes.margins(x=0.18)
        axes.set(xlabel="hours of training, as declared", ylabel=_axis(found))
        if not found.metric.greater_is_better:
            axes.invert_yaxis()

    return Plot(
        "Score and compute",
        f"Scores of {len(lines)} finals against the hours of training that their teams say.",
        "Hours are what teams declare on their cards. Nobody verified them, and an hour on one machine is not one on "
        "another.",
        [
            {
                **_who(line),
                "hours (declared, not verified)": hours,
                "value": line.entry.value,
                "low": line.entry.low,
                "high": line.entry.high,
            }
            for line, hours in lines
        ],
        (WIDTH, 4.2),
        draw,
    )


PLOTS: dict[str, Callable[[Shown, Sequence[int]], Plot | None]] = {
    "ranking": ranking,
    "shift": shift,
    "observed": observed,
    "roc": roc,
    "comparisons": comparisons,
    "compute": compute,
}
"""By their names in addresses; None comes of one for which a track has nothing to draw."""


def _who(line: Line) -> Row:
    return {"team": line.name, "kind": line.entry.kind, "final": line.number}


def _colour(line: Line) -> str:
    return TEAM if line.is_team else GHOST


def _tall(rows: int) -> tuple[float, float]:
    return WIDTH, AROUND + ROW * rows


def _rows(figure: "Figure", names: Sequence[str]) -> "Axes":
    axes = figure.subplots()
    _plain(axes)
    _name_rows(axes, names)
    return axes


def _name_rows(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _plain(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=INK, alpha=0.12, lw=0.8)
    axes.set_axisbelow(True)


def _interval(axes: "Axes", at: int, value: Any, line: Line) -> None:
    """Draw a value with its interval in a row: filled for a team, hollow and dashed for a baseline."""
    colour = _colour(line)
    ends = [value.low, value.high], [at, at]
    if line.is_team:
        axes.plot(*ends, color=colour, lw=5, alpha=0.35, solid_capstyle="round")
    else:
        axes.plot(*ends, color=colour, lw=1.3, ls=(0, (4, 3)))
    axes.plot(value.value, at, "o", color=colour, mfc=colour if line.is_team else "none", ms=6)


def _scale(found: Shown, axes: "Axes") -> None:
    axes.set_xlabel(_axis(found))
    if not found.metric.greater_is_better:
        axes.invert_xaxis()


def _axis(found: Shown) -> str:
    metric = found.metric
    unit = f" ({metric.unit})" if metric.unit else ""
    return fill(f"{metric.title}{unit}{'' if metric.greater_is_better else ', lower is better'}", LONGEST_LINE)
