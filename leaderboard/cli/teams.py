"""The organiser's commands about teams: who takes part, under which name, and who does not any more."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from leaderboard.cli.common import HERE, EventOption, console, judging, storing
from leaderboard.event import EventError

if TYPE_CHECKING:
    from leaderboard.intake.organising import Listed
    from leaderboard.store.tables import Out

app = typer.Typer(no_args_is_help=True, help="Teams: their names, members and tokens, and which take part.")

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
"""How the names of files end that hold tables."""

READ_BY_ALL = "Why; everybody can read it below the boards, and it is written to the audit log: no names of persons."


@app.command("add")
def add(name: str, event: EventOption = HERE) -> None:
    """Register a team and print its token, once."""
    from leaderboard.intake import teams

    if name.lower().endswith(TABLES) or Path(name).is_file():
        raise EventError(f"{name!r} is the name of a file, not of a team: `physathon team import {name}` reads a table")
    with storing(event) as (_, store), store.write() as session:
        token = teams.issue_token(session, teams.add_team(session, name))
    console.print(token, soft_wrap=True)


@app.command("token")
def token_(name: str, event: EventOption = HERE) -> None:
    """Print a new token for a team that lost its own; the old ones stop working."""
    from leaderboard.intake import organising, teams

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
    from leaderboard.intake import organising

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
    from leaderboard.intake import organising
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
    from leaderboard.intake import organising

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
    from leaderboard.intake import organising

    with storing(event) as (_, store):
        with store.read() as session:
            team = organising.find(session, name)
            published = organising.published_finals(session, team)
        if not published:
            with store.write() as session:
                organising.set_out(session, organising.find(session, name), out, reason)
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
    from leaderboard.intake import organising

    with storing(event) as (found, store), store.write() as session:
        to = organising.find(session, team)
        taken = organising.move(session, found, member, to)
        console.print(f"no. {member} is in {to.name} now", markup=False, soft_wrap=True)
    for track, files in taken.items():
        console.print(f"{track}: {files} {'files' if files > 1 else 'file'} that it sent before count there, too")
