"""The judge's own folder: keys, secret seeds, sealed holdouts, rankings and raw scores. The web never imports this."""

import hmac
import os
import secrets
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from challenges.files import flush_folder, make_folder, passing_folder, write_atomically
from leaderboard.event import VAULT_DATABASE_VARIABLE, VAULT_KEY_VARIABLE, Event, EventError
from scoring.ranking import DamagedRanking, Ranking
from scoring.sealed.holdout import Holdout

LENT = "lent"
"""Folder, and purpose of the key, of what other processes of the judge are lent."""

Confirmed = Literal["closes", "freezes_at"]
"""Settings of which the judge keeps its own, in a file of that name."""


def database_url_of(folder: Path) -> str:
    """Return where the judge's tables are: the database of PHYSATHON_VAULT_DATABASE, else a SQLite file in a vault."""
    return os.environ.get(VAULT_DATABASE_VARIABLE) or f"sqlite:///{folder / 'judge.sqlite'}"


class VaultError(EventError):
    """A vault that is not there, is another event's, or that others may enter; its judge stops."""


class Vault:
    """A folder of mode 0700, ``vault/`` in the event unless PHYSATHON_VAULT names another.

    One key of 256 random bits, in ``key`` or in PHYSATHON_VAULT_KEY (hexadecimal), seals the holdouts. Seeds and ids
    of rows are derived from it and from the event's id: two events never share a holdout, even if they share a key.

    Parameters
    ----------
    event : Event
    create : bool
        Make the folder and draw the key if there are none.

    Raises
    ------
    VaultError
        If there is no vault, others may read it, or its key is not 64 hexadecimal digits.
    """

    def __init__(self, event: Event, *, create: bool = False) -> None:
        self.folder = event.vault
        if create:
            make_folder(self.folder, 0o700)
            if not (self.folder / "key").exists() and VAULT_KEY_VARIABLE not in os.environ:
                write_atomically(self.folder / "key", secrets.token_hex(32).encode(), 0o600)
        self.event_id = event.config.id
        owner = self.folder / "event"
        if create and not owner.exists():
            write_atomically(owner, self.event_id.encode(), 0o600)
            self.note_published([])
        self.must_be_there()
        self.key = self._read_key()
        self._said = ""

    def must_be_there(self) -> None:
        """Raise VaultError unless the folder still is this event's vault, and closed to others."""
        if not self.folder.is_dir():
            raise VaultError(f"no vault at {self.folder}: only the judge's side has one")
        if self.folder.stat().st_mode & 0o077:
            raise VaultError(f"others may enter the vault {self.folder}: expected mode 0700 (chmod 700)")
        owner = self.folder / "event"
        if not owner.exists() or owner.read_text() != self.event_id:
            raise VaultError(f"the vault {self.folder} belongs to another event: every event needs its own")

    def __repr__(self) -> str:
        return f"Vault({str(self.folder)!r})"

    def _read_key(self) -> bytes:
        text = os.environ.get(VAULT_KEY_VARIABLE)
        where = VAULT_KEY_VARIABLE
        if text is None:
            where = self.folder / "key"
            if not where.exists():
                raise VaultError(f"the vault {self.folder} has no key: put it there or in {VAULT_KEY_VARIABLE}")
            text = where.read_text()
        try:
            key = bytes.fromhex(text.strip())
        except ValueError:
            key = b""
        if len(key) != 32:
            raise VaultError(f"{where} must hold 64 hexadecimal digits")
        return key

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that depend on the vault's key, the event and the purpose alone."""
        return hmac.digest(self.key, f"{self.event_id} {purpose}".encode(), "sha256")

    def seed(self, purpose: str) -> int:
        """Return a secret seed of 256 bits for one purpose."""
        return int.from_bytes(self.derive(f"seed {purpose}"), "big")

    @property
    def database_url(self) -> str:
        """Where the judge's tables are, see `database_url_of`."""
        return database_url_of(self.folder)

    def confirmed(self, key: Confirmed) -> datetime | None:
        """Return a moment as it was last set on this side, or None; what the web writes moves it nowhere."""
        path = self.folder / key
        return datetime.fromisoformat(path.read_text()) if path.exists() else None

    def confirm(self, key: Confirmed, moment: datetime | None) -> None:
        """Keep a moment that was set on this side, or that it was taken away."""
        self.must_be_there()
        if moment is None:
            (self.folder / key).unlink(missing_ok=True)
        else:
            write_atomically(self.folder / key, moment.isoformat().encode(), 0o600)

    def published(self) -> list[str] | None:
        """Return the tracks that were published on this side; None where an earlier version kept no list of them."""
        path = self.folder / "published"
        return path.read_text("utf-8").split() if path.exists() else None

    def note_published(self, tracks: Iterable[str]) -> None:
        """Keep that tracks were published on this side."""
        known = {*(self.published() or ()), *tracks}
        write_atomically(self.folder / "published", "\n".join(sorted(known)).encode(), 0o600)

    def seal(self, holdout: Holdout) -> Path:
        """Write a holdout into the vault under its digest."""
        self._make_folder("holdouts")
        path = self._path(holdout.track, holdout.digest)
        holdout.seal(path, self.derive("holdouts"))
        return path

    def open(self, track: str, digest: str) -> Holdout:
        """Open a sealed holdout and check that it still is what was committed to.

        Raises
        ------
        HoldoutError
            If it is missing or damaged.
        EventError
            If its digest is not the one asked for.
        """
        holdout = Holdout.open(self._path(track, digest), self.derive("holdouts"), track)
        if holdout.digest != digest:
            raise EventError(
                f"the sealed holdout of {track} has digest {holdout.digest}, the event committed to {digest}"
            )
        return holdout

    def ranking(self, sha256: str, sort: Callable[[], Ranking]) -> Ranking:
        """Return the ranking of the predictions of that name: kept since they were first judged, else sorted now."""
        path = self.folder / "rankings" / sha256[:2] / sha256
        try:
            return Ranking.from_bytes(path.read_bytes())
        except (FileNotFoundError, DamagedRanking):
            self._make_folder("rankings", sha256[:2])
            ranking = sort()
            write_atomically(path, ranking.to_bytes(), 0o600)
            return ranking

    @contextmanager
    def passing_folder(self, name: str) -> Generator[Path]:
        """Yield a new folder in that of a name; it is gone afterwards, whatever became of this process."""
        self._make_folder(name)
        with passing_folder(self.folder / name / f".{secrets.token_hex(8)}.partial") as folder:
            yield folder

    def log(self, what: str, error: Exception) -> None:
        """Keep an error with its traceback, which may speak of labels, where only the judge reads; again, only once."""
        self.must_be_there()
        said = f"{what}\n{''.join(traceback.format_exception(error))}"
        if said == self._said:
            return
        self._said = said
        with (self.folder / "judge.log").open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat()} {said}")

    def _make_folder(self, *names: str) -> None:
        """Make a folder in the vault, and never the vault itself."""
        self.must_be_there()
        folder = self.folder
        for name in names:
            folder = folder / name
            if not folder.is_dir():
                folder.mkdir(0o700, exist_ok=True)
                flush_folder(folder.parent)

    def _path(self, track: str, digest: str) -> Path:
        return self.folder / "holdouts" / f"{track}.{digest[:16]}.sealed"
