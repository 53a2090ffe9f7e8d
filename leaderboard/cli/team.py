"""What a team does without a server: check a file, verify a receipt."""

from pathlib import Path
from typing import Annotated

import typer

from leaderboard.cli.common import (
    HERE,
    EventOption,
    console,
    full_name,
    readable,
    storing,
)
from leaderboard.event import Event

app = typer.Typer()


@app.command()
def check(
    file: Path,
    track: Annotated[str | None, typer.Option(help="Default: the event's only track.")] = None,
    event: EventOption = HERE,
    circuit: Annotated[Path | None, typer.Option(help="Also check this declared circuit, in OpenQASM 3.")] = None,
) -> None:
    """Check a prediction file, and the circuit declared with it: no server, no label, no cost."""
    from leaderboard.intake import circuits
    from leaderboard.intake.receive import check_file

    found = Event(event)
    name = full_name(found, track)
    predictions = check_file(found, name, readable(file))
    console.print(f"OK: {len(predictions.values):,} rows for {name}, SHA-256 of the predictions {predictions.sha256}")
    if circuit is not None:
        reading = circuits.read(found, name, readable(circuit).read_bytes())
        console.print(f"OK: a circuit that may be declared, with {reading.found}", markup=False, soft_wrap=True)


@app.command()
def verify(
    file: Path,
    event: EventOption = HERE,
    key: Annotated[Path | None, typer.Option(help="An event's receipts.pem: a receipt needs nothing else.")] = None,
) -> None:
    """Verify a receipt (JSON) by its signature, or revealed answers (CSV) by the commitment made before."""
    from leaderboard.intake import receipts
    from leaderboard.intake.receipts import verify_revealed

    if readable(file).suffix.lower() == ".csv":
        with storing(event) as (_, store), store.read() as session:
            console.print(f"OK: {verify_revealed(session, file.read_bytes())}")
        return
    document = receipts.read_json(file.read_bytes())
    receipt = (
        receipts.verify_by(document, receipts.keys_in(readable(key)))
        if key
        else receipts.verify(document, Event(event))
    )
    console.print(f"OK: {receipt.in_words()}", markup=False, soft_wrap=True)
