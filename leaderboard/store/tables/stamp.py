"""Whose tables these are."""

from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.store.tables.base import Base


class Stamp(Base):
    """The id of the event that these tables belong to: one row, written when they are first opened."""

    __tablename__ = "stamp"
    event: Mapped[str] = mapped_column(primary_key=True)
