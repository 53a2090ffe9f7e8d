"""Alembic's part: brings the tables of a connection to their newest version."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from leaderboard.event import EventError
from leaderboard.store.copying import copy_file, new_file
from leaderboard.store.queries import now
from leaderboard.store.versions import MIGRATIONS, newest_version, stands_at


class NewerTables(EventError):
    """Tables that a later version of the program has changed: an earlier one would misread them."""


class NotCopied(EventError):
    """Tables of an earlier version in a server's database: a copy of them is made by the server's own tools."""


@contextmanager
def copied(connection: Connection, tables: str, *, copy: bool = True) -> Generator[Path | None]:
    """Yield the copy of tables that the block changes, of SQLite's whole file beside it; it goes if the block fails.

    Nobody else writes meanwhile: the connection has the right to. Empty tables are not copied.

    Raises
    ------
    NewerTables, NotCopied
    """
    stands, newest = stands_at(connection), newest_version(tables)
    if stands is not None and stands > newest:
        raise NewerTables(
            f"the tables are of version {stands}, and this program knows {newest}: install the version that wrote "
            "them, or put the copy back that was made before"
        )
    file = connection.engine.url.database or ""
    if stands in (None, newest) or not copy:
        yield None
    elif connection.dialect.name != "sqlite":
        raise NotCopied(
            f"the tables are of version {stands}, and this program needs {newest}: copy the database first, as by "
            f"`pg_dump --format=custom --file={file}.dump {file}`, then run `physathon upgrade --no-backup` where the "
            "vault is"
        )
    else:
        kept = Path(f"{file}-{stands}-{now():%Y%m%dT%H%M%SZ}")
        with new_file(kept) as partial:
            copy_file(Path(file), partial)
        try:
            yield kept
        except BaseException:
            kept.unlink()
            raise


def upgrade(connection: Connection, tables: str, version: str = "head") -> None:
    """Run the migrations that these tables have not seen, up to a version."""
    config = _config(tables)
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def stamp(connection: Connection, tables: str) -> None:
    """Note that these tables are of the newest version."""
    MigrationContext.configure(connection).stamp(ScriptDirectory.from_config(_config(tables)), "head")


def _config(tables: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / tables))
    config.set_main_option("path_separator", "newline")
    return config
