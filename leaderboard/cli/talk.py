"""The commands by which the organiser speaks with teams: announcements, answers."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.event import EventError

app = typer.Typer()
question_app = typer.Typer(no_args_is_help=True, help="What teams ask, and what they are answered.")


@app.command()
def announce(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Markdown without HTML.")] = None,
    event: EventOption = HERE,
    withdraw: Annotated[int | None, typer.Option(help="First take back the announcement of this number.")] = None,
) -> None:
    """Tell everybody something: it stands above every page until it is read."""
    from leaderboard.people import talk

    if text is None and withdraw is None:
        raise EventError("expected the text of an announcement, or --withdraw with a number")
    with storing(event) as (_, store), store.write() as session:
        if withdraw is not None:
            talk.withdraw(session, withdraw)
        told = None if text is None else talk.announce(session, text).id
    if withdraw is not None:
        console.print(f"announcement {withdraw} is withdrawn")
    if told is not None:
        console.print(f"announcement {told} is on every page within two seconds")


@app.command()
def announcements(event: EventOption = HERE) -> None:
    """List what was announced, newest first."""
    from leaderboard.people import talk

    with storing(event) as (found, store), store.read() as session:
        told, zone = talk.announcements(session), found.config.zone
    table = Table("no.", "at", "withdrawn", "text")
    for one in told:
        withdrawn = _moment(one.withdrawn_at, zone) if one.withdrawn_at else ""
        table.add_row(str(one.id), _moment(one.at, zone), withdrawn, escape(one.text or ""))
    console.print(table)


@question_app.command("list")
def question_list(
    event: EventOption = HERE,
    open_: Annotated[bool, typer.Option("--open", help="Only those without an answer.")] = False,
) -> None:
    """List what teams ask, and count what waits for an answer."""
    from leaderboard.people import talk

    with storing(event) as (found, store), store.read() as session:
        asked, waiting = talk.questions(session, unanswered=open_), talk.count_unanswered(session)
        zone = found.config.zone
    for one in asked:
        head = (f"{one.id}", one.team.name, *([one.track] if one.track else []), _moment(one.asked_at, zone))
        console.print(" · ".join(map(escape, head)), style="bold")
        console.print(Padding(escape(one.text), (0, 0, 0, 2)))
        if one.answer is not None:
            whom = "all" if one.to_all else "its team"
            console.print(Padding(escape(f"answered to {whom}: {one.answer}"), (0, 0, 0, 2)), style="dim")
    console.print(f"{waiting} without an answer")


@question_app.command("answer")
def question_answer(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Markdown without HTML.")] = None,
    event: EventOption = HERE,
    canned: Annotated[str | None, typer.Option(help="Instead of a text: the name of a canned answer.")] = None,
    to_all: Annotated[
        bool | None, typer.Option("--all/--team", help="Who may read it; corrected, it stays as it was.")
    ] = None,
) -> None:
    """Answer a question, or correct an answer: its team alone, or all, without the name of who asked."""
    from leaderboard.people import talk

    if (text is None) == (canned is None):
        raise EventError("expected either the text of an answer or --canned with a name")
    with storing(event) as (_, store), store.write() as session:
        given = text if text is not None else talk.canned_answer(session, canned or "").text
        told = talk.told_of(session, talk.answer(session, number, given, to_all=to_all))
    console.print(told, markup=False, soft_wrap=True)


@question_app.command("canned")
def question_canned(
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Markdown without HTML.")] = None,
    event: EventOption = HERE,
    drop: Annotated[bool, typer.Option("--drop", help="Drop the one of that name.")] = False,
) -> None:
    """Keep an answer that is given often under a name; without a text, list those that there are."""
    from leaderboard.people import talk

    if drop and (name is None or text is not None):
        raise EventError("--drop wants the name of a canned answer, and no text")
    with storing(event) as (_, store), store.write() as session:
        if drop and name is not None:
            talk.drop_canned(session, name)
        elif name is not None and text is not None:
            talk.keep_canned(session, name, text)
        kept = [talk.canned_answer(session, name)] if name and not (text or drop) else talk.canned_answers(session)
    table = Table("name", "answer")
    for one in kept:
        table.add_row(escape(one.name), escape(one.text))
    console.print(table)


def _moment(when: datetime, zone: str) -> str:
    return f"{when.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"
