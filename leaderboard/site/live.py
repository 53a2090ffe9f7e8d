"""What is shown of each track now: one snapshot for all readers, whether they look at the page or ask the API."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leaderboard.board import Entry, Unranked, board, unranked
from leaderboard.store.database import Database
from leaderboard.store.queries import holdout_record, step_of, track_state
from leaderboard.store.tables import Submission

SECONDS = 1.0
"""For so long a snapshot is shown without looking whether the track has changed."""

MOST_MADE = 50
"""Tables and pictures that are kept of one snapshot."""

T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """A track's board at one moment; two are equal if a reader of the board sees the same.

    Attributes
    ----------
    track : str
    entries : tuple of Entry
    secret : bool
        Whether nobody has seen the holdout's labels.
    unranked : tuple of Unranked
        Teams that are not on the board: they are out, or not on it without a file that the organiser excluded.
    finalized_at, published_at : datetime or None
    waiting : int
        Files that wait for the judge.
    step : float
        The grid of the board.
    version : int
        The track's.
    """

    track: str
    entries: tuple[Entry, ...]
    secret: bool
    unranked: tuple[Unranked, ...]
    finalized_at: datetime | None
    published_at: datetime | None
    step: float
    waiting: int = field(compare=False)
    version: int = field(compare=False)
    _made: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of this board, such as its table for readers in one time zone; made once for all."""
        if key not in self._made:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            self._made[key] = make()
        return self._made[key]

    @property
    def json(self) -> bytes:
        """The board as the API answers it."""
        return self.once("json", lambda: to_json(self._document()))

    @property
    def etag(self) -> str:
        """The name of this very answer, whichever version it is and whatever happened to the database."""
        return self.once("etag", lambda: f'"{hashlib.sha256(self.json).hexdigest()[:32]}"')

    def _document(self) -> dict:
        published = self.published_at is not None
        of_track = {"track": self.track, "published": published, "secret_holdout": self.secret}
        return of_track | {"entries": self.entries, "unranked": self.unranked}


def snapshot(session: Session, track: str) -> Snapshot:
    """Read a track's board, and how many of its files wait for the judge.

    Raises
    ------
    EventError
        If the track has no data yet.
    """
    state = track_state(session, track)
    waiting = select(func.count(Submission.id)).where(
        Submission.track == track, Submission.state.in_(["queued", "judging"])
    )
    entries = tuple(board(session, track))
    return Snapshot(
        track=track,
        entries=entries,
        unranked=tuple(unranked(session, track, entries)),
        secret=holdout_record(session, track).secret,
        finalized_at=state.finalized_at,
        published_at=state.published_at,
        step=step_of(session, track),
        waiting=session.scalars(waiting).one(),
        version=state.version,
    )


@dataclass
class _Kept:
    snapshot: Snapshot | None = None
    looked: float = -inf
    looking: Lock = field(default_factory=Lock)

    @property
    def is_new(self) -> bool:
        return monotonic() - self.looked < SECONDS


class Boards:
    """The newest snapshot of each track: one reader looks, at most once a second, the others get what is there.

    Parameters
    ----------
    store : Database
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._kept: dict[str, _Kept] = {}

    def kept(self, track: str) -> Snapshot | None:
        """Return what is shown of a track, given by its full name, where nobody has to look for it; else None."""
        one = self._kept.get(track)
        return one.snapshot if one and (one.is_new or one.looking.locked()) else None

    def now(self, track: str) -> Snapshot:
        """Return what is shown of a track, given by its full name.

        Raises
        ------
        EventError
            If the track has no data yet.
        """
        kept = self.kept(track)
        if kept is not None:
            return kept
        one = self._kept.setdefault(track, _Kept())
        with one.looking:
            if one.snapshot is None or not one.is_new:
                one.snapshot, one.looked = self._look(track, one.snapshot), monotonic()
            return one.snapshot

    def _look(self, track: str, old: Snapshot | None) -> Snapshot:
        with self._store.read() as session:
            if old is not None and track_state(session, track).version == old.version:
                return old
            new = snapshot(session, track)
        return replace(old, waiting=new.waiting, version=new.version) if new == old and old is not None else new
