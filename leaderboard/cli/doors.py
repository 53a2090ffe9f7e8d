"""How an event is reached: a certificate for a venue, and what is said of the way when it is served."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.text import Text

from leaderboard import qr
from leaderboard.cli.common import HERE, EventOption, console, storing
from leaderboard.event import Event

if TYPE_CHECKING:
    from leaderboard.tls.pair import Pair

app = typer.Typer()


@app.command()
def certificate(
    names: Annotated[
        list[str], typer.Option("--for", metavar="NAME", help="A further name or address, beside this machine's own.")
    ] = [],  # noqa: B006
    days: Annotated[int, typer.Option(help="How long it is valid.")] = 90,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make another authority: whoever trusts the old one must trust this.")
    ] = False,
    event: EventOption = HERE,
) -> None:
    """Make a certificate for this machine, signed by an authority of the event's own, made the first time."""
    from leaderboard.tls.authority import issue, own_authority
    from leaderboard.tls.names import own_addresses, own_names

    with storing(event) as (found, _):
        closes = found.config.closes
        pair = issue(found, names, days=days, anew=anew)
    authority = own_authority(found)
    assert authority is not None
    _say(f"certificate for {', '.join(pair.names)}, until {pair.ends_at:%d %B %Y}: {pair.certificate}")
    missing = [name for name in (*own_names(), *own_addresses()) if name not in pair.names]
    if missing:
        _say(f"not for {', '.join(missing)}: the authority was made before; with --anew another may vouch for it")
    if pair.ends_at < closes:
        _say(f"it ends before the event closes, at {closes:%d %B %Y}: make it anew by then")
    _say(_fingerprint(authority))
    _say("next:")
    _say(f"  physathon serve --event {event} --host 0.0.0.0 --tls {_short(pair.certificate)} {_short(pair.key)}")


def warnings(event: Event, host: str, port: int, tls: "Pair | None", proxy: str | None) -> list[str]:
    """Return what the organiser should know of the way by which others reach the event."""
    from leaderboard.serve import is_loopback
    from leaderboard.tls.names import own_names

    if tls is None:
        if is_loopback(host) or proxy:
            return []
        return [
            "WARNING: tokens, codes and files travel in clear: whoever is in the same network can read them and act "
            "for a team. `physathon certificate` makes a certificate for this machine; serve it by --tls"
        ]
    found = []
    if tls.readable_by_others:
        found.append(f"WARNING: every user of this machine can read {tls.key}: run chmod 600 {tls.key}")
    public = urlsplit(event.config.public_url or "").hostname
    foreign = [name for name in _hosts(tls) if name not in (*own_names(), "localhost", public)]
    if foreign:
        found.append(
            f"the certificate is for {', '.join(foreign)}, at which nothing is answered before the event says so: "
            f"physathon set public_url {_address(foreign[0], port)}"
        )
    elif public is None and not is_loopback(host):
        place = _address(_answered(event, host, tls)[0], port)
        found.append(
            f"codes and slips lead nowhere before the event knows its address: physathon set public_url {place}"
        )
    return found


def announcement(event: Event, host: str, port: int, tls: "Pair | None") -> Text:
    """Return where the event is served and, if its own authority vouches for that, how to trust it."""
    from leaderboard.tls.authority import own_authority
    from leaderboard.tls.names import in_an_address, is_address

    if tls is None:
        return Text(f"serving {event.config.name} on http://{in_an_address(host)}:{port}")
    answered = _answered(event, host, tls)
    said = Text(f"serving {event.config.name} on {_address(answered[0], port)}")
    authority = own_authority(event)
    if authority is not None and tls.issued_by(authority):
        # By its number, which phones find without a service that knows names.
        host = next(filter(is_address, answered), answered[0])
        place = f"http://{in_an_address(host)}:{port + 1}/trust"
        said.append(f"\ndevices learn to trust it at {place}\n")
        if console.is_terminal:
            said.append(qr.as_text(place), style="#ffffff on #000000")
        said.append(_fingerprint(authority))
    return said


def _answered(event: Event, host: str, tls: "Pair") -> list[str]:
    """Return at which names and addresses of a certificate the event answers, the best known to others first."""
    from leaderboard.serve import is_loopback
    from leaderboard.tls.names import own_addresses, own_names

    public = urlsplit(event.config.public_url or "").hostname
    far = () if is_loopback(host) else (public, *reversed(own_names()), *own_addresses())
    return [name for name in (*far, "localhost") if name in tls.names] or tls.names


def _address(host: str, port: int) -> str:
    from leaderboard.tls.names import in_an_address

    return f"https://{in_an_address(host)}" + ("" if port == 443 else f":{port}")


def _hosts(tls: "Pair") -> list[str]:
    """Return the names of a certificate that are no addresses."""
    from leaderboard.tls.names import is_address

    return [name for name in tls.names if not is_address(name)]


def _fingerprint(authority) -> str:
    from leaderboard.tls.pair import fingerprint

    return f"SHA-256 fingerprint of its authority, to be compared: {fingerprint(authority)}"


def _short(path: Path) -> str:
    """Return a path relative to the folder one is in, where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
