"""The command that takes tables out of an event."""

from pathlib import Path
from typing import Annotated

import typer

from challenges.files import write_atomically
from leaderboard.cli.common import HERE, EventOption, console, storing

app = typer.Typer()


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="boards, participants, receipts or audit.")],
    file: Annotated[Path, typer.Argument(help="The file to write; its name ends in .csv or .json.")],
    event: EventOption = HERE,
) -> None:
    """Write a table for a spreadsheet or a program: what everybody may see of boards, or what only you may."""
    from leaderboard.site.exports import export

    with storing(event) as (found, store), store.write() as session:
        content, said = export(session, found, kind, file.suffix.removeprefix(".").lower())
        write_atomically(file, content, 0o600)
    console.print(f"{file}: {said}", markup=False, soft_wrap=True)
