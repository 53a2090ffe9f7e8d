"""What a team does on a running event: the kits' own submit.py, here without a kit."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def client(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help="And what it takes.")] = None,
) -> None:
    """Take part in a running event: log in, send a file, read the board; `physathon client --help` lists it all."""
    from leaderboard.kit.submit import main

    raise typer.Exit(main(arguments or ["--help"], "physathon client"))
