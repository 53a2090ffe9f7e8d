"""The rows of a challenge, as every loader and simulator returns them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd  # a third of what a command takes to begin, and most need none of it

Progress = Callable[[int, int | None], None]
"""Called with how much is done and how much there is in all: bytes, rows or pages; None where nobody knows."""


Rows: TypeAlias = "pd.DataFrame | np.ndarray"
"""A table, or an array with a row an example, such as images."""


class RowsError(ValueError):
    """A table where an array is needed, or an array where a table is."""


class DataFileError(ValueError):
    """A data file that is not what it should be; the message says what was expected, what came, and where."""


class TrackAbsent(DataFileError):
    """None of the files given belongs to a track; there may be some of the challenge's other tracks."""


@dataclass(frozen=True)
class Dataset:
    """Rows of one challenge: what is measured, what is asked, and which rows belong together.

    Attributes
    ----------
    features : DataFrame, shape (n, f), or ndarray, shape (n, ...)
        What a team may look at.
    targets : DataFrame, shape (n, t), or ndarray, shape (n, height, width)
        What it is asked for: the columns are the track's targets, numbers or text; or images, of values within [0, 1].
    groups : ndarray of int64, shape (n,)
        The natural unit of each row (run, page, event): a split never cuts through one.
    """

    features: Rows
    targets: Rows
    groups: np.ndarray

    def __post_init__(self) -> None:
        lengths = {"features": len(self.features), "targets": len(self.targets), "groups": len(self.groups)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"a Dataset needs as many rows of each part, got {lengths}")

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: np.ndarray) -> "Dataset":
        """Return the chosen rows, in the order given, with a fresh index."""
        return Dataset(_taken(self.features, rows), _taken(self.targets, rows), self.groups[rows])


def stacked(first: Dataset, second: Dataset) -> Dataset:
    """Return the rows of both, those of the second behind, with their groups as they are."""
    return Dataset(
        _stacked(first.features, second.features),
        _stacked(first.targets, second.targets),
        np.concatenate([first.groups, second.groups]),
    )


def as_table(rows: Rows) -> "pd.DataFrame":
    """Return rows that are a table, as they are.

    Raises
    ------
    RowsError
        If they are an array.
    """
    if isinstance(rows, np.ndarray):
        raise RowsError(f"expected a table, got an array of shape {rows.shape}")
    return rows


def as_array(rows: Rows) -> np.ndarray:
    """Return rows that are an array, as they are.

    Raises
    ------
    RowsError
        If they are a table.
    """
    if not isinstance(rows, np.ndarray):
        raise RowsError(f"expected an array, got a table with the columns {list(rows)}")
    return rows


def _stacked(first: Rows, second: Rows) -> Rows:
    if isinstance(first, np.ndarray):
        return np.concatenate([first, as_array(second)])
    import pandas as pd

    return pd.concat([first, as_table(second)], ignore_index=True)


def _taken(part: Rows, rows: np.ndarray) -> Rows:
    return part[rows] if isinstance(part, np.ndarray) else part.iloc[rows].reset_index(drop=True)


@dataclass(frozen=True)
class Split:
    """A real data set cut in two: the labelled rows lie in a file, the holdout in memory.

    Attributes
    ----------
    holdout : Dataset
        The rows to be judged on.
    rows, train_rows, duplicates : int
        Rows read, rows written for training and validation, and rows dropped because they equal a holdout row.
    """

    holdout: Dataset
    rows: int
    train_rows: int
    duplicates: int
