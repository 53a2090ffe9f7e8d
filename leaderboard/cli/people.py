"""Codes to join by, and what is kept of persons: shown, exported, deleted."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.event import Event, EventError
from leaderboard.store.tables import Member
from leaderboard.times import span

PREVIEW_LIFE = timedelta(hours=1)
"""How long a code may lie about that shows what is not out yet."""

app = typer.Typer()
person_app = typer.Typer(no_args_is_help=True, help="What is kept of persons.")

UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where phones find the event. Default: public_url, or this machine.")
]
PictureOption = Annotated[
    Path | None, typer.Option(metavar="FILE.svg", help="Also draw the QR code into this file, for a projector.")
]
Number = Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="As `physathon person list` shows it.")]


@app.command("code")
def code_(
    event: EventOption = HERE,
    uses: Annotated[int, typer.Option(min=1, help="How many teams it may form.")] = 1,
    life: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long it serves: 15m, 2h, 1d.")] = None,
    member: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Instead, signs this member in, once, as after a lost phone.")
    ] = None,
    url: UrlOption = None,
    picture: PictureOption = None,
) -> None:
    """Print a code by which a team is formed, its address and its QR code."""
    from leaderboard.people import codes

    if member and uses > 1:
        raise EventError("a member's code serves once: --uses is for codes that form teams")
    life = life or ("1h" if member else None)
    with storing(event) as (found, store), store.write() as session:
        lasts = span(life) if life else None
        person = _member(session, member) if member else None
        code = codes.issue_code(session, "member" if person else "team", life=lasts, member=person, uses=uses)
    tell_code(found, code, url=url, picture=picture)
    console.print(codes.serves(uses, life or ""), markup=False)


@app.command()
def preview(event: EventOption = HERE, url: UrlOption = None) -> None:
    """Print a code by which one browser sees what is not out yet."""
    from leaderboard.people import codes

    with storing(event) as (found, store), store.write() as session:
        code = codes.issue_code(session, "preview", life=PREVIEW_LIFE)
    tell_code(found, code, url=url)
    console.print("It serves once, for 1h.", markup=False)


def tell_code(event: Event, code: str, *, url: str | None, picture: Path | None = None) -> None:
    """Print a code, the address that a phone opens by it, and that address as a QR code."""
    from leaderboard import qr
    from leaderboard.people.codes import address_of

    address = address_of(url or event.config.public_url or "http://127.0.0.1:8501", code)
    console.print(qr.as_text(address), style="#ffffff on #000000", markup=False, soft_wrap=True, end="")
    console.print(code, style="bold")
    console.print(address, markup=False, soft_wrap=True)
    if picture is not None:
        write_atomically(picture, qr.as_file(address))
        console.print(f"drawn into {picture}", markup=False, soft_wrap=True)


@person_app.command("list")
def list_(event: EventOption = HERE) -> None:
    """List the members of all teams, by their numbers."""
    with storing(event) as (_, store), store.read() as session:
        table = Table("number", "team", "name", "affiliation", "ORCID iD", "under 18", "agreed", "publish", "joined")
        for one in session.query(Member).order_by(Member.team_id, Member.id):
            ticks = ("yes" if tick else "" for tick in (one.minor, one.agreed_at, one.publishes))
            said = map(escape, (one.team.name, one.name, one.affiliation or "", one.orcid or ""))
            table.add_row(str(one.id), *said, *ticks, f"{one.joined_at:%Y-%m-%d}")
    console.print(table)


@person_app.command()
def export(number: Number, event: EventOption = HERE) -> None:
    """Print all that is kept of a person, as JSON."""
    from leaderboard.people.privacy import kept_of

    with storing(event) as (_, store), store.read() as session:
        kept = kept_of(session, _member(session, number))
    console.print_json(json.dumps(kept))


@person_app.command()
def delete(
    number: Number,
    event: EventOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what is kept of a person; files and questions stay with the team, and name nobody."""
    from leaderboard.store.erasure import erase

    with storing(event) as (found, store):
        with store.read() as session:
            name = _member(session, number).name
        if not yes:
            typer.confirm(f"delete what is kept of {name}, for good?", abort=True)
        with store.write() as session:
            erase(session, found, _member(session, number), by="the organiser")
    console.print(f"number {number} is deleted")


def _member(session: Session, number: int) -> Member:
    found = session.get(Member, number)
    if found is None:
        raise EventError(f"there is no member of number {number}: `physathon person list` shows them")
    return found
