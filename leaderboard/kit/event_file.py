"""What a kit says of its event to programs: event.json, as submit.py reads it."""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from leaderboard.event import Event

KEY = "receipts.pem"
"""The public half of the key that signs the event's receipts."""


def event_file(event: Event, tracks: Iterable[str], key: bytes) -> bytes:
    """Return what the event was like when its settings were last changed; later, only its server knows.

    Parameters
    ----------
    event : Event
    tracks : iterable of str
        Those in the kit, named in full.
    key : bytes
        The public half of the key that signs receipts, as PEM.
    """
    config = event.config
    told = {
        "address": config.public_url,
        "name": config.name,
        "opens": moment(config.opens),
        "closes": moment(config.closes),
        "freezes_at": config.freezes_at and moment(config.freezes_at),
        "submissions_per_day": config.submissions_per_day,
        "submissions_in_all": config.submissions_in_all,
        "tracks": list(tracks),
        "key_sha256": fingerprint_of(key),
        "as_of": moment(event.as_of),
    }
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def fingerprint_of(key: bytes) -> str:
    """Return the SHA-256 of a public key in DER, which receipts name it by.

    Parameters
    ----------
    key : bytes
        As PEM.
    """
    der = base64.b64decode(b"".join(line for line in key.splitlines() if not line.startswith(b"-----")))
    return hashlib.sha256(der).hexdigest()


def moment(at: datetime) -> str:
    """Return a moment in UTC as ISO 8601 has it.

    Examples
    --------
    >>> moment(datetime.fromisoformat("2026-12-01T18:00+01:00"))
    '2026-12-01T17:00:00Z'
    """
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
