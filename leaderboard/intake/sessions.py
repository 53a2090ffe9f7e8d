"""Who has signed in: a browser holds a random cookie, the event its SHA-256 and the token that opened it."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.intake.teams import serving, token_of
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import SignIn, Team

LIFE = timedelta(days=14)


def cookie_name(event: Event) -> str:
    """Return the cookie's name: browsers keep one jar for all ports of a machine, which may serve several events."""
    return f"physathon-{event.config.id}"


def sign_in(session: Session, token: str, *, loopback: bool) -> str:
    """Open a session for whoever has a team's token, and return its cookie's value.

    Raises
    ------
    leaderboard.intake.teams.TokenRefused
        If the token opens nothing.
    """
    known = token_of(session, token)
    team = serving(known, loopback=loopback)
    session.execute(delete(SignIn).where(SignIn.expires_at <= now()))
    value = secrets.token_urlsafe(32)
    session.add(SignIn(sha256=_digest(value), token_sha256=known.sha256, created_at=now(), expires_at=now() + LIFE))
    audit(session, "signed in", team=team.name)
    return value


def signed_in(session: Session, value: str | None, *, loopback: bool) -> Team | None:
    """Return the team whose session a cookie names, if it is open still.

    Raises
    ------
    leaderboard.intake.teams.TokenRefused
        If it was opened by a demo token, and others can reach the server.
    """
    found = session.get(SignIn, _digest(value)) if value else None
    if found is None or found.expires_at <= now():
        return None
    return serving(found.token, loopback=loopback)


def sign_out(session: Session, value: str | None) -> None:
    """End a session, in every tab that shares its cookie."""
    if value:
        session.execute(delete(SignIn).where(SignIn.sha256 == _digest(value)))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
