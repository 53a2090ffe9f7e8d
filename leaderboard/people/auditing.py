"""The audit log, read: who did what and when, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from leaderboard.store.tables import AuditEntry, Member

A_PAGE = 50
"""Entries that are shown at once."""


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted; what is None lets all through."""

    action: str | None = None
    who: str | None = None
    track: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what entries must fulfil."""
        named = {AuditEntry.action: self.action, AuditEntry.who: self.who, AuditEntry.track: self.track}
        conditions: list[ColumnElement[bool]] = [column == value for column, value in named.items() if value]
        if self.since:
            conditions.append(AuditEntry.at >= self.since)
        if self.until:
            conditions.append(AuditEntry.at < self.until)
        return conditions


def entries(
    session: Session, wanted: Filter, *, before: int | None = None, limit: int | None = A_PAGE
) -> list[AuditEntry]:
    """Return entries, newest first, at most so many; those before an entry, if one is named."""
    conditions = wanted.conditions() + ([AuditEntry.id < before] if before is not None else [])
    return list(session.scalars(select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).limit(limit)))


def actions(session: Session) -> list[str]:
    """Return what is done in the log, by name."""
    return _values(session, AuditEntry.action)


def doers(session: Session) -> list[str]:
    """Return who did things, as far as it is known: organisers by their names, and ``command line``."""
    return _values(session, AuditEntry.who)


def _values(session: Session, column: InstrumentedAttribute) -> list[str]:
    """Return what stands in a column, from one to the next by its index: there are few among very many entries."""
    found = [""]
    while one := session.scalar(select(func.min(column)).where(column > found[-1])):
        found.append(one)
    return found[1:]


def names_of(session: Session, found: Iterable[AuditEntry]) -> dict[int, str]:
    """Return the names of the persons whom entries give numbers, where what is kept of them is there still."""
    numbers = {one.details["member"] for one in found if isinstance(one.details.get("member"), int)}
    people = select(Member.id, Member.name).where(Member.id.in_(numbers))
    return {number: name for number, name in session.execute(people)}  # noqa: C416


def in_words(entry: AuditEntry, names: dict[int, str]) -> str:
    """Return what an entry says beside what was done and by whom.

    Examples
    --------
    >>> entry = AuditEntry(action="code issued", details={"who": "Ada", "kind": "member", "member": 3, "uses": None})
    >>> in_words(entry, {3: "Emmy"}), in_words(entry, {})
    ('kind member · member 3 (Emmy)', 'kind member · member 3')
    """
    told = {key: value for key, value in entry.details.items() if key != "who"}
    said = {key: value for key, value in told.items() if value is not None and value is not False and value != ""}
    if said.get("member") in names:
        said["member"] = f"{said['member']} ({names[said['member']]})"
    return " · ".join(f"{key} {value}" for key, value in said.items())
