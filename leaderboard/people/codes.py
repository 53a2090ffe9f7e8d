"""Codes that are typed or scanned, and spent: they form a team, sign somebody in, or show what is not out yet."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Code, CodeKind, Member, Organiser

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is taken for anything else."""

LENGTH, GROUP = 12, 4
"""Letters of a code, 60 random bits, and of each part that is written with a hyphen after it."""

DEVICE_LIFE = timedelta(minutes=10)
"""For so long a member's own code signs in on a second device."""

READ_AS = str.maketrans("OIL", "011")
BETWEEN = re.compile(r"[\s\u2010-\u2015-]")


class CodeRefused(PermissionError):
    """A code that is unknown, spent or too old."""


def address_of(place: str, code: str) -> str:
    """Return the address that a phone opens by a code; what follows # is sent to no server, and stands in no log.

    >>> address_of("https://hackathon.example.org/", "7GK2-0110-WXYZ")
    'https://hackathon.example.org/join#7GK2-0110-WXYZ'
    """
    return f"{place.rstrip('/')}/join#{code}"


def new_code() -> str:
    """Return a random code, as it is written."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def tidy_code(text: str) -> str:
    """Return a code as it is written, however it was typed.

    Examples
    --------
    >>> tidy_code(" 7gk2 oil0 wxyz")
    '7GK2-0110-WXYZ'
    """
    letters = BETWEEN.sub("", text).upper().translate(READ_AS)
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def issue_code(
    session: Session,
    kind: CodeKind,
    *,
    life: timedelta | None,
    member: Member | None = None,
    organiser: Organiser | None = None,
    uses: int = 1,
) -> str:
    """Return a new code that can be spent so often; only its digest is kept.

    Raises
    ------
    EventError
        If it could not be spent even once.
    """
    if uses < 1 or (life is not None and life <= timedelta()):
        raise EventError(f"a code serves once at least and for some time, got {uses} uses within {life}")
    code = new_code()
    expires_at = None if life is None else now() + life
    session.add(
        Code(
            sha256=_digest(code),
            kind=kind,
            member_id=member and member.id,
            organiser_id=organiser and organiser.id,
            uses_left=uses,
            created_at=now(),
            expires_at=expires_at,
        )
    )
    whose = {"member": member and member.id, "organiser": organiser and organiser.name}
    audit(session, "code issued", kind=kind, **whose, uses=uses, expires_at=_iso(expires_at))
    return code


def serves(uses: int, life: str = "") -> str:
    """Return how often and how long a code serves, in words.

    >>> serves(1), serves(30, "2h")
    ('It serves once.', 'It serves 30 times, for 2h.')
    """
    many = f"{uses} times" if uses > 1 else "once"
    return f"It serves {many}{f', for {life.strip()}' if life.strip() else ''}."


def code_for_device(session: Session, member: Member) -> str:
    """Return a code by which a member signs in on one more device, within minutes."""
    return issue_code(session, "member", life=DEVICE_LIFE, member=member)


def find_code(session: Session, text: str) -> Code:
    """Return what is kept of a code that can be spent still.

    Raises
    ------
    CodeRefused
        If it is unknown, spent, or too old.
    """
    found = session.get(Code, _digest(tidy_code(text)))
    if found is None:
        raise CodeRefused("this code is not known here: look again, or ask for a new one")
    if found.uses_left < 1:
        raise CodeRefused("this code has been used: ask for a new one")
    if found.expires_at is not None and found.expires_at <= now():
        raise CodeRefused("this code is too old: ask for a new one")
    return found


def spend_code(session: Session, text: str) -> Code:
    """Use a code once, in the caller's transaction, and return what is kept of it.

    Raises
    ------
    CodeRefused
        If it is unknown, spent, or too old.
    """
    found = find_code(session, text)
    found.uses_left -= 1
    return found


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
