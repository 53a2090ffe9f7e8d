"""What all pages go by: as long as it stays the same, none has to be drawn anew as a whole."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from leaderboard.config import EventConfig
from leaderboard.event import Event, EventError
from leaderboard.public import results
from leaderboard.site.live import Boards, Kept, News
from leaderboard.store.queries import now

EVERY = 0.25
"""Of a second for which a face is kept."""

LAST_MINUTES = timedelta(minutes=10)
"""So long before something changes it is soon."""


@dataclass(frozen=True)
class Face:
    """What pages go by.

    Attributes
    ----------
    config : EventConfig
    passed : int
        Of the moments that settings name, how many have passed.
    soon : bool
        Whether one is near.
    tracks : tuple of str
        Those that have their data, by their full names.
    finalized_at : datetime or None
        Since when the finals of every track are chosen, if they are.
    published : tuple of str
        What is published: names that change with it.
    heard : int
        The newest that the organiser has said, by its number; 0 for nothing.
    """

    config: EventConfig
    passed: int
    soon: bool
    tracks: tuple[str, ...]
    finalized_at: datetime | None
    published: tuple[str, ...]
    heard: int

    @cached_property
    def name(self) -> str:
        """What a browser knows it by."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def face(event: Event, tracks: Sequence[str], boards: Boards, news: News, at: datetime) -> Face:
    """Return what pages go by at a moment.

    Parameters
    ----------
    event : Event
    tracks : sequence of str
        Those that have their data.
    boards : Boards
    news : News
    at : datetime
    """
    config = event.config
    named = config.opens, config.closes, config.freezes_at, *config.releases.values()
    ahead = [one - at for one in named if one]
    views = []
    for track in tracks:
        try:
            views.append(boards.now(track))
        except EventError:  # Its files are there a moment before its holdout is.
            continue
    chosen = [view.finalized_at for view in views if view.finalized_at]
    said = news.now()
    return Face(
        config=config,
        passed=sum(left <= timedelta() for left in ahead),
        soon=any(timedelta() < left < LAST_MINUTES for left in ahead),
        tracks=tuple(tracks),
        finalized_at=max(chosen) if chosen and len(chosen) == len(tracks) else None,
        published=tuple(f"{view.etag} {results.version(event, view.track)}" for view in views if view.published_at),
        heard=said[0].id if said else 0,
    )


def faces(event: Event, ready: Kept[list[str]], boards: Boards, news: News) -> Kept[Face]:
    """Return what follows that."""

    def look(old: Face | None) -> Face:
        new = face(event, ready.now(), boards, news, now())
        return old if old == new and old is not None else new

    return Kept(look, every=EVERY)
