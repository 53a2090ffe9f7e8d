"""What the organiser does to teams: rename one, take it out and put it back in, give it a bracket, move a member."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, lazyload

from leaderboard.event import Event, EventError
from leaderboard.people.members import MemberError, must_have_room, renew_code
from leaderboard.people.teams import find_team, must_be_free
from leaderboard.store import team_names
from leaderboard.store.queries import COUNTS, audit, must_not_be_revealing
from leaderboard.store.tables import Member, Out, SignIn, Submission, Tally, Team, Token, TrackState

LONGEST_REASON = 300
"""Letters of a reason, which stands below boards."""

READ_BY = (
    "A team that withdrew reads it; of one that is disqualified everybody can read it below the boards. It is written "
    "to the audit log: no names of persons."
)


def find(session: Session, name: str) -> Team:
    """Return the team of that name.

    Raises
    ------
    EventError
        If there is none, or it is a baseline's.
    """
    team = find_team(session, name)
    if team is None:
        raise EventError(f"there is no team {name!r}: `physathon team list` shows those there are")
    if team.kind != "team":
        raise EventError(f"{team.name!r} is a baseline, not a team")
    return team


def rename(session: Session, team: Team, name: str) -> str:
    """Give a team another name and return it as it is kept; boards follow, receipts keep the name of then.

    Raises
    ------
    leaderboard.store.team_names.TeamNameError
        If no team can have that name.
    EventError
        If it is another team's, or can be taken for one's.
    """
    name = team_names.clean(name)
    must_be_free(session, name, but_for=team)
    audit(session, "team renamed", number=team.id, before=team.name, team=name)
    team.name = name
    return name


def must_be_bracket(event: Event, bracket: str) -> str:
    """Return a bracket as the event's settings write it.

    Raises
    ------
    EventError
        If the event has no such bracket.
    """
    known = event.config.brackets
    found = next((one for one in known if one.casefold() == " ".join(bracket.split()).casefold()), None)
    if found is None:
        there = f"it has {', '.join(known)}" if known else "`physathon set brackets` makes some"
        raise EventError(f"this event has no bracket {bracket[:LONGEST_REASON]!r}: {there}")
    return found


def set_bracket(session: Session, event: Event, team: Team, bracket: str | None) -> None:
    """Put a team into a bracket, or into none.

    Raises
    ------
    EventError
        If the event has no such bracket.
    """
    team.bracket = must_be_bracket(event, bracket) if bracket else None
    audit(session, "team bracket", team=team.name, bracket=team.bracket)


def set_out(session: Session, team: Team, out: Out | None, reason: str = "") -> None:
    """Let a team be out of the event, or in it again (None), in the caller's transaction.

    Nothing of its files, releases and finals is touched. Where results are published, the judge ranks them anew:
    `leaderboard.judge.exclusion.set_out`.

    Raises
    ------
    EventError
        If it is so already, or a team is disqualified for no reason.
    leaderboard.store.queries.Revealing
        If results that it has a part in are let out one by one at this moment.
    """
    reason = " ".join(reason.split()).removesuffix(".")
    if out == "disqualified" and not reason:
        raise EventError("a team is disqualified for a reason, which all can read: say it")
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise EventError(f"expected a reason of at most {LONGEST_REASON} letters that can be seen")
    if team.out == out:
        raise EventError(f"{team.name} is {out} already" if out else f"{team.name} is not out: nothing to restore")
    must_not_be_revealing(session, *with_finals(session, Submission.team_id == team.id))
    team.out, team.out_because = out, reason or None
    audit(session, f"team {out or 'restored'}", team=team.name, reason=reason)


def with_finals(session: Session, which: ColumnElement[bool]) -> list[str]:
    """Return the tracks that some submissions have a part in deciding."""
    numbers = set(session.scalars(select(Submission.id).where(which)))
    states = session.scalars(select(TrackState).order_by(TrackState.name))
    return [state.name for state in states if not numbers.isdisjoint(state.finals or [])]


def published_finals(session: Session, which: ColumnElement[bool]) -> list[str]:
    """Return the published tracks that some submissions have a part in deciding: only the judge can rank these anew."""
    decided = with_finals(session, which)
    return [name for name in decided if session.get_one(TrackState, name).published_at is not None]


def move(session: Session, event: Event, number: int, team: Team) -> dict[str, int]:
    """Let a member change teams; return how many files, by track, it takes along into the quota of its new team.

    Its token and whatever it is signed in with go along. The team before is joined by a new code from now on; its
    token, if it has one, stays known to who leaves.

    Raises
    ------
    leaderboard.people.members.MemberError
        If there is no such member, it is in that team already, or the team is full.
    """
    member = session.get(Member, number)
    if member is None:
        raise MemberError(f"there is no member no. {number}: `physathon team list --members` shows their numbers")
    if member.team_id == team.id:
        raise MemberError(f"no. {number} is in {team.name} already")
    must_have_room(session, event, team)
    audit(session, "member moved", member=number, before=member.team.name, team=team.name)
    if member.team.code:
        renew_code(session, member.team)
    member.team_id, member.team = team.id, team
    session.execute(update(Token).where(Token.member_id == number).values(team_id=team.id))
    elsewhere = Submission.member_id == number, Submission.team_id != team.id, COUNTS
    count = select(Submission.track, func.count()).where(*elsewhere)
    return {track: files for track, files in session.execute(count.group_by(Submission.track))}  # noqa: C416


def moved(number: int, team: Team, taken: dict[str, int]) -> str:
    """Return what became of a member that changed teams, in words."""
    along = (
        f"{track}: {files} file{'s' * (files > 1)} that it sent before count there, too"
        for track, files in taken.items()
    )
    return "; ".join((f"no. {number} is in {team.name} now", *along))


@dataclass(frozen=True)
class Listed:
    """A team as the organiser sees it.

    ``seen_at`` is when a file of it came, one of its tokens was used, or somebody signed in for it last.
    """

    team: Team
    members: tuple[Member, ...]
    files: int
    seen_at: datetime | None


def search(session: Session, wanted: str = "", bracket: str | None = None) -> list[int]:
    """Return the numbers of the teams whose name, or a member's, has some letters in it, in any case; oldest first."""
    of_bracket = [] if bracket is None else [Team.bracket == bracket]
    teams = select(Team.id, Team.name).where(Team.kind == "team", *of_bracket).order_by(Team.id)
    names = {team: [name] for team, name in session.execute(teams)}
    if not wanted:
        return list(names)
    for team, name in session.execute(select(Member.team_id, Member.name).order_by(Member.id)):
        names.get(team, []).append(name)
    return [team for team, those in names.items() if wanted.casefold() in " ".join(those).casefold()]


def listed(session: Session, *which: ColumnElement[bool]) -> list[Listed]:
    """Return all teams, or those of which something holds, in the order in which they were formed."""
    chosen = select(Team.id).where(Team.kind == "team", *which)
    members: dict[int, list[Member]] = {}
    of_teams = select(Member).where(Member.team_id.in_(chosen)).options(lazyload(Member.team))
    for member in session.scalars(of_teams.order_by(Member.id)):
        members.setdefault(member.team_id, []).append(member)
    sent = select(Tally.team_id, func.sum(Tally.counted + Tally.failed), func.max(Tally.last_began_at))
    sent = sent.where(Tally.team_id.in_(chosen)).group_by(Tally.team_id)
    files = {team: (count, last) for team, count, last in session.execute(sent)}
    used = select(Token.team_id, func.max(Token.last_used_at)).where(Token.team_id.in_(chosen)).group_by(Token.team_id)
    by_token, by_member = (
        select(one.team_id, func.max(SignIn.created_at))
        .select_from(one)
        .join(SignIn)
        .where(one.team_id.in_(chosen))
        .group_by(one.team_id)
        for one in (Token, Member)
    )
    seen = {team: [last] for team, (_, last) in files.items()}
    for query in (used, by_token, by_member):
        for team, last in session.execute(query):
            seen.setdefault(team, []).append(last)
    return [
        Listed(
            team,
            tuple(members.get(team.id, ())),
            files.get(team.id, (0, None))[0],
            max((last for last in seen.get(team.id, ()) if last), default=None),
        )
        for team in session.scalars(select(Team).where(Team.kind == "team", *which).order_by(Team.id))
    ]
