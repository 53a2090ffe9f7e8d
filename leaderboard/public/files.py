"""The public files of a track, tables as Parquet and arrays as HDF5: the one place that knows which is which."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from challenges import arrays, hdf5
from challenges.dataset import Dataset, Rows, as_array, as_table, stacked
from challenges.spec import Track
from scoring.predictions import id_text

TABLE, ARRAYS = ".parquet", ".h5"
TRAIN, VALIDATION = "train", "validation"
GROUP = "group"
HEAD = 240
"""Rows of a table to choose a few from."""
IMAGES = "y"
"""What true images are called in a file."""


def find(folder: Path, name: str) -> Path:
    """Return where the file of that name (train, validation, test) lies in a folder: Parquet unless there is HDF5."""
    path = folder / f"{name}{ARRAYS}"
    return path if path.exists() else path.with_suffix(TABLE)


def is_table(path: Path) -> bool:
    """Return whether a file holds a table."""
    return path.suffix == TABLE


def write_labelled(folder: Path, **parts: Dataset) -> None:
    """Write features and targets to learn from, each part by its name: Parquet, or HDF5 with X and an array a target.

    Where rows of any part belong together their groups stand beside them, in all.
    """
    grouped = any(len(np.unique(data.groups)) < len(data) for data in parts.values())
    for name, data in parts.items():
        _write_labelled(folder, name, data, {GROUP: data.groups} if grouped else {})


def _write_labelled(folder: Path, name: str, data: Dataset, groups: Mapping[str, np.ndarray]) -> None:
    if isinstance(data.features, pd.DataFrame):
        table = pd.concat([data.features, as_table(data.targets)], axis=1).assign(**groups)
        table.to_parquet(folder / f"{name}{TABLE}", index=False)
        return
    if isinstance(data.targets, pd.DataFrame):
        targets = {str(name): column.to_numpy() for name, column in data.targets.items()}
    else:
        targets = {IMAGES: data.targets}
    with arrays.writing(folder / f"{name}{ARRAYS}", data.features.nbytes) as append:
        append(X=data.features, **targets, **groups)


def write_test(folder: Path, ids: np.ndarray, features: Rows) -> None:
    """Write features to predict on, with their ids: ``test.parquet``, or ``test.h5`` with X and id."""
    if isinstance(features, pd.DataFrame):
        features.assign(id=id_text(ids))[["id", *features]].to_parquet(folder / f"test{TABLE}", index=False)
        return
    with arrays.writing(folder / f"test{ARRAYS}", features.nbytes) as append:
        append(id=id_text(ids).astype("S16"), X=features)


def read_labelled(folder: Path, name: str, targets: Sequence[str]) -> Dataset:
    """Read what `write_labelled` wrote; rows of which no group is known are groups of their own."""
    path, targets = find(folder, name), list(targets)
    if is_table(path):
        table = pd.read_parquet(path)
        groups = table.pop(GROUP).to_numpy() if GROUP in table else np.arange(len(table))
        return Dataset(table.drop(columns=targets), table[targets], groups)
    found = arrays.read(path)
    groups = found.get(GROUP, np.arange(len(found["X"])))
    images = targets == [IMAGES] and found[IMAGES].ndim > 1
    answers = found[IMAGES] if images else pd.DataFrame({name: found[name] for name in targets})
    return Dataset(found["X"], answers, groups)


def read_all_labelled(folder: Path, targets: Sequence[str]) -> Dataset:
    """Read the rows to train on and those to validate with, where there are some: they have no group in common."""
    data = read_labelled(folder, TRAIN, targets)
    if not find(folder, VALIDATION).exists():
        return data
    more = read_labelled(folder, VALIDATION, targets)
    return stacked(data, replace(more, groups=more.groups + data.groups.max() + 1))


def read_some(path: Path, targets: Sequence[str], choose: Callable[[pd.DataFrame], np.ndarray]) -> Dataset:
    """Read a few rows of what `write_labelled` wrote, and not the whole file.

    Parameters
    ----------
    path : Path
    targets : sequence of str
        Columns of numbers or texts.
    choose : callable
        Given the targets of the rows to choose from, returns the places of those to read, in the order wanted. Of a
        table these are the first `HEAD` rows, of arrays all.
    """
    targets = list(targets)
    if is_table(path):
        with pq.ParquetFile(path, memory_map=True) as file:
            head = next(file.iter_batches(HEAD)).to_pandas()
        table = head.iloc[choose(head[targets])].reset_index(drop=True)
        return Dataset(table.drop(columns=[*targets, GROUP], errors="ignore"), table[targets], np.arange(len(table)))
    with hdf5.opened(path) as file:
        features, *asked = hdf5.datasets(file, "X", *targets)
        answers = pd.DataFrame({name: hdf5.values(one) for name, one in zip(targets, asked, strict=True)})
        rows = choose(answers)
        stored = np.unique(rows)  # as HDF5 wants them
        found = hdf5.values(features, stored)[np.searchsorted(stored, rows)]
        return Dataset(found, answers.iloc[rows].reset_index(drop=True), np.arange(len(rows)))


def read_test(folder: Path) -> tuple[np.ndarray, Rows]:
    """Read what `write_test` wrote: ids as text, shape (n,), and features."""
    path = find(folder, "test")
    if is_table(path):
        table = pd.read_parquet(path)
        return table["id"].to_numpy(str), table.drop(columns="id")
    found = arrays.read(path)
    return found["id"].astype(str), found["X"]


def predictions(ids: np.ndarray, values: np.ndarray, track: Track) -> bytes:
    """Return predictions as a team would write them: a CSV with ids, or images as an npy file.

    Parameters
    ----------
    ids : ndarray of str, shape (n,)
        Ascending.
    values : ndarray, shape (n, k) or (n, height, width)
    track : Track
        Whose answers they are.
    """
    if track.answers == "images":
        array = io.BytesIO()
        np.save(array, np.asarray(values, np.float32))
        return array.getvalue()
    text = io.StringIO()
    table = pd.DataFrame(values, columns=list(track.columns)).assign(id=ids)
    table[["id", *track.columns]].to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def count_repeated(*parts: Rows) -> int:
    """Return how many rows of all parts together have occurred before.

    Examples
    --------
    >>> count_repeated(np.array([[[1.0]], [[2.0]]]), np.array([[[2.0]], [[-0.0]], [[0.0]]]))
    2
    """
    if isinstance(parts[0], pd.DataFrame):
        return int(pd.concat([as_table(part) for part in parts]).duplicated().sum())
    digests = [digest for part in parts for digest in arrays.row_digests(as_array(part))]
    return len(digests) - len(set(digests))
