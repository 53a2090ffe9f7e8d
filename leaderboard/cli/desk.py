"""Who sits at the desk."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.cli.people import UrlOption, tell_code

app = typer.Typer(no_args_is_help=True, help="Who sits at the desk.")
Name = Annotated[str, typer.Argument(help="As the desk and the audit log show it.")]


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="organiser (does all), helper, or jury.")] = "organiser",
    event: EventOption = HERE,
    url: UrlOption = None,
) -> None:
    """Let somebody sit at the desk, and print the link that signs them in, once."""
    from leaderboard.people import desk

    with storing(event) as (found, store), store.write() as session:
        code = desk.link_code(session, desk.add_organiser(session, name, role))
    tell_code(found, code, url=url)
    console.print("It serves once, within a day.")


@app.command()
def link(name: Name, event: EventOption = HERE, url: UrlOption = None) -> None:
    """Print a new link for somebody who is at the desk already."""
    from leaderboard.people import desk

    with storing(event) as (found, store), store.write() as session:
        code = desk.link_code(session, desk.find_organiser(session, name))
    tell_code(found, code, url=url)


@app.command("list")
def list_(event: EventOption = HERE) -> None:
    """List who is at the desk."""
    from leaderboard.people.desk import ROLES
    from leaderboard.store.tables import Organiser

    with storing(event) as (_, store), store.read() as session:
        table = Table("name", "role", "", "since")
        for one in session.query(Organiser).order_by(Organiser.id):
            table.add_row(escape(one.name), one.role, ROLES[one.role], f"{one.added_at:%Y-%m-%d}")
    console.print(table)


@app.command()
def dismiss(name: Name, event: EventOption = HERE) -> None:
    """Let somebody sit at the desk no more: signed out everywhere, at once."""
    from leaderboard.people import desk

    with storing(event) as (_, store), store.write() as session:
        desk.dismiss(session, desk.find_organiser(session, name))
    console.print(f"{name} is not at the desk any more", markup=False)
