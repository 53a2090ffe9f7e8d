"""The event's files: who may read them, whether its keys are right, what lies about."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from leaderboard.event import VAULT_KEY_VARIABLE, Event
from leaderboard.health import Finding
from leaderboard.intake import receipts
from leaderboard.store.bucket import NotInBucket, bucket_of
from leaderboard.store.copies import INDEX
from leaderboard.store.faults import StoreFault

OTHERS, NOT_MINE, OTHERS_WRITE = 0o007, 0o077, 0o002
"""Rights that must not be there: any of others; any of group and others; to write, of others."""

PATIENCE = 3.0
"""Seconds that a bucket is given."""


def permissions(event: Event) -> Iterator[Finding]:
    """Yield which files are open to whom they should not be."""
    open_ones = list(_too_open(event))
    for path, forbidden in open_ones:
        mode = stat.S_IMODE(path.stat().st_mode)
        yield Finding(
            "permissions", "act", f"others may enter {path} (mode {mode:04o})", f"chmod {mode & ~forbidden:04o} {path}"
        )
    url = event.first.database_url
    if url and make_url(url).password and stat.S_IMODE(event.settings.stat().st_mode) & OTHERS:
        says = f"everybody here can read the database's password in {event.settings}"
        to_do = "put the password into ~/.pgpass of who serves, or into PGPASSFILE"
        yield Finding("permissions", "act", says, to_do)
    elif not open_ones:
        yield Finding("permissions", "good", "closed to those whom they do not concern")


def _too_open(event: Event) -> Iterator[tuple[Path, int]]:
    folder = event.folder
    closed = [folder / name for name in ("receipts.key", "authority.key", "server.key", "submissions")]
    closed += folder.glob("event.sqlite*")
    forbidden = dict.fromkeys(closed, OTHERS) | {folder / "uploads": NOT_MINE, folder: OTHERS_WRITE}
    forbidden |= {event.settings: OTHERS_WRITE, event.vault: NOT_MINE, event.vault / "key": NOT_MINE}
    for path, bits in forbidden.items():
        if os.path.exists(path) and path.stat().st_mode & bits:  # noqa: PTH110 - of what may not be entered it is False
            yield path, bits


def keys(event: Event) -> Iterator[Finding]:
    """Yield whether the keys of receipts and vault can be used."""
    yield from _receipts(event)
    if not event.vault.is_dir():
        yield Finding("vault", "good", "none on this machine: a judge runs elsewhere")
        return
    owner, key = event.vault / "event", event.vault / "key"
    text = os.environ.get(VAULT_KEY_VARIABLE) or (key.read_text() if key.is_file() else "")
    if owner.is_file() and owner.read_text() != event.first.id:
        yield Finding("vault", "act", f"{event.vault} is another event's", "name this event's by PHYSATHON_VAULT")
    elif not _is_key(text):
        says = f"no key of 64 hexadecimal digits in {key} or {VAULT_KEY_VARIABLE}: nothing can be judged or revealed"
        yield Finding("vault", "act", says, "put the key back from where a copy is kept, or restore the vault")
    else:
        yield Finding("vault", "good", f"{event.vault} has a key")


def _receipts(event: Event) -> Iterator[Finding]:
    try:
        fingerprint = receipts.signing_key(event).fingerprint
    except receipts.ReceiptKeyError as error:
        yield Finding("receipts", "act", str(error), "nothing is taken in before: docs/event.md, receipts.key")
    else:
        yield Finding("receipts", "good", f"signed by key {fingerprint[:16]}")


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text.strip())) == 32
    except ValueError:
        return False


def bucket(event: Event) -> Iterator[Finding]:
    """Yield whether the bucket that the files lie in answers, where there is one."""
    event.patience = PATIENCE
    found = bucket_of(event)
    if found is None:
        return
    try:
        found.look(INDEX)
    except NotInBucket:
        yield Finding("bucket", "good", f"{found.url} answers, with nothing of this event yet")
    except StoreFault as error:
        to_do = "is it there, and do AWS_ENDPOINT_URL, AWS_REGION and the keys of this side fit?"
        yield Finding("bucket", "act", f"{found.url}: {error.why}", to_do)
    else:
        yield Finding("bucket", "good", f"{found.url} has this event's files")


def copies(event: Event) -> Iterator[Finding]:
    """Yield which copies of the tables are kept from before an upgrade."""
    found = sorted(event.folder.glob("event.sqlite-event_*"))
    if found:
        says = f"{len(found)} of the tables from before an upgrade, persons in them: {', '.join(map(str, found))}"
        yield Finding("copies", "watch", says, "delete them once you are sure that all is well")
