"""What is kept of persons: shown to them, deleted when they or the organiser say so, and when its time is over."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.store.database import Database
from leaderboard.store.erasure import erase
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Code, Member, Question, SignIn, Submission, Token


def kept_until(event: Event) -> datetime:
    """Return when what is kept of persons is deleted by itself."""
    return event.config.closes + timedelta(days=event.config.personal_days)


def kept_of(session: Session, member: Member) -> dict[str, Any]:
    """Return all that is kept of a person, ready for JSON; of secrets no more than when they were made."""

    def of_member(table, *columns: str) -> list[dict[str, Any]]:
        rows = session.scalars(select(table).where(table.member_id == member.id))
        return [{name: _plain(getattr(row, name)) for name in columns} for row in rows]

    said = ("name", "affiliation", "orcid", "minor", "agreed_at", "publishes", "subject", "joined_at")
    numbered = AuditEntry.member == str(member.id)
    return {
        "number": member.id,
        "team": member.team.name,
        **{name: _plain(getattr(member, name)) for name in said},
        "announcements_read_up_to": member.read_up_to,
        "tokens": of_member(Token, "created_at", "last_used_at"),
        "sessions": of_member(SignIn, "created_at", "expires_at"),
        "codes": of_member(Code, "created_at", "expires_at", "uses_left"),
        "submissions": of_member(Submission, "id", "track", "filename", "began_at", "received_at"),
        "questions": of_member(Question, "id", "track", "text", "asked_at"),
        "audit": [
            {"at": _plain(entry.at), "action": entry.action, "details": entry.details}
            for entry in session.scalars(select(AuditEntry).where(numbered).order_by(AuditEntry.id))
        ],
    }


def erase_all_when_due(store: Database, event: Event) -> int:
    """Delete what is kept of all persons once its time is over; return of how many."""
    if now() < kept_until(event):
        return 0
    with store.read() as session:
        if session.scalar(select(Member.id).limit(1)) is None:
            return 0
    with store.write() as session:
        members = list(session.scalars(select(Member)))
        for member in members:
            erase(session, event, member, by="the calendar")
    return len(members)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
