"""The command that brings an event of an earlier version to this one."""

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from leaderboard.cli.common import HERE, EventOption, console
from leaderboard.event import Event

if TYPE_CHECKING:
    from leaderboard.store.database import Database

app = typer.Typer()


@app.command()
def upgrade(
    event: EventOption = HERE,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Copy nothing first: it was done, as by pg_dump.")
    ] = False,
) -> None:
    """Bring an event of an earlier version to this one; SQLite's files are copied first."""
    from leaderboard.judge.raw_scores import open_scores
    from leaderboard.judge.vault import Vault
    from leaderboard.serve import must_not_be_served
    from leaderboard.store.database import open_store
    from leaderboard.store.versions import newest_version

    found = Event(event)
    must_not_be_served(found)
    with closing(open_store(found, copy=not no_backup)) as store:
        tell_copy(store, _say)
    _say(f"the event's tables are of version {newest_version('event')}")
    if not found.vault.is_dir():
        _say("its vault is not here: run this where the judge is, too")
        return
    with closing(open_scores(Vault(found), copy=not no_backup)) as scores:
        tell_copy(scores, _say)
    _say(f"the judge's tables are of version {newest_version('judge')}")


def tell_copy(database: "Database", say: Callable[[str], None]) -> None:
    """Say where the copy lies that was made of tables before they were changed, if one was."""
    if database.copy:
        say(f"{database.copy}: the tables as they were before; to go back, put it in their place and install what was")


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, markup=False)
