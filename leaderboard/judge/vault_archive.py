"""A backup of the vault: one file that is of use to nobody without its passphrase."""

import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from challenges.files import passing_folder, write_atomically
from leaderboard.judge.raw_scores import Base
from leaderboard.judge.vault import LENT, Vault, database_url_of
from leaderboard.store.archive import (
    BLOCK,
    ArchiveError,
    Progress,
    copy_database,
    new_file,
    read_tar,
    tables_put_back,
    write_tar,
)

MAGIC = b"physathon vault 1\n"
SALT, PREFIX, TAG = 16, 7, 16
SHORTEST = 12
"""Letters that a passphrase has at least."""

MADE_ANEW = "rankings", LENT
"""What is left out: the judge sorts each file again when it needs to, and lends again what it lent."""


def back_up_vault(vault: Vault, target: Path, passphrase: str, progress: Progress) -> int:
    """Write the vault, its key with it, into one encrypted file and return how many files are in it.

    The file is a tar archive in blocks, each encrypted by AES-256-GCM under a key that scrypt makes of the passphrase
    (n = 2^15, r = 8, p = 1). A block's nonce has its number and whether it is the last: blocks can be neither left out,
    nor moved, nor cut off at the end (the STREAM construction).

    Raises
    ------
    ArchiveError
        If the passphrase is short, or the target is there already.

    References
    ----------
    V. T. Hoang et al., Online authenticated-encryption and its nonce-reuse misuse-resistance, CRYPTO (2015).
    """
    if len(passphrase) < SHORTEST:
        raise ArchiveError(f"expected a passphrase of at least {SHORTEST} letters, got {len(passphrase)}")
    vault.must_be_there()
    with new_file(target) as partial, passing_folder(vault.folder / ".backup.partial") as work:
        paths = {"key": work / "key", "judge.sqlite": work / "judge.sqlite"}
        write_atomically(paths["key"], vault.key.hex().encode(), 0o600)
        copy_database(vault.database_url, "judge", Base.metadata, paths["judge.sqlite"])
        for path in sorted(vault.folder.rglob("*")):
            name = path.relative_to(vault.folder).as_posix()
            own = path.is_file() and not path.is_relative_to(work) and not name.startswith(("judge.sqlite", *MADE_ANEW))
            if own and name not in paths:
                paths[name] = path
        with partial.open("wb") as file:
            file.write(MAGIC)
            encrypting = _Encrypting(file, passphrase)
            write_tar(encrypting, paths, {"event": vault.event_id}, progress, "backup of the vault")
            encrypting.end()
    return len(paths)


def restore_vault(archive: Path, staging: Path, passphrase: str) -> dict:
    """Unpack a backup of a vault into an empty folder, and return its manifest.

    Raises
    ------
    ArchiveError
        If it is none, the passphrase is another, or a byte of it was changed.
    """
    with archive.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ArchiveError(f"{archive.name} is no backup of a vault")
        manifest = read_tar(io.BufferedReader(_Decrypting(file, passphrase, archive.name)), staging, archive.name)
    for path in staging.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    staging.chmod(0o700)
    return manifest


def vault_tables_put_back(folder: Path) -> AbstractContextManager[None]:
    """Move the judge's tables of a restored vault to where they are kept, see `leaderboard.store.archive`."""
    return tables_put_back(folder / "judge.sqlite", database_url_of(folder), "judge", Base.metadata)


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt, 32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class _Encrypting(io.BufferedIOBase):
    """Takes bytes and writes them on in encrypted blocks."""

    def __init__(self, file: io.BufferedIOBase, passphrase: str) -> None:
        salt, self._prefix = os.urandom(SALT), os.urandom(PREFIX)
        self._file, self._cipher = file, _cipher(passphrase, salt)
        self._waiting, self._number = bytearray(), 0
        file.write(salt + self._prefix)

    def write(self, data) -> int:
        self._waiting += data
        while len(self._waiting) > BLOCK:
            self._put(last=False)
        return len(data)

    def end(self) -> None:
        """Write what is left as the last block."""
        self._put(last=True)

    def _put(self, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, bytes(self._waiting[:BLOCK]), MAGIC))
        del self._waiting[:BLOCK]
        self._number += 1


class _Decrypting(io.RawIOBase):
    """Gives the bytes of an encrypted archive, each block only once it is known to be whole."""

    def __init__(self, file: io.BufferedIOBase, passphrase: str, name: str) -> None:
        salt, self._prefix = file.read(SALT), file.read(PREFIX)
        self._file, self._cipher, self._name = file, _cipher(passphrase, salt), name
        self._blocks, self._ready = self._read_blocks(), b""

    def _read_blocks(self) -> Iterator[bytes]:
        number, block = 0, self._file.read(BLOCK + TAG)
        while True:
            after = self._file.read(BLOCK + TAG)
            try:
                yield self._cipher.decrypt(_nonce(self._prefix, number, last=not after), block, MAGIC)
            except InvalidTag:
                what = "the passphrase is another one, or the file is damaged" if number == 0 else "the file is damaged"
                raise ArchiveError(f"{self._name} cannot be opened: {what}") from None
            if not after:
                return
            number, block = number + 1, after

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._ready:
            self._ready = next(self._blocks, b"")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
