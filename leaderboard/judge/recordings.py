"""Recordings of real things that join a holdout: a slice of their own, for interest."""

from pathlib import Path

import numpy as np
import pandas as pd

from challenges import arrays
from challenges.dataset import DataFileError, Dataset, as_array, as_table
from challenges.spec import Track


class RecordingsError(DataFileError):
    """Recordings that cannot join a holdout: none, of another shape, or not finite."""


def read(path: Path, holdout: Dataset, track: Track) -> Dataset:
    """Read recordings as rows like those of a holdout; each is a group of its own.

    Parameters
    ----------
    path : Path
        HDF5 as `physathon challenge observe` writes it: ``X`` and, where it is known, an array named as the target.
        Recordings without one are taken to hold what is looked for.
    holdout : Dataset
    track : Track

    Raises
    ------
    RecordingsError
        If there is none, their shape is not that of the holdout's rows, a pixel is not finite, or a target is none
        that the holdout knows.
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
    return Dataset(
        images,
        pd.DataFrame({target: labels}).astype(targets[target].dtype),
        holdout.groups.max() + 1 + np.arange(len(images)),
    )


def joined(holdout: Dataset, recordings: Dataset | None) -> Dataset:
    """Return the holdout's rows and, behind them, the recordings."""
    if recordings is None:
        return holdout
    return Dataset(
        np.concatenate([as_array(holdout.features), as_array(recordings.features)]),
        pd.concat([as_table(holdout.targets), as_table(recordings.targets)], ignore_index=True),
        np.concatenate([holdout.groups, recordings.groups]),
    )
