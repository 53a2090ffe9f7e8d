"""What a team does: check a file, send it, verify a receipt."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from leaderboard.cli.common import (
    HERE,
    EventOption,
    console,
    errors,
    full_name,
    readable,
    storing,
)
from leaderboard.event import Event, EventError

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
def submit(
    file: Path,
    track: Annotated[str, typer.Option(help="For example higgs.signal.")],
    token: Annotated[
        str, typer.Option(envvar="PHYSATHON_TOKEN", help="Your team's token.", prompt=True, hide_input=True)
    ],
    url: Annotated[str, typer.Option(help="Where the event is served.")] = "http://127.0.0.1:8501",
    circuit: Annotated[Path | None, typer.Option(help="The circuit to declare first, in OpenQASM 3.")] = None,
    ca: Annotated[
        Path | None, typer.Option(help="The certificate of the venue's own authority, as its page /trust gives it.")
    ] = None,
) -> None:
    """Send a prediction file to a running event and print the signed receipt."""
    from leaderboard.cli.sending import mark_read, name_of, post, unread
    from leaderboard.tls.pair import read_certificate

    if ca is not None:
        read_certificate(ca)
    named, place = {"filename": name_of(file)}, ["tracks", track]
    upload = readable(file).read_bytes()
    if circuit is not None:
        text = readable(circuit).read_bytes()
        named["circuit"] = post(url, [*place, "circuits"], token, text, {}, "sha256", authority=ca)["sha256"]
    receipt = post(url, [*place, "submissions"], token, upload, named, "signature", authority=ca)
    console.print_json(json.dumps(receipt))
    with suppress(EventError):
        new = unread(url, token, ca)
        for text in new.values():
            errors.print(f"The organiser says: {text}", markup=False, soft_wrap=True)
        if new and errors.is_terminal:
            mark_read(url, token, max(new), ca)


@app.command()
def verify(file: Path, event: EventOption = HERE) -> None:
    """Verify a receipt (JSON) by its signature, or revealed answers (CSV) by the commitment made before."""
    from leaderboard.intake import receipts
    from leaderboard.intake.receipts import verify_revealed

    if readable(file).suffix.lower() == ".csv":
        with storing(event) as (_, store), store.read() as session:
            console.print(f"OK: {verify_revealed(session, file.read_bytes())}")
        return
    try:
        document = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise receipts.ReceiptError(f"{file} is no JSON: {error}") from error
    receipt = receipts.verify(document, Event(event))
    began = f", in a request that began at {receipt.began_at}" if receipt.began_at else ""
    console.print(
        f"OK: {receipt.team} sent {receipt.filename} to {receipt.track}; it is no. {receipt.submission}, taken in at "
        f"{receipt.received_at}{began}",
        markup=False,
        soft_wrap=True,
    )
