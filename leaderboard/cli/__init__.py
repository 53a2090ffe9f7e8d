"""``physathon …``: everything an organiser does, and what a team can do without a browser."""

import os
import sys

import typer

from leaderboard import logs
from leaderboard.cli import (
    backup,
    ceremony,
    challenge,
    client,
    cluster,
    demo,
    desk,
    doors,
    event,
    export,
    judge,
    people,
    settings,
    status,
    talk,
    team,
    teams,
    upgrade,
)
from leaderboard.cli.common import errors
from leaderboard.cli.stopping import Stoppable, stop_soon
from leaderboard.event import EventError

app = typer.Typer(
    cls=Stoppable, no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False
)
for commands in (event, doors, status, settings, talk, team, client, people, judge, backup, upgrade, export, demo):
    app.add_typer(commands.app)
app.add_typer(event.kit_app, name="kit")
app.add_typer(teams.app, name="team")
app.add_typer(people.person_app, name="person")
app.add_typer(talk.question_app, name="question")
app.add_typer(desk.app, name="organiser")
app.add_typer(ceremony.app, name="ceremony")
app.add_typer(cluster.app, name="cluster")
app.add_typer(challenge.app, name="challenge")


def main() -> None:
    """Run the command line; an expected error is one message and exit status 1, never a traceback."""
    stop_soon()
    try:
        app()
    except (ValueError, OSError, ImportError) as error:
        if os.environ.get("PHYSATHON_TRACEBACK"):
            raise
        if logs.started():
            # What an EventError says is about the installation; of any other nobody knows what it says.
            text = str(error) if isinstance(error, EventError) else None
            logs.note("ended by an error", error=type(error).__name__, text=text)
            sys.exit(1)
        errors.print(f"[bold red]error[/] {type(error).__name__}", end=": ")
        errors.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)
