"""Where the body of an upload lies while it is looked at: a file on disk, never in memory, and soon gone."""

import asyncio
import errno
import secrets
import shutil
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Literal

from starlette.requests import Request

from leaderboard.intake.receive import GRACE
from leaderboard.site.multipart import ENVELOPE, form_of

Kind = Literal["predictions", "circuit"]
"""What the page's fields take."""

SECONDS = GRACE.total_seconds()
"""Seconds within which a body must end, counted from when its turn comes."""

AT_ONCE = 32
"""Bodies that are read at one time; the next ones wait, which costs them no time of theirs."""

KEPT = 8
"""Files that a team may have uploaded and not yet sent; the oldest gives way."""

KEPT_FOR = 20 * 60
"""Seconds that such a file lies there."""

RESERVE = 2**28
"""Bytes of the disk that uploads leave to the rest of the event."""

BLOCK = 2**18


class UploadTooLarge(ValueError):
    """A body of more bytes than its track's files may have."""


class UploadTooSlow(TimeoutError):
    """A body that did not end in time."""


class UploadInFlight(RuntimeError):
    """A second upload of a team whose first has not ended."""

    headers = {"Retry-After": "1"}  # noqa: RUF012


class DiskFull(OSError):
    """An upload for which the server's disk has no room."""


@dataclass(frozen=True)
class Uploaded:
    """A file that was uploaded by the page, and is not sent yet."""

    id: str
    team: int
    filename: str
    path: Path


class Spool:
    """A folder of uploads, which nobody else may enter and which is empty when the web process starts.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for left in folder.iterdir():
            left.unlink()
        self.folder = folder
        self._kept: dict[str, Uploaded] = {}
        self._lock = threading.Lock()  # The pages run on threads of their own.
        self._sending: set[int] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)
        # Threads of its own: the others may all be busy with checks, and a body must not wait for those.
        self._writers = ThreadPoolExecutor(4, "spool")

    @asynccontextmanager
    async def take(self, request: Request, team: int, limit: int) -> AsyncGenerator[Path]:
        """Yield a file with the body of a team's request, or with the one file of the form that the body is.

        It is gone afterwards unless it was kept.

        Raises
        ------
        leaderboard.site.multipart.FormRefused
            If the body is a form, and not of one file.
        UploadInFlight
            While another request of the same team is here.
        UploadTooLarge
            If the body has, or says that it has, more bytes than the limit.
        UploadTooSlow
            If it does not end in time.
        DiskFull
            If there is no room for it.
        """
        if team in self._sending:
            raise UploadInFlight("another upload of your team has not ended: wait for it, then send this one")
        self._sending.add(team)
        path = self.folder / secrets.token_urlsafe(16)
        try:
            async with self._turns:
                await self._write(request, path, limit)
            yield path
        finally:
            self._sending.discard(team)
            if path.name not in self._kept:
                path.unlink(missing_ok=True)

    async def _write(self, request: Request, path: Path, limit: int) -> None:
        form = form_of(request)
        room = limit + (ENVELOPE if form else 0)
        _must_fit(int(request.headers.get("content-length", 0)), room)
        loop, came, size, block = asyncio.get_running_loop(), 0, 0, bytearray()
        try:
            async with asyncio.timeout(SECONDS):
                with path.open("xb") as file:
                    async for part in request.stream():
                        came += len(part)
                        _must_fit(came, room)
                        found = form.write(part) if form else part
                        size += len(found)
                        _must_fit(size, limit)
                        block += found
                        if len(block) >= BLOCK:
                            await loop.run_in_executor(self._writers, self._append, file, block)
                            block = bytearray()
                    if form:
                        form.end()
                    await loop.run_in_executor(self._writers, self._append, file, block)
        except TimeoutError:
            raise UploadTooSlow(f"the file was not here within {SECONDS:g} s: send it again, by a faster way") from None
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull("the server's disk is full: tell the organiser; nothing of this was kept") from error
            raise

    def _append(self, file: BinaryIO, block: bytearray) -> None:
        if shutil.disk_usage(self.folder).free - len(block) < RESERVE:
            raise OSError(errno.ENOSPC, "what is left of the disk is for the event itself")
        file.write(block)

    def keep(self, path: Path, team: int, filename: str) -> Uploaded:
        """Let an upload lie here until it is dropped."""
        with self._lock:
            new = self._kept[path.name] = Uploaded(path.name, team, filename, path)
            mine = [one.id for one in self._kept.values() if one.team == team]
        for old in mine[:-KEPT]:
            self.drop(old)
        return new

    def find(self, id: str, team: int) -> Uploaded | None:
        """Return a team's own upload, if it lies here still."""
        with self._lock:
            found = self._kept.get(id)
        return found if found and found.team == team else None

    def drop(self, id: str) -> None:
        """Let go of an upload; of one that is gone nothing is said."""
        with self._lock:
            found = self._kept.pop(id, None)
        if found:
            found.path.unlink(missing_ok=True)


def _must_fit(size: int, limit: int) -> None:
    if size > limit:
        raise UploadTooLarge(f"this is too large: expected at most {limit:,} bytes, got {size:,} or more")


@cache
def spool_of(folder: Path) -> Spool:
    """Return the one spool that this process has for an event's folder: the API fills it, the pages read it."""
    return Spool(folder / "uploads")
