"""Which version of its tables a database has, and which is the newest, told without Alembic."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
TABLE = "alembic_version"
VERSION = text(f"SELECT version_num FROM {TABLE}")


@cache
def newest_version(tables: str) -> str:
    """Return what Alembic calls the newest version of some tables: the numbers of their migrations count them."""
    newest = max(path.stem for path in (MIGRATIONS / tables).glob("[0-9]*.py"))
    return f"{tables}_{newest.partition('_')[0]}"


def stands_at(connection: Connection) -> str | None:
    """Return the version of the tables that are there; None where there are none."""
    return connection.scalar(VERSION) if inspect(connection).has_table(TABLE) else None
