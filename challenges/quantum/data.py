"""The real jet images: one HDF5 file, read block by block, and what of it may be trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from challenges import arrays, hdf5
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_array, as_table
from challenges.quantum.detector import SIDE
from challenges.quantum.layout import TARGET, radial_width

QUARK = 1  # in the real file; gluons are 0. The challenge's target is the other way round: what is to be flagged is 1
BLOCK = 2000  # images held at once
LARGEST_HOLDOUT = 10_000
SEED = 20240621  # mixes the rows; their labels are public
CLEAR = 5.0  # standard deviations


class JetFile:
    """The real file: its labels in memory, its images as they are asked for.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DataFileError
        If it is not an HDF5 file with ``X``, float32 (n, 30, 30), with or without an axis for one channel, and ``y``,
        whole numbers (n,), 1 for quarks and 0 for gluons; the message says what came instead.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with hdf5.opened(self.path) as file:
            _check_layout(self.path, file)
            labels = hdf5.values(file["y"])
        for number, label in enumerate(labels.tolist()):
            if label not in (0, QUARK):
                raise DataFileError(f"{path}, y, jet {number}: expected 0 (gluon) or 1 (quark), got {label}")
        self.gluon = (labels != QUARK).astype(np.int8)
        if self.gluon.min() == self.gluon.max():
            raise DataFileError(
                f"{path}, y: expected quarks and gluons, got {labels[0]} for each of {len(labels)} jets"
            )

    def __len__(self) -> int:
        return len(self.gluon)

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield row numbers and their images, in the file's order.

        Raises
        ------
        DataFileError
            If a number is not finite, or, at the end, if the labels are the other way round: gluons radiate more and
            make the wider jets.
        """
        widths = []
        with hdf5.opened(self.path) as file:
            for start in range(0, len(self), BLOCK):
                images = hdf5.values(file["X"], slice(start, start + BLOCK)).reshape(-1, SIDE, SIDE)
                bad = ~np.isfinite(images).all(axis=(1, 2))
                if bad.any():
                    where = f"{self.path}, X, jet {start + int(bad.argmax())}"
                    raise DataFileError(f"{where}: expected finite numbers, got nan or infinity")
                widths.append(radial_width(images))
                yield np.arange(start, start + len(images)), images
        excess = _excess(np.concatenate(widths), self.gluon)
        if excess < -CLEAR:
            raise DataFileError(
                f"{self.path}, y: expected 1 for quarks and 0 for gluons, but the jets labelled 1 are the wider ones"
                f" (by {-excess:.0f} standard deviations): the labels are the other way round"
            )


def _check_layout(path: Path, file: h5py.File) -> None:
    images, labels = hdf5.datasets(file, "X", "y")
    if images.dtype.newbyteorder("=") != np.float32:
        raise DataFileError(f"{path}, X: expected float32, got {images.dtype}")
    if not images.size or arrays.plain(images.shape[1:]) != (SIDE, SIDE):
        raise DataFileError(f"{path}, X: expected the shape (n, {SIDE}, {SIDE}) with n > 0, got {images.shape}")
    if labels.dtype.kind not in "iu":
        raise DataFileError(f"{path}, y: expected whole numbers (int32), got {labels.dtype}")
    if labels.shape != images.shape[:1]:
        raise DataFileError(f"{path}, y: expected one label for each of {len(images)} images, got {labels.shape}")


def _excess(widths: np.ndarray, gluon: np.ndarray) -> float:
    """Return by how many standard deviations gluon jets are wider than quark jets on average."""
    parts = [widths[gluon == label] for label in (1, 0)]
    variance = sum(part.var() / len(part) for part in parts)
    return float((parts[0].mean() - parts[1].mean()) / np.sqrt(variance)) if variance > 0 else 0.0


def load(source: Path) -> Dataset:
    """Read the whole file: for one that fits in memory.

    Returns
    -------
    Dataset
        float32 images, shape (n, 30, 30); the int8 target ``gluon``, 1 where the file says 0; and as group the row: the
        file does not tell which jets share a collision.

    Raises
    ------
    DataFileError
        As in `JetFile` and its blocks.
    """
    file = JetFile(source)
    images = np.concatenate([block for _, block in file.blocks()])
    return Dataset(images, pd.DataFrame({TARGET: file.gluon}), np.arange(len(file), dtype=np.int64))


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the real file, in which quarks are 1, and return where it lies."""
    path = folder / "QG_hackathon_data_big"
    with h5py.File(path, "w") as file:
        file["X"], file["y"] = dataset.features, 1 - as_table(dataset.targets)[TARGET].to_numpy(np.int32)
    return [path]


def ingest(sources: Sequence[Path], folder: Path, *, progress: Progress | None = None) -> Split:
    """Write ``train.h5``, with jets of both kinds, and return the holdout; what may be trained on is not chosen here.

    The holdout are a fifth of the jets, but at most 10,000, drawn at random: nobody has fixed a customary one.

    Parameters
    ----------
    sources : sequence of one Path
    folder : Path
        Gets the file, with X and gluon, less the images that the holdout holds too.
    progress : callable, optional
        Called with images read and images there are.

    Raises
    ------
    DataFileError
        If there is not one file, or too few jets, or as in `JetFile` and its blocks.
    DiskFullError
        If the disk runs full.
    """
    if len(sources) != 1:
        raise DataFileError(f"expected one file, QG_hackathon_data_big, got {len(sources)}")
    file = JetFile(sources[0])
    drawn = np.random.default_rng(SEED).permutation(len(file))[: min(LARGEST_HOLDOUT, len(file) // 5)]
    if not len(drawn):
        raise DataFileError(f"{sources[0]}: expected at least 5 jets, got {len(file)}")
    holdout = Dataset(_images(file, drawn), pd.DataFrame({TARGET: file.gluon[drawn]}), np.arange(len(drawn)))
    known = set(arrays.row_digests(as_array(holdout.features)))
    public = np.setdiff1d(np.arange(len(file)), drawn)
    written = 0
    with arrays.writing(folder / "train.h5", sources[0].stat().st_size) as append:
        for rows, images in file.blocks():
            new = np.array([digest not in known for digest in arrays.row_digests(images)])
            keep = new & np.isin(rows, public)
            append(X=images[keep], **{TARGET: file.gluon[rows][keep]})
            written += int(keep.sum())
            if progress:
                progress(int(rows[-1]) + 1, len(file))
    return Split(holdout, len(file), written, duplicates=len(public) - written)


def _images(file: JetFile, wanted: np.ndarray) -> np.ndarray:
    """Return images in the order wanted, going through the file once."""
    place = np.full(len(file), -1)
    place[wanted] = np.arange(len(wanted))
    images = np.empty((len(wanted), SIDE, SIDE), np.float32)
    for rows, block in file.blocks():
        here = place[rows] >= 0
        images[place[rows][here]] = block[here]
    return images
