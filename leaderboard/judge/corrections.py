"""Corrections of labels that come by the web: encrypted in the browser, for the vault alone to open."""

import base64
import binascii
import json
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leaderboard.event import EventError
from leaderboard.judge import rescoring
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.public.corrections import NAME
from leaderboard.store import copies
from scoring.predictions import KINDS, PredictionFileError
from scoring.sealed.holdout import Holdout, HoldoutError

INFO = b"physathon corrections 1"
CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT, NONCE = 65, 12
"""Bytes of an uncompressed point of P-256, and of a nonce of AES-GCM; the rest of a sealed text is its ciphertext."""


class CorrectionsUnreadable(EventError):
    """Corrections that were not encrypted to this vault, or that were changed on the way."""


class CorrectionsRefused(EventError):
    """Corrections that are none of their track; what is wrong in which line is said in the vault alone."""


def public_key(vault: Vault) -> bytes:
    """Return what corrections are encrypted to: a point of P-256, uncompressed. It follows from the vault's key."""
    encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return _private(vault).public_key().public_bytes(encoding, form)


def publish_key(judge: Judge) -> None:
    """Write the public key where the web finds it."""
    key = public_key(judge.vault)
    path = judge.event.public / NAME
    if not path.exists() or path.read_text("ascii") != key.hex():
        copies.write(judge.event, path, key.hex().encode())


def corrected_holdout(judge: Judge, track: str, sealed: str) -> Holdout:
    """Return the holdout of a track with the corrections of a sealed file.

    Parameters
    ----------
    judge : Judge
    track : str
    sealed : str
        Base64 of what `seal` returns.

    Raises
    ------
    CorrectionsUnreadable
        If it cannot be opened here.
    CorrectionsRefused
        If the file is no file of corrections of this track, or changes nothing. It says nothing of what is in it.
    """
    document = open_sealed(judge.vault, sealed)
    with tempfile.TemporaryDirectory(dir=judge.vault.folder) as work:
        path = Path(work) / f"corrections{Path(document['name']).suffix or '.csv'}"
        path.write_bytes(base64.b64decode(document["content"]))
        try:
            return rescoring.corrected_holdout(judge, track, path)
        except HoldoutError as error:
            judge.vault.log(f"corrections of {track}", error)
            raise CorrectionsRefused(f"{document['name']}: {_without_values(error, track)}") from error


def _without_values(error: HoldoutError, track: str) -> str:
    """Return what is wrong with corrections, in words that the web may read."""
    wrong = error.__cause__
    if isinstance(wrong, PredictionFileError):
        found = ", ".join(f"{KINDS[one.kind]} ({one.count:,}×)" for one in wrong.problems)
    else:
        found = f"these are no corrections of {track}, or none that change anything"
    return f"{found}; judge.log in the vault says more"


def open_sealed(vault: Vault, sealed: str) -> dict:
    """Return the name and the content (base64) of a sealed file.

    Raises
    ------
    CorrectionsUnreadable
        If it was not encrypted to this vault, or changed.
    """
    try:
        data = base64.b64decode(sealed, validate=True)
        point, nonce, ciphertext = data[:POINT], data[POINT : POINT + NONCE], data[POINT + NONCE :]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        key = _shared(_private(vault), sender, point)
        return json.loads(AESGCM(key).decrypt(nonce, ciphertext, INFO))
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise CorrectionsUnreadable("these corrections were not encrypted to this event's vault") from error


def seal(public: bytes, name: str, content: bytes, nonce: bytes) -> str:
    """Encrypt a file of corrections as the desk does in the browser: ECDH on P-256, HKDF-SHA-256, AES-256-GCM."""
    mine = ec.generate_private_key(CURVE)
    encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    point = mine.public_key().public_bytes(encoding, form)
    key = _shared(mine, ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public), point)
    document = json.dumps({"name": name, "content": base64.b64encode(content).decode()}).encode()
    return base64.b64encode(point + nonce + AESGCM(key).encrypt(nonce, document, INFO)).decode()


def _private(vault: Vault) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(vault.derive("corrections") + vault.derive("corrections, more"), "big")
    return ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)


def _shared(mine: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey, point: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=point, info=INFO).derive(mine.exchange(ec.ECDH(), other))
