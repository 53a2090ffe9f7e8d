"""How one comes in by a code: it forms a team, joins one, signs somebody in, or shows what is not out yet.

Each function works in its caller's transaction: what fails takes nothing in and costs no code.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people.codes import CodeRefused, find_code, spend_code, tidy_code
from leaderboard.people.members import MemberError, add_member, must_have_room, team_of_code
from leaderboard.people.organising import set_bracket
from leaderboard.people.teams import add_team
from leaderboard.public.texts import rules
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Code, Member, Organiser, Team

Way = Literal["new team", "team", "member", "organiser", "preview"]


class RegistrationClosed(EventError):
    """A team that would be formed while no new one is taken."""


@dataclass(frozen=True)
class Door:
    """What a code opens: a new team, a team that others joined before, a member's or organiser's place, a preview."""

    way: Way
    team: Team | None = None
    member: Member | None = None
    organiser: Organiser | None = None


@dataclass(frozen=True)
class Person:
    """What somebody who joins says of themselves; an empty text says nothing."""

    name: str
    affiliation: str = ""
    orcid: str = ""
    minor: bool = False
    agrees: bool = False
    publishes: bool = False


def door(session: Session, event: Event, code: str) -> Door:
    """Return what a code opens, without spending it; none opens a new team where registration is open.

    Raises
    ------
    leaderboard.people.codes.CodeRefused
        If it is unknown, spent, or too old.
    RegistrationClosed
        If it would form a team, and none is taken.
    MemberError
        If its team is full, or takes part no more.
    """
    team = team_of_code(session, code)
    if team is not None:
        _must_take_part(team)
        must_have_room(session, event, team)
        return Door("team", team)
    if not tidy_code(code):
        if event.config.registration == "code":
            raise CodeRefused("type the code that the organiser shows, or that your team gave you")
        _must_take_teams(event)
        return Door("new team")
    found = find_code(session, code)
    if found.kind == "team":
        _must_take_teams(event)
        return Door("new team")
    return _own_door(found)


def form_team(session: Session, event: Event, code: str, name: str, bracket: str, person: Person) -> Member:
    """Form a team by a code, or without one where registration is open, and return its first member.

    Raises
    ------
    leaderboard.people.codes.CodeRefused, RegistrationClosed, MemberError, EventError
        If the code, registration, the person, or the team's name or bracket do not allow it.
    """
    _must_take_teams(event)
    if tidy_code(code) or event.config.registration == "code":
        spent = spend_code(session, code)
        if spent.kind != "team":
            raise CodeRefused("this code forms no team")
    team = add_team(session, name)
    if bracket:
        set_bracket(session, event, team, bracket)
    return _add(session, event, team, person)


def join_team(session: Session, event: Event, code: str, person: Person) -> Member:
    """Let a person join the team that a code belongs to, also where no new teams are taken.

    Raises
    ------
    leaderboard.people.codes.CodeRefused, MemberError
        If the code is no team's, or the team or the person do not allow it.
    """
    team = team_of_code(session, code)
    if team is None:
        raise CodeRefused("this code joins no team any more: ask your team for its new one")
    _must_take_part(team)
    return _add(session, event, team, person)


def come_back(session: Session, event: Event, code: str, *, agrees: bool) -> Door:
    """Spend a code that signs a member or an organiser in, or opens a preview.

    Raises
    ------
    leaderboard.people.codes.CodeRefused, MemberError
        If the code does none of it, or the member has not agreed to the rules yet.
    """
    found = _own_door(spend_code(session, code))
    member = found.member
    if member and member.agreed_at is None:
        _must_agree(event, agrees)
        member.agreed_at = now() if agrees else None
        if agrees:
            audit(session, "rules agreed to", member=member.id)
    return found


def _own_door(code: Code) -> Door:
    if code.kind == "preview":
        return Door("preview")
    if code.kind == "member" and code.member:
        return Door("member", code.member.team, code.member)
    if code.kind == "organiser" and code.organiser:
        return Door("organiser", organiser=code.organiser)
    raise CodeRefused("this code signs nobody in")


def _add(session: Session, event: Event, team: Team, person: Person) -> Member:
    _must_agree(event, person.agrees)
    return add_member(
        session,
        event,
        team,
        person.name,
        affiliation=person.affiliation,
        orcid=person.orcid,
        minor=person.minor,
        agrees=person.agrees,
        publishes=person.publishes,
    )


def _must_agree(event: Event, agrees: bool) -> None:
    wanted = rules(event)
    if wanted and not agrees:
        raise MemberError(f"whoever takes part agrees to the {' and the '.join(wanted).lower()}: tick the box")


def _must_take_part(team: Team) -> None:
    if team.out:
        raise MemberError(f"{team.name} is {team.out}: nobody joins it any more")


def _must_take_teams(event: Event) -> None:
    if event.config.registration == "closed" or event.phase() == "closed":
        raise RegistrationClosed("no new teams are taken; a team that is there is joined by its own code")
