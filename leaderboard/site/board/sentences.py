"""What a board says beside its rows: who cannot be told apart, what its lines mean, what its holdout can resolve."""

import html
from datetime import datetime, tzinfo

from challenges.spec import Track
from leaderboard.intake.circuits import WHAT_IT_MEANS
from leaderboard.site import words
from leaderboard.site.board.axis import Axis, lines_of
from leaderboard.site.live import Snapshot


def leaders(view: Snapshot) -> list[int]:
    """Return the places of the teams that may each be the best; of none while only some of the results are out."""
    if view.revealing_at and not view.published_at:
        return []
    return [at for at, one in enumerate(view.entries) if one.rank_best == 1]


def group(leading: int, teams: int, *, published: bool = False) -> str:
    """Say how many of the teams cannot be told from the first.

    Examples
    --------
    >>> group(2, 3), group(3, 3)
    ('2 teams may each be the first: their intervals overlap.', 'No team can be told from the first.')
    >>> group(2, 3, published=True)
    '2 teams may each be the first.'
    """
    if leading == teams:
        return "No team can be told from the first."
    return f"{leading} teams may each be the first{'' if published else ': their intervals overlap'}."


def legend(track: Track, axis: Axis) -> str:
    """Return what the lines through a table mean, in HTML; a line beyond the axis is told in words alone."""
    kinds = {"floor": "Floor", "reference": "Reference", "published": "Published"}
    rows = []
    for line in lines_of(track):
        beyond = "" if axis.holds(line.value) else ", beyond the axis"
        says = f"{kinds[line.kind]} {line.value:g}{beyond}: {line.says}"
        rows.append(f'<li class="{line.kind}">{html.escape(says)}</li>')
    return f'<ul class="physathon-legend">{"".join(rows)}</ul>'


def gap(facts: dict) -> str:
    """Say which gaps between teams a track's private slice finds, where that is known."""
    if not facts.get("gap"):
        return ""
    return (
        f"What the private slice can tell: two teams near 0.8 that are {facts['gap']:.2g} apart are told apart "
        "four times out of five; closer ones seldom."
    )


def also(view: Snapshot, track: Track) -> str:
    """Say in Markdown what else a board shows, where it does."""
    said = ["Dashed: baselines, not ranked."] if any(one.kind != "team" for one in view.entries) else []
    said += [WHAT_IT_MEANS] if track.circuit else []
    said += [f"**{words.escaped(track.exhibition_note)}**"] if track.exhibition else []
    return " ".join(said)


def ranks(view: Snapshot, at: datetime, zone: tzinfo, *, live: bool) -> str:
    """Say what ranks and movements mean while a result is not out."""
    if view.revealing_at:
        return ""
    since = "within the last hour" if live else f"in the hour before {words.moment(at, zone)}"
    return (
        "A rank is told as far as the shown intervals allow: 1–3 is one of these, nobody knows which. "
        f"▲ ▼: places won or lost {since}."
    )
