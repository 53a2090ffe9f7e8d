"""A certificate and its key, found in order before anything is served with them."""

import ssl
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from leaderboard.event import EventError


class TlsError(EventError):
    """A certificate or a key that nothing can be served with, or that cannot be made."""


@dataclass(frozen=True)
class Pair:
    """A certificate, with those that lead to its authority, and its key.

    Attributes
    ----------
    certificate, key : Path
        Their files, both PEM.
    leaf : cryptography.x509.Certificate
        The certificate itself, without what follows it.
    """

    certificate: Path
    key: Path
    leaf: x509.Certificate

    @cached_property
    def names(self) -> list[str]:
        """Names and addresses that it is for."""
        try:
            found = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return []
        addresses = map(str, found.get_values_for_type(x509.IPAddress))
        return [*found.get_values_for_type(x509.DNSName), *addresses]

    @property
    def ends_at(self) -> datetime:
        """When it expires."""
        return self.leaf.not_valid_after_utc

    @property
    def readable_by_others(self) -> bool:
        """Whether any user of this machine may read the key."""
        return bool(self.key.stat().st_mode & stat.S_IROTH)

    def issued_by(self, authority: x509.Certificate | None) -> bool:
        """Return whether an authority signed it."""
        try:
            return authority is not None and self.leaf.verify_directly_issued_by(authority) is None
        except Exception:  # which kind depends on what does not fit
            return False


def checked_pair(certificate: Path, key: Path) -> Pair:
    """Return a certificate and its key if they can be served with now.

    Raises
    ------
    TlsError
        If a file is missing, is no such thing, or is locked; if they do not belong together; if the certificate is for
        no name, has expired, or is not valid yet.
    """
    pair = Pair(certificate, key, read_certificate(certificate))
    if _public(_read_key(key)) != _public(pair.leaf):
        raise TlsError(f"{key} is not the key of the certificate in {certificate}")
    now = datetime.now(UTC)
    if pair.ends_at <= now:
        raise TlsError(f"the certificate in {certificate} expired at {pair.ends_at:%Y-%m-%d %H:%M} UTC: renew it")
    if pair.leaf.not_valid_before_utc > now:
        begins = f"{pair.leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise TlsError(f"the certificate in {certificate} is not valid before {begins}: is this machine's clock right?")
    if not pair.names:
        raise TlsError(f"the certificate in {certificate} is for no name or address: browsers take none of that kind")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise TlsError(f"{certificate} and {key} cannot be served with: {error.reason or error}") from error
    return pair


def read_certificate(file: Path) -> x509.Certificate:
    """Return the first certificate of a PEM file.

    Raises
    ------
    TlsError
        If it holds none.
    """
    content = _bytes_of(file)
    try:
        return x509.load_pem_x509_certificates(content)[0]
    except ValueError:
        mixed = ": it holds a key, the certificate's file comes first" if b"PRIVATE KEY-----" in content else ""
        raise TlsError(f"expected a certificate in {file} (PEM, -----BEGIN CERTIFICATE-----){mixed}") from None


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate as systems show it, in pairs of digits."""
    return certificate.fingerprint(SHA256()).hex(":").upper()


def _read_key(file: Path):
    content = _bytes_of(file)
    try:
        return load_pem_private_key(content, None)
    except TypeError:
        raise TlsError(
            f"the key in {file} is locked by a passphrase: save it without one, for its owner alone"
        ) from None
    except ValueError:
        raise TlsError(f"expected a key in {file} (PEM, -----BEGIN PRIVATE KEY-----)") from None


def _public(holder) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TlsError(f"cannot read {file}: {error.strerror}") from None
