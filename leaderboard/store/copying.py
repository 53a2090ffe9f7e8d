"""Copies: of a database in a file as it is at one moment, in a file that is there whole or not at all."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from challenges.files import flush_folder
from leaderboard.event import EventError


class ArchiveError(EventError):
    """A backup that cannot be made, read, or trusted; nothing was put in its place."""


@contextmanager
def new_file(target: Path) -> Generator[Path]:
    """Yield a file of mode 0600 that gets its name once the block ends well; else nothing is left.

    Raises
    ------
    ArchiveError
        If something has that name already.
    """
    if target.exists():
        raise ArchiveError(f"{target} is there already: a backup overwrites nothing")
    partial = target.with_name(f".{target.name}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.rename(target)
        flush_folder(target.resolve().parent)
    except OSError as error:
        if isinstance(error, EventError):
            raise
        raise ArchiveError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def copy_file(database: Path, target: Path) -> None:
    """Copy an SQLite database as it is at one moment, whoever writes meanwhile."""
    with (
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
