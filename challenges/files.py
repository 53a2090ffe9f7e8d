"""Files that are written whole or not at all, and that a power cut does not take back."""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from challenges.dataset import DataFileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

PARTIAL = re.compile(r"\.[^/]+\.partial")
"""What a file or folder is called that is not whole yet."""

OLD = 3600
"""Seconds after which what nobody writes any more was left behind."""

LITTER = {"__macosx", "thumbs.db", "desktop.ini"}
"""What systems leave in folders and archives, besides hidden files."""


def is_litter(name: str) -> bool:
    """Return whether a file or folder is none of anybody's data: hidden, or left there by a system.

    Examples
    --------
    >>> [name for name in ("0.npy", "._0.npy", ".DS_Store", "__MACOSX", "Thumbs.db") if not is_litter(name)]
    ['0.npy']
    """
    return name.startswith(".") or name.lower() in LITTER


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it; each is on the disk in the one that holds it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode, exist_ok=True)
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Write to the disk which names a folder holds: that a file's content is there does not say that its name is."""
    if os.name == "nt":
        return  # Windows opens no folders, and needs none flushed
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Write to the disk all that a folder holds."""
    for place, _, names in os.walk(folder):
        for name in names:
            with Path(place, name).open("rb+") as file:
                os.fsync(file.fileno())
        flush_folder(Path(place))


@contextmanager
def staged(path: Path, data: bytes, mode: int = 0o644) -> Generator[Callable[[], None]]:
    """Write bytes to the disk beside a path; yield a function that gives them its name, on the disk too.

    Parameters
    ----------
    path : Path
        Its folder is made if need be. What stands there before is replaced.
    data : bytes
    mode : int
        Permissions, from the first byte on.

    Raises
    ------
    DiskFullError
        If the disk runs full; as after any other failure, nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> answer = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> with staged(answer, b"42"):
    ...     pass
    >>> list(answer.parent.iterdir())
    []
    >>> with staged(answer, b"42") as keep:
    ...     keep()
    >>> answer.read_text()
    '42'
    """
    make_folder(path.parent)
    partial = _beside(path)

    def keep() -> None:
        partial.replace(path)
        flush_folder(path.parent)

    try:
        with (
            room_for(path, len(data)),
            os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file,
        ):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield keep
    finally:
        partial.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write bytes beside the path, then rename, as `staged` does: no reader ever sees half a file."""
    with staged(path, data, mode) as keep:
        keep()


def _beside(path: Path) -> Path:
    """Return a name for what becomes `path` that no other process or thread takes for the same."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")


class InTheMaking(DataFileError):
    """A folder that another process is making."""


@contextmanager
def folder_made_whole(folder: Path) -> Generator[Path]:
    """Yield an empty folder beside a path; it becomes that, on the disk, only when the block ends well.

    Its maker holds it meanwhile: what another process is making stays, what a killed one left gives way.

    Raises
    ------
    InTheMaking
        If another process is making the same.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> with folder_made_whole(place / "event") as staging:
    ...     _ = (staging / "answer.txt").write_text("42")
    >>> [path.relative_to(place).as_posix() for path in place.rglob("*")]
    ['event', 'event/answer.txt']
    """
    with passing_folder(folder.with_name(f".{folder.name}.partial"), 0o777) as staging:
        yield staging
        flush_tree(staging)
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
        flush_folder(folder.parent)


@contextmanager
def passing_folder(folder: Path, mode: int = 0o700) -> Generator[Path]:
    """Make an empty folder that is held while the block lasts; what it still is afterwards is removed.

    Parameters
    ----------
    folder : Path
        Called as `PARTIAL` says, so that it is swept if this process is killed.
    mode : int

    Raises
    ------
    InTheMaking
        If another process holds it.
    """
    make_folder(folder.parent)
    if folder.exists():
        with _held(folder) as free:
            if not free:
                raise InTheMaking(f"{folder.name.strip('.').removesuffix('.partial')} is being made by another process")
            shutil.rmtree(folder)
    folder.mkdir(mode)
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Generator[bool]:
    """Hold a folder while the block lasts; yield whether no other process does."""
    if fcntl is None:
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left half done below a folder, and return what it was.

    That is what is called as `PARTIAL` says, was not touched for an hour, and is held by nobody.
    """
    swept = []
    for place, folders, names in os.walk(folder):
        for name in [one for one in (*folders, *names) if PARTIAL.fullmatch(one)]:
            path = Path(place, name)
            with suppress(OSError), _held(path) as free:
                if not free or time.time() - path.stat().st_mtime < OLD:
                    continue
                if name in folders:
                    folders.remove(name)
                    shutil.rmtree(path)
                else:
                    path.unlink()
                swept.append(path)
    return swept


class DiskFullError(DataFileError):
    """No room for a file.

    Attributes
    ----------
    path : Path
        The file that could not be written.
    needed, free : int
        Bytes it needs (an upper estimate where the size is not known beforehand) and bytes there are.
    """

    def __init__(self, path: Path, needed: int) -> None:
        self.path, self.needed, self.free = path, needed, shutil.disk_usage(path.parent).free
        super().__init__(f"{path}: no space left on the disk; needs up to {needed:,} bytes, {self.free:,} are free")


@contextmanager
def written_whole(destination: Path, needed: int) -> Generator[Path]:
    """Yield a temporary name beside `destination`; it becomes `destination` only when the block ends well.

    Parameters
    ----------
    destination : Path
        Its folder is made if need be.
    needed : int
        Bytes the file may take, for the message when the disk is full.

    Raises
    ------
    DiskFullError
        If the disk runs full; as after any other failure, nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "answer.txt", needed=2) as temporary:
    ...     _ = temporary.write_text("42")
    >>> [path.name for path in folder.iterdir()]
    ['answer.txt']
    """
    make_folder(destination.parent)
    temporary = _beside(destination)
    try:
        with room_for(destination, needed):
            yield temporary
            # Without this a power cut could leave an empty file under the final name.
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(destination)
        flush_folder(destination.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def room_for(path: Path, needed: int) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(path, needed) from error
        raise
