"""What a team sends to a running event: files, and what it says of how they were made."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from leaderboard.cli.common import at_a_terminal, console, errors, readable
from leaderboard.event import EventError

if TYPE_CHECKING:
    from leaderboard.store.cards import CardText

app = typer.Typer()

TokenOption = Annotated[
    str, typer.Option(envvar="PHYSATHON_TOKEN", help="Your team's token.", prompt=True, hide_input=True)
]
UrlOption = Annotated[str, typer.Option(help="Where the event is served.")]
TitleOption = Annotated[str | None, typer.Option(help="Of its card: what it is, in a line.")]
TagOption = Annotated[list[str] | None, typer.Option(help="A method, as trees; repeated for several.")]
HoursOption = Annotated[str | None, typer.Option(help="Hours of training that it took, as 2.5.")]
AiOption = Annotated[
    Literal["none", "assisted", "autonomous"] | None, typer.Option(help="How much AI helped to make it.")
]
AiModelOption = Annotated[str | None, typer.Option(help="Which model helped.")]
CaOption = Annotated[
    Path | None, typer.Option(help="The certificate of the venue's own authority, as its page /trust gives it.")
]
HERE = "http://127.0.0.1:8501"


@app.command()
def submit(
    file: Path,
    track: Annotated[str, typer.Option(help="For example higgs.signal.")],
    token: TokenOption,
    url: UrlOption = HERE,
    circuit: Annotated[Path | None, typer.Option(help="The circuit to declare first, in OpenQASM 3.")] = None,
    ca: CaOption = None,
    title: TitleOption = None,
    tag: TagOption = None,
    hours: HoursOption = None,
    ai: AiOption = None,
    ai_model: AiModelOption = None,
    sample: Annotated[bool, typer.Option("--sample", help="The kit's sample as it came is meant.")] = False,
) -> None:
    """Send a prediction file to a running event and print the signed receipt."""
    from leaderboard.cli.sending import name_of
    from leaderboard.intake.cards import read_card

    ask = _asking(url, token, ca)
    said = _said(title=title, tags=tag, hours=hours, ai=ai, ai_model=ai_model)
    card = read_card(said) if said else None
    named, place = {"filename": name_of(file)}, ["tracks", track]
    upload = readable(file).read_bytes()
    if circuit is not None:
        text = readable(circuit).read_bytes()
        named["circuit"] = ask("POST", [*place, "circuits"], "sha256", data=text)["sha256"]
    if sample:
        named["sample"] = "yes"
    receipt = _send(ask, [*place, "submissions"], upload, named)
    console.print_json(json.dumps(receipt))
    _tell_news(url, token, ca)
    if card is not None:
        _put(ask, receipt["submission"], card)


@app.command()
def card(
    submission: int,
    token: TokenOption,
    url: UrlOption = HERE,
    ca: CaOption = None,
    title: TitleOption = None,
    tag: TagOption = None,
    code: Annotated[str | None, typer.Option(help="Where its code is: an address that begins with https://.")] = None,
    external_data: Annotated[str | None, typer.Option(help="Data other than the kit's that it learnt from.")] = None,
    compute: Annotated[str | None, typer.Option(help="What it was trained on, and for how long.")] = None,
    hours: HoursOption = None,
    ai: AiOption = None,
    ai_model: AiModelOption = None,
) -> None:
    """Say how a submission was made, or print what was said; it is shown beside the result once that is published."""
    from leaderboard.intake.cards import read_card

    ask = _asking(url, token, ca)
    said = _said(
        title=title,
        tags=tag,
        code_url=code,
        external_data=external_data,
        compute=compute,
        hours=hours,
        ai=ai,
        ai_model=ai_model,
    )
    known = ask("GET", ["submissions", submission], "submission")["card"]
    if said:
        known = _put(ask, submission, read_card({**(known or {}), **said}))
    if known is None:
        raise EventError(f"no. {submission} has no card yet: give it a --title")
    console.print_json(json.dumps(known))


def _asking(url: str, token: str, ca: Path | None) -> Callable[..., dict]:
    """Return a function that asks the event, ``(method, parts, wanted, **what)``."""
    from leaderboard.cli import sending
    from leaderboard.tls.pair import read_certificate

    if ca is not None:
        read_certificate(ca)
    return lambda method, parts, wanted, **what: sending.ask(method, url, parts, token, wanted, ca, **what)


def _said(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value not in (None, [])}


def _put(ask: Callable[..., dict], submission: int, card: "CardText") -> dict:
    return ask("PUT", ["submissions", submission, "card"], "title", json=card.model_dump())


def _send(ask: Callable[..., dict], place: list[str], upload: bytes, named: dict[str, str]) -> dict:
    """Send a file; where it is the sample as it came, ask whether that is meant."""
    from leaderboard.cli.sending import Refused

    try:
        return ask("POST", place, "signature", data=upload, params=named)
    except Refused as refused:
        if refused.kind != "urn:physathon:sample-sent" or not at_a_terminal():
            raise
        console.print(str(refused), markup=False, soft_wrap=True)
        typer.confirm("Send it all the same?", abort=True)
    return ask("POST", place, "signature", data=upload, params=named | {"sample": "yes"})


def _tell_news(url: str, token: str, ca: Path | None) -> None:
    """Say what the organiser announced since; it counts as read where somebody reads."""
    from leaderboard.cli.sending import mark_read, unread

    with suppress(EventError):
        new = unread(url, token, ca)
        for text in new.values():
            errors.print(f"The organiser says: {text}", markup=False, soft_wrap=True)
        if new and errors.is_terminal:
            mark_read(url, token, max(new), ca)
