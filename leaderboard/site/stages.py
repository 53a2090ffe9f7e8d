"""Where a track stands, in words: pages invite to nothing that is over, and call nothing over that is not."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from challenges.spec import PRIVATE
from leaderboard.event import Event
from leaderboard.site.live import Snapshot
from leaderboard.site.words import moment
from leaderboard.store.queries import now

Phase = Literal["before", "open", "paused", "closed", "finalized", "revealing", "published"]

OVER = ("closed", "finalized", "revealing", "published")
"""Phases that no track comes back from, but by a later close."""

REFUSES = {
    "before": "This is not open yet: come back then.",
    "paused": "The event takes no files for now: {why}",
    "closed": "The event is closed.",
    "finalized": "The finals of this track are chosen: it takes no more files.",
    "revealing": "The finals of this track are chosen: it takes no more files.",
    "published": "The result of this track is published: it takes no more files.",
}
"""What is said while no file is taken."""

BEST = (
    "Each team's best file on the public slice, with its 95% interval; chosen among as many files as it sent, it looks "
    "a little better than it is. Scores are on a grid of"
)
FINAL = (
    "**Final ranking.** Each team's final file on the private slice, which nobody was scored on before: exact values "
    "with their 95% intervals. The rank range holds every rank that a team may truly have, with 95% confidence in all "
    "of them at once."
)


REVEALING = (
    "**The result is being shown, team by team.** Whose turn has come stands at its final file's exact value on the "
    "private slice, with every rank that it may truly have; all others still at what the public slice showed. "
    "[The ceremony](/ceremony) shows it as it comes."
)


@dataclass(frozen=True)
class Stage:
    """Where a track stands at one moment.

    Attributes
    ----------
    phase : str
    frozen : datetime or None
        Since when the board stands still, until the result is published.
    why : str
        What the organiser says of a pause.
    """

    phase: Phase
    frozen: datetime | None = None
    why: str = ""

    @property
    def over(self) -> bool:
        """Whether no new file is taken any more."""
        return self.phase in OVER

    def refuses(self) -> str | None:
        """Say why no file is taken; None if files are."""
        said = REFUSES.get(self.phase)
        return said and said.format(why=self.why)

    def line(self, view: Snapshot, zone: tzinfo) -> str:
        """Say what becomes of the board, in a line above it."""
        if view.published_at:
            return f"published {moment(view.published_at, zone)}"
        if self.phase == "revealing":
            out = sum(entry.slice == PRIVATE for entry in view.entries)
            return f"the result is shown team by team: {out} so far, on the private slice"
        if self.phase == "finalized":
            return "the finals are chosen · the result is not published yet"
        waits = {0: "no file waits", 1: "1 file waits"}.get(view.waiting, f"{view.waiting} files wait")
        state = {"before": "not open yet", "open": "live"}.get(self.phase, self.phase)
        if self.frozen and not self.over:
            state = f"stands still since {moment(self.frozen, zone)}"
        return f"{state} · {waits} for the judge"

    def empty(self, zone: tzinfo) -> str:
        """Say why nothing is on the board."""
        if self.phase == "published":
            return "Nobody has a place in this ranking."
        if self.frozen:
            return f"No file is on this board, which stands still since {moment(self.frozen, zone)}."
        if self.over:
            return "No file is on this board."
        return "No file has been judged yet." + (" The first one opens the board." if self.phase != "paused" else "")

    def meaning(self, view: Snapshot, zone: tzinfo) -> str:
        """Say what the board shows."""
        if self.phase == "published":
            return FINAL
        if self.phase == "revealing":
            return REVEALING
        grid = f"{BEST} {view.step:g}"
        since = f"{moment(self.frozen, zone)}" if self.frozen else ""
        if self.over:
            later = f" What began after {since} is shown then, too." if since else ""
            return f"{grid} and decide nothing: the private slice does, once the organiser publishes the result.{later}"
        if since:
            return f"{grid} and stand still since {since}: what began later is judged, and shown with the result."
        return f"{grid} and move only when a new file beats the old best by more than the noise."


def stage_of(event: Event, view: Snapshot, at: datetime | None = None) -> Stage:
    """Return where a track stands at a moment, now by default.

    Parameters
    ----------
    event : Event
    view : Snapshot
        What is shown of the track.
    at : datetime, optional
    """
    at, config = at or now(), event.config
    if view.published_at:
        return Stage("published")
    frozen = config.freezes_at if config.freezes_at and config.freezes_at <= at else None
    if view.revealing_at:
        return Stage("revealing", frozen)
    if view.finalized_at:
        return Stage("finalized", frozen)
    early = event.not_out(view.track.partition(".")[0], at)
    phase = "before" if early else event.phase(at)
    return Stage("paused", frozen, config.paused) if phase == "open" and config.paused else Stage(phase, frozen)


def told_at(event: Event, view: Snapshot, at: datetime | None = None) -> datetime:
    """Return the moment of which a board tells: now by default, or since when it stands still."""
    ends = event.config.closes, event.config.freezes_at, view.finalized_at
    return min(at or now(), *(one for one in ends if one))
