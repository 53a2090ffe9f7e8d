"""The judge's own cluster: who has its certificate belongs to it, and that lies in the vault."""

import os
import sys
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from challenges import mass
from challenges.files import flush_folder, write_atomically
from challenges.mass import ClusterError
from leaderboard.event import Event
from leaderboard.judge.vault import Vault
from leaderboard.tls.authority import AFTER_CLOSE, begun, name_of, pem, pem_of_key, usage
from leaderboard.tls.pair import Pair, read_certificate

if TYPE_CHECKING:
    from distributed.security import Security

NAME, SCHEME = "cluster", "tls://"
BOTH_WAYS = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
WHY = "a scheduler runs whatever it is sent, so the judge works with one alone that shows the vault's own certificate"


def certificate(event: Event, vault: Vault) -> Pair:
    """Return the certificate by which scheduler, workers and judge know each other; it is made when first asked for.

    It signs itself and nothing else: whoever has its key is in, and nobody can be let in beside. The clusters on which
    others simulate have none, or another, so no work of theirs ever runs here, and none of the judge's there.
    """
    file = vault.folder / NAME / "cluster.pem"
    if not file.exists():
        with vault.passing_folder(NAME) as folder:
            write_atomically(folder / file.name, _made(event), 0o600)
            with suppress(FileExistsError):  # a worker that was started at the same time was first
                os.link(folder / file.name, file)
            flush_folder(file.parent)
    found = Pair(file, file, read_certificate(file))
    if found.ends_at <= datetime.now(UTC):
        raise ClusterError(f"the certificate in {file} is over: remove it, and start the cluster anew")
    return found


def _made(event: Event) -> bytes:
    """Return a new certificate and its key, in one file: whoever reads it has both of one kind."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = name_of(f"physathon judge {event.config.id}")
    made = (
        begun(name, name, key, now, max(now, event.config.closes) + AFTER_CLOSE, BOTH_WAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(digital_signature=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return pem_of_key(key) + pem(made)


def joined(event: Event, vault: Vault, scheduler: str) -> AbstractContextManager[None]:
    """Let mass work be done by the judge's own cluster while a block lasts.

    Raises
    ------
    ClusterError
        If the address is none of TLS, or nobody there has the vault's own certificate.
    """
    if not scheduler.startswith(SCHEME):
        raise ClusterError(f"expected the address of a scheduler as {SCHEME}HOST:PORT, got {scheduler!r}: {WHY}")
    return mass.cluster(scheduler, security_of(certificate(event, vault)))


def security_of(own: Pair) -> "Security":
    """Return by what scheduler, workers and judge show who they are, as Dask wants it."""
    from distributed.security import Security

    roles = {
        f"tls_{role}_{part}": str(file)
        for role in ("client", "scheduler", "worker")
        for part, file in (("cert", own.certificate), ("key", own.key))
    }
    return Security(require_encryption=True, tls_ca_file=str(own.certificate), **roles)


def become_scheduler(event: Event, vault: Vault, host: str, port: int) -> NoReturn:
    """Go on as the scheduler of the judge's cluster."""
    listens = ["--protocol", "tls", "--host", host, "--port", str(port)]
    _become("dask_scheduler", event, vault, *listens)


def become_workers(event: Event, vault: Vault, scheduler: str, workers: int) -> NoReturn:
    """Go on as what starts workers, of one thread each, and starts again those that end."""
    os.environ |= {f"DASK_DISTRIBUTED__WORKER__MEMORY__{name}": "False" for name in ("TARGET", "SPILL")}  # labels
    _become("dask_worker", event, vault, scheduler, "--nworkers", str(workers), "--nthreads", "1")


def _become(program: str, event: Event, vault: Vault, *arguments: str) -> NoReturn:
    own = certificate(event, vault)
    shown = ["--tls-ca-file", str(own.certificate), "--tls-cert", str(own.certificate), "--tls-key", str(own.key)]
    seen = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]  # who may look in at all is on this machine
    command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, *shown, *seen]
    os.execv(command[0], command)
