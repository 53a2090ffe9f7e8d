"""Reading HDF5: what cannot be read is named for what it is, and nothing passes that was never written."""

import errno
import zipfile
from math import ceil, prod
from pathlib import Path

import h5py
import numpy as np

from challenges.dataset import DataFileError

HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
NAMED = 5  # of the files in an archive
WRITTEN_ANEW = "read it by numpy.load and write each array into an HDF5 file by h5py, as file[NAME] = array"
OTHER_FILES = {
    b"\x93NUMPY": f"a NumPy file: {WRITTEN_ANEW}",
    b"\x80": "a Python pickle",
    b"CDF": "a NetCDF file of version 3",
}
FILTERS = {
    307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP", 32015: "Zstandard",
    32017: "SZ", 32024: "SZ3", 32026: "Blosc2",
}  # fmt: skip
"""Registered filters that come as plugins, by their numbers."""


def opened(path: Path) -> h5py.File:
    """Open a file to read; it is for the caller to close it.

    Raises
    ------
    DataFileError
        If it is not there, no HDF5 file, cut short, damaged, or open in another program; the message says which.
    """
    if not path.is_file():
        raise DataFileError(f"{path}: expected an HDF5 file, got no file of that name")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataFileError(f"{path}: expected an HDF5 file, got {_what_came(path, error)}") from error


def _what_came(path: Path, error: OSError) -> str:
    said = str(error)
    if "unable to lock file" in said and error.errno in (errno.EAGAIN, errno.EACCES):
        return "one that is open in another program: close it there"
    if "unable to lock file" in said:
        return f"one on a disk that knows no locks ({error.strerror or said}): copy it to another"
    if "already open for write" in said:
        return "one that a program is still writing, or was when it broke off: close it there, or run h5clear -s on it"
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as refused:
        return f"one that may not be read ({refused.strerror})"
    if "truncated file" in said:
        return f"one that is truncated ({said}): fetch it again"
    if head == HDF5:
        return f"one that is damaged ({said}): fetch it again"
    if head.startswith(ZIP):
        return _kind_of_zip(path)
    return next((kind for start, kind in OTHER_FILES.items() if head.startswith(start)), f"a file that begins {head!r}")


def _kind_of_zip(path: Path) -> str:
    """Say what an archive is; nothing in it is unpickled."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for name in names:
                with archive.open(name) as member:
                    if b"'descr': '|O'" in member.read(200):
                        return (
                            f"a NumPy archive whose {name} is a Python pickle, which can run programs: it is not read"
                        )
    except Exception:  # Four decompressors stand behind it, and a password.
        return "a zip archive that is damaged or locked"
    if names and all(name.endswith(".npy") for name in names):
        arrays = ", ".join(name.removesuffix(".npy") for name in names[:NAMED])
        return f"a NumPy archive of {len(names)} arrays, {arrays}: {WRITTEN_ANEW}"
    return f"a zip archive of {len(names)} files, {', '.join(names[:NAMED])}: unpack it and name the HDF5 file in it"


def datasets(file: h5py.File, *names: str) -> tuple[h5py.Dataset, ...]:
    """Return the arrays of these names, or all of them, in order of name.

    Raises
    ------
    DataFileError
        If one is missing, a link to nowhere, compressed in a way that is not known here, or not whole: never written,
        or put together of other files that are not there. Those would be read as zeros.
    """
    try:
        # What is no array is no group: perhaps a link to nowhere, which is named below.
        there = sorted(name for name in file if not isinstance(file.get(name), h5py.Group))
        missing = [name for name in names if name not in there]
        if missing:
            wanted = f"arrays {' and '.join(names)}" if len(names) > 1 else f"array {names[0]}"
            raise DataFileError(f"{file.filename}: expected the {wanted}, got {there or 'an empty file'}")
        return tuple(_whole(_dataset(file, name)) for name in names or there)
    except (OSError, RuntimeError, KeyError) as error:
        raise DataFileError(f"{file.filename}: the HDF5 file is damaged ({error}); fetch it again") from error


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    found = file.get(name)
    if isinstance(found, h5py.Dataset):
        return found
    link = file.get(name, getlink=True)
    place = getattr(link, "path", None)
    if place is None:
        raise DataFileError(f"{file.filename}, {name}: expected an array, got something that cannot be read")
    other = f" of {link.filename}" if isinstance(link, h5py.ExternalLink) else ""
    raise DataFileError(f"{file.filename}, {name}: it is a link to {place}{other}, which is not there")


def _whole(dataset: h5py.Dataset) -> h5py.Dataset:
    """Return an array all of whose values are stored and can be unpacked."""
    where = f"{dataset.file.filename}, {dataset.name.lstrip('/')}"
    created = dataset.id.get_create_plist()
    for code, *_ in (created.get_filter(number) for number in range(created.get_nfilters())):
        if not h5py.h5z.filter_avail(code):
            name = FILTERS.get(code, "an unknown one")
            raise DataFileError(
                f"{where}: compressed by filter {code} ({name}), which is not installed here; write the file anew with"
                " gzip, say by h5repack -f GZIP=4 where that filter is"
            )
    if dataset.external:
        raise DataFileError(
            f"{where}: its values lie in another file, {dataset.external[0][0]}; write them into this one"
        )
    if dataset.is_virtual:
        _check_sources(dataset, where)
    elif dataset.size and dataset.chunks:
        expected = prod(ceil(length / chunk) for length, chunk in zip(dataset.shape, dataset.chunks, strict=True))
        absent = expected - dataset.id.get_num_chunks()
        if absent > 0:
            raise DataFileError(
                f"{where}: {absent:,} of its {expected:,} chunks were never written; write the file anew"
            )
    elif dataset.size and not dataset.id.get_storage_size():
        raise DataFileError(f"{where}: its values were never written; write the file anew")
    return dataset


def _check_sources(dataset: h5py.Dataset, where: str) -> None:
    """Raise DataFileError unless all parts that an array is put together of are there, and leave no gap."""
    covered = 0
    for source in dataset.virtual_sources():
        if "%b" in source.file_name + source.dset_name:
            raise DataFileError(
                f"{where}: put together of files named by the pattern {source.file_name}, so that none is missed if it"
                " is not there; write the array into one file"
            )
        own = source.file_name == "."
        path = Path(dataset.file.filename).parent / source.file_name
        if not own and not path.is_file():
            raise DataFileError(f"{where}: put together of other files, of which {path} is not there")
        if own:
            datasets(dataset.file, source.dset_name)
        else:
            with opened(path) as other:
                datasets(other, source.dset_name)
        covered += _count(source.vspace)
    size = prod(dataset.shape)
    if covered < size:
        raise DataFileError(f"{where}: {size - covered:,} of its {size:,} values have no source")


def _count(selection: h5py.h5s.SpaceID) -> float:
    try:
        return selection.get_select_npoints()
    except RuntimeError:  # without an end: it is as long as its source
        return float("inf")


def values(dataset: h5py.Dataset, rows: object = ...) -> np.ndarray:
    """Return rows of an array, by default all, in this machine's byte order.

    Raises
    ------
    DataFileError
        If they are damaged.
    """
    try:
        found = np.asarray(dataset[rows])
    except (OSError, RuntimeError, KeyError) as error:
        where = f"{dataset.file.filename}, {dataset.name.lstrip('/')}"
        raise DataFileError(f"{where}: the data are damaged ({error}); fetch the file again") from error
    return found.astype(found.dtype.newbyteorder("="), copy=False)
