"""The rows of a challenge, as every loader and simulator returns them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Dataset:
    """Rows of one challenge: what is measured, what is asked, and which rows belong together.

    Attributes
    ----------
    features : DataFrame, shape (n, f), or ndarray, shape (n, ...)
        What a team may look at: a table, or an array such as images.
    targets : DataFrame, shape (n, t)
        What it is asked for; the columns are the challenge's target names.
    groups : ndarray of int64, shape (n,)
        The natural unit of each row (run, page, event): a split never cuts through one.
    """

    features: pd.DataFrame | np.ndarray
    targets: pd.DataFrame
    groups: np.ndarray

    def __post_init__(self) -> None:
        lengths = {"features": len(self.features), "targets": len(self.targets), "groups": len(self.groups)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"a Dataset needs as many rows of each part, got {lengths}")

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: np.ndarray) -> "Dataset":
        """Return the chosen rows, in the order given, with a fresh index."""
        table = isinstance(self.features, pd.DataFrame)
        return Dataset(
            self.features.iloc[rows].reset_index(drop=True) if table else self.features[rows],
            self.targets.iloc[rows].reset_index(drop=True),
            self.groups[rows],
        )
