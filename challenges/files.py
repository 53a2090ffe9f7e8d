"""Files that are written whole or not at all."""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from challenges.dataset import DataFileError

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


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write bytes beside the path, flush them to the disk, then rename: no reader ever sees half a file.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    data : bytes
    mode : int
        Permissions, from the first byte on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.part")
    try:
        with room_for(destination, needed):
            yield temporary
            # Without this a power cut could leave an empty file under the final name.
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(destination)
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
