"""The standings over all tracks: a row for each team, with its points on each track, their sum and how that came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape

from challenges.spec import Challenge, Track, find_track
from leaderboard.board.overall import Total, counting
from leaderboard.site.home.glance import Glance
from leaderboard.site.parts import board_of
from leaderboard.site.words import track_title
from scoring.points import CEILING, Points

PAGE = 50
"""Teams that are shown at once."""

MOST_POINTS = 16
"""Corners of a line that shows how points came to be; a longer one is thinned out."""

MEANS = (
    "Each challenge is worth 100 points, its tracks share them. Teams whose 95% intervals overlap share their places. "
    "The small picture is how a team's points on the public slices came to be."
)
FINAL_MEANS = "A final track counts by the private slice, which decides."


@dataclass(frozen=True)
class Column:
    """A track in the head of the table."""

    track: str
    title: str
    name: str
    address: str

    @classmethod
    def of(cls, name: str) -> "Column":
        """Return the column of a track, given by its full name."""
        challenge, track = find_track(name)
        return cls(name, track_title(challenge, track), short_name(challenge, track), board_of(challenge, track))


def short_name(challenge: Challenge, track: Track) -> str:
    """Return how a track is called where there is no room for its title.

    Examples
    --------
    >>> [short_name(*find_track(name)) for name in ("higgs.signal", "lensing.super_resolution")]
    ['higgs', 'super resolution']
    """
    return (challenge.id if len(challenge.tracks) == 1 else track.id).replace("_", " ")


def pages(glance: Glance) -> int:
    """Return how many pages the standings have."""
    return -(-len(glance.totals) // PAGE)


def table(glance: Glance, page: int, own: str | None = None) -> str:
    """Return a page of the standings; a reader's own team is marked, and pinned on pages that it is not on.

    Parameters
    ----------
    glance : Glance
    page : int
        Counted from 1.
    own : str, optional
        The team's name.
    """
    head, rows = _head(glance), dict(_rows(glance, page))
    mine = next((one for one in glance.totals if one.team == own), None)
    if mine:
        pinned = {} if mine.team in rows else {mine.team: ""}
        rows = pinned | rows | {mine.team: _row(glance, mine, style="own")}
    return (
        f'<table class="physathon standings" aria-label="Standings"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows.values())}</tbody></table>"
    )


def meaning(glance: Glance) -> str:
    """Say what the standings show."""
    left_out = [find_track(track)[0].title for track in glance.boards if track not in counting(list(glance.boards))]
    said = [MEANS, FINAL_MEANS if glance.final else ""]
    said += [f"Not counted, an exhibition: {title}." for title in left_out]
    return " ".join(filter(None, said))


@lru_cache(maxsize=64)
def _rows(glance: Glance, page: int) -> tuple[tuple[str, str], ...]:
    shown = glance.totals[(page - 1) * PAGE : page * PAGE]
    return tuple((one.team, _row(glance, one)) for one in shown)


@lru_cache(maxsize=8)
def _columns(tracks: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(map(Column.of, counting(tracks)))


def _head(glance: Glance) -> str:
    columns = "".join(_title(one, one.track in glance.final) for one in _columns(tuple(glance.boards)))
    return (
        '<th scope="col" class="number">Rank</th><th scope="col">Team</th>'
        f'{columns}<th scope="col" class="number">Points</th><th scope="col" class="range">95% interval</th>'
        '<th scope="col" class="path">Until now</th>'
    )


def _title(column: Column, final: bool) -> str:
    mark = " · final" * final
    says, shown = escape(column.title + mark), escape(column.name + mark)
    return (
        f'<th scope="col" class="track"><a href="{escape(column.address)}" aria-label="{says}" title="{says}">'
        f"<span>{shown}</span></a></th>"
    )


def _row(glance: Glance, one: Total, style: str = "") -> str:
    cells = "".join(_cell(one.tracks.get(column.track)) for column in _columns(tuple(glance.boards)))
    most = max(total.high for total in glance.totals) or CEILING
    bracket = f" <small>{escape(one.bracket)}</small>" if one.bracket else ""
    you = " <small>your team</small>" if style else ""
    return (
        f'<tr class="{style}"><td class="number">{one.rank_range}</td>'
        f'<th scope="row"><bdi>{escape(one.team)}</bdi>{bracket}{you}</th>{cells}'
        f'<td class="number total">{one.points:.1f}</td>'
        f'<td class="range">{interval(one.points, one.low, one.high, most)}</td>'
        f'<td class="path">{path(glance, one.team)}</td></tr>'
    )


def _cell(points: Points | None) -> str:
    if points is None:
        return '<td class="track none">–</td>'
    return f'<td class="track"><i style="--share:{points.value / CEILING:.0%}">{points.value:.0f}</i></td>'


def interval(value: float, low: float, high: float, most: float, least: float = 0.0, decimals: int = 1) -> str:
    """Return a bar from one limit to the other with a mark at the value, between ``least`` and ``most``, as HTML."""

    def at(number: float) -> float:
        return 100 * (number - least) / ((most - least) or 1.0)

    says = f"{low:.{decimals}f} to {high:.{decimals}f}"
    width = at(high) - at(low)
    return (
        f'<span class="physathon-interval" role="img" aria-label="{says}" title="{says}">'
        f'<i style="left:{at(low):.1f}%;width:{width:.1f}%"></i><b style="left:{at(value):.1f}%"></b></span>'
    )


def path(glance: Glance, team: str) -> str:
    """Return how a team's points came to be, from the first file of all to the newest, as HTML."""
    told = glance.paths.get(team)
    if not told:
        return ""
    first, last = _began_and_ended(glance)
    return (
        f'<span class="physathon-path" role="img" aria-label="from {told[0][1]:.1f} to {told[-1][1]:.1f} points">'
        f'<i style="clip-path:polygon({_corners(told, first, last)})"></i></span>'
    )


@lru_cache(maxsize=8)
def _began_and_ended(glance: Glance) -> tuple[datetime, datetime]:
    moments = [at for told in glance.paths.values() for at, _ in (told[0], told[-1])]
    return min(moments), max(moments)


def _corners(told: Sequence[tuple[datetime, float]], first: datetime, last: datetime) -> str:
    """Return the corners of the steps below which points have been, as CSS writes them."""
    thinned = [*told[:: max(len(told) // MOST_POINTS, 1)], told[-1]]
    most, length = max(points for _, points in told) or 1.0, (last - first).total_seconds() or 1.0
    corners, y = [], 100.0
    for at, points in thinned:
        x = 96 * (at - first).total_seconds() / length  # so that the newest step is seen
        corners.append(f"{x:.0f}% {y:.0f}%")
        y = 100 - 100 * points / most
        corners.append(f"{x:.0f}% {y:.0f}%")
    return ",".join([*corners, f"100% {y:.0f}%", "100% 100%"])
