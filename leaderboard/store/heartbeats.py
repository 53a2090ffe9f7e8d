"""Signs of life: web and judge write every few seconds that they live, and what they do."""

import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from leaderboard.store.database import Database
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import now
from leaderboard.store.tables import Heartbeat, ProcessKind

BEAT = 5.0
"""Seconds between two signs of life."""

SILENT = timedelta(seconds=20)
"""A process that was not heard of for so long is taken for dead, or hung."""

FORGOTTEN = timedelta(hours=1)


class Pulse:
    """The signs of life of this process.

    Parameters
    ----------
    store : Database
    kind : {"web", "judge"}
    disk : Path
        On the disk whose room matters to it.
    apart : bool, optional
        Whether web and judge are apart, where this process knows.
    also : callable, optional
        What else is written with each, in the same transaction.

    Attributes
    ----------
    doing : str
        What it is at.
    """

    def __init__(
        self,
        store: Database,
        kind: ProcessKind,
        *,
        disk: Path,
        apart: bool | None = None,
        also: Callable[[Session], object] = lambda _: None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.doing = "waits"
        self._store, self._kind, self._disk, self._apart, self._also = store, kind, disk, apart, also
        self._started_at = now()

    def beat(self) -> None:
        """Write a sign of life; where nothing can be written now, the next one will say it."""
        with suppress(StoreFault, SQLAlchemyError, OSError), self._store.write(beside=True) as session:
            new = Heartbeat(
                name=self.name,
                kind=self._kind,
                version=_version(),
                started_at=self._started_at,
                at=now(),
                doing=self.doing,
                memory=most_memory(),
                disk_free=shutil.disk_usage(self._disk).free,
                apart=self._apart,
            )
            session.merge(new)
            # A clock that was wrong may have left signs that are still to come.
            nearly_now = Heartbeat.at.between(now() - FORGOTTEN, now() + FORGOTTEN)
            session.execute(delete(Heartbeat).where(~nearly_now))
            self._also(session)

    def end(self) -> None:
        """Take this process off the list."""
        with suppress(StoreFault, SQLAlchemyError), self._store.write(beside=True) as session:
            session.execute(delete(Heartbeat).where(Heartbeat.name == self.name))


@contextmanager
def beating(pulse: Pulse, seconds: float | None = None) -> Generator[Pulse]:
    """Give signs of life from a thread of their own while the block lasts, at least every so many seconds."""
    over = threading.Event()

    def go_on() -> None:
        while True:
            pulse.beat()
            if over.wait(min(seconds or BEAT, BEAT)):
                return

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        over.set()
        thread.join()
        pulse.end()


def alive(session: Session, kind: ProcessKind) -> list[Heartbeat]:
    """Return the processes of a kind that were heard of lately."""
    lately = Heartbeat.kind == kind, Heartbeat.at > now() - SILENT
    return list(session.scalars(select(Heartbeat).where(*lately).order_by(Heartbeat.name)))


def last_heard(session: Session, kind: ProcessKind) -> Heartbeat | None:
    """Return the process of a kind that was heard of last; None if none was within the last hour."""
    return session.scalar(select(Heartbeat).where(Heartbeat.kind == kind).order_by(Heartbeat.at.desc()).limit(1))


def _version() -> str:
    """Return the version that runs; a process that is kept apart may not be able to read which that is."""
    with suppress(PackageNotFoundError):
        return version("physathon") or "unknown"
    return "unknown"


def most_memory() -> int:
    """Return the bytes of memory that this process has held at most; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
