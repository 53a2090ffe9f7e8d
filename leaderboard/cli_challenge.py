"""The commands about challenges: examine one, start a new one."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from leaderboard.console import console

app = typer.Typer(no_args_is_help=True, help="Challenges: start a new one, examine any.")


@app.command()
def new(challenge_id: Annotated[str, typer.Argument(metavar="ID", help="a-z, 0-9 and _.")]) -> None:
    """Start a new challenge from a working toy."""
    from leaderboard import scaffold

    for path in scaffold.create(challenge_id):
        console.print(str(path), soft_wrap=True, markup=False)
    console.print(f"now: physathon challenge check {challenge_id}")


@app.command()
def check(challenge_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Examine a challenge: everything that it must keep before an event may use it."""
    from challenges.spec import load
    from leaderboard.conformance import CHECKS, Nonconforming, run

    load(challenge_id)
    broken = []
    with tempfile.TemporaryDirectory() as folder, console.status(f"examining {challenge_id}"):
        for finding in run(challenge_id, Path(folder)):
            mark = "[green]✓[/]" if finding.passed else "[bold red]✗[/]"
            console.print(mark, f"[bold]{finding.check.replace('_', ' ')}[/]:", end=" ")
            console.print(finding.detail, markup=False)
            if not finding.passed:
                broken.append(finding.check)
    if broken:
        raise Nonconforming(f"{challenge_id} fails {len(broken)} of {len(CHECKS)} checks: {', '.join(broken)}")
