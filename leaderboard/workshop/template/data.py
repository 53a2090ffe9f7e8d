"""The real files: a CSV with a header, label first."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from challenges.cells import numbers, read_words
from challenges.dataset import DataFileError, Dataset, Progress, Split, as_table

COLUMNS = {"label": np.int8, "energy_1": np.float32, "energy_2": np.float32, "angle": np.float32}
LARGEST = np.finfo(np.float32).max


def load(source: Path) -> Dataset:
    """Read a file whole.

    Raises
    ------
    DataFileError
        If it is no CSV, columns are missing, a value is no finite number, or a label is neither 0 nor 1.
    """
    words = read_words(source)
    if not set(COLUMNS) <= set(words):
        raise DataFileError(f"{source}: expected the columns {list(COLUMNS)}, got {list(words)}")
    found = pd.DataFrame({name: numbers(words[name]) for name in COLUMNS})
    wrong = np.flatnonzero(~(found.abs() <= LARGEST).all(axis=1) | ~found["label"].isin([0, 1]))
    if len(wrong):
        line = words.index[wrong[0]]
        raise DataFileError(f"{source}, line {line}: expected finite numbers and a label of 0 or 1")
    table = found.astype(COLUMNS)
    return Dataset(table.drop(columns="label"), table[["label"]], np.arange(len(table), dtype=np.int64))


def save(dataset: Dataset, folder: Path) -> list[Path]:
    """Write a data set in the layout of the real file and return where it lies."""
    path = folder / "pairs.csv"
    pd.concat([as_table(dataset.targets), as_table(dataset.features)], axis=1).to_csv(path, index=False)
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
    holdout = data.take(np.arange(stop, len(data)))
    # Those of the holdout first: a training row that equals one is the second of its kind.
    features = as_table(data.features)
    known = pd.concat([features[stop:], features[:stop]]).duplicated().to_numpy()[len(holdout) :]
    train = data.take(np.flatnonzero(~known))
    table = pd.concat([as_table(train.features), as_table(train.targets)], axis=1)
    table.to_parquet(folder / "train.parquet", index=False)
    if progress:
        progress(len(data), len(data))
    return Split(holdout, len(data), len(train), duplicates=int(known.sum()))
