"""What is shown of all tracks at one moment, made once for all readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from leaderboard.board.history import Rise, Step, rises
from leaderboard.board.overall import Total, overall, paths
from leaderboard.event import Event, EventError
from leaderboard.public.data import ready_tracks
from leaderboard.site.live import Boards, Kept, Snapshot
from leaderboard.site.past import Past
from leaderboard.store.faults import StoreFault

MOST_NEWS = 12


@dataclass(frozen=True)
class News:
    """A rise, and the track that it was on."""

    track: str
    rise: Rise


@dataclass(frozen=True, eq=False)
class Glance:
    """What is shown of all tracks at one moment; as long as nothing changes it is the same object.

    Attributes
    ----------
    boards : mapping of str to Snapshot
        Of the tracks that are out, by their full names.
    steps : mapping of str to tuple of Step
        How those boards came to be.
    totals : sequence of Total
        The standings, best first.
    paths : mapping of str to sequence of (datetime, float)
        How each team's points came to be.
    news : sequence of News
        Newest first.
    """

    boards: Mapping[str, Snapshot]
    steps: Mapping[str, tuple[Step, ...]]
    totals: Sequence[Total]
    paths: Mapping[str, Sequence[tuple[datetime, float]]]
    news: Sequence[News]

    @property
    def final(self) -> frozenset[str]:
        """The tracks whose result is published."""
        return frozenset(track for track, view in self.boards.items() if view.published_at)


class Glances:
    """The newest glance at an event.

    Parameters
    ----------
    event : Event
    boards : Boards
    past : Past
    """

    def __init__(self, event: Event, boards: Boards, past: Past) -> None:
        self._event, self._boards, self._past = event, boards, past
        self._kept = {early: Kept(partial(self._look, early)) for early in (False, True)}

    def now(self, *, early: bool = False) -> Glance:
        """Return what is shown of the tracks that are out, or ``early`` of those that have data, for who previews."""
        return self._kept[early].now()

    def kept(self) -> Glance | None:
        """Return what `now` does where nobody has to look for it; else None."""
        return self._kept[False].kept()

    def _look(self, early: bool, old: Glance | None) -> Glance:
        boards = self._out(early)
        steps = {track: self._past.steps(track) for track in boards}
        if old and old.steps == steps:
            if old.boards == boards:
                return old
            return Glance(boards, steps, overall(_entries(boards)), old.paths, old.news)
        return Glance(boards, steps, overall(_entries(boards)), paths(steps), newest(steps))

    def _out(self, early: bool) -> dict[str, Snapshot]:
        found = {}
        for track in ready_tracks(self._event):
            if early or not self._event.not_out(track.partition(".")[0]):
                try:
                    found[track] = self._boards.now(track)
                except StoreFault:
                    raise
                except EventError:  # Its files are there a moment before its holdout is.
                    continue
        return found


def _entries(boards: Mapping[str, Snapshot]) -> dict[str, Sequence]:
    return {track: view.entries for track, view in boards.items()}


def newest(steps: Mapping[str, Sequence[Step]]) -> list[News]:
    """Return by what files teams became better on any track, the newest first."""
    found = [News(track, rise) for track, told in steps.items() for rise in rises(told)]
    return sorted(found, key=lambda one: (one.rise.step.at, one.rise.step.submission), reverse=True)[:MOST_NEWS]
