"""Persons who were erased: their numbers lie beside the database, so that a restored backup forgets them again."""

import os
import re
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.store.faults import faults_of_the_disk
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Member, Submission, Token

ENTRY = re.compile(r"(\d{1,18}) (\d{4}-\d\d-\d\dT\S{8,30})")


def erase(session: Session, event: Event, member: Member, *, by: str) -> None:
    """Delete what is kept of a person, in the caller's transaction; the number is on the disk before the row goes.

    Submissions and questions stay with the team and name nobody any more. Sessions, codes and the token go along.

    Parameters
    ----------
    session : Session
    event : Event
    member : Member
    by : str
        Who wanted it, for the audit log: ``the person``, ``the organiser`` or ``the calendar``.
    """
    _note(event.folder / event.ERASED, member.id)
    _forget(session, member)
    audit(session, "person erased", member=member.id, by=by)


def came_back(session: Session, event: Event) -> list[Member]:
    """Return who was erased and is here again with a backup; a number that was given anew since is another's."""
    erased = numbers(event.folder / event.ERASED)
    if not erased:
        return []
    found = session.scalars(select(Member).where(Member.id.in_(erased)))
    return [member for member in found if member.joined_at <= erased[member.id]]


def forget_again(session: Session, event: Event) -> None:
    """Delete whoever was erased and is here again, in the caller's transaction."""
    for member in came_back(session, event):
        _forget(session, member)
        audit(session, "person erased", member=member.id, by="an erasure that the backup did not know")


def numbers(path: Path) -> dict[int, datetime]:
    """Return who was erased, and when last; a line that a power cut left unfinished names nobody."""
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return {}
    found = [entry for entry in map(ENTRY.fullmatch, lines) if entry]
    return {int(one[1]): datetime.fromisoformat(one[2]) for one in found}


def _note(path: Path, number: int) -> None:
    with faults_of_the_disk(), open(path, "a+b", opener=_readable) as file:
        unfinished = file.seek(0, os.SEEK_END) and _last_byte(file) != b"\n"
        file.write(b"\n" * bool(unfinished) + f"{number} {now().isoformat()}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _last_byte(file) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)


def _readable(path: str, flags: int) -> int:
    """Open a file that a judge of another user reads, too: numbers and times are no secret."""
    return os.open(path, flags, 0o644)


def _forget(session: Session, member: Member) -> None:
    # Past the session that follows changes: who sent a file is shown on no board.
    session.connection().execute(update(Submission).where(Submission.member_id == member.id).values(member_id=None))
    session.execute(delete(Token).where(Token.member_id == member.id))
    session.execute(delete(Member).where(Member.id == member.id))
