"""The real images: two HDF5 files, one of electrons and one of photons, read slice by slice."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from challenges import arrays, hdf5
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_array, as_table
from challenges.particle_images.layout import ELECTRON, IMAGE, PHOTON, TARGET

KIND = {ELECTRON: "electron", PHOTON: "photon"}
KEYS = {"X": IMAGE, TARGET: ()}
BLOCK = 1000  # images of each file held at once
LARGEST_HOLDOUT = 10_000  # images of each file
SHUFFLE = 20200101  # mixes electrons with photons; these labels are public


class ImageFile:
    """One of the two real files: nothing of it is in memory but what is asked for.

    Parameters
    ----------
    path : Path
    label : int, optional
        What every image should be: 1 (electron) or 0 (photon). By default what the first one is.

    Raises
    ------
    DataFileError
        If it is not an HDF5 file of that layout, or holds another label; the message says what came instead.
    """

    def __init__(self, path: Path, label: int | None = None) -> None:
        self.path = Path(path)
        with hdf5.opened(self.path) as file:
            self.length = _checked_layout(self.path, file)
            self.label = _checked_labels(self.path, hdf5.values(file[TARGET]), label)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Return images, shape (n, 32, 32, 2), float32.

        Raises
        ------
        DataFileError
            If the data are damaged, or a value is not finite; the message names the first such image.
        """
        with hdf5.opened(self.path) as file:
            images = hdf5.values(file["X"], rows)
        bad = ~np.isfinite(images).all(axis=(1, 2, 3))
        if bad.any():
            image = range(*rows.indices(self.length))[int(bad.argmax())]
            raise DataFileError(f"{self.path}, X, image {image}: expected finite numbers, got nan or infinity")
        return images


def _checked_layout(path: Path, file: h5py.File) -> int:
    """Return how many images a file has, or say which part of it is not as it should be."""
    found = dict(zip(KEYS, hdf5.datasets(file, *KEYS), strict=True))
    n = len(found["X"]) if found["X"].shape else 0
    for name, row in KEYS.items():
        array = found[name]
        if array.dtype.newbyteorder("=") != np.float32:
            raise DataFileError(f"{path}, {name}: expected float32, got {array.dtype}")
        if array.shape != (n, *row) or n == 0:
            wanted = " x ".join(["n", *map(str, row)])
            raise DataFileError(f"{path}, {name}: expected the shape {wanted} of n = {n} images, got {array.shape}")
    return n


def _checked_labels(path: Path, labels: np.ndarray, expected: int | None) -> int:
    """Return the label that all images share, or say which one has another."""
    if expected is None:
        if labels[0] not in KIND:
            raise DataFileError(f"{path}, y, image 0: expected 0 (photon) or 1 (electron), got {labels[0]}")
        expected = int(labels[0])
    wrong = np.flatnonzero(labels != expected)
    if not len(wrong):
        return expected
    got, where = labels[wrong[0]], f"{path}, y, image {wrong[0]}"
    swapped = len(wrong) == len(labels) and (got == 1 - expected)
    hint = "; are the two files, or their labels, the other way round?" if swapped else ""
    raise DataFileError(f"{where}: expected {expected} ({KIND[expected]}), got {got}{hint}")


def pair(first: Path, second: Path) -> tuple[ImageFile, ImageFile]:
    """Open both real files, whichever comes first, and return electrons and photons.

    Raises
    ------
    DataFileError
        As in `ImageFile`, or if both hold the same particles, or a file's name says one kind and its labels the other.
    """
    files = [ImageFile(path, _named(path)) for path in (first, second)]
    if files[0].label == files[1].label:
        raise DataFileError(f"{first} and {second}: expected electrons and photons, got {KIND[files[0].label]}s twice")
    electrons, photons = sorted(files, key=lambda file: -file.label)
    return electrons, photons


def _named(path: Path) -> int | None:
    """Return the label that a file's name promises."""
    kinds = [label for label, kind in KIND.items() if kind in path.name.lower()]
    return kinds[0] if len(kinds) == 1 else None


def ingest(sources: Sequence[Path], folder: Path, *, progress: Progress | None = None) -> Split:
    """Write ``train.h5`` from both real files, block by block, and return a holdout of equally many of each.

    The holdout are the last images of each file: a fifth, but at most 10,000. Nobody has fixed a customary one.

    Parameters
    ----------
    sources : sequence of two Path
    folder : Path
        Gets ``train.h5``: electrons and photons mixed at random within blocks, less those that the holdout holds too.
    progress : callable, optional
        Called with images read and images there are.

    Raises
    ------
    DataFileError
        If there are not two files, or as in `pair`.
    DiskFullError
        If the disk runs full.
    """
    if len(sources) != 2:
        raise DataFileError(f"expected two files, one of electrons and one of photons, got {len(sources)}")
    files = pair(*sources)
    kept_back = min(LARGEST_HOLDOUT, *(len(file) // 5 for file in files))
    if kept_back == 0:
        raise DataFileError(f"{sources[0]} and {sources[1]}: expected at least 5 images in each")
    rng = np.random.default_rng(SHUFFLE)
    tails = [file[len(file) - kept_back : len(file)] for file in files]
    holdout = _labelled(files, tails, rng)
    known = set(arrays.row_digests(as_array(holdout.features)))
    rows = sum(map(len, files))
    train_rows = 0
    with arrays.writing(folder / "train.h5", sum(source.stat().st_size for source in sources)) as append:
        for done, parts in _blocks(files, [len(file) - kept_back for file in files]):
            block = _labelled(files, parts, rng)
            fresh = [digest not in known for digest in arrays.row_digests(as_array(block.features))]
            block = block.take(np.flatnonzero(fresh))
            append(X=block.features, y=as_table(block.targets)[TARGET].to_numpy())
            train_rows += len(block)
            if progress:
                progress(done, rows)
    return Split(holdout, rows, train_rows, duplicates=rows - len(holdout) - train_rows)


def _blocks(files: Sequence[ImageFile], stops: Sequence[int]) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Yield how many images have come, and the next ones of each file; a shorter file ends first."""
    for start in range(0, max(stops), BLOCK):
        ends = [min(start + BLOCK, stop) for stop in stops]
        yield sum(ends), [file[min(start, end) : end] for file, end in zip(files, ends, strict=True)]


def _labelled(files: Sequence[ImageFile], parts: Sequence[np.ndarray], rng: np.random.Generator) -> Dataset:
    """Return the images of all files in random order."""
    labels = np.concatenate(
        [np.full(len(part), file.label, np.float32) for file, part in zip(files, parts, strict=True)]
    )
    together = Dataset(np.concatenate(parts), pd.DataFrame({TARGET: labels}), np.arange(len(labels), dtype=np.int64))
    shuffled = together.take(rng.permutation(len(labels)))
    return Dataset(shuffled.features, shuffled.targets, together.groups)


def load(first: Path, second: Path) -> Dataset:
    """Read both files whole, electrons first: for samples that fit in memory.

    Raises
    ------
    DataFileError
        As in `pair`.
    """
    files = pair(first, second)
    parts = [file[:] for file in files]
    labels = np.repeat(np.array([file.label for file in files], np.float32), [len(part) for part in parts])
    return Dataset(np.concatenate(parts), pd.DataFrame({TARGET: labels}), np.arange(len(labels), dtype=np.int64))


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the real files, electrons in one and photons in the other."""
    paths = []
    for label, kind in sorted(KIND.items(), reverse=True):
        rows = np.flatnonzero(dataset.targets[TARGET] == label)
        paths.append(folder / f"{kind}.hdf5")
        with h5py.File(paths[-1], "w") as file:
            file["X"], file["y"] = dataset.features[rows], np.full(len(rows), label, np.float32)
    return paths
