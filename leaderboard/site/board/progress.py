"""Progress over time: how the leading teams' best scores rose, as a picture that every browser draws by itself."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from challenges.spec import Challenge, Track
from leaderboard.board.history import Step
from leaderboard.site import words
from leaderboard.site.board.axis import Axis, axis_of
from scoring.metrics import METRICS

MOST_TEAMS = 8
"""So many of the leading teams are drawn, and the reader's own."""

TICKS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 10, 30, 60, 120, 360, 720, 1440, 2880, 7200, 14400, 43200)
)
"""Spans between two marks of the axis of time."""

LONGEST = 22
"""Characters of a name beside its line."""

STYLE = """<style>
svg { color: #1c2530; --own: #1f6cb0; } text { font: 13px system-ui, sans-serif; fill: currentColor; }
@media (prefers-color-scheme: dark) { svg { color: #e3e6ea; --own: #6db0ea; } }
path { fill: none; stroke: currentColor; stroke-width: 1.6; opacity: .62; } circle { fill: currentColor; opacity: .62; }
.first path { opacity: 1; stroke-width: 2; } .first circle { opacity: 1; } .first text, .own text { font-weight: 600; }
.own path { stroke: var(--own); stroke-width: 3.2; opacity: 1; } .own circle { fill: var(--own); opacity: 1; }
.own text { fill: var(--own); }
line { stroke: currentColor; opacity: .14; } .rung line { opacity: .55; stroke-dasharray: 5 4; }
.rung text { font-style: italic; font-size: 12px; } .lead { opacity: .3; }
</style>"""


@dataclass(frozen=True)
class Frame:
    """Where a picture draws, in its own units.

    Attributes
    ----------
    width, height : float
        Of the whole picture.
    left, right, top, bottom : float
        Where the plot begins and ends.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Look:
    """How a picture is looked at.

    Attributes
    ----------
    until : datetime
        Where the axis of time ends: now where the board is ``live``, or since when it stands still.
    live : bool
    own : str or None
        The team that is marked.
    narrow : bool
        Whether it is for a telephone.
    """

    until: datetime
    live: bool = True
    own: str | None = None
    narrow: bool = False


WIDE = Frame(920, 330, 52, 730, 14, 296)
NARROW = Frame(360, 330, 44, 230, 14, 296)
"""For a telephone, whose screen would make the wide one's letters too small."""


def apart(places: Sequence[float], least: float, bottom: float) -> list[float]:
    """Return places, from top to bottom, moved so that each is at least so far from the one before.

    Examples
    --------
    >>> apart([10, 11, 12, 90], 10, 100), apart([95, 99], 10, 100)
    ([10, 20, 30, 90], [90, 100])
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + least) if moved else place)
    for at in reversed(range(len(moved))):
        limit = bottom if at == len(moved) - 1 else moved[at + 1] - least
        moved[at] = min(moved[at], limit)
    return moved


def leading(steps: Iterable[Step], track: Track, own: str | None = None) -> list[list[Step]]:
    """Return the steps of the teams whose lines are drawn, best first: of the leading ones, and of the reader's own.

    Examples
    --------
    >>> from challenges.spec import find_track
    >>> at = datetime(2026, 1, 1)
    >>> told = [Step(n, team, "team", at, value, 0.6, 0.9) for n, (team, value) in enumerate([("a", 0.7), ("b", 0.8)])]
    >>> [taken[0].team for taken in leading(told, find_track("higgs.signal")[1])]
    ['b', 'a']
    """
    sign = -1 if METRICS[track.metric].greater_is_better else 1
    ordered = sorted(by_team(steps, "team").values(), key=lambda taken: (sign * taken[-1].value, taken[-1].submission))
    return ordered[:MOST_TEAMS] + [taken for taken in ordered[MOST_TEAMS:] if taken[0].team == own]


def by_team(steps: Iterable[Step], kind: str) -> dict[str, list[Step]]:
    """Return the steps of each team of a kind, in order of receipt."""
    taken: dict[str, list[Step]] = {}
    for step in steps:
        if step.kind == kind:
            taken.setdefault(step.team, []).append(step)
    return taken


def picture(steps: Sequence[Step], challenge: Challenge, track: Track, look: Look) -> str:
    """Draw the steps of the leading teams, better is higher, and the baselines across, as SVG.

    Parameters
    ----------
    steps : sequence of Step
        Of the track, in order of receipt.
    challenge : Challenge
    track : Track
    look : Look
    """
    lines, frame = leading(steps, track, look.own), NARROW if look.narrow else WIDE
    if not lines:
        return _svg(frame, "")
    rungs = [taken[-1] for taken in by_team(steps, "baseline").values()]
    begin = min(taken[0].at for taken in lines)
    until = max(look.until, begin + timedelta(minutes=5), *(taken[-1].at for taken in lines))
    plot = _Plot(frame, axis_of(track, [*rungs, *chain(*lines)]), begin, until)
    places = apart([plot.y(taken[-1].value) for taken in lines], 16, frame.bottom)
    drawn = [
        plot.line(taken, place, style="own" if taken[0].team == look.own else "" if at else "first")
        for at, (taken, place) in enumerate(zip(lines, places, strict=True))
    ]
    return _svg(frame, plot.ground(live=look.live) + plot.rungs(rungs, challenge.id) + "".join(reversed(drawn)))


@dataclass(frozen=True)
class _Plot:
    frame: Frame
    axis: Axis
    begin: datetime
    until: datetime

    def x(self, at: datetime) -> float:
        share = (at - self.begin) / (self.until - self.begin)
        return self.frame.left + min(max(share, 0.0), 1.0) * (self.frame.right - self.frame.left)

    def y(self, value: float) -> float:
        return self.frame.bottom - self.axis.at(value) / 100 * (self.frame.bottom - self.frame.top)

    def ground(self, *, live: bool) -> str:
        """Return the axes: values on the left, how long before the end below."""
        frame, ticks = self.frame, self.axis.ticks
        decimals = words.decimals(round(abs(ticks[1] - ticks[0]), 10))
        drawn = [
            _rule(frame.left, frame.right, self.y(one))
            + _text(frame.left - 8, self.y(one) + 4, f"{one:.{decimals}f}", end=True)
            for one in ticks
        ]
        whole = self.until - self.begin
        most = 6 if frame is WIDE else 3
        span = next((one for one in TICKS if whole / one <= most), TICKS[-1])
        for back in range(int(whole / span) + 1):
            at = self.x(self.until - back * span)
            long = words.span(back * span).split(" 0 ")[0]  # without a part that is naught
            says = f"{long} {'ago' if live else 'before'}" if back else "now" if live else "the end"
            drawn.append(_text(at, frame.bottom + 22, says, middle=True))
        return "".join(drawn)

    def rungs(self, rungs: Iterable[Step], challenge: str) -> str:
        """Return the baselines as lines across, each with its name above its left end."""
        ordered = sorted(rungs, key=lambda one: self.y(one.value))
        places = apart([self.y(one.value) for one in ordered], 15, self.frame.bottom)
        return "".join(
            f'<g class="rung">{_rule(self.frame.left, self.frame.right, self.y(one.value))}'
            f"{_text(self.frame.left + 4, place - 4, _short(one.team.removesuffix(f', {challenge}')))}</g>"
            for one, place in zip(ordered, places, strict=True)
        )

    def line(self, steps: Sequence[Step], place: float, *, style: str) -> str:
        """Return a team's steps, from its first file to the right end, where its name stands."""
        right = self.frame.right
        path = f"M{self.x(steps[0].at):.1f} {self.y(steps[0].value):.1f}"
        path += "".join(f"H{self.x(one.at):.1f}V{self.y(one.value):.1f}" for one in steps[1:]) + f"H{right:.1f}"
        dots = "".join(f'<circle cx="{self.x(one.at):.1f}" cy="{self.y(one.value):.1f}" r="3"/>' for one in steps)
        lead = f'<path class="lead" d="M{right:.1f} {self.y(steps[-1].value):.1f}L{right + 12:.1f} {place:.1f}"/>'
        name = _text(right + 16, place + 4, _short(steps[0].team, 12 if self.frame is NARROW else LONGEST))
        return f'<g class="{style}"><path d="{path}"/>{dots}{lead}{name}</g>'


def _svg(frame: Frame, inside: str) -> str:
    size = f"{frame.width:g} {frame.height:g}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">{STYLE}{inside}</svg>'


def _rule(left: float, right: float, y: float) -> str:
    return f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _text(x: float, y: float, says: str, *, end: bool = False, middle: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}>{html.escape(says)}</text>'


def _short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
