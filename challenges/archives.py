"""Folders and zip archives, read alike: what systems leave in them is passed over, what is damaged is named."""

import zipfile
from pathlib import Path

from challenges.dataset import DataFileError
from challenges.files import is_litter

Place = Path | zipfile.Path
"""A file or folder, on the disk or in an archive."""

LOCKED = 1  # the bit in a member's flags


def opened(source: Path) -> Place:
    """Return a folder, or the root of a zip archive.

    Raises
    ------
    DataFileError
        If it is neither, or the archive's table of contents is damaged.
    """
    if source.is_dir():
        return source
    if not source.is_file() or not zipfile.is_zipfile(source):
        got = "a file that is neither" if source.is_file() else "no file of that name"
        raise DataFileError(f"{source}: expected a folder or a zip archive, got {got}")
    try:
        return zipfile.Path(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataFileError(f"{source}: the archive is damaged ({error}); fetch it again") from error


def children(place: Place) -> list[Place]:
    """Return what lies in a folder, by name; hidden files and what systems leave there are passed over."""
    return sorted((child for child in place.iterdir() if not is_litter(child.name)), key=lambda child: child.name)


def read_bytes(place: Place, most: int) -> bytes:
    """Return the first `most` bytes of a file; of a shorter one in an archive the checksum has been compared.

    Raises
    ------
    DataFileError
        If it cannot be read; the message says which file, or which archive and which member of it.
    """
    try:
        with place.open("rb") as file:
            return file.read(most)
    except Exception as error:  # Four decompressors stand behind it: what a damaged member raises is nowhere listed.
        if not isinstance(place, zipfile.Path):
            raise DataFileError(f"{place}: expected a file that can be read ({error})") from error
        where = f"{place.root.filename}, {place.at}"
        if place.root.getinfo(place.at).flag_bits & LOCKED:
            raise DataFileError(f"{where}: it asks for a password; unpack the archive and name the folder") from error
        if isinstance(error, NotImplementedError):
            raise DataFileError(
                f"{where}: expected a usual compression ({error}); unpack it and zip it anew"
            ) from error
        raise DataFileError(f"{where}: the member is damaged ({error}); fetch the archive again") from error
