"""What is shown now: one snapshot for all readers, whether they look at the page or ask the API."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from pydantic_core import to_json
from sqlalchemy.orm import Session

from leaderboard.board.entries import Entry, Unranked, board, brought_up, unranked, with_names
from leaderboard.people import talk
from leaderboard.people.talk import Message
from leaderboard.site.unchanged import name_of
from leaderboard.store.database import Database
from leaderboard.store.queries import Read, holdout_record, read_up_to, step_of, track_state, waiting

SECONDS = 1.0
"""For so long a snapshot is shown without looking whether there is a newer one."""

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
    holdout : str
        The digest of what is judged on now.
    secret : bool
        Whether nobody has seen the holdout's labels.
    unranked : tuple of Unranked
        Teams that are not on the board: they are out, or not on it without a file that the organiser excluded.
    finalized_at, revealing_at, published_at : datetime or None
        Since ``revealing_at`` results are let out team by team.
    waiting : int
        Files that wait for the judge.
    step : float
        The grid of the board.
    version : int
        The track's.
    read : Read
        How far it was read.
    """

    track: str
    entries: tuple[Entry, ...]
    holdout: str
    secret: bool
    unranked: tuple[Unranked, ...]
    finalized_at: datetime | None
    revealing_at: datetime | None
    published_at: datetime | None
    step: float
    waiting: int = field(compare=False)
    version: int = field(compare=False)
    read: Read = field(compare=False)
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
        return self.once("etag", lambda: name_of(self.json))

    def page(self, entries: Sequence[Entry]) -> bytes:
        """The board as the API answers it, with these of its entries alone."""
        return to_json(self._document() | {"entries": entries})

    def _document(self) -> dict:
        published = self.published_at is not None
        revealing = self.revealing_at is not None and not published
        of_track = {"track": self.track, "published": published, "revealing": revealing, "secret_holdout": self.secret}
        return of_track | {"entries": self.entries, "unranked": self.unranked}


def snapshot(session: Session, track: str, old: Snapshot | None = None) -> Snapshot:
    """Read a track's board, and how many of its files wait for the judge; where there is an ``old`` one, what moved.

    Raises
    ------
    EventError
        If the track has no data yet.
    """
    state, read = track_state(session, track), read_up_to(session, track)
    if old and old.read.retold == read.retold and not (state.revealing_at or state.published_at):
        entries = brought_up(session, track, old.entries, old.read)
    else:
        entries = board(session, track)
    if state.published_at:
        entries = with_names(session, entries)
    return Snapshot(
        track=track,
        entries=tuple(entries),
        unranked=tuple(unranked(session, track, entries)),
        holdout=state.holdout,
        secret=holdout_record(session, track).secret,
        finalized_at=state.finalized_at,
        revealing_at=state.revealing_at,
        published_at=state.published_at,
        step=step_of(session, track),
        waiting=waiting(session, track),
        version=state.version,
        read=read,
    )


class Kept(Generic[T]):
    """What one reader looks for, at most once in a while, and the others get as it is there.

    Parameters
    ----------
    look : callable
        Takes what was found before, None at first, and returns what is there now.
    every : float
        Of a second: for so long what was found is shown.
    """

    def __init__(self, look: Callable[[T | None], T], every: float = 1) -> None:
        self._look, self._every = look, every
        self._found: T | None = None
        self._looked = -inf
        self._looking = Lock()

    def kept(self) -> T | None:
        """Return what is there where nobody has to look for it; else None."""
        return self._found if self._is_new or self._looking.locked() else None

    def now(self) -> T:
        """Return what is there."""
        found = self.kept()
        if found is not None:
            return found
        with self._looking:
            if self._found is None or not self._is_new:
                self._found, self._looked = self._look(self._found), monotonic()
            return self._found

    @property
    def _is_new(self) -> bool:
        return monotonic() - self._looked < self._every * SECONDS


class Boards:
    """The newest snapshot of each track.

    Parameters
    ----------
    store : Database
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._kept: dict[str, Kept[Snapshot]] = {}

    def kept(self, track: str) -> Snapshot | None:
        """Return what is shown of a track, given by its full name, where nobody has to look for it; else None."""
        one = self._kept.get(track)
        return one.kept() if one else None

    def now(self, track: str) -> Snapshot:
        """Return what is shown of a track, given by its full name.

        Raises
        ------
        EventError
            If the track has no data yet.
        """
        one = self._kept.get(track) or self._kept.setdefault(track, Kept(partial(self._look, track)))
        return one.now()

    def _look(self, track: str, old: Snapshot | None) -> Snapshot:
        with self._store.read() as session:
            if old is not None and track_state(session, track).version == old.version:
                return old
            new = snapshot(session, track, old)
        same = old is not None and new == old
        return replace(old, waiting=new.waiting, version=new.version, read=new.read) if same else new


News = Kept[tuple[Message, ...]]
"""The announcements and answers that hold, to whomever they go, newest first."""


def news(store: Database) -> News:
    """Return what follows the news of an event."""

    known: tuple[int | None, int] | None = None

    def look(old: tuple[Message, ...] | None) -> tuple[Message, ...]:
        nonlocal known
        with store.read() as session:
            version = talk.version(session)
            if old is None or version != known:
                known, old = version, talk.messages(session)
        return old

    return Kept(look, every=0.5)
