"""What a team may learn from: training rows of one kind alone, and a small labelled part to validate with."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from challenges.dataset import Dataset, as_table
from challenges.spec import Training


class TrainingError(ValueError):
    """A rule for training rows that does not fit the data: an unknown target, or nothing left."""


class PublicSplit(NamedTuple):
    """The two labelled parts of a challenge's public data."""

    train: Dataset
    validation: Dataset


def public_rows(
    targets: pd.DataFrame, groups: np.ndarray, rule: Training, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the rows to train on and those to validate with.

    Whole groups go to one side. Of the training side only the rows that the rule allows are kept, so no other row can
    be in it, however the data look.

    Parameters
    ----------
    targets : DataFrame, shape (n, t)
    groups : ndarray, shape (n,)
    rule : Training
    seed : int
        Which groups validate; public, like the rows themselves.

    Returns
    -------
    train, validation : ndarray of int64
        Ascending row numbers.

    Raises
    ------
    TrainingError
        If the rule names a target that is not there, or leaves nothing to train on or to validate with.

    Examples
    --------
    >>> targets = pd.DataFrame({"gluon": [0, 1, 0, 0, 1, 0]})
    >>> rule = Training(only={"gluon": 0}, validation=1 / 3)
    >>> [rows.tolist() for rows in public_rows(targets, np.array([0, 0, 1, 1, 2, 2]), rule, seed=1)]
    [[2, 3, 5], [0, 1]]
    """
    unknown = [name for name in rule.only if name not in targets]
    if unknown:
        raise TrainingError(f"training.only names {unknown}, but the targets are {list(targets)}")
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(names)[: round(rule.validation * len(names))]
    validates = np.isin(groups, chosen)
    allowed = np.logical_and.reduce([targets[name].to_numpy() == value for name, value in rule.only.items()])
    train, validation = np.flatnonzero(~validates & allowed), np.flatnonzero(validates)
    if not len(train) or not len(validation):
        raise TrainingError(
            f"expected rows to train on and to validate with, got {len(train)} and {len(validation)} of {len(groups)}"
            f" ({int(allowed.sum())} have {dict(rule.only)}; {len(names)} groups)"
        )
    return train, validation


def split_public(data: Dataset, rule: Training, *, seed: int) -> PublicSplit:
    """Split labelled data into what a team trains on and what it validates with, as `public_rows` chooses.

    Raises
    ------
    TrainingError
        As in `public_rows`.
    """
    train, validation = public_rows(as_table(data.targets), data.groups, rule, seed=seed)
    return PublicSplit(data.take(train), data.take(validation))
