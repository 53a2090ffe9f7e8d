"""The organiser's commands about teams: who takes part, under which name, and who does not any more."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from challenges.files import write_atomically
from leaderboard.cli.common import HERE, EventOption, at_a_terminal, console, judging, readable, storing
from leaderboard.cli.people import PictureOption, UrlOption, tell_code
from leaderboard.event import Event, EventError

if TYPE_CHECKING:
    from leaderboard.people.importing import Import
    from leaderboard.people.organising import Listed
    from leaderboard.people.roster import Roster
    from leaderboard.people.slips import Slip
    from leaderboard.store.tables import Out

app = typer.Typer(no_args_is_help=True, help="Teams: their names, members and tokens, and which take part.")

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
"""How the names of files end that hold tables."""

SlipsOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write slips of those who are new, as `team slips` does.")
]
PlaceOption = Annotated[str | None, typer.Option(help="Where phones find the event; without it its public_url.")]

READ_BY_ALL = "Why; everybody can read it below the boards, and it is written to the audit log: no names of persons."


@app.command("add")
def add(name: str, event: EventOption = HERE) -> None:
    """Register a team and print its token, once."""
    from leaderboard.people import teams

    if name.lower().endswith(TABLES) or Path(name).is_file():
        raise EventError(f"{name!r} is the name of a file, not of a team: `physathon team import {name}` reads a table")
    with storing(event) as (_, store), store.write() as session:
        token = teams.issue_token(session, teams.add_team(session, name))
    console.print(token, soft_wrap=True)


@app.command("import")
def import_(
    file: Path,
    event: EventOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    slips: SlipsOption = None,
    url: PlaceOption = None,
) -> None:
    """Make teams and members from a table (CSV): shows what it would do, and every bad row; then asks."""
    from leaderboard.people import importing, roster

    with storing(event) as (found, store):
        place = _place(found, url) if slips else ""
        table = roster.read(readable(file))
        shown = importing.preview(store, found, table)
        _show_import(table, shown)
        if shown.problems:
            bad = {one.line for one in shown.problems}
            raise roster.RosterError(f"bad rows in {file.name}: {len(bad)}; nothing was imported")
        if not shown.is_new:
            return
        if not yes and not (at_a_terminal() and typer.confirm("Import this?")):
            console.print("nothing was imported; --yes does it without asking")
            return
        with store.write() as session:
            done = importing.carry_out(session, found, table, shown)
            sheet = importing.slips_of_new(session, found, done) if slips else []
        console.print("imported")
        if slips:
            _write_slips(found, place, sheet, slips)


def _show_import(table: "Roster", shown: "Import") -> None:
    from leaderboard.people.roster import UNMARKED

    rows = Table("team", "", "bracket", "new members", "members there already")
    for one in shown.teams:
        what = "new" if one.is_new else "there already"
        new, known = escape(", ".join(one.members.values())), str(len(one.known) or "")
        rows.add_row(escape(one.team), what, escape(one.bracket or ""), new, known)
    console.print(rows)
    if table.encoding in UNMARKED[1:]:
        console.print(f"this is no UTF-8, so it was read as {table.encoding}: look whether accents are right")
    if table.ignored:
        console.print(f"ignored columns: {', '.join(table.ignored)}", markup=False, soft_wrap=True)
    for one in shown.problems:
        console.print(f"line {one.line}: {one.what}", style="yellow", markup=False, soft_wrap=True)
    console.print(str(shown))


@app.command("slips")
def slips_(
    file: Annotated[Path, typer.Argument(help="The HTML file to write: to be printed on A4, eight slips a page.")],
    event: EventOption = HERE,
    team: Annotated[list[str] | None, typer.Option(help="These teams; without it all. May be repeated.")] = None,
    url: PlaceOption = None,
) -> None:
    """Write slips to be printed and cut: a member's name, team, and a code that signs it in, once."""
    from leaderboard.people import organising
    from leaderboard.people.slips import slips_of

    with storing(event) as (found, store):
        place = _place(found, url)
        with store.write() as session:
            wanted = [organising.find(session, name) for name in team or ()]
            teams = wanted or [one.team for one in organising.listed(session) if one.team.out is None]
            sheet = [slip for one in teams for slip in slips_of(session, found, one)]
        _write_slips(found, place, sheet, file)


def _place(event: Event, url: str | None) -> str:
    """Return where phones find the event."""
    place = url or event.config.public_url
    if place is None:
        raise EventError(
            "phones need the event's address: say --url http://192.168.1.10:8501, or `physathon set public_url ...`"
        )
    if urlsplit(place).scheme not in ("http", "https") or not urlsplit(place).hostname:
        raise EventError(f"expected an address such as https://hackathon.example.org, got {place!r}")
    return place


def _write_slips(event: Event, place: str, sheet: "list[Slip]", file: Path) -> None:
    from leaderboard.people.slips import A_PAGE, page

    write_atomically(file, page(event, place, sheet).encode(), 0o600)
    console.print(
        f"{file}: slips to print: {len(sheet)}, A4 pages: {-(-len(sheet) // A_PAGE)}. Whoever sees a code can use it",
        markup=False,
        soft_wrap=True,
    )


@app.command("code")
def code_(
    name: str,
    event: EventOption = HERE,
    new: Annotated[bool, typer.Option("--new", help="Draw another; the old one joins nobody any more.")] = False,
    url: UrlOption = None,
    picture: PictureOption = None,
) -> None:
    """Print the code by which others join a team, its address and its QR code."""
    from leaderboard.people import members, organising

    with storing(event) as (found, store), store.write() as session:
        team = organising.find(session, name)
        code = members.renew_code(session, team) if new else members.code_of(team)
    tell_code(found, code, url=url, picture=picture)


@app.command("token")
def token_(name: str, event: EventOption = HERE) -> None:
    """Print a new token for a team that lost its own; the old ones stop working."""
    from leaderboard.people import organising, teams

    with storing(event) as (_, store), store.write() as session:
        team = organising.find(session, name)
        teams.revoke_tokens(session, team)
        token = teams.issue_token(session, team)
    console.print(token, soft_wrap=True)


@app.command("list")
def list_(
    event: EventOption = HERE,
    members: Annotated[bool, typer.Option("--members", help="Also who is in them, by number and name.")] = False,
) -> None:
    """Show the teams: brackets, members, files, when each was seen last, and which are out."""
    from leaderboard.people import organising

    with storing(event) as (found, store), store.read() as session:
        table = Table("team", "bracket", *(["no.", "member"] if members else ["members"]), "files", "last seen", "")
        for one in organising.listed(session):
            for row in _rows(one, found.config.zone, members):
                table.add_row(*row)
    console.print(table)


def _rows(one: "Listed", zone: str, members: bool) -> list[list[str]]:
    team = one.team
    out = f"{team.out}: {team.out_because}" if team.out_because else team.out or ""
    rest = [str(one.files), _said(one.seen_at, zone), escape(out)]
    first = [escape(team.name), escape(team.bracket or "")]
    if not members:
        return [[*first, str(len(one.members)), *rest]]
    who = [[str(member.id), escape(member.name)] for member in one.members] or [["", ""]]
    return [[*first, *who[0], *rest], *(["", "", *more, "", "", ""] for more in who[1:])]


def _said(moment: datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%d %b %H:%M}" if moment else "never"


@app.command("rename")
def rename(old: str, new: str, event: EventOption = HERE) -> None:
    """Give a team another name: boards follow, receipts keep the name of then."""
    from leaderboard.people import organising
    from leaderboard.public import places

    with storing(event) as (found, store):
        with store.write() as session:
            team = organising.find(session, old)
            before, name = team.name, organising.rename(session, team, new)
        places.rename(found, before, name)
    console.print(f"{before} → {name}", markup=False, soft_wrap=True)


@app.command("bracket")
def bracket(name: str, bracket: str, event: EventOption = HERE) -> None:
    """Put a team into one of the event's brackets; into none by `none`."""
    from leaderboard.people import organising

    with storing(event) as (found, store), store.write() as session:
        team = organising.find(session, name)
        organising.set_bracket(session, found, team, None if bracket == "none" else bracket)
        console.print(f"{team.name}: {team.bracket or 'no bracket'}", markup=False, soft_wrap=True)


@app.command("withdraw")
def withdraw(
    name: str,
    event: EventOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; the team reads it, and it is written to the audit log.")] = "",
) -> None:
    """Take a team out that does not go on: it sends nothing and has no rank; what it sent is kept."""
    _set_out(event, name, "withdrawn", reason)


@app.command("disqualify")
def disqualify(
    name: str,
    event: EventOption = HERE,
    reason: Annotated[str, typer.Option(help=READ_BY_ALL)] = "",
) -> None:
    """Take a team out for a reason: it sends nothing and has no rank; what it sent is kept."""
    _set_out(event, name, "disqualified", reason)


@app.command("restore")
def restore(
    name: str,
    event: EventOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; it is written to the audit log.")] = "",
) -> None:
    """Put a team back in that was out: all is as it was before."""
    _set_out(event, name, None, reason)


def _set_out(event: Path, name: str, out: "Out | None", reason: str) -> None:
    """Take a team out or put it back; where its ranking is published the judge does, who opens the vault."""
    from leaderboard.people import organising
    from leaderboard.store.tables import Submission

    with storing(event) as (_, store), store.write() as session:
        team = organising.find(session, name)
        published = organising.published_finals(session, Submission.team_id == team.id)
        if not published:
            organising.set_out(session, team, out, reason)
    if published:
        from leaderboard.judge import exclusion

        with judging(event) as found:
            exclusion.set_out(found, name, out, reason)
    console.print(f"{team.name}: {out or 'takes part again'}", markup=False, soft_wrap=True)
    for track in published:
        console.print(f"{track}: ranked anew")


@app.command("move")
def move(
    member: Annotated[int, typer.Argument(help="Its number, as `team list --members` shows it.")],
    team: str,
    event: EventOption = HERE,
) -> None:
    """Move a member to another team: the files that it sent count for the quota there, too."""
    from leaderboard.people import organising

    with storing(event) as (found, store), store.write() as session:
        to = organising.find(session, team)
        told = organising.moved(member, to, organising.move(session, found, member, to))
    console.print(told, markup=False, soft_wrap=True)
