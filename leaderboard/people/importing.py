"""Teams and members from a table: all of them, or none and what is wrong with every line."""

from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.people.members import MemberError, add_member, members_of, read_orcid
from leaderboard.people.organising import must_be_bracket, set_bracket
from leaderboard.people.roster import Problem, Roster, Row
from leaderboard.people.slips import Slip, slips_of
from leaderboard.people.teams import add_team, find_team
from leaderboard.store.database import Database
from leaderboard.store.queries import audit
from leaderboard.store.tables import Member, Team


@dataclass
class Entered:
    """What became of one team of a table.

    Attributes
    ----------
    team : str
    number : int
    is_new : bool
    bracket : str or None
        The bracket that it was put into.
    members : dict of int to str
        Those that were made, by their numbers.
    known : list of str
        Those that were there already.
    """

    team: str
    number: int
    is_new: bool
    bracket: str | None = None
    members: dict[int, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Import:
    """What a table makes of an event, team by team; where there are problems, nothing is kept of it."""

    teams: tuple[Entered, ...]
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        new = sum(one.is_new for one in self.teams), sum(len(one.members) for one in self.teams)
        known = sum(not one.is_new for one in self.teams), sum(len(one.known) for one in self.teams)
        return f"{_counted(*new)} new; {_counted(*known)} there already"

    @property
    def is_new(self) -> bool:
        """Whether it makes or changes anything."""
        return any(one.is_new or one.bracket or one.members for one in self.teams)

    def told(self) -> list[tuple]:
        """Return what it does, without the numbers that the database gives: two previews can be compared by it."""
        return [(one.team, one.is_new, one.bracket, list(one.members.values()), one.known) for one in self.teams]


class ImportChanged(EventError):
    """Teams that are others than when the import was shown; nothing was imported."""


class _NotYet(Exception):
    """Ends the transaction of a preview."""


def preview(store: Database, event: Event, roster: Roster) -> Import:
    """Return what an import does: it is done, looked at, and rolled back."""
    with suppress(_NotYet), store.write() as session:
        found = enter(session, event, roster)
        raise _NotYet
    return found


def carry_out(session: Session, event: Event, roster: Roster, shown: Import) -> Import:
    """Do what was shown, in the caller's transaction.

    Raises
    ------
    ImportChanged
        If it would do something else by now.
    """
    done = enter(session, event, roster)
    if done.problems or done.told() != shown.told():
        raise ImportChanged("teams or members were changed meanwhile: nothing was imported, look at it again")
    made = sum(one.is_new for one in done.teams), sum(len(one.members) for one in done.teams)
    audit(session, "teams imported", teams=made[0], members=made[1])
    return done


def slips_of_new(session: Session, event: Event, done: Import) -> list[Slip]:
    """Return slips of the members that an import made, and of the teams that it made without any."""
    slips = []
    for one in done.teams:
        if one.members or one.is_new:
            slips += slips_of(session, event, session.get_one(Team, one.number), one.members)
    return slips


def enter(session: Session, event: Event, roster: Roster) -> Import:
    """Enter a table row by row, by the rules for those who join by themselves, in the caller's transaction.

    Rows that were entered before change nothing. If there are problems, the caller rolls everything back.
    """
    entering = _Entering(session, event)
    problems = list(roster.problems)
    for row in roster.rows:
        try:
            entering.enter(row)
        except EventError as error:
            problems.append(Problem(row.line, str(error)))
    problems.sort(key=lambda one: one.line)
    return Import(tuple(entering.teams.values()), tuple(problems))


class _Entering:
    """An import under way."""

    def __init__(self, session: Session, event: Event) -> None:
        self.session, self.event = session, event
        self.teams: dict[int, Entered] = {}
        self._by_name: dict[str, tuple[Team, Entered]] = {}
        self._known: set[tuple[int, str]] = set()
        self._lines: dict[tuple[int, str], int] = {}
        with_orcid = session.scalars(select(Member).where(Member.orcid.is_not(None)))
        self._orcids = {one.orcid: f"no. {one.id} of {one.team.name}" for one in with_orcid}

    def enter(self, row: Row) -> None:
        if not row.team:
            raise EventError("it names no team")
        team, entered = self._team(row)
        if row.bracket:
            self._bracket(team, entered, row)
        if row.member:
            self._member(team, entered, row)
        elif row.affiliation or row.orcid:
            raise MemberError("it says something of a member and names none")

    def _team(self, row: Row) -> tuple[Team, Entered]:
        if row.team not in self._by_name:
            found = find_team(self.session, row.team)
            if found is not None and found.kind != "team":
                raise EventError(f"{found.name!r} is a baseline, not a team")
            team = found or add_team(self.session, row.team)
            entered = self.teams.setdefault(team.id, Entered(team.name, team.id, is_new=found is None))
            self._by_name[row.team] = team, entered
            for member in members_of(self.session, team):
                self._known.add((team.id, _folded(member.name)))
        return self._by_name[row.team]

    def _bracket(self, team: Team, entered: Entered, row: Row) -> None:
        bracket = must_be_bracket(self.event, row.bracket)
        if team.bracket is None:
            set_bracket(self.session, self.event, team, bracket)
            entered.bracket = bracket
        elif team.bracket != bracket:
            raise EventError(f"{team.name} is in the bracket {team.bracket!r}, not in {bracket!r}")

    def _member(self, team: Team, entered: Entered, row: Row) -> None:
        key = team.id, _folded(row.member)
        if key in self._lines:
            raise MemberError(f"{row.member!r} of {team.name} stands in line {self._lines[key]} already")
        self._lines[key] = row.line
        if key in self._known:
            entered.known.append(row.member)
            return
        orcid = read_orcid(row.orcid) if row.orcid else None
        if orcid in self._orcids:
            raise MemberError(f"{orcid} is the ORCID iD of somebody else: {self._orcids[orcid]}")
        member = add_member(
            self.session, self.event, team, row.member, affiliation=row.affiliation or None, orcid=orcid
        )
        entered.members[member.id] = member.name
        if orcid:
            self._orcids[orcid] = f"line {row.line}"


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _counted(teams: int, members: int) -> str:
    return f"{teams} team{'s' * (teams != 1)} and {members} member{'s' * (members != 1)}"
