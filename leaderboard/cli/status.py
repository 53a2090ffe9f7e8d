"""How an event is: one look in the terminal, and alarms while it is served."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.event import Event

if TYPE_CHECKING:
    from leaderboard.health import Finding

app = typer.Typer()
STYLES = {"good": "green", "watch": "yellow", "act": "bold red"}


@app.command()
def status(
    event: EventOption = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="A list, one entry a thing.")] = False,
) -> None:
    """Show what waits, who lives and what is full, each with what to do; exit status 1 if something must be done."""
    from leaderboard.health import look

    with storing(event) as (found, store), store.read() as session:
        findings = look(session, found)
    _tell(findings, as_json=as_json)


@app.command()
def doctor(
    event: EventOption = HERE,
    tls: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="CERTIFICATE KEY", help="Two PEM files that shall be served with."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list, one entry a thing.")] = False,
) -> None:
    """Look at an installation and say what is wrong, each with its remedy; exit status 1 if something must be done."""
    from leaderboard.doctor import examine

    _tell(examine(event, tls), as_json=as_json)


def _tell(findings: "list[Finding]", *, as_json: bool) -> None:
    from leaderboard.health import worst

    if as_json:
        console.print_json(json.dumps([asdict(one) for one in findings]))
    else:
        table = Table.grid(padding=(0, 2))
        for one in findings:
            says = Text(one.says)
            table.add_row(
                Text(one.level, STYLES[one.level]), one.what, says.append(f"\n{one.to_do}" if one.to_do else "")
            )
        console.print(table)
    if worst(findings) == "act":
        raise typer.Exit(1)


def keep_watch(event: Event, say: Callable[[str], None]) -> None:
    """Say from now on what must be done about an event, once when it begins to be so and once when it is over."""
    threading.Thread(target=_watch, args=(event, say), name="alarms", daemon=True).start()


def _watch(event: Event, say: Callable[[str], None]) -> None:
    from leaderboard.health import Alarms, Finding, look
    from leaderboard.store.database import open_store
    from leaderboard.store.heartbeats import BEAT

    alarms, store = Alarms(say), None
    while True:
        time.sleep(BEAT)
        try:
            store = store or open_store(event)
            with store.read() as session:
                alarms.hear([*look(session, event), Finding("tables", "good", "they can be read")])
        except Exception as error:  # whatever it is: what is served goes on
            alarms.hear([Finding("tables", "act", f"they cannot be read ({type(error).__name__}: {error})")])
