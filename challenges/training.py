"""What a team may learn from, and what it validates with: labelled rows, cut in two by whole groups."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from challenges.dataset import Dataset
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

    Whole groups go to one side, at least one to each. Of the training side only the rows that the rule allows are kept,
    so no other row can be in it, however the data look.

    Parameters
    ----------
    targets : DataFrame, shape (n, t)
        Those that the rule names, at least.
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
    some = min(max(round(rule.validation * len(names)), 1), len(names) - 1)
    validates = np.isin(groups, np.random.default_rng(seed).permutation(names)[:some])
    allowed = np.full(len(groups), True)
    for name, value in rule.only.items():
        allowed &= targets[name].to_numpy() == value
    train, validation = np.flatnonzero(~validates & allowed), np.flatnonzero(validates)
    if not len(train) or not len(validation):
        have = f"{int(allowed.sum())} have {dict(rule.only)}; " if rule.only else ""
        raise TrainingError(
            f"expected rows to train on and, in other groups, to validate with, got {len(train)} and {len(validation)}"
            f" of {len(groups)} ({have}{len(names)} groups)"
        )
    return train, validation


def split_public(data: Dataset, rule: Training, *, seed: int) -> PublicSplit:
    """Split labelled data into what a team trains on and what it validates with, as `public_rows` chooses.

    Raises
    ------
    TrainingError
        As in `public_rows`.
    """
    targets = data.targets if isinstance(data.targets, pd.DataFrame) else pd.DataFrame()
    train, validation = public_rows(targets, data.groups, rule, seed=seed)
    return PublicSplit(data.take(train), data.take(validation))


def learned_from(data: Dataset, rule: Training, *, seed: int) -> Dataset:
    """Return what baselines train on: all labelled rows; where a track allows only some, its training part alone."""
    return split_public(data, rule, seed=seed).train if rule.only else data
