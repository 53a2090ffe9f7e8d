"""Cuts a file of labelled rows into what teams train on and what they validate with, in bounded memory."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from challenges import arrays, hdf5
from challenges.files import written_whole
from challenges.spec import Training
from challenges.training import public_rows
from leaderboard.public.files import GROUP, TRAIN, VALIDATION, is_table

ROWS_OF_TABLE, ROWS_OF_ARRAYS = 1 << 16, 1 << 10
"""Held at once."""


def cut(whole: Path, folder: Path, rule: Training, *, seed: int) -> dict[str, int]:
    """Write the two parts of a file of labelled rows, and return how many rows each has.

    Parameters
    ----------
    whole : Path
        Parquet, or HDF5 with an array a column, as a challenge's ``ingest`` writes it.
    folder : Path
        Another one; gets ``train`` and ``validation``, of the same form.
    rule : Training
    seed : int

    Raises
    ------
    challenges.training.TrainingError
        As in `challenges.training.public_rows`.
    challenges.files.DiskFullError
        If the disk runs full.
    """
    return (_cut_table if is_table(whole) else _cut_arrays)(whole, folder, rule, seed)


def _cut_table(whole: Path, folder: Path, rule: Training, seed: int) -> dict[str, int]:
    with pq.ParquetFile(whole) as file, ExitStack() as both:
        names = [name for name in (GROUP, *rule.only) if name in file.schema_arrow.names]
        parts = _parts(file.read(names).to_pandas(), file.metadata.num_rows, rule, seed)
        writers = {}
        for name in parts:
            part = both.enter_context(written_whole(folder / whole.with_stem(name).name, whole.stat().st_size))
            writers[name] = both.enter_context(pq.ParquetWriter(part, file.schema_arrow, compression="zstd"))
        start = 0
        for batch in file.iter_batches(ROWS_OF_TABLE):
            for name, rows in parts.items():
                writers[name].write_batch(batch.take(pa.array(_within(rows, start, len(batch)))))
            start += len(batch)
    return {name: len(rows) for name, rows in parts.items()}


def _cut_arrays(whole: Path, folder: Path, rule: Training, seed: int) -> dict[str, int]:
    with hdf5.opened(whole) as file, ExitStack() as both:
        columns = {array.name.lstrip("/"): array for array in hdf5.datasets(file)}
        known = pd.DataFrame({name: hdf5.values(columns[name]) for name in (GROUP, *rule.only) if name in columns})
        length = len(columns["X"])
        parts = _parts(known, length, rule, seed)
        append = {
            name: both.enter_context(arrays.writing(folder / whole.with_stem(name).name, whole.stat().st_size))
            for name in parts
        }
        for start in range(0, length, ROWS_OF_ARRAYS):
            block = {name: hdf5.values(array, slice(start, start + ROWS_OF_ARRAYS)) for name, array in columns.items()}
            for name, rows in parts.items():
                here = _within(rows, start, ROWS_OF_ARRAYS)
                append[name](**{column: values[here] for column, values in block.items()})
    return {name: len(rows) for name, rows in parts.items()}


def _parts(known: pd.DataFrame, length: int, rule: Training, seed: int) -> dict[str, np.ndarray]:
    """Return the rows of each part; rows of which no group is known are groups of their own."""
    groups = known[GROUP].to_numpy() if GROUP in known else np.arange(length)
    return dict(zip((TRAIN, VALIDATION), public_rows(known, groups, rule, seed=seed), strict=True))


def _within(rows: np.ndarray, start: int, length: int) -> np.ndarray:
    """Return those of ascending rows that lie in a block, counted from its start.

    >>> _within(np.array([1, 4, 6, 9]), 4, 4).tolist()
    [0, 2]
    """
    return rows[slice(*np.searchsorted(rows, (start, start + length)))] - start
