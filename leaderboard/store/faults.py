"""What database and disk refuse through no fault of who asks, by name; whoever asked may try again."""

import errno
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.engine import ExceptionContext

from challenges.files import DiskFullError
from leaderboard.event import EventError


class StoreFault(EventError):
    """The event's database, or its disk, could not do what it was asked to; nothing of it was kept."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the event could not keep this ({why}): nothing of it was kept, try again in a moment")


class StoreBusy(StoreFault):
    """Others have been writing into the database for longer than one waits."""


class StoreFull(StoreFault):
    """No room is left for the event's database or files."""


class StoreUnwritable(StoreFault):
    """The event's database or files cannot be opened, read or written."""


_SQLITE: dict[int, type[StoreFault]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_CANTOPEN: StoreUnwritable,
    sqlite3.SQLITE_IOERR: StoreUnwritable,
    sqlite3.SQLITE_PERM: StoreUnwritable,
    sqlite3.SQLITE_READONLY: StoreUnwritable,
}


@contextmanager
def faults_of_the_disk() -> Generator[None]:
    """Raise what the system refuses to write as the fault that it is."""
    try:
        yield
    except DiskFullError as error:
        raise StoreFull("no space left on its disk") from error
    except OSError as error:
        kind = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreUnwritable
        raise kind(error.strerror or str(error)) from error


def fault_of(context: ExceptionContext) -> StoreFault | None:
    """Return the fault that an error of SQLite stands for; None where it is a mistake of the program."""
    error = context.original_exception
    # The low byte is the kind of error; the others only tell it more finely.
    kind = _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return kind(str(error)) if kind else None
