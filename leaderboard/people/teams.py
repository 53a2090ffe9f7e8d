"""Teams and their bearer tokens."""

import hashlib
import secrets
import string
import unicodedata

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.store import team_names
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Member, Team, Token

PREFIX = "physathon_"
AROUND = string.whitespace + "\u00a0\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
"""What may stand around a token that was copied from a letter, a table or a file of settings."""


class TokenRefused(PermissionError):
    """A token that is missing or unknown."""


class TeamOut(EventError):
    """A team that withdrew or was disqualified, where only those may act that take part."""


class DemoTokenRefused(TokenRefused):
    """A demo token where others could reach the event."""


def add_team(session: Session, name: str, *, kind: str = "team") -> Team:
    """Register a team.

    Raises
    ------
    leaderboard.store.team_names.TeamNameError
        If no team can have that name.
    EventError
        If it is taken, or can be taken for one that is.
    """
    name = team_names.clean(name)
    must_be_free(session, name)
    team = Team(name=name, kind=kind, created_at=now())
    session.add(team)
    session.flush()
    audit(session, "team added", team=name, kind=kind)
    return team


def must_be_free(session: Session, name: str, *, but_for: Team | None = None) -> None:
    """Raise EventError if a name is a team's, or can be taken for one's; the name of one team may be left out."""
    for known in session.scalars(select(Team.name)):
        if (but_for is None or known != but_for.name) and team_names.look_alike(name, known):
            raise EventError(f"there already is a team {known!r}" + ("" if known == name else f", much like {name!r}"))


def must_take_part(team: Team) -> None:
    """Raise TeamOut if a team is out."""
    if team.out is not None:
        why = "was disqualified by the organiser" if team.out == "disqualified" else "has withdrawn"
        because = f": {team.out_because}" if team.out_because else ""
        raise TeamOut(f"{team.name} {why}{because}. It sends no files and has no rank; what it sent before is kept")


def find_team(session: Session, name: str) -> Team | None:
    """Return the team of that name, if any, however its capitals and accents are written."""
    return next((team for team in session.scalars(select(Team)) if team_names.same(team.name, name)), None)


def issue_token(session: Session, team: Team, *, member: Member | None = None, demo: bool = False) -> str:
    """Return a new token for a team, or for one of its members, whose old one ends; only its digest is kept."""
    if member:
        session.execute(delete(Token).where(Token.member_id == member.id))
    token = PREFIX + secrets.token_urlsafe(32)
    number = member.id if member else None
    session.add(Token(sha256=_digest(token), team_id=team.id, member_id=number, demo=demo, created_at=now()))
    audit(session, "token issued", team=team.name, member=number, demo=demo)
    return token


def token_of_member(session: Session, member: Member) -> Token | None:
    """Return what is kept of a member's token, if there is one."""
    return session.scalar(select(Token).where(Token.member_id == member.id))


def revoke_token(session: Session, member: Member) -> None:
    """Make a member's token worthless, and sign out whoever came by it."""
    session.execute(delete(Token).where(Token.member_id == member.id))
    audit(session, "token revoked", member=member.id)


def revoke_tokens(session: Session, team: Team) -> None:
    """Make all of a team's tokens worthless, and sign out whoever came by one."""
    session.execute(delete(Token).where(Token.team_id == team.id))
    audit(session, "tokens revoked", team=team.name)


def token_of(session: Session, token: str) -> Token:
    """Return what is kept of a token, or raise TokenRefused if it is unknown."""
    found = session.get(Token, _digest(tidy(token)))
    if found is None:
        raise TokenRefused("this token is not known here: expected one that the organiser gave to a team of this event")
    return found


def serving(token: Token, *, loopback: bool) -> Team:
    """Return the team that a known token serves.

    Parameters
    ----------
    token : Token
    loopback : bool
        Whether the server can be reached from its own machine only. Demo tokens lie in a file for anybody who runs
        the demo, so they open nothing elsewhere.

    Raises
    ------
    DemoTokenRefused
        If it is a demo token on a server that others can reach.
    """
    if token.demo and not loopback:
        raise DemoTokenRefused("demo tokens work on a loopback address only: ask the organiser for a token of your own")
    return token.member.team if token.member else token.team


def tidy(token: str) -> str:
    """Return a token without what comes along when it is copied: white space, quotes, signs that cannot be seen.

    >>> tidy("\u201cphysathon_x-Y\u201d\\r\\n")
    'physathon_x-Y'
    """
    return "".join(letter for letter in token if unicodedata.category(letter) != "Cf").strip(AROUND)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
