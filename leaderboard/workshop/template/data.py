"""The real files: a CSV with a header, label first."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from challenges.dataset import DataFileError, Dataset, Progress, Split

COLUMNS = {"label": np.int8, "energy_1": np.float32, "energy_2": np.float32, "angle": np.float32}


def load(source: Path) -> Dataset:
    """Read a file whole.

    Raises
    ------
    DataFileError
        If columns are missing, a value is no finite number, or a label is neither 0 nor 1.
    """
    try:
        table = pd.read_csv(source)
        table = table[list(COLUMNS)].astype(COLUMNS)
    except KeyError as error:
        raise DataFileError(f"{source}: expected the columns {list(COLUMNS)}, got {list(table)}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise DataFileError(f"{source}: expected numbers in every column: {error}") from error
    wrong = np.flatnonzero(~np.isfinite(table).all(axis=1) | ~table["label"].isin([0, 1]))
    if len(wrong):
        raise DataFileError(f"{source}, line {wrong[0] + 2}: expected finite numbers and a label of 0 or 1")
    return Dataset(table.drop(columns="label"), table[["label"]], np.arange(len(table), dtype=np.int64))


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the real file and return where it lies."""
    path = folder / "pairs.csv"
    pd.concat([dataset.targets, dataset.features], axis=1).to_csv(path, index=False)
    return [path]


def ingest(sources: Sequence[Path], folder: Path, *, progress: Progress | None = None) -> Split:
    """Write ``train.parquet`` from a real file and return its last fifth as holdout.

    Raises
    ------
    DataFileError
        If there is not one file, or as in `load`.
    """
    if len(sources) != 1:
        raise DataFileError(f"expected one file, got {len(sources)}")
    data = load(sources[0])
    stop = len(data) - len(data) // 5
    train, holdout = data.take(np.arange(stop)), data.take(np.arange(stop, len(data)))
    known = pd.concat([holdout.features, train.features]).duplicated().to_numpy()[len(holdout) :]
    train = train.take(np.flatnonzero(~known))
    pd.concat([train.features, train.targets], axis=1).to_parquet(folder / "train.parquet", index=False)
    if progress:
        progress(len(data), len(data))
    return Split(holdout, len(data), len(train), duplicates=int(known.sum()))
