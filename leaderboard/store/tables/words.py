"""What is asked, answered and announced."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leaderboard.store.tables.base import Base
from leaderboard.store.tables.people import Team


class Question(Base):
    """What a team asks, about a track or at large, and what the organiser answers: to that team, or to all."""

    __tablename__ = "questions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    track: Mapped[str | None]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    to_all: Mapped[bool] = mapped_column(default=False)
    team: Mapped[Team] = relationship(lazy="joined")


class Announcement(Base):
    """What the organiser tells: its text to everybody, or the answer to a question, to whom that answer goes."""

    __tablename__ = "announcements"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    question: Mapped[Question | None] = relationship(lazy="joined")


class CannedAnswer(Base):
    """An answer that is given often, by its name."""

    __tablename__ = "canned_answers"
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
