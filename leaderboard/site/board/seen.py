"""What of a board is seen at this moment, kept for all readers: its table, and how it came to be."""

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from urllib.parse import quote

from challenges.spec import find_track
from leaderboard.board.history import AN_HOUR, Step, movement, ranks_at
from leaderboard.event import Event
from leaderboard.site import parts, words
from leaderboard.site.board.progress import leading
from leaderboard.site.board.table import Table
from leaderboard.site.live import Snapshot
from leaderboard.site.opened import Site
from leaderboard.site.stages import told_at
from scoring.metrics import METRICS

STEPS = 20
"""Of the newest steps, so many stand in the table behind the picture."""

FIVE_MINUTES = timedelta(minutes=5)
"""For so long a picture stays as it is while nothing happens."""


def table_of(site: Site, view: Snapshot) -> Table:
    """Return the table of a board as it stands in this minute; only the newest is kept."""
    at = told_at(site.event, view).replace(second=0, microsecond=0)
    kept: dict[datetime, Table] = view.once("table", dict)
    found = kept.get(at)
    if found is None:
        challenge, track = find_track(view.track)
        found = Table(view, challenge.id, track, at, _moves(site, view, at))
        kept.clear()
        kept[at] = found
    return found


def _moves(site: Site, view: Snapshot, at: datetime) -> Mapping[str, int | None]:
    """Return by how many ranks teams have risen in the last hour; nobody where the board is younger, or is no more."""
    if view.revealing_at or view.published_at:
        return {}
    _, track = find_track(view.track)
    greater_is_better = METRICS[track.metric].greater_is_better
    before = ranks_at(site.past.steps(view.track), at - AN_HOUR, greater_is_better=greater_is_better)
    after = {one.team: one.rank for one in view.entries if one.rank is not None}
    return movement(before, after) if before else {}


def until(event: Event, view: Snapshot, at: datetime) -> tuple[datetime, bool]:
    """Return where the axis of time of a board's progress ends, and whether that is about now."""
    told = told_at(event, view, at)
    if told < at:
        return told, False
    return told - (told - datetime.min.replace(tzinfo=told.tzinfo)) % FIVE_MINUTES + FIVE_MINUTES, True


def progress(site: Site, view: Snapshot, own: str | None, at: datetime) -> str:
    """Return the picture of a board's progress as HTML; nothing where no team has come far enough for one."""
    told, (_, track) = site.past.told(view.track), find_track(view.track)
    teams = view.once(("leading", told.name), lambda: leading(told.steps, track))
    if not teams:
        return ""
    end, _ = until(site.event, view, at)
    mine = next((one.submission for one in reversed(told.steps) if one.team == own), 0)
    # The last part only makes a browser ask again.
    address = f"/api/v1/tracks/{quote(view.track)}/progress.svg?own={mine}&v={told.name}-{end:%d%H%M}"
    best = teams[0][-1]
    says = (
        f"Best scores over time of the {len(teams)} leading teams. "
        f"The first is {best.team}, {best.value:.{words.decimals(view.step)}f}."
    )
    return (
        f'<picture class="physathon-progress"><source media="(max-width: 640px)" srcset="{address}&amp;narrow=true">'
        f'<img src="{html.escape(address)}" alt="{html.escape(says)}"></picture>'
    )


def steps_html(site: Site, view: Snapshot, zone: tzinfo) -> str:
    """Return the newest steps as a table, closed until one opens it."""
    told, decimals = site.past.told(view.track), words.decimals(view.step)
    return view.once(("steps", told.name, str(zone)), lambda: _steps_html(told.steps, decimals, zone))


def _steps_html(steps: Sequence[Step], decimals: int, zone: tzinfo) -> str:
    rows = [
        (
            "" if one.kind == "team" else "ghost",
            (
                words.moment(one.at, zone),
                one.team,
                f"{one.value:.{decimals}f}",
                f"{one.low:.{decimals}f} – {one.high:.{decimals}f}",
            ),
        )
        for one in reversed(steps[-STEPS:])
    ]
    columns = [("Received", ""), ("Team", ""), ("Score", "number"), ("95% interval", "number")]
    table = parts.table_html(columns, rows, label="Newest steps")
    return f'<details class="physathon-steps"><summary>The newest steps as a table</summary>{table}</details>'
