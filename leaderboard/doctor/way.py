"""The way to the event: certificates that expire, an address that leads elsewhere."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from leaderboard.event import Event
from leaderboard.health import Finding, in_words
from leaderboard.intake import receipts
from leaderboard.tls.authority import AUTHORITY, SERVER, SERVER_KEY, own_authority
from leaderboard.tls.pair import Pair, TlsError, checked_pair

SOON = timedelta(days=14)
SECONDS = 5.0
RENEW = "renew it: `physathon certificate`, or as you came by it"


def certificates(event: Event, tls: tuple[Path, Path] | None = None) -> Iterator[Finding]:
    """Yield whether a certificate and its key can be served with, and until when."""
    own = event.folder / SERVER, event.folder / SERVER_KEY
    pair = tls or (own if own[0].exists() else None)
    if pair is None:
        yield Finding("tls", "good", "no certificate here: a proxy has one, or all is in clear on this machine alone")
        return
    pair[1].open("rb").close()  # who may not look at the key is told so, and not that it is none
    try:
        found = checked_pair(*pair)
    except TlsError as error:
        yield Finding("tls", "act", str(error), RENEW)
        return
    if found.readable_by_others:
        yield Finding("tls", "act", f"every user of this machine can read {found.key}", f"chmod 600 {found.key}")
    yield from _until("tls", found.ends_at, event, f"{found.certificate} for {', '.join(found.names)}")
    yield from _authority(event, found)


def _authority(event: Event, pair: Pair) -> Iterator[Finding]:
    authority = own_authority(event)
    if authority is not None and pair.issued_by(authority):
        yield from _until("tls", authority.not_valid_after_utc, event, "the event's own authority")


def _until(what: str, ends: datetime, event: Event, name: str) -> Iterator[Finding]:
    left, closes = ends - datetime.now(UTC), event.config.closes
    if left <= timedelta():
        yield Finding(what, "act", f"{name} expired {in_words(-left)} ago", RENEW)
    elif left < SOON or ends < closes:
        early = ", before the event closes" if ends < closes else ""
        yield Finding(what, "watch", f"{name} expires in {in_words(left)}{early}", RENEW)
    else:
        yield Finding(what, "good", f"{name}, for {in_words(left)} more")


def address(event: Event) -> Iterator[Finding]:
    """Yield whether the event's public address leads to it, by a certificate that is trusted and goes on to be so."""
    url = event.config.public_url
    if not url:
        to_do = "physathon set public_url https://..., before kits are built and codes are given out"
        yield Finding("address", "watch", "it has no public_url: kits, codes and slips lead nowhere else", to_do)
        return
    parts = urlsplit(url)
    if parts.scheme == "http":
        yield Finding("address", "watch", f"{url} goes in clear: others can read tokens", "docs/security.md, the way")
    try:
        said, ends = _ask(event, parts.scheme, parts.hostname or "", parts.port)
    except (OSError, http.client.HTTPException, ValueError) as error:
        to_do = "is it served, and does the name lead here? A proxy must pass the Host on"
        yield Finding("address", "act", f"{url} does not answer: {error}", to_do)
        return
    if said.get("key_sha256") != receipts.fingerprint(event):
        yield Finding("address", "act", f"another event answers at {url}", "let the name lead here, or set public_url")
        return
    yield Finding("address", "good", f"{url} leads to this event")
    if ends:
        yield from _until("address", ends, event, f"the certificate at {url}")


def _ask(event: Event, scheme: str, host: str, port: int | None) -> tuple[dict, datetime | None]:
    """Return what an address says of its event, and until when its certificate is valid."""
    if scheme == "https":
        trusted = ssl.create_default_context()
        if (own := event.public / AUTHORITY).is_file():
            trusted.load_verify_locations(own)
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=trusted)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    with closing(connection):
        connection.request("GET", "/api/v1/event")
        ends = None
        if isinstance(connection.sock, ssl.SSLSocket):
            ends = ssl.cert_time_to_seconds(str((connection.sock.getpeercert() or {})["notAfter"]))
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"{answer.status} {answer.reason}")
        return json.loads(answer.read(2**20)), datetime.fromtimestamp(ends, UTC) if ends else None
