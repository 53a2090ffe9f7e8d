"""Signed receipts and revealed answers: what anybody can check."""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from leaderboard.event import Event, EventError
from leaderboard.store.tables import HoldoutRecord

VERSION = 1


class ReceiptError(ValueError):
    """A receipt that is no receipt, or was not signed by this event."""


@dataclass(frozen=True)
class Receipt:
    """What was received, from whom, when, for which holdout; signed with Ed25519 over its own JSON.

    ``circuit_sha256`` is there where a circuit was declared; a receipt without one has no such key. ``version`` says
    which keys there are and what they mean; the receipts of the first events have none.
    """

    event: str
    submission: int
    team: str
    track: str
    filename: str
    upload_sha256: str
    predictions_sha256: str
    received_at: str
    holdout: str
    secret_holdout: bool
    circuit_sha256: str | None = None
    version: int | None = VERSION

    def to_json(self) -> dict:
        """Return the receipt as a dictionary, without a signature."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def signed_bytes(self) -> bytes:
        """Return the bytes that the signature covers: JSON, keys sorted, no spaces."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()


def sign(receipt: Receipt, event: Event) -> dict:
    """Return the receipt as a dictionary with its signature."""
    signature = _private_key(event).sign(receipt.signed_bytes())
    return receipt.to_json() | {"signature": base64.b64encode(signature).decode()}


def verify(document: dict, event: Event) -> Receipt:
    """Return the receipt if this event signed it.

    Raises
    ------
    ReceiptError
        If keys are missing or unknown, or the signature does not fit.
    """
    try:
        keys: dict[str, Any] = {"version": None, **document}
        signature = base64.b64decode(keys.pop("signature"))
        receipt = Receipt(**keys)
        if receipt.version not in (None, VERSION):
            raise ValueError(f"expected version {VERSION} or none, got {receipt.version!r}")
        public_key(event).verify(signature, receipt.signed_bytes())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReceiptError(f"this is no receipt: {error}") from error
    except InvalidSignature as error:
        raise ReceiptError(
            "the signature does not fit: the receipt was changed, or comes from another event"
        ) from error
    return receipt


def make_key(event: Event) -> None:
    """Draw the event's signing key once, and publish its public half."""
    path = _key_path(event)
    if path.exists():
        return
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(event.public / "receipts.pem", public)
    write_atomically(path, private, 0o600)


def public_key(event: Event) -> Ed25519PublicKey:
    """Return the key that checks this event's receipts."""
    key = serialization.load_pem_public_key((event.public / "receipts.pem").read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ReceiptError(f"expected an Ed25519 key in receipts.pem, got {type(key).__name__}")
    return key


def _private_key(event: Event) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(_key_path(event).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ReceiptError(f"expected an Ed25519 key in receipts.key, got {type(key).__name__}")
    return key


def _key_path(event: Event) -> Path:
    return event.folder / "receipts.key"


def verify_revealed(session: Session, revealed: bytes) -> str:
    """Return which commitment a revealed file keeps.

    Raises
    ------
    EventError
        If its SHA-256 was never committed to.
    """
    sha256 = hashlib.sha256(revealed).hexdigest()
    for record in session.scalars(select(HoldoutRecord).order_by(HoldoutRecord.created_at)):
        for name, committed in record.commitments.items():
            if committed == sha256:
                return f"the {name} answers of {record.track}, committed to on {record.created_at.isoformat()}"
    raise EventError(f"no holdout of this event was committed to with SHA-256 {sha256}")
