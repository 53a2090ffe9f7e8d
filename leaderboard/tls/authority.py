"""An authority of the event's own, which vouches for the machine that serves it and for nothing else."""

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from challenges.files import write_atomically
from leaderboard.event import Event
from leaderboard.tls.names import is_address, is_host, own_addresses, own_names
from leaderboard.tls.pair import Pair, TlsError, checked_pair, read_certificate

AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority.key"
"""The authority's certificate, in ``public/``, and its key, in the event's folder: the web process never has it."""

SERVER, SERVER_KEY = "server.pem", "server.key"
"""What `physathon serve --tls` is given, in the event's folder."""

ALWAYS = ("localhost", "127.0.0.1")
"""Names that each certificate is for. They also see to it that the authority is bound in names and in addresses."""

AFTER_CLOSE = timedelta(days=30)
"""For so long after the close devices that were not told to forget the authority go on to trust it."""

EARLIER = timedelta(minutes=10)
"""So much the clock of a phone may be slow."""

LONGEST_DAYS = 397
"""Browsers take no server's certificate that is valid for longer."""


def own_authority(event: Event) -> x509.Certificate | None:
    """Return the certificate of the event's authority, if it has one."""
    file = event.public / AUTHORITY
    return read_certificate(file) if file.is_file() else None


def issue(event: Event, names: Iterable[str] = (), *, days: int = 90, anew: bool = False) -> Pair:
    """Make a certificate for this machine, and before that the authority that signs it, if there is none.

    Parameters
    ----------
    event : Event
    names : iterable of str
        Names and addresses beside those of the machine that the authority may vouch for.
    days : int
        How long it is valid, unless the authority ends before.
    anew : bool
        Whether to make another authority in the place of the one there is.

    Raises
    ------
    TlsError
        If a name is none, the authority may not vouch for it or is over, or its two halves do not fit.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise TlsError(f"expected 1 to {LONGEST_DAYS} days, for no browser takes more, got {days}")
    asked, own = [_host(name) for name in names], [*filter(is_host, own_names()), *own_addresses(), *ALWAYS]
    if anew or not (event.public / AUTHORITY).exists():
        _make_authority(event, list(dict.fromkeys([*asked, *own])))
    authority = _read_authority(event)
    issuer = read_certificate(event.public / AUTHORITY)
    permitted = issuer.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    beyond = [name for name in asked if not _within(name, permitted)]
    if beyond:
        raise TlsError(
            f"this event's authority was made for other names and may not vouch for {', '.join(beyond)}: "
            "--anew makes another, which every device must be told to trust"
        )
    wanted = list(dict.fromkeys([*asked, *(name for name in own if _within(name, permitted))]))
    now = datetime.now(UTC)
    if (ends_at := issuer.not_valid_after_utc) <= now:
        raise TlsError("this event's authority is over: --anew makes another")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        begun(name_of(wanted[0][:64]), issuer.subject, key, now, min(now + timedelta(days=days), ends_at))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(digital_signature=True), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in wanted]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .sign(authority, hashes.SHA256())
    )
    pair = event.folder / SERVER, event.folder / SERVER_KEY
    write_atomically(pair[1], pem_of_key(key), 0o600)
    write_atomically(pair[0], pem(certificate))
    return checked_pair(*pair)


def _make_authority(event: Event, names: list[str]) -> None:
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    # Systems list what they trust by name, so each authority has one of its own.
    digits = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:6]
    name = name_of(f"physathon {event.config.name[:30].strip()} ({digits})")
    certificate = (
        begun(name, name, key, now, max(now, event.config.closes) + AFTER_CLOSE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(key_cert_sign=True), critical=True)
        .add_extension(x509.NameConstraints([_subtree(name) for name in names], None), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_atomically(event.folder / AUTHORITY_KEY, pem_of_key(key), 0o600)
    write_atomically(event.public / AUTHORITY, pem(certificate))


def _read_authority(event: Event) -> ec.EllipticCurvePrivateKey:
    """Return the authority's key, if it is that of the certificate which devices are given."""
    pair = Pair(event.public / AUTHORITY, event.folder / AUTHORITY_KEY, read_certificate(event.public / AUTHORITY))
    try:
        key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    except (OSError, ValueError):
        raise TlsError(f"{pair.key} is gone or broken: put it back, or make another authority by --anew") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != pair.leaf.public_key():
        raise TlsError(f"{pair.key} is not the key of {pair.certificate}: --anew makes another authority")
    return key


def begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    end: datetime,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH,),
) -> x509.CertificateBuilder:
    """Return what all certificates here have in common; each serves to serve, and for nothing else unless told so."""
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), now - EARLIER, end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    )


def usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    """Return what a key may be used for, and nothing beside."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def name_of(text: str) -> x509.Name:
    """Return a name as certificates have it."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> str:
    name = text.strip().lower().rstrip(".")
    if not is_host(name):
        raise TlsError(f"expected a host's name or an address, such as hack.example or 192.168.1.20, got {text!r}")
    return str(ipaddress.ip_address(name)) if is_address(name) else name


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)


def _subtree(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(name)) if is_address(name) else x509.DNSName(name)


def _within(name: str, permitted: Iterable[x509.GeneralName]) -> bool:
    """Return whether a name lies within what an authority may vouch for."""
    if is_address(name):
        return ipaddress.ip_network(name) in [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    names = [one.value for one in permitted if isinstance(one, x509.DNSName)]
    return any(name == one or name.endswith(f".{one}") for one in names)


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as its file holds it."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as its file holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
