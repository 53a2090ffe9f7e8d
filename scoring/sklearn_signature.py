"""ROC-AUC with the signature and the meaning that it has in scikit-learn: a drop-in that does not import it."""

from collections.abc import Callable
from functools import partial

import numpy as np

from scoring.areas import area_up_to, checked_rate, scaled_weights
from scoring.multiclass import AVERAGES, SCHEMES, OptionError, class_codes, distinct, each_pair, probabilities
from scoring.roc import auc
from scoring.validate import (
    LabelError,
    LengthError,
    NotFiniteError,
    OneClassError,
    array_of,
    finite_array,
    two_classes,
)

LABEL_AVERAGES = ("micro", "macro", "weighted", "samples", None)


class UndefinedAverageError(OptionError, NotImplementedError):
    """An average that pairs of classes do not have."""


def roc_auc_score(
    y_true, y_score, *, average="macro", sample_weight=None, max_fpr=None, multi_class="raise", labels=None
) -> float | np.ndarray:
    """Return the area under the ROC curve as ``sklearn.metrics.roc_auc_score`` of scikit-learn 1.9 does.

    What differs is listed in docs/scikit-learn.md, and run against both. Errors, so that the result is never nan and
    never a guess: one class alone, negative weights, masked entries, dates and text as scores, numbers that float64
    cannot tell apart. Several labels are 0 or 1 each, with a score each. Labels may be bytes, or objects.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,) or (n_rows, n_labels)
        Two classes, numbers or text, the greater being positive; or several; or 0 or 1 for each of several labels.
    y_score : array-like, shape (n_rows,), (n_rows, n_classes) or (n_rows, n_labels)
        Any finite numbers; those of several classes sum to one in each row.
    average : {"macro", "weighted", "micro", "samples"} or None
        Of several classes or labels: each counts the same (macro) or as much as it has rows (weighted); all are scored
        as one (micro); each row is scored by itself (samples, labels only); None gives one value for each.
    sample_weight : array-like, shape (n_rows,), optional
        Not for pairs of classes.
    max_fpr : float, optional
        Only the area up to this false-positive rate, standardised (McClish); not for several classes.
    multi_class : {"raise", "ovr", "ovo"}
        Several classes are scored each against the rest (ovr), or in pairs both ways (ovo).
    labels : array-like, shape (n_classes,), optional
        Several classes in ascending order, as the columns have them; those of ``y_true`` by default.

    Raises
    ------
    OneClassError
        If only one class is present where two are needed.
    LabelError, LengthError, NotFiniteError, OptionError, ProbabilityError, RateError, WeightError
        If something else came than is stated here.

    Examples
    --------
    >>> roc_auc_score(["tau", "mu", "tau", "mu"], [0.8, 0.4, 0.35, 0.1])
    0.75
    """
    if average not in LABEL_AVERAGES:
        raise OptionError(f"average must be one of {LABEL_AVERAGES}, got {average!r}")
    if multi_class not in ("raise", *SCHEMES):
        raise OptionError(f"multi_class must be one of {('raise', *SCHEMES)}, got {multi_class!r}")
    truth, score = array_of(y_true, "y_true"), array_of(y_score, "y_score")
    if truth.shape[:1] != score.shape[:1]:
        raise _lengths_differ(truth, score)
    try:
        if _plain(truth, score) and sample_weight is None and max_fpr is None:
            return auc(truth, score)
        if truth.ndim == 2 and truth.shape[1] > 1:
            return _of_labels(truth, score, average, sample_weight, max_fpr)
        return _of_classes(_flat(truth), score, average, sample_weight, max_fpr, multi_class, labels)
    except NotFiniteError as error:
        raise NotFiniteError(f"the input contains NaN or infinity: {error}") from None


def _plain(truth: np.ndarray, score: np.ndarray) -> bool:
    return truth.ndim == score.ndim == 1 and truth.dtype.kind in "biuf" and bool(((truth == 0) | (truth == 1)).all())


def _of_classes(truth, score, average, sample_weight, max_fpr, multi_class, labels) -> float | np.ndarray:
    classes, code = distinct(truth)
    if classes.dtype.kind == "f" and (classes != np.round(classes)).any():
        raise LabelError(f"continuous format is not supported: y_true holds classes, got {classes[:3].tolist()}")
    if len(classes) < 3 and (score.ndim < 2 or score.shape[1] < 3):
        return _area(code == 1, _flat(score), _weights(sample_weight, truth), max_fpr)
    if max_fpr not in (None, 1):
        raise OptionError(
            "Partial AUC computation not available in multiclass setting, 'max_fpr' must be set to `None`, "
            f"received `max_fpr={max_fpr}` instead"
        )
    if multi_class == "raise":
        raise OptionError(f"multi_class must be in {SCHEMES} where there are several classes, got {multi_class!r}")
    score = probabilities(score, len(truth))
    averages = (*AVERAGES, None) if multi_class == "ovo" else ("micro", *AVERAGES, None)
    if average not in averages:
        raise OptionError(f"average must be one of {averages} for multiclass problems, got {average!r}")
    if multi_class == "ovo":
        return _pairs(truth, score, average, sample_weight, labels)
    one_hot = class_codes(truth, score.shape[1], labels)[:, None] == np.arange(score.shape[1])
    return _over_columns(one_hot, score, average, _weights(sample_weight, truth), _area)


def _pairs(truth, score, average, sample_weight, labels) -> float:
    if average is None:
        raise UndefinedAverageError("average=None is not implemented for multi_class='ovo'.")
    if sample_weight is not None:
        raise OptionError(
            "sample_weight is not supported for multiclass one-vs-one ROC AUC, 'sample_weight' must be None in this "
            f"case, got {np.size(sample_weight)} weights"
        )
    present, code = np.unique(class_codes(truth, score.shape[1], labels), return_inverse=True)
    if len(present) < 2:
        raise OneClassError(f"pairs of classes need at least 2 classes, got {len(present)} in {len(truth)} rows")
    return each_pair(code, np.bincount(code), score[:, present], average == "weighted")[0]


def _of_labels(truth, score, average, sample_weight, max_fpr) -> float | np.ndarray:
    wrong = np.argwhere((truth != 0) & (truth != 1))
    if len(wrong):
        row, column = wrong[0]
        raise LabelError(f"each label is 0 or 1; row {row}, column {column} has {truth[row, column]!r}")
    score = finite_array(score, "y_score")
    if score.shape != truth.shape:
        raise LengthError(f"a score is needed for each label: expected shape {truth.shape}, got {score.shape}")
    return _over_columns(truth == 1, score, average, _weights(sample_weight, truth), partial(_area, max_fpr=max_fpr))


def _over_columns(truth, score, average, weight, area: Callable[..., float]) -> float | np.ndarray:
    """Average the areas of columns; those that do not count in the average need not have one."""
    if average == "micro":
        return area(truth.ravel(), score.ravel(), None if weight is None else np.repeat(weight, truth.shape[1]))
    share = np.ones(truth.shape[1])
    if average == "weighted":
        share = truth.sum(axis=0) if weight is None else weight @ truth
    elif average == "samples":
        share = np.ones(len(truth)) if weight is None else weight
        truth, score, weight = truth.T, score.T, None
    counted = np.flatnonzero(share)
    if len(counted) == 0:
        raise OneClassError("no row has any of the labels")
    each = np.empty(len(counted))
    for place, column in enumerate(counted):
        try:
            each[place] = area(truth[:, column], score[:, column], weight)
        except OneClassError as error:
            raise OneClassError(f"{'row' if average == 'samples' else 'column'} {column}: {error}") from None
    return each if average is None else float(np.average(each, weights=share[counted]))


def _area(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None, max_fpr=None) -> float:
    max_fpr = 1.0 if max_fpr is None else checked_rate(max_fpr)
    score = finite_array(score, "y_score")
    if weight is not None:
        counts = weight > 0
        positive, score, weight = positive[counts], score[counts], weight[counts]
    two_classes(positive)
    return auc(positive, score) if weight is None and max_fpr == 1 else area_up_to(positive, score, weight, max_fpr)


def _flat(array: np.ndarray) -> np.ndarray:
    """Return one entry a row, from one column or none."""
    if array.ndim not in (1, 2) or array.size != len(array):
        raise LengthError(f"expected one entry a row, shape (n_rows,), got {array.shape}")
    return array.ravel()


def _weights(sample_weight, truth: np.ndarray) -> np.ndarray | None:
    if sample_weight is None:
        return None
    weight = array_of(sample_weight, "sample_weight")
    if weight.shape[:1] != truth.shape[:1]:
        raise _lengths_differ(truth, truth, weight)
    return scaled_weights(_flat(weight), len(truth))


def _lengths_differ(*arrays: np.ndarray) -> LengthError:
    lengths = [len(array) if array.ndim else 0 for array in arrays]
    return LengthError(f"Found input variables with inconsistent numbers of samples: {lengths}")
