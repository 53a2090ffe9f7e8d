"""A ceremony, by commands: what the desk and its presenter's page do by clicks and keys."""

from typing import Annotated

import typer

from leaderboard.cli.common import HERE, EventOption, console, judging, storing

app = typer.Typer(no_args_is_help=True, help="Results let out team by team.")
Scope = Annotated[str, typer.Argument(help="A track, or points: over all tracks.")]


@app.command()
def begin(scope: Scope, event: EventOption = HERE) -> None:
    """Put a ceremony on the screen (/ceremony); each step then lets out one team's result."""
    from leaderboard.judge import ceremony

    with judging(event) as found:
        plan = ceremony.begin(found, scope)
    console.print(f"the ceremony of {scope} is on the screen: {len(plan.turns)} teams, one by one")


@app.command()
def rehearse(scope: Scope, event: EventOption = HERE) -> None:
    """Put a rehearsal on the screen: its scores are made up, nothing is let out."""
    from leaderboard.board import presenting

    with storing(event) as (found, store), store.write() as session:
        presenting.rehearse(session, found, scope)
    console.print(f"a rehearsal of {scope} is on the screen: its scores are made up")


@app.command()
def move(
    how: Annotated[str, typer.Argument(help="next, back, or pause: a second time it goes on.")],
    event: EventOption = HERE,
) -> None:
    """Take the picture a step on or back, or let it pause; what is out stays out."""
    from leaderboard.board import ceremonies, presenting
    from leaderboard.judge import ceremony

    with judging(event) as found:
        found.store.who = "command line"
        with found.store.write() as session:
            presenting.move(session, found.event, how)
        ceremony.go_on(found)
        with found.store.read() as session:
            script = ceremonies.script_of(session, found.event, presenting.must_be_on(session))
    console.print(f"{script.scene.kind}: {script.shown} of {len(script.order)} teams are shown")


@app.command()
def end(event: EventOption = HERE) -> None:
    """Take a rehearsal off the screen; a ceremony ends when what it lets out is published."""
    from leaderboard.board import presenting

    with storing(event) as (_, store), store.write() as session:
        presenting.end_rehearsal(session)
    console.print("the rehearsal is over")
