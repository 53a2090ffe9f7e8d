"""Canonical prediction files, named by their SHA-256, in a folder of the event."""

import hashlib
import io
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from challenges.files import flush_folder, make_folder, staged
from leaderboard.event import Event, EventError
from leaderboard.store.faults import faults_of_the_disk

PRIVATE = 0o700
"""Mode of the folder when it is made. What is made in it is open to whom the folder is open, and never to others."""


class DamagedFile(EventError):
    """A kept prediction file that is missing, unreadable, or not what its name says; sent again, it is restored."""

    def __init__(self, sha256: str, what: str) -> None:
        self.sha256 = sha256
        super().__init__(f"submissions/{_name(sha256)} {what}")


@contextmanager
def staging(event: Event, sha256: str, canonical: bytes) -> Generator[Callable[[], None]]:
    """Write a canonical file to the disk; the function that is yielded gives it its name, for good.

    It takes the place of one that is there, so that a damaged one is mended. Without the call nothing stays.

    Raises
    ------
    leaderboard.store.faults.StoreFull, leaderboard.store.faults.StoreUnwritable
        If the disk does not take it, here or in the function.
    """
    path = _path(event, sha256)
    with ExitStack() as until_it_ends:
        with faults_of_the_disk():
            make_folder(event.submissions, PRIVATE)
            open_to = event.submissions.stat().st_mode & 0o770
            _make_sure_of(path.parent, open_to)
            name = until_it_ends.enter_context(staged(path, canonical, open_to & 0o660))

        def keep() -> None:
            with faults_of_the_disk():
                name()

        yield keep


@cache
def _make_sure_of(folder: Path, mode: int) -> None:
    """Make a folder whose name is on the disk; one that is there may be another writer's that is not flushed yet."""
    make_folder(folder, mode)
    flush_folder(folder.parent)


def get(event: Event, sha256: str) -> np.ndarray:
    """Return the predictions of that name, float64, rows by ascending id.

    Raises
    ------
    DamagedFile
        If there is no such file, or its content has another SHA-256.
    """
    return np.load(io.BytesIO(_read(event, sha256)), allow_pickle=False)


def path_of(event: Event, sha256: str) -> Path:
    """Return where a whole file lies.

    Raises
    ------
    DamagedFile
        As in `get`.
    """
    _read(event, sha256)
    return _path(event, sha256)


def is_whole(event: Event, sha256: str) -> bool:
    """Return whether a file is there, and is what its name says."""
    try:
        _read(event, sha256)
    except DamagedFile:
        return False
    return True


def is_there(event: Event, sha256: str) -> bool:
    """Return whether a file is there, whatever is in it."""
    return _path(event, sha256).is_file()


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}.npy"


def _path(event: Event, sha256: str) -> Path:
    return event.submissions / _name(sha256)


def _read(event: Event, sha256: str) -> bytes:
    try:
        content = _path(event, sha256).read_bytes()
    except FileNotFoundError:
        raise DamagedFile(sha256, "is missing") from None
    except OSError as error:
        raise DamagedFile(sha256, f"cannot be read: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DamagedFile(sha256, f"holds {len(content)} bytes of SHA-256 {found}, not what its name says")
    return content
