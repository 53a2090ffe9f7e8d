"""Arrays in HDF5: written block by block, whole or not at all, and without a trace of when."""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from challenges import hdf5
from challenges.files import written_whole

CHUNK = 1 << 19  # bytes that are compressed, and read, together


@contextmanager
def writing(path: Path, needed: int) -> Generator[Callable[..., None]]:
    """Yield a function that appends rows to the arrays of a new file; it appears only when the block ends well.

    Parameters
    ----------
    path : Path
        The same appended rows, in the same blocks, give the same bytes.
    needed : int
        Bytes the file may take, for the message when the disk is full.

    Raises
    ------
    challenges.files.DiskFullError
        If the disk runs full.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "squares.h5"
    >>> with writing(path, needed=100) as append:
    ...     append(X=np.arange(3), y=np.arange(3) ** 2)
    ...     append(X=np.array([3]), y=np.array([9]))
    >>> read(path)["y"].tolist()
    [0, 1, 4, 9]
    """
    with written_whole(path, needed) as temporary, h5py.File(temporary, "w") as file:

        def append(**columns: np.ndarray) -> None:
            for name, rows in columns.items():
                if name not in file:
                    _create(file, name, rows)
                array = file[name]
                start = len(array)
                array.resize(start + len(rows), axis=0)
                array[start:] = rows

        yield append


def _create(file: h5py.File, name: str, rows: np.ndarray) -> None:
    row = rows.shape[1:]
    per_chunk = max(CHUNK // max(rows.dtype.itemsize * int(np.prod(row)), 1), 1)
    file.create_dataset(
        name,
        shape=(0, *row),
        maxshape=(None, *row),
        dtype=rows.dtype,
        chunks=(per_chunk, *row),
        compression="gzip",
        shuffle=True,
        track_times=False,
    )


def read(path: Path) -> dict[str, np.ndarray]:
    """Return all arrays of a file by their names, whole.

    Raises
    ------
    challenges.dataset.DataFileError
        As in `challenges.hdf5`, if it is no such file, or damaged.
    """
    with hdf5.opened(path) as file:
        return {array.name.lstrip("/"): hdf5.values(array) for array in hdf5.datasets(file)}


def shapes(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Return the shape of every array of a file, without reading them."""
    return {name: shape for name, (shape, _) in kinds(path).items()}


def kinds(path: Path) -> Mapping[str, tuple[tuple[int, ...], np.dtype]]:
    """Return shape and type of every array of a file, without reading them."""
    with hdf5.opened(path) as file:
        return {array.name.lstrip("/"): (array.shape, array.dtype) for array in hdf5.datasets(file)}


def plain(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without axes of length 1, such as that of a grey image's one channel.

    >>> plain((1, 30, 30)) == plain((30, 30, 1)) == (30, 30)
    True
    """
    return tuple(length for length in shape if length != 1)


def row_digests(rows: np.ndarray) -> list[bytes]:
    """Return 16 bytes for each row of an array, the same ones for equal rows.

    Examples
    --------
    >>> len(set(row_digests(np.array([[1.0, 0.0], [1.0, -0.0], [0.0, 1.0]]))))
    2
    """
    # Adding 0 turns -0 into 0.
    return [hashlib.blake2b((row + 0).tobytes(), digest_size=16).digest() for row in rows]
