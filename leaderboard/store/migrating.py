"""Alembic's part: brings the tables of a connection to their newest version."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from leaderboard.store.versions import MIGRATIONS


def upgrade(connection: Connection, tables: str) -> None:
    """Run the migrations that these tables have not seen."""
    config = _config(tables)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def stamp(connection: Connection, tables: str) -> None:
    """Note that these tables are of the newest version."""
    MigrationContext.configure(connection).stamp(ScriptDirectory.from_config(_config(tables)), "head")


def _config(tables: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / tables))
    config.set_main_option("path_separator", "newline")
    return config
