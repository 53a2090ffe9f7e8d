"""The key to which corrections of labels are encrypted: the judge publishes it, the web shows it."""

import hashlib

from leaderboard.event import Event, EventError

NAME = "corrections.key"
"""Name of the public key in ``public/``, in hexadecimal."""


def published_key(event: Event) -> bytes:
    """Return what corrections are encrypted to: a point of P-256, uncompressed.

    Raises
    ------
    EventError
        If no judge has published it yet.
    """
    try:
        return bytes.fromhex((event.public / NAME).read_text("ascii"))
    except (FileNotFoundError, ValueError) as error:
        raise EventError("no judge has shown its key for corrections yet: start it, `physathon judge`") from error


def fingerprint(key: bytes) -> str:
    """Return what the desk and the judge's side both show of a public key, to be compared."""
    digits = hashlib.sha256(key).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
