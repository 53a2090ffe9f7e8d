"""Ceremonies: results that are let out team by team, and what of it is on the screen."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leaderboard.store.tables.base import Base
from leaderboard.store.tables.people import Team

POINTS = "points"
"""The scope of a ceremony of the points over all tracks; any other is a track's full name."""


class Ceremony(Base):
    """A ceremony of one track, named in full as ``scope``, or of the points over all tracks.

    What a ``rehearsal`` shows is made up. ``picture`` is what is on the screen: it can go back; what is out is out.
    """

    __tablename__ = "ceremonies"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    rehearsal: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    picture: Mapped[dict] = mapped_column(default=dict)


class Turn(Base):
    """A team whose result is out, in the order in which they were let out: its score or its points, and its ranks."""

    __tablename__ = "ceremony_turns"
    ceremony_id: Mapped[int] = mapped_column(ForeignKey("ceremonies.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    rank_best: Mapped[int]
    rank_worst: Mapped[int]
    at: Mapped[datetime]
    team: Mapped[Team] = relationship(lazy="joined")
