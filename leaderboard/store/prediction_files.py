"""Canonical prediction files, named by their SHA-256, in a folder of the event or in its bucket."""

import hashlib
import io
import tempfile
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from challenges.files import flush_folder, make_folder, staged
from leaderboard.event import Event, EventError
from leaderboard.store.bucket import AT_ONCE, NotInBucket, bucket_of
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

    It takes the place of one that is there, so that a damaged one is mended. Without the call nothing stays. In a
    bucket it has its name at once, and keeps it: nobody waits for a bucket while others wait for him, and what is
    never deleted cannot be missing, whoever else sends the same.

    Raises
    ------
    leaderboard.store.faults.StoreFull, leaderboard.store.faults.StoreUnwritable
        If the disk does not take it, here or in the function, or the bucket does not.
    """
    if bucket := bucket_of(event):
        bucket.put(_in_bucket(sha256), canonical)
        yield lambda: None
        return
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
    leaderboard.store.faults.StoreUnwritable
        If its bucket does not answer.
    """
    return np.load(io.BytesIO(_read(event, sha256)), allow_pickle=False)


def opened(event: Event, sha256: str) -> io.BufferedReader | io.BufferedRandom:
    """Return a whole file, open for reading.

    Raises
    ------
    DamagedFile, leaderboard.store.faults.StoreUnwritable
        As in `get`.
    """
    content = _read(event, sha256)
    return spooled(content) if bucket_of(event) else _path(event, sha256).open("rb")


def spooled(content: bytes) -> io.BufferedRandom:
    """Return bytes as a file on the disk that nobody else sees, open for reading."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who asked for it closes it
    file.write(content)
    file.seek(0)
    return file


def all_in_bucket(event: Event) -> dict[str, Callable[[], io.BufferedRandom]]:
    """Return what opens each file that an event's bucket has, whole or not, by the name it has in a folder."""
    bucket = bucket_of(event)
    if bucket is None:
        return {}
    return {name: lambda name=name: spooled(bucket.get(name)) for name in sorted(bucket.names("submissions"))}


def is_whole(event: Event, sha256: str) -> bool:
    """Return whether a file is there, and is what its name says."""
    try:
        _read(event, sha256)
    except DamagedFile:
        return False
    return True


def whole(event: Event, names: Iterable[str]) -> set[str]:
    """Return which of some files are there, and are what their names say."""
    asked = sorted(set(names))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda sha256: is_whole(event, sha256), asked)
        return {sha256 for sha256, good in zip(asked, found, strict=True) if good}


def is_there(event: Event, sha256: str) -> bool:
    """Return whether a file is there, whatever is in it; a bucket is not asked, for it loses none by itself."""
    return bool(event.first.files_url) or in_folder(event, sha256)


def in_folder(event: Event, sha256: str) -> bool:
    """Return whether the event's folder has a file, whatever is in it."""
    return _path(event, sha256).is_file()


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}.npy"


def _in_bucket(sha256: str) -> str:
    return f"submissions/{_name(sha256)}"


def _path(event: Event, sha256: str) -> Path:
    return event.submissions / _name(sha256)


def _read(event: Event, sha256: str) -> bytes:
    bucket = bucket_of(event)
    try:
        content = bucket.get(_in_bucket(sha256)) if bucket else _path(event, sha256).read_bytes()
    except (FileNotFoundError, NotInBucket):
        raise DamagedFile(sha256, "is missing") from None
    except OSError as error:
        raise DamagedFile(sha256, f"cannot be read: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DamagedFile(sha256, f"holds {len(content)} bytes of SHA-256 {found}, not what its name says")
    return content
