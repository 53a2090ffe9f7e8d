"""How each kind of database is reached: by transactions that write one after the other, and by many that only read."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from leaderboard.store.faults import fault_of

READERS = 60
"""Connections that read at the same time; more than a web process has threads."""

WRITERS = 8
"""Connections to PostgreSQL that write or wait for it, of one process."""

WRITES, BESIDE = "writes", "beside"
"""Execution options of a connection that writes: that it does, and whether beside others that say so too."""


class Engines(NamedTuple):
    """Where transactions that write come from, and where those that read."""

    writer: Engine
    readers: Engine


def engines(url: str, tables: str, patience: float) -> Engines:
    """Return how a database is written and read.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL of SQLite or PostgreSQL.
    tables : str
        Which tables; on PostgreSQL the schema that they are in, too.
    patience : float
        Seconds that a writer waits for others before it raises StoreBusy.
    """
    found = make_url(url)
    if found.get_backend_name() == "sqlite":
        return _sqlite(found, patience)
    return _postgresql(found, tables, patience)


def _sqlite(url: URL, patience: float) -> Engines:
    """Return engines that begin to write with ``BEGIN IMMEDIATE``, and cannot write where they read."""
    one = {"pool_size": 1, "max_overflow": 0, "pool_timeout": patience}
    written = "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"
    many = {"pool_size": 5, "max_overflow": READERS - 5}
    made = (
        create_engine(url, connect_args={"timeout": patience}, hide_parameters=True, **pool) for pool in (one, many)
    )
    found = Engines(*made)
    for engine, pragmas in zip(found, (written, ["query_only=ON"]), strict=True):
        event.listen(engine, "connect", _with_pragmas(pragmas))
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", fault_of, retval=True)
    return found


def _with_pragmas(pragmas: Sequence[str]) -> Callable[[Any, object], None]:
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return prepare


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")


def _postgresql(url: URL, tables: str, patience: float) -> Engines:
    """Return engines that see one moment of the database where they read, and take turns where they write."""
    options = f"-c search_path={tables} -c lock_timeout={patience * 1000:.0f} -c timezone=UTC"
    common = {"connect_args": {"options": options, "connect_timeout": 10}, "pool_pre_ping": True}
    common |= {"hide_parameters": True, "pool_timeout": patience}
    found = Engines(
        create_engine(url, pool_size=2, max_overflow=WRITERS - 2, **common),
        create_engine(
            url,
            pool_size=5,
            max_overflow=READERS - 5,
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
            **common,
        ),
    )
    event.listen(found.writer, "begin", _take_turns(tables))
    for engine in found:
        event.listen(engine, "handle_error", fault_of, retval=True)
    return found


def _take_turns(tables: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(WRITES):
            kind = "_shared" if options.get(BESIDE) else ""
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{kind}(hashtext('physathon {tables}'))")

    return begin
