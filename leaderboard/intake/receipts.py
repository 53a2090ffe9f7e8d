"""Signed receipts and revealed answers: what anybody can check."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.files import write_atomically
from leaderboard.event import Event, EventError
from leaderboard.store import copies
from leaderboard.store.tables import HoldoutRecord, TrackState

VERSION = 2
EARLIER = (None, 1)
"""Versions whose receipts still verify; those of the first events have none."""

KEY, PUBLIC = "receipts.key", "receipts.pem"
"""The halves of the key: in the event's folder, and in ``public/``, where earlier ones lie beside it by other names."""

SIGNATURE = re.compile(r"[A-Za-z0-9+/]{86}==")
"""The 64 bytes of an Ed25519 signature in base64."""

WAY_OUT = (
    f"put the event's own {KEY} back. If it is lost, give public/{PUBLIC} another name, as receipts-1.pem, remove "
    f"{KEY}, and start again: a new key is drawn, and receipts of the old one still verify"
)


class ReceiptError(ValueError):
    """A receipt that is no receipt, or was not signed by this event."""


class ReceiptKeyError(EventError):
    """A key that cannot sign receipts, or signs such as would not verify."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was received, from whom, when, for which holdout; signed with Ed25519 over its own JSON.

    It binds the event by ``event_id``, the team by ``team_id``, its place in the order of receipt by ``submission``,
    and by its fingerprint the ``key`` that signed it; ``event`` and ``team`` are their names as they were then.
    ``began_at`` is when the request began, which decides lateness and quota, ``received_at`` when it was taken in.
    ``circuit_sha256`` is there where a circuit was declared; a receipt without one has no such key. ``version`` says
    which keys there are: version 1, and those without any, lack ``event_id``, ``team_id``, ``began_at`` and ``key``.
    """

    event: str
    event_id: str | None = None
    submission: int
    team: str
    team_id: int | None = None
    track: str
    filename: str
    upload_sha256: str
    predictions_sha256: str
    began_at: str | None = None
    received_at: str
    holdout: str
    secret_holdout: bool
    circuit_sha256: str | None = None
    key: str | None = None
    version: int | None = VERSION

    def to_json(self) -> dict:
        """Return the receipt as a dictionary, without a signature."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def signed_bytes(self) -> bytes:
        """Return the bytes that the signature covers: JSON, keys sorted, no spaces."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()

    def in_words(self) -> str:
        """Return what the receipt proves, in a sentence."""
        began = f", in a request that began at {self.began_at}" if self.began_at else ""
        return (
            f"{self.team} sent {self.filename} to {self.track}; it is no. {self.submission}, taken in at "
            f"{self.received_at}{began}"
        )


KEYS = {field.name: field.default is MISSING for field in fields(Receipt)}
"""The keys of a receipt less its signature, and whether it must have them."""


@dataclass(frozen=True)
class SigningKey:
    """The private half of an event's key, and the fingerprint of its public half."""

    private: Ed25519PrivateKey
    fingerprint: str

    def sign(self, receipt: Receipt) -> dict:
        """Return the receipt as a dictionary with its signature."""
        receipt = replace(receipt, key=self.fingerprint)
        signature = self.private.sign(receipt.signed_bytes())
        return receipt.to_json() | {"signature": base64.b64encode(signature).decode()}


def signing_key(event: Event) -> SigningKey:
    """Return the key that signs this event's receipts.

    Raises
    ------
    ReceiptKeyError
        If a half of it is missing or no key, or one does not belong to the other: receipts would not verify.
    """
    private = _read_private(event)
    fingerprint = fingerprint_of(private.public_key())
    try:
        published = fingerprint_of(_read_public(event.public / PUBLIC))
    except FileNotFoundError:
        published = "missing"
    if published != fingerprint:
        raise ReceiptKeyError(
            f"{KEY} signs receipts that would not verify: its public half is {fingerprint}, and public/{PUBLIC} is "
            f"{published}; {WAY_OUT}"
        )
    return SigningKey(private, fingerprint)


def verify(document: object, event: Event) -> Receipt:
    """Return the receipt if this event signed it; the page /verify finds the same, see ``verify.js`` of the site.

    Raises
    ------
    ReceiptError
        If keys are missing or unknown, it is another event's or another key's, or the signature does not fit.
    """
    receipt, _ = _read(document)
    if receipt.version == VERSION and receipt.event_id != event.config.id:
        raise ReceiptError(
            f"this receipt is of the event {receipt.event_id!r}, called {receipt.event!r} then; "
            f"this event is {event.config.id!r}"
        )
    return verify_by(document, public_keys(event))


def verify_by(document: object, keys: Mapping[str, Ed25519PublicKey]) -> Receipt:
    """Return the receipt if one of some keys, by their fingerprints, signed it: whoever has the keys needs no event.

    Raises
    ------
    ReceiptError
        If it is no receipt, it names another key, or the signature does not fit.
    """
    receipt, signature = _read(document)
    signed = receipt.signed_bytes()
    if receipt.version == VERSION:
        if str(receipt.key) not in keys:
            here = ", ".join(keys)
            raise ReceiptError(
                f"this receipt names the key {receipt.key!r}, by which this event signs none: {here} does"
            )
        keys = {str(receipt.key): keys[str(receipt.key)]}
    if not any(_fits(key, signature, signed) for key in keys.values()):
        changed = "the receipt was changed" + ("" if receipt.version == VERSION else ", or comes from another event")
        raise ReceiptError(f"the signature does not fit: {changed}")
    return receipt


def read_json(content: bytes) -> object:
    """Return what a file holds, or raise ReceiptError if it is no JSON."""
    try:
        return json.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ReceiptError("this is no receipt: it is no UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise ReceiptError("this is no receipt: it is no JSON") from error


def _read(document: object) -> tuple[Receipt, bytes]:
    """Return a receipt that may be one, and its signature."""
    if not isinstance(document, dict):
        raise ReceiptError("this is no receipt: expected a JSON object")
    wanted = [name for name, needed in KEYS.items() if needed]
    missing = [name for name in (*wanted, "signature") if name not in document]
    if missing:
        raise ReceiptError(f"this is no receipt: it lacks {', '.join(missing)}")
    unknown = sorted(document.keys() - KEYS - {"signature"})
    if unknown:
        raise ReceiptError(f"this is no receipt: no receipt has {', '.join(unknown)}")
    nested = [name for name, value in document.items() if isinstance(value, dict | list)]
    if nested:
        raise ReceiptError(f"this is no receipt: {', '.join(nested)} should be one value")
    keys: dict[str, Any] = {"version": None, **document}
    signature = keys.pop("signature")
    if not (isinstance(signature, str) and SIGNATURE.fullmatch(signature)):
        raise ReceiptError("this is no receipt: its signature is none")
    if keys["version"] not in (*EARLIER, VERSION):
        raise ReceiptError(
            f"this is no receipt: expected version {VERSION} or an earlier one, got {json.dumps(keys['version'])}"
        )
    return Receipt(**keys), base64.b64decode(signature)


def make_key(event: Event) -> None:
    """Draw the event's signing key if it has none, publish its public half if that is not there, and check both.

    Raises
    ------
    ReceiptKeyError
        As in `signing_key`.
    """
    path, public = _key_path(event), event.public / PUBLIC
    if not path.exists() and not public.exists():
        private = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(path, private, 0o600)
    if path.exists() and not public.exists():
        half = _read_private(event).public_key()
        pem = half.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        copies.write(event, public, pem)
    signing_key(event)


def public_keys(event: Event) -> dict[str, Ed25519PublicKey]:
    """Return the keys that check this event's receipts by their fingerprints: the one in use, and earlier ones.

    Raises
    ------
    ReceiptError
        If a file of keys is none.
    """
    return keys_in(*sorted(event.public.glob("receipts*.pem")))


def keys_in(*paths: Path) -> dict[str, Ed25519PublicKey]:
    """Return the public keys that files hold, in PEM, by their fingerprints.

    Raises
    ------
    ReceiptError
        If a file holds none.
    """
    keys = [_read_public(path) for path in paths]
    return {fingerprint_of(key): key for key in keys}


def fingerprint(event: Event) -> str | None:
    """Return the fingerprint of the key that signs an event's receipts; None before it is drawn."""
    public = event.public / PUBLIC
    return fingerprint_of(_read_public(public)) if public.exists() else None


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of a public key in DER, which names it."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _read_private(event: Event) -> Ed25519PrivateKey:
    path = _key_path(event)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise ReceiptKeyError(f"{path} is missing: {WAY_OUT}") from None
    except (ValueError, TypeError) as error:
        raise ReceiptKeyError(f"{path} is no private key without a password: {WAY_OUT}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ReceiptKeyError(f"expected an Ed25519 key in {path}, got {type(key).__name__}: {WAY_OUT}")
    return key


def _read_public(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise ReceiptError(f"{path} is no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ReceiptError(f"expected an Ed25519 key in {path.name}, got {type(key).__name__}")
    return key


def _fits(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _key_path(event: Event) -> Path:
    return event.folder / KEY


def verify_revealed(session: Session, revealed: bytes) -> str:
    """Return which commitment a revealed file keeps.

    Raises
    ------
    EventError
        If its SHA-256 was never committed to.
    """
    sha256 = hashlib.sha256(revealed).hexdigest()
    kept = [told for commitment, _, told in commitments(session) if commitment == sha256]
    if not kept:
        raise EventError(f"no holdout of this event was committed to with SHA-256 {sha256}")
    return kept[0]


CURRENT, CORRECTED, WITHDRAWN = STANDINGS = "", "; corrected since", "; a correction that was withdrawn"


def commitments(session: Session) -> list[tuple[str, str, str]]:
    """Return all that was committed to: the SHA-256 of an answer file, its track, and what the file is, in words.

    A slice that a correction left alone belongs to several holdouts: the one that stands comes first.
    """
    found = [
        (
            _standing(session, record),
            sha256,
            record.track,
            f"the {name} answers of {record.track}, committed to on {record.created_at.isoformat()}",
        )
        for record in session.scalars(select(HoldoutRecord).order_by(HoldoutRecord.created_at))
        for name, sha256 in record.commitments.items()
    ]
    found.sort(key=lambda one: STANDINGS.index(one[0]))
    return [(sha256, track, told + standing) for standing, sha256, track, told in found]


def _standing(session: Session, record: HoldoutRecord) -> str:
    """Say what became of a holdout; nothing if it is the current one."""
    state = session.get_one(TrackState, record.track)
    if record.digest == state.holdout:
        return CURRENT
    return CORRECTED if record.digest in state.earlier_holdouts else WITHDRAWN
