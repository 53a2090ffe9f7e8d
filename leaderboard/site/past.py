"""How boards came to be, kept for all readers: it may be some seconds old, for nothing hurries in the past."""

from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

from leaderboard.board import history
from leaderboard.board.history import Step
from leaderboard.site.live import Kept
from leaderboard.store.database import Database
from leaderboard.store.queries import Read, read_up_to

SECONDS = 10.0
"""For so long the steps of a board are kept."""


@dataclass(frozen=True)
class Told:
    """The steps of one board, how far they were read, and a ``name`` that they have as long as they stay the same."""

    steps: tuple[Step, ...]
    name: str
    read: Read


class Past:
    """The steps of each track's board.

    Parameters
    ----------
    store : Database
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._kept: dict[str, Kept[Told]] = {}

    def steps(self, track: str) -> tuple[Step, ...]:
        """Return the files by which teams became better on a track, given by its full name, in order of receipt.

        Raises
        ------
        EventError
            If the track has no data yet.
        """
        return self.told(track).steps

    def told(self, track: str) -> Told:
        """Return the same with its name, by which what is made of it can be kept."""
        one = self._kept.get(track) or self._kept.setdefault(track, Kept(partial(self._look, track), every=SECONDS))
        return one.now()

    def _look(self, track: str, old: Told | None) -> Told:
        with self._store.read() as session:
            read = read_up_to(session, track)
            if old is None or old.read.retold != read.retold:
                steps = tuple(history.steps(session, track))
            elif new := history.steps(session, track, after=old.read.release):
                steps = tuple(sorted((*old.steps, *new), key=attrgetter("submission")))
            else:
                return replace(old, read=read)
        return Told(steps, f"{hash(steps) & 0xFFFFFFFF:08x}", read)
