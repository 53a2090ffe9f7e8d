"""Requests that come with a key of their sender's: repeated after a broken line, the first answer is given again."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.people.teams import Team
from leaderboard.store.queries import now
from leaderboard.store.tables import Repeat

MOST = 1000
"""Keys of a team that are known; the oldest gives way."""


class KeyUsed(EventError):
    """A key that came with another request of the same team before."""


@dataclass(frozen=True)
class Repeatable:
    """A request with a key.

    Attributes
    ----------
    team : int
        Whose key it is: two teams may choose the same.
    key : str
    asked : str
        SHA-256 of what is asked, the body's bytes included.
    """

    team: int
    key: str
    asked: str

    @classmethod
    def of(cls, team: Team, key: str, body: Path, *about: str | None) -> "Repeatable":
        """Return the request that has this body, and of which this much more matters."""
        with body.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(team.id, key, hashlib.sha256(json.dumps([sha256, *about]).encode()).hexdigest())

    def answer(self, session: Session) -> dict | None:
        """Return the first answer; None where none was given yet.

        Raises
        ------
        KeyUsed
            If the key came with another request.
        """
        first = session.get(Repeat, (self.team, self.key))
        if first is not None and first.asked != self.asked:
            raise KeyUsed(
                f"the Idempotency-Key {self.key!r} came with another request of your team at {first.at.isoformat()}: "
                "each request has a key of its own, and only its repetitions have the same; nothing was taken"
            )
        return first.answer if first else None

    def keep(self, session: Session, answer: dict) -> None:
        """Keep the answer in the transaction that it tells of, unless the first one is kept already.

        Raises
        ------
        KeyUsed
            As `answer` does: of two requests at once, the second.
        """
        if self.answer(session) is None:
            of_team = Repeat.team_id == self.team
            newest_first = select(Repeat.key).where(of_team).order_by(Repeat.at.desc(), Repeat.key)
            session.execute(delete(Repeat).where(of_team, Repeat.key.in_(newest_first.offset(MOST - 1))))
            session.add(Repeat(team_id=self.team, key=self.key, asked=self.asked, answer=answer, at=now()))
