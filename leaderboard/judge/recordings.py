"""Recordings of real things that join a holdout: a slice of their own, for interest."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from challenges import arrays
from challenges.dataset import DataFileError, Dataset, as_array, as_table, stacked
from challenges.spec import Track


class RecordingsError(DataFileError):
    """Recordings that cannot join a holdout: none, of another shape, or not finite."""


@dataclass(frozen=True)
class Recordings:
    """Recordings, and what was simulated to compare each of them with.

    Attributes
    ----------
    rows : Dataset
        A recording and the simulated rows that were seen as it was are one group.
    counts : ndarray of bool, shape (n,)
        Which rows are recordings.
    names : tuple of str
        Of the recordings, by ascending group.
    """

    rows: Dataset
    counts: np.ndarray
    names: tuple[str, ...]


def read(path: Path, holdout: Dataset, track: Track) -> Recordings:
    """Read recordings as rows like those of a holdout, and what was simulated to be compared with them.

    Parameters
    ----------
    path : Path
        HDF5 as `physathon challenge observe` writes it: ``X`` and, where it is known, an array named as the target.
        Recordings without one are taken to hold what is looked for. Rows that ``simulated`` marks are no recordings:
        they were simulated, and seen as the recording was that has the same ``name``.
    holdout : Dataset
    track : Track

    Raises
    ------
    RecordingsError
        If there is none, their shape is not that of the holdout's rows, a pixel is not finite, a target is none that
        the holdout knows, two recordings share a name, or simulated rows have the name of no recording.
    DataFileError
        If the file cannot be read.
    """
    found = arrays.read(path)
    images, (target,) = found.get("X"), track.targets
    if images is None:
        raise RecordingsError(f"{path}: expected an array X, found {sorted(found)}")
    rows, targets = as_array(holdout.features), as_table(holdout.targets)
    row = rows.shape[1:]
    if not images.size or arrays.plain(images.shape[1:]) != arrays.plain(row):
        raise RecordingsError(f"{path}: expected recordings of shape {row}, at least one, got {images.shape}")
    if images.dtype.kind not in "biuf":
        raise RecordingsError(f"{path}, X: expected numbers, got {images.dtype}")
    with np.errstate(over="ignore"):
        images = images.reshape(len(images), *row).astype(rows.dtype)
    broken = np.flatnonzero(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))
    if len(broken):
        raise RecordingsError(f"{path}: recording {broken[0]} has pixels that are not finite ({len(broken)} such)")
    labels, known = found.get(target, np.ones(len(images))), set(targets[target].tolist())
    if not set(labels.tolist()) <= known:
        raise RecordingsError(f"{path}: expected {target} among {sorted(known)}, got {sorted(set(labels.tolist()))}")
    counts = ~found.get("simulated", np.zeros(len(images))).astype(bool)
    names, number = _named(path, found.get("name"), counts)
    rows = Dataset(
        images, pd.DataFrame({target: labels}).astype(targets[target].dtype), holdout.groups.max() + 1 + number
    )
    return Recordings(rows, counts, names)


def _named(path: Path, given: np.ndarray | None, counts: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the recordings, and of each row the number of the recording whose name it has."""
    if given is None:
        if not counts.all():
            raise RecordingsError(f"{path}: expected the array name, which says what simulated rows are compared with")
        return tuple(f"recording {number}" for number in range(1, len(counts) + 1)), np.arange(len(counts))
    names = [str(name, "utf-8") if isinstance(name, bytes) else str(name) for name in given.tolist()]
    own = [name for name, recorded in zip(names, counts, strict=True) if recorded]
    if len(set(own)) < len(own):
        raise RecordingsError(f"{path}: expected recordings of different names, got {sorted(own)}")
    if not set(names) <= set(own):
        raise RecordingsError(f"{path}: simulated rows are named {sorted(set(names) - set(own))}, no recording is")
    return tuple(own), np.array([own.index(name) for name in names])


def joined(holdout: Dataset, recordings: Recordings | None) -> tuple[Dataset, np.ndarray]:
    """Return the holdout's rows and, behind them, those of the recordings; and weights, 0 for what is not judged."""
    if recordings is None:
        return holdout, np.ones(len(holdout))
    return stacked(holdout, recordings.rows), np.concatenate([np.ones(len(holdout)), recordings.counts])
