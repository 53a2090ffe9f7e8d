"""The command of the demo."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer

from challenges.spec import SizeName
from leaderboard.cli.common import HERE, EventOption, console, progress_bars
from leaderboard.cli.judge import board
from leaderboard.event import Event

app = typer.Typer()


@app.command()
def demo(
    event: EventOption = HERE,
    serving: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the board, or stop after the scores.")
    ] = True,
    full: Annotated[bool, typer.Option("--full", help="Also the baselines that take minutes.")] = False,
    size: Annotated[SizeName, typer.Option(help="Simulated rows of a new event.")] = "demo",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
) -> None:
    """Make an event with made-up teams on each track and serve its boards; a second time everything is reused.

    The page is up as soon as the first challenge is ready; the others join it one by one.
    """
    from leaderboard.demo.play import open_demo, play
    from leaderboard.demo.teams import tokens_file
    from leaderboard.serve import must_not_be_served
    from leaderboard.serve import serve as run

    if (event / "event.toml").exists():
        must_not_be_served(Event(event))
    judge, say = open_demo(event, size=size), partial(console.print, soft_wrap=True, markup=False)

    def boards() -> Iterator[None]:
        for challenge_id in play(judge, slow=full, say=say, bars=progress_bars):
            for track in judge.event.tracks(challenge_id):
                board(track, event)
            yield

    def announce() -> None:
        console.print(f"[bold]page and API on http://{host}:{port}[/] (Ctrl-C stops)", soft_wrap=True)
        console.print(f"the demo teams' tokens: {tokens_file(judge.event)}", soft_wrap=True)

    try:
        coming = boards()
        next(coming)
        if serving:
            run(judge.event, host, port, announce=announce, meanwhile=lambda: list(coming))
        else:
            list(coming)
    finally:
        judge.close()
