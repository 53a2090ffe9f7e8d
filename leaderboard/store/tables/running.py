"""How the event runs: what is asked of the judge, who is alive, settings, the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.store.tables.base import Base, ProcessKind, TaskKind, TaskState


class Task(Base):
    """What the desk asks of the judge. What cannot be taken back waits for a ``code`` that the judge's side shows.

    ``details`` are the task's own, as the corrections of labels, encrypted to the vault. ``said`` and ``result`` are
    what the judge lets out of it.
    """

    __tablename__ = "tasks"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TaskKind]
    track: Mapped[str]
    details: Mapped[dict] = mapped_column(default=dict)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[TaskState]
    code: Mapped[str | None]
    progress: Mapped[str | None]
    said: Mapped[str | None]
    result: Mapped[dict | None]
    finished_at: Mapped[datetime | None]


class Heartbeat(Base):
    """A web process or a judge that lives, and when it was heard of last; each has a row while it does.

    ``memory`` is what it has held at most and ``disk_free`` what its disk has left, in bytes: a judge's is that of the
    vault. ``apart`` is what `leaderboard.separation` found out by trial, where the process was told.
    """

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ProcessKind]
    version: Mapped[str]
    started_at: Mapped[datetime]
    at: Mapped[datetime]
    doing: Mapped[str]
    memory: Mapped[int] = mapped_column(BigInteger)
    disk_free: Mapped[int] = mapped_column(BigInteger)
    apart: Mapped[bool | None]


class Setting(Base):
    """A setting that was changed since the event was made; the audit log has every change."""

    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
    changed_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what that could matter later.

    What entries are looked for by stands beside ``details`` once more, as text.
    """

    __tablename__ = "audit"
    __table_args__ = tuple(Index(f"ix_audit_{key}_id", key, "id") for key in ("action", "who", "track", "member"))
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    details: Mapped[dict]
    who: Mapped[str | None]
    track: Mapped[str | None]
    member: Mapped[str | None]
