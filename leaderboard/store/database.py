"""One way to reach a database: SQLite in a file by default, any other by its URL; migrated by Alembic."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import DateTime, Engine, TypeDecorator, create_engine, event
from sqlalchemy.orm import Session

from leaderboard.event import Event

MIGRATIONS = Path(__file__).parent / "migrations"


class UtcDateTime(TypeDecorator):
    """A moment with its zone; SQLite would forget the zone, so it is kept as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect) -> datetime | None:
        """Turn an aware datetime into a naive one in UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment needs its time zone, got {value!r}")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect) -> datetime | None:
        """Give the zone back."""
        return value and value.replace(tzinfo=UTC)


class Database:
    """Sessions that read, and sessions that write.

    On SQLite a writing transaction begins with ``BEGIN IMMEDIATE``: one that starts by reading and only then wants
    to write is refused under load, however long it would wait.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL.
    tables : str
        Which tables it holds, ``event`` or ``judge``: the folder of its migrations.
    """

    def __init__(self, url: str, tables: str) -> None:
        self.tables = tables
        sqlite = url.startswith("sqlite")
        self.engine: Engine = create_engine(url, connect_args={"timeout": 60} if sqlite else {})
        if sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Generator[Session]:
        """Yield a session for reading; nothing is written."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Generator[Session]:
        """Yield a session whose work is committed at the end, or rolled back whole at an exception."""
        with (
            self.engine.connect().execution_options(writes=True) as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def migrate(self) -> None:
        """Bring the tables to the newest version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("version_locations", str(MIGRATIONS / self.tables))
        config.set_main_option("path_separator", "newline")
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_database(url: str, tables: str) -> Database:
    """Open a database, its tables brought to the newest version; if that fails, nothing stays open."""
    database = Database(url, tables)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def open_store(event: Event) -> Database:
    """Open the event's database; what lies in the event's folder of it, and the predictions, is closed to others."""
    if event.config.database_url is None:
        file = event.folder / "event.sqlite"
        # SQLite gives its two further files the same mode. One that is there is never opened: closing it would let go
        # of the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm"), event.submissions):
            _close_to_others(path)
    return open_database(event.database_url, "event")


def _close_to_others(path: Path) -> None:
    """Take from everybody but the owner and the group what an earlier version, or a copy, left open."""
    with suppress(FileNotFoundError, PermissionError):  # only its owner may
        mode = path.stat().st_mode
        if mode & 0o007:
            path.chmod(stat.S_IMODE(mode) & ~0o007)


def _prepare_sqlite(connection, _record) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
