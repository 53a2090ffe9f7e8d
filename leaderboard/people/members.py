"""Members: who is in a team, and what they say of themselves."""

import re
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people.codes import new_code, tidy_code
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Member, Team

ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)
ORCID_ISSUERS = ("https://orcid.org", "https://sandbox.orcid.org")
"""Providers of identities whose name for a person is the ORCID iD."""

LONGEST = 100
"""Letters that a name or an affiliation may have."""


JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
"""Letters that cannot be seen and that Persian and Indic names are written with."""


class MemberError(EventError):
    """Something that a member says of itself and that cannot be so."""


def read_orcid(text: str) -> str:
    """Return an ORCID iD as it is written, its last digit verified (ISO 7064, MOD 11-2).

    Raises
    ------
    MemberError
        If it is none.

    Examples
    --------
    >>> read_orcid("https://orcid.org/0000-0002-1825-0097")
    '0000-0002-1825-0097'
    """
    found = ORCID.fullmatch(text.strip())
    if found is None:
        raise MemberError(f"expected an ORCID iD such as 0000-0002-1825-0097, got {text!r}")
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2 % 11
    check = "0123456789X"[(12 - total) % 11]
    if digits[-1] != check:
        raise MemberError(f"there is no ORCID iD {text.strip()!r}: its last digit does not fit the others")
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def add_member(
    session: Session,
    event: Event,
    team: Team,
    name: str,
    *,
    affiliation: str | None = None,
    orcid: str | None = None,
    minor: bool = False,
    agrees: bool = False,
    publishes: bool = False,
) -> Member:
    """Let a person join a team; the audit log gets the number alone.

    Raises
    ------
    MemberError
        If the name is none, the ORCID iD is wrong, a minor gives one, or the team is full.
    """
    said = _said(name, affiliation, orcid, minor)
    must_have_room(session, event, team)
    agreed_at = now() if agrees else None
    member = Member(
        team_id=team.id, team=team, **said, minor=minor, agreed_at=agreed_at, publishes=publishes, joined_at=now()
    )
    session.add(member)
    session.flush()
    audit(session, "member joined", member=member.id, team=team.name)
    return member


def change_member(
    session: Session,
    member: Member,
    name: str,
    *,
    affiliation: str | None = None,
    orcid: str | None = None,
    minor: bool = False,
    publishes: bool = False,
) -> None:
    """Put down what a person says of itself now; the audit log gets which of it changed, by number.

    Of a minor no ORCID iD is kept, and so none that it signed in by.

    Raises
    ------
    MemberError
        If the name is none, the ORCID iD is wrong, or a minor gives one.
    """
    said = _said(name, affiliation, orcid, minor) | {"minor": minor, "publishes": publishes}
    if minor and member.subject and member.subject.startswith(tuple(f"{issuer}|" for issuer in ORCID_ISSUERS)):
        said["subject"] = None
    changed = [key for key, value in said.items() if getattr(member, key) != value]
    for key in changed:
        setattr(member, key, said[key])
    if changed:
        audit(session, "member changed", member=member.id, changed=changed)


def must_have_room(session: Session, event: Event, team: Team) -> None:
    """Raise MemberError if a team has as many members as it may."""
    most = event.config.largest_team
    if most is not None and session.scalars(select(func.count()).where(Member.team_id == team.id)).one() >= most:
        raise MemberError(f"{team.name} is full: a team of this event has at most {most} members")


def members_of(session: Session, team: Team) -> list[Member]:
    """Return who is in a team, in the order in which they joined."""
    return list(session.scalars(select(Member).where(Member.team_id == team.id).order_by(Member.id)))


def code_of(team: Team) -> str:
    """Return the code by which others join a team; a first one is drawn in the caller's transaction."""
    code = team.code = team.code or new_code()
    return code


def renew_code(session: Session, team: Team) -> str:
    """Return a new code by which others join a team; the old one joins nobody any more."""
    team.code = None
    audit(session, "team code renewed", team=team.name)
    return code_of(team)


def team_of_code(session: Session, text: str) -> Team | None:
    """Return the team that is joined by a code, if it is one's."""
    return session.scalar(select(Team).where(Team.code == tidy_code(text)))


def _said(name: str, affiliation: str | None, orcid: str | None, minor: bool) -> dict[str, Any]:
    if orcid and minor:
        raise MemberError("a minor gives no ORCID iD here")
    return {
        "name": _line("a name", name),
        "affiliation": _line("an affiliation", affiliation) if affiliation else None,
        "orcid": read_orcid(orcid) if orcid else None,
    }


def _line(what: str, text: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > LONGEST or not line.translate(JOINERS).isprintable():
        raise MemberError(f"expected {what} of at most {LONGEST} letters that can be seen, got {text[:LONGEST]!r}")
    return line
