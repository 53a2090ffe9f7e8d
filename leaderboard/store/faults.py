"""What a database refuses through no fault of who asks, by name; whoever asked may try again."""

import sqlite3

from sqlalchemy.engine import ExceptionContext

from leaderboard.event import EventError


class DatabaseFault(EventError):
    """The database could not do what it was asked to; nothing of it was kept."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the database did not take this ({why}): nothing of it was kept, try again in a moment")


class DatabaseBusy(DatabaseFault):
    """Others have been writing into the database for longer than one waits."""


class DatabaseFull(DatabaseFault):
    """No room is left for the database."""


class DatabaseUnwritable(DatabaseFault):
    """The database cannot be opened, read or written."""


_SQLITE: dict[int, type[DatabaseFault]] = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnwritable,
    sqlite3.SQLITE_IOERR: DatabaseUnwritable,
    sqlite3.SQLITE_PERM: DatabaseUnwritable,
    sqlite3.SQLITE_READONLY: DatabaseUnwritable,
}


def fault_of(context: ExceptionContext) -> DatabaseFault | None:
    """Return the fault that an error of SQLite stands for; None where it is a mistake of the program."""
    error = context.original_exception
    # The low byte is the kind of error; the others only tell it more finely.
    kind = _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return kind(str(error)) if kind else None
