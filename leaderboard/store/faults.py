"""What database and disk refuse through no fault of who asks, by name; whoever asked may try again."""

import errno
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.engine import ExceptionContext

from challenges.files import DiskFullError
from leaderboard.event import EventError


class StoreFault(EventError):
    """The event's database, or its disk, could not do what it was asked to; nothing of it was kept.

    Attributes
    ----------
    why : str
        What database or disk says.
    """

    def __init__(self, why: str) -> None:
        self.why = why
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


_POSTGRESQL: dict[str, type[StoreFault]] = {
    "40001": StoreBusy,  # could not be put into one order with others
    "40P01": StoreBusy,  # deadlock
    "53300": StoreBusy,  # too many connections
    "55P03": StoreBusy,  # waited for a lock as long as one may
    "57014": StoreBusy,  # a query took longer than it may
    "53100": StoreFull,  # the disk
    "53200": StoreFull,  # the memory
    "25006": StoreUnwritable,  # a server that only reads
    "57P01": StoreUnwritable,  # it is being shut down
    "57P02": StoreUnwritable,  # it broke down
    "57P03": StoreUnwritable,  # it is starting
}
"""By the codes that the manual lists in its appendix A; all of class 08 are about the connection."""


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
    """Return the fault that an error of a database stands for; None where it is a mistake of the program."""
    error = context.original_exception
    kind = _kind_of(error)
    return kind(str(error).strip()) if kind else None


def _kind_of(error: BaseException) -> type[StoreFault] | None:
    if isinstance(error, sqlite3.Error):
        # The low byte is the kind of error; the others only tell it more finely.
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    state = getattr(error, "sqlstate", None)
    if state is None:  # psycopg lost, or never had, a connection that could say anything
        return StoreUnwritable if type(error).__name__ == "OperationalError" else None
    return StoreUnwritable if state.startswith("08") else _POSTGRESQL.get(state)
