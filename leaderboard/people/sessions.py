"""Who has signed in: a browser holds a random cookie, the event its SHA-256 and for whom it was opened."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.people.teams import serving, token_of
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Code, Member, Organiser, SignIn, Team, Token

LIFE = timedelta(days=14)


def cookie_name(event: Event) -> str:
    """Return the cookie's name: browsers keep one jar for all ports of a machine, which may serve several events."""
    return f"physathon-{event.config.id}"


@dataclass(frozen=True)
class Visitor:
    """Who looks: a team, through one of its members where that is known, an organiser, or one who may look ahead.

    Programs come by a ``token``.
    """

    team: Team | None = None
    member: Member | None = None
    organiser: Organiser | None = None
    previews: bool = False
    token: Token | None = None


NOBODY = Visitor()


def sign_in(session: Session, token: str, *, loopback: bool) -> str:
    """Open a session for whoever has a token, and return its cookie's value.

    Raises
    ------
    leaderboard.people.teams.TokenRefused
        If the token opens nothing.
    """
    known = token_of(session, token)
    serving(known, loopback=loopback)
    return open_session(session, token=known, member=known.member)


def open_session(
    session: Session,
    *,
    token: Token | None = None,
    member: Member | None = None,
    organiser: Organiser | None = None,
    previews: bool = False,
) -> str:
    """Open a session for a member, for whoever has a team's token, for an organiser, or for a look ahead.

    Returns
    -------
    str
        The cookie's value; only its digest is kept.
    """
    session.execute(delete(SignIn).where(SignIn.expires_at <= now()))
    value = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            sha256=_digest(value),
            token_sha256=token and token.sha256,
            member_id=member and member.id,
            organiser_id=organiser and organiser.id,
            previews=previews,
            created_at=now(),
            expires_at=now() + LIFE,
        )
    )
    team = member.team if member else token.team if token else None
    who = {"team": team and team.name, "member": member and member.id, "organiser": organiser and organiser.name}
    audit(session, "signed in", **who, previews=previews)
    return value


def visitor(session: Session, value: str | None, *, loopback: bool) -> Visitor:
    """Return for whom the session that a cookie names was opened, if it is open still; else `NOBODY`.

    Raises
    ------
    leaderboard.people.teams.TokenRefused
        If it was opened by a demo token, and others can reach the server.
    """
    found = session.get(SignIn, _digest(value)) if value else None
    if found is None or found.expires_at <= now():
        return NOBODY
    team = serving(found.token, loopback=loopback) if found.token else None
    if found.member:
        team = found.member.team
    return Visitor(team, found.member, found.organiser, found.previews or found.organiser is not None)


def sign_out(session: Session, value: str | None, *, everywhere: bool = False) -> None:
    """End a session in every tab that shares its cookie; everywhere, all of its member, organiser or team's token.

    Everywhere means that codes go along, by which the same person could still sign in elsewhere.
    """
    found = session.get(SignIn, _digest(value)) if value else None
    if found is None:
        return
    same = SignIn.sha256 == found.sha256
    if everywhere and found.member_id:
        same = SignIn.member_id == found.member_id
        session.execute(delete(Code).where(Code.member_id == found.member_id))
    elif everywhere and found.organiser_id:
        same = SignIn.organiser_id == found.organiser_id
        session.execute(delete(Code).where(Code.organiser_id == found.organiser_id))
    elif everywhere and found.token_sha256:
        same = SignIn.token_sha256 == found.token_sha256
    session.execute(delete(SignIn).where(same))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
