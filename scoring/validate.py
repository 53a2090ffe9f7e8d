"""What every metric demands of its input, checked in one place; each error says what was expected and what came."""

import numpy as np


class ScoringError(ValueError):
    """Input that has no score; the message names what was expected and what came."""


class LengthError(ScoringError):
    """Arrays that should have one entry a row do not fit together."""


class NotFiniteError(ScoringError):
    """A number is nan or infinite."""


class LabelError(ScoringError):
    """A label or class that the metric does not know."""


class OneClassError(ScoringError):
    """An AUC needs positives and negatives; only one class (or too few of one) was found."""


class GroupError(ScoringError):
    """Groups that are missing, too few, or do not fit the rows."""


class WeightError(ScoringError):
    """Weights that are negative, or all zero."""


def labels_of(y_true) -> np.ndarray:
    """Return which rows are positive, shape (n_rows,), from labels that are 0 or 1.

    Raises
    ------
    LengthError
        If the labels are not one-dimensional.
    LabelError
        If one is neither 0 nor 1.
    """
    label = np.asarray(y_true)
    if label.ndim != 1:
        raise LengthError(f"labels need shape (n_rows,), got {label.shape}")
    positive = label == 1
    wrong = np.flatnonzero(~(positive | (label == 0)))
    if len(wrong):
        raise LabelError(f"labels are 0 or 1; row {wrong[0]} has {label[wrong[0]]!r} ({len(wrong)} such rows)")
    return positive


def two_classes(positive: np.ndarray, least: int = 1) -> tuple[int, int]:
    """Return the numbers of positives and negatives, (m, n).

    Raises
    ------
    OneClassError
        If either is below ``least``.
    """
    m = int(np.count_nonzero(positive))
    n = len(positive) - m
    if min(m, n) < least:
        raise OneClassError(f"at least {least} of each class are needed, got {m} positives and {n} negatives")
    return m, n


def finite_array(values, name: str, n_rows: int | None = None) -> np.ndarray:
    """Return numbers as float64 after checking that each is finite; ``name`` says in errors what they are.

    Raises
    ------
    LengthError
        If there are not ``n_rows`` rows.
    NotFiniteError
        If any is nan or infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or (n_rows is not None and len(array) != n_rows):
        expected = "at least one dimension" if n_rows is None else f"{n_rows} rows, one a label"
        raise LengthError(f"{name} need {expected}; got shape {array.shape}")
    finite = np.isfinite(array)
    if not finite.all():
        bad = ~finite if array.ndim == 1 else ~finite.all(axis=tuple(range(1, array.ndim)))
        row = int(np.flatnonzero(bad)[0])
        found = array[row].tolist() if array[row].size < 10 else f"{np.count_nonzero(~finite[row])} such values"
        raise NotFiniteError(f"{name} must be finite; row {row} has {found} ({bad.sum()} such rows)")
    return array


def scores_of(y_score, n_rows: int) -> np.ndarray:
    """Return the scores of k models as float64, shape (n_rows, k), from shape (n_rows,) or (n_rows, k).

    Raises
    ------
    LengthError, NotFiniteError
        As for `finite_array`.
    """
    scores = finite_array(y_score, "scores", n_rows)
    if scores.ndim > 2 or scores.size == 0:
        raise LengthError(f"scores need shape ({n_rows},) or ({n_rows}, k); got {scores.shape}")
    return scores[:, None] if scores.ndim == 1 else scores


def weights_of(weights, n_rows: int) -> np.ndarray:
    """Return weights as float64, shape (n_rows,).

    Raises
    ------
    LengthError, NotFiniteError
        As for `finite_array`.
    WeightError
        If one is negative, or all are zero.
    """
    weights = finite_array(weights, "weights", n_rows)
    if weights.ndim != 1:
        raise LengthError(f"weights need shape ({n_rows},); got {weights.shape}")
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        row = negative[0]
        raise WeightError(f"weights must not be negative; row {row} has {weights[row]:g} ({len(negative)} such rows)")
    if not weights.any():
        raise WeightError(f"all {n_rows} weights are zero")
    return weights


def groups_of(groups, n_rows: int) -> tuple[np.ndarray, int]:
    """Return each row's group as a number from 0, shape (n_rows,), and how many groups there are.

    Raises
    ------
    GroupError
        If there is not one entry a row, an entry is empty (None, nan, ""), or fewer than two groups came.
    """
    groups = np.asarray(groups)
    if groups.shape != (n_rows,):
        raise GroupError(f"groups need one entry a row: expected shape ({n_rows},), got {groups.shape}")
    empty = _empty(groups)
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise GroupError(f"every row needs a group; row {row} has {groups[row]!r} ({empty.sum()} such rows)")
    if groups.dtype == object:
        groups = groups.astype(str)
    code, n_groups = _numbered(groups)
    if n_groups < 2:
        raise GroupError(f"at least 2 groups are needed, got {n_groups}")
    return code, n_groups


def _numbered(groups: np.ndarray) -> tuple[np.ndarray, int]:
    if groups.dtype.kind in "iu" and groups.size and int(groups.max()) - int(groups.min()) < 4 * groups.size:
        number = groups - groups.min()
        present = np.bincount(number) > 0
        return (np.cumsum(present) - 1).take(number), int(present.sum())
    names, code = np.unique(groups, return_inverse=True)
    return code, len(names)


def _empty(groups: np.ndarray) -> np.ndarray:
    if groups.dtype.kind == "f":
        return np.isnan(groups)
    if groups.dtype.kind in "OU":
        return np.array([one is None or one != one or one == "" for one in groups.tolist()], dtype=bool)
    return np.zeros(len(groups), dtype=bool)
