"""One way to reach a database: SQLite in a file by default, PostgreSQL by its URL; migrated by Alembic."""

import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, select
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema

from leaderboard.event import PATIENCE, Event, EventError
from leaderboard.store import copies, erasure
from leaderboard.store.changes import FollowedSession
from leaderboard.store.engines import BESIDE, WRITES, engines
from leaderboard.store.faults import StoreBusy, StoreUnwritable
from leaderboard.store.settings import followed
from leaderboard.store.tables import Base, Stamp
from leaderboard.store.versions import newest_version, stands_at

WEB_PATIENCE = 5.0
"""Seconds that a writer waits for others in the web process: somebody who looks at a page is told sooner."""


class AnotherEvents(EventError):
    """Tables that belong to another event than the one that opened them."""


class Database:
    """Sessions that read, and sessions that write; neither ever waits for a connection of the other kind.

    Those who write take turns, so that what one has counted still holds when it writes. On SQLite a writing
    transaction begins with ``BEGIN IMMEDIATE``: one that starts by reading and only then wants to write is refused
    under load, however long it would wait; on PostgreSQL it begins with a lock that all processes share. Those that
    read see one moment and cannot write. What is deleted is overwritten in SQLite's file, and values stand in no
    message: both may be about persons.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL, of SQLite or PostgreSQL.
    tables : str
        Which tables it holds, ``event`` or ``judge``: the folder of its migrations, on PostgreSQL its schema.
    patience : float
        Seconds that a writer waits for others before it raises StoreBusy.

    Attributes
    ----------
    who : str or None
        Who writes, for the audit log, where one does all that is written.
    copy : Path or None
        What was copied of it before it was brought to the newest version.
    """

    def __init__(self, url: str, tables: str, patience: float = PATIENCE) -> None:
        self.tables = tables
        self.patience = patience
        self.who: str | None = None
        self.copy: Path | None = None
        self._closed = False
        self.engine, self.readers = engines(url, tables, patience)

    @contextmanager
    def read(self) -> Generator[Session]:
        """Yield a session for reading; nothing is written."""
        self._must_be_open()
        with Session(self.readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, beside: bool = False) -> Generator[Session]:
        """Yield a session whose work is committed at the end, or rolled back whole at an exception.

        Parameters
        ----------
        beside : bool
            It counts nothing that others of this kind may change: on PostgreSQL they do not wait for each other.

        Raises
        ------
        StoreBusy
            If others write for longer than the patience lasts.
        StoreFull, StoreUnwritable
            If the disk takes no more.
        """
        with (
            self._writer(beside=beside) as connection,
            FollowedSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            if self.who is not None:
                session.info["who"] = self.who
            yield session

    def migrate(self, newest_tables: MetaData | None = None, *, copy: bool = True) -> None:
        """Bring the tables to the newest version; where they are, nobody is waited for.

        It is done whole or not at all: if it fails, the tables are what they were.

        Parameters
        ----------
        newest_tables : MetaData, optional
            What the migrations lead to: an empty database gets it at once.
        copy : bool
            Copy tables of an earlier version first, beside SQLite's file.

        Raises
        ------
        leaderboard.store.migrating.NewerTables
            If a later version of the program changed them.
        leaderboard.store.migrating.NotCopied
            If they are of an earlier version, in a server's database, and a copy is asked for.
        """
        newest = newest_version(self.tables)
        with self.readers.connect() as connection:
            if stands_at(connection) == newest:
                return
        from leaderboard.store import migrating  # Alembic, which takes as long to load as to do its work

        with self._writer() as connection, connection.begin():
            if connection.dialect.name == "postgresql" and not inspect(connection).has_schema(self.tables):
                connection.execute(CreateSchema(self.tables))
            if newest_tables is not None and not inspect(connection).get_table_names():
                newest_tables.create_all(connection)
                migrating.stamp(connection, self.tables)
                return
            with migrating.copied(connection, self.tables, copy=copy) as self.copy:
                migrating.upgrade(connection, self.tables)

    def close(self) -> None:
        """Let go of all connections, and open no other: an event that follows its settings here keeps the last."""
        self._closed = True
        self.engine.dispose()
        self.readers.dispose()

    def _writer(self, *, beside: bool = False) -> Connection:
        """Return the connection that writes, once it is free; what is left of the patience is for other processes."""
        self._must_be_open()
        asked = time.monotonic()
        try:
            connection = self.engine.connect().execution_options(**{WRITES: True, BESIDE: beside})
        except NoneFree as error:
            raise StoreBusy(f"others wrote for {self.patience:g} s") from error
        if self.engine.dialect.name == "sqlite":
            left = max(self.patience - (time.monotonic() - asked), 0)
            connection.connection.cursor().execute(f"PRAGMA busy_timeout={left * 1000:.0f}")
        return connection

    def _must_be_open(self) -> None:
        if self._closed:
            raise StoreUnwritable("its tables were closed")


def open_database(
    url: str, tables: str, newest_tables: MetaData, patience: float = PATIENCE, *, copy: bool = True
) -> Database:
    """Open a database, its tables brought to the newest version, see `Database.migrate`; a failure leaves none open."""
    database = Database(url, tables, patience)
    try:
        database.migrate(newest_tables, copy=copy)
    except BaseException:
        database.close()
        raise
    return database


def open_store(event: Event, patience: float = PATIENCE, *, copy: bool = True) -> Database:
    """Open the event's database; what lies in the event's folder of it, and the predictions, is closed to others.

    From then on the event follows the settings that are changed there, and its files in a bucket are waited for as
    long as others who write. Persons who were erased and came back with a backup are erased again.

    Raises
    ------
    AnotherEvents
        If these are the tables of an event of another id.
    """
    event.patience = patience
    if file := event.database_file():
        # SQLite gives its two further files the same mode. One that is there is never opened: closing it would let go
        # of the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm"), event.submissions):
            _close_to_others(path)
    database = open_database(event.database_url, "event", Base.metadata, patience, copy=copy)
    try:
        _must_be_of(event, database)
        with database.read() as session:
            back = erasure.came_back(session, event)
        if back:
            with database.write() as session:
                erasure.forget_again(session, event)
        with database.read() as session:
            copies.opened(event, session)
    except BaseException:
        database.close()
        raise
    event.follow(followed(database.read))
    return database


def _must_be_of(event: Event, database: Database) -> None:
    """Raise AnotherEvents if tables have another event's stamp; those that have none get this one's."""
    whose = select(Stamp.event)
    with database.read() as session:
        owner = session.scalar(whose)
    if owner is None:
        with database.write() as session:
            owner = session.scalar(whose) or event.first.id
            session.merge(Stamp(event=owner))
    if owner != event.first.id:
        where = database.engine.url.render_as_string()
        raise AnotherEvents(
            f"the tables in {where} are of the event {owner}, and {event.settings} is of {event.first.id}: each event "
            "has its own"
        )


def _close_to_others(path: Path) -> None:
    """Take from everybody but the owner and the group what an earlier version, or a copy, left open."""
    with suppress(FileNotFoundError, PermissionError):  # only its owner may
        mode = path.stat().st_mode
        if mode & 0o007:
            path.chmod(stat.S_IMODE(mode) & ~0o007)
