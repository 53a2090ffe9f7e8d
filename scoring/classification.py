"""Metrics of classes, with their uncertainty: accuracy and macro F1."""

from dataclasses import replace

import numpy as np

from scoring.estimate import Estimate, Metric, TrackMetric, effective_number, from_influence
from scoring.proportion import proportion
from scoring.rowwise import named_models
from scoring.validate import GroupError, LabelError, LengthError, NotFiniteError, array_of, groups_of

F1 = Metric("f1", 1, "F1 score, mean over the classes", "one class a row")


def accuracy(y_true, predictions, groups=None) -> Estimate:
    """Return the share of rows whose class is right.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        Classes: text, or numbers.
    predictions : array-like of the same shape, or list of k such
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Raises
    ------
    LengthError
        If shapes differ, or there is no row.
    LabelError
        If text meets numbers, or a row has no class.
    NotFiniteError
        If a class is nan or infinite.
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    Examples
    --------
    >>> found = accuracy(["cdm", "axion", "cdm"], ["cdm", "cdm", "cdm"])
    >>> found.value.round(4).tolist(), found.exact
    ([0.6667], ((2, 3),))
    """
    truth = _classes(y_true, "truth")
    hits = [_predicted(truth, one, name) == truth for one, name in named_models(predictions)]
    return proportion(ACCURACY, np.stack(hits, axis=1), groups)


ACCURACY = TrackMetric("accuracy", 1, "accuracy", "one class a row", kind="classes", function=accuracy)


def f1(y_true, predictions, labels=None, groups=None) -> Estimate:
    """Return the mean over classes of ``F1 = 2 TP / (2 TP + FP + FN)`` (macro F1).

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        Classes: text, or numbers.
    predictions : array-like of the same shape, or list of k such
    labels : sequence, optional
        The classes there are; those of the truth, if left out.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Returns
    -------
    Estimate
        The value rests on each class alike, so ``units`` are what evenly filled classes would have: those that the
        rarest class is worth times the number of classes, at most those of all rows.

    Raises
    ------
    LabelError
        If a row has a class that is not in ``labels``, a class comes from fewer than two units of the truth, or as
        for `accuracy`.
    LengthError, NotFiniteError, GroupError
        As for `accuracy`.

    References
    ----------
    K. Takahashi, K. Yamamoto, A. Kuchiba and T. Koyama, Applied Intelligence 52, 4961 (2022), for the delta method.

    Examples
    --------
    >>> truth = ["cdm", "axion", "cdm", "axion"]
    >>> f1(truth, [truth, ["cdm", "cdm", "cdm", "axion"]]).value.round(4).tolist()
    [1.0, 0.7333]
    """
    truth = _classes(y_true, "truth")
    labels = np.unique(truth if labels is None else _classes(labels, "labels"))
    if labels.dtype.kind != truth.dtype.kind and "U" in (labels.dtype.kind, truth.dtype.kind):
        raise LabelError(f"labels and truth must both be text or both numbers, got {labels.dtype} and {truth.dtype}")
    _known(truth, labels, "truth")
    units = _units_of_rarest(truth, labels, groups)
    influence, values = [], []
    for prediction, name in named_models(predictions):
        prediction = _predicted(truth, prediction, name)
        _known(prediction, labels, name)
        is_true, is_predicted = truth[:, None] == labels, prediction[:, None] == labels
        both, either = is_true & is_predicted, is_true.astype(np.float64) + is_predicted
        per_class = 2 * both.mean(axis=0) / either.mean(axis=0)
        values.append(per_class.mean())
        influence.append(((2 * both - per_class * either) / either.mean(axis=0)).mean(axis=1))
    found = from_influence(F1, values, np.stack(influence, axis=1), groups)
    return replace(found, units=(min(len(labels) * units, *found.units),))


def _units_of_rarest(truth: np.ndarray, labels: np.ndarray, groups) -> float:
    """Return how many independent units the class is worth that is worth fewest; fewer than two groups are an error."""
    code = np.arange(len(truth)) if groups is None else groups_of(groups, len(truth))[0]
    counts = [len(np.unique(code[truth == label])) for label in labels]
    rarest = int(np.argmin(counts))
    if counts[rarest] < 2:
        error = LabelError if groups is None else GroupError
        raise error(
            f"F1 needs each class in at least 2 {'rows' if groups is None else 'groups'} of the truth; class"
            f" {labels[rarest].item()!r} is in {counts[rarest]}"
        )
    return min(effective_number(np.unique(code[truth == label], return_counts=True)[1]) for label in labels)


def _predicted(truth: np.ndarray, prediction, name: str) -> np.ndarray:
    """Return predicted classes after checking that they can be compared with the truth."""
    prediction = _classes(prediction, name)
    if prediction.shape != truth.shape:
        raise LengthError(f"{name} need {len(truth)} rows, one a label, got {len(prediction)}")
    if (prediction.dtype.kind == "U") != (truth.dtype.kind == "U"):
        raise LabelError(f"{name} and truth must both be text or both numbers, got {prediction.dtype}, {truth.dtype}")
    return prediction


def _known(classes: np.ndarray, labels: np.ndarray, name: str) -> None:
    unknown = np.flatnonzero(~np.isin(classes, labels))
    if len(unknown):
        row = unknown[0]
        raise LabelError(
            f"{name} may hold the classes {labels.tolist()}; row {row} has {classes[row].item()!r}"
            f" ({len(unknown)} such rows)"
        )


def _classes(values, name: str) -> np.ndarray:
    """Return one class a row, all text or all numbers."""
    classes = array_of(values, name)
    if classes.ndim != 1 or not len(classes):
        raise LengthError(f"{name} need shape (n_rows,) with at least one row, got {classes.shape}")
    if classes.dtype.kind == "O":
        other = [row for row, one in enumerate(classes) if not isinstance(one, str)]
        if other:
            row = other[0]
            raise LabelError(f"{name} need a class in every row; row {row} has {classes[row]!r} beside text")
        classes = classes.astype(str)
    if classes.dtype.kind not in "Ubiuf":
        raise LabelError(f"classes are text or numbers, {name} are an array of {classes.dtype}")
    if classes.dtype.kind == "f" and not (finite := np.isfinite(classes)).all():
        row = np.flatnonzero(~finite)[0]
        raise NotFiniteError(f"{name} need a class in every row; row {row} has {classes[row]}")
    return classes
