"""The ROC-AUC of several classes: each class against the rest, or each pair of classes, and its covariance."""

from itertools import combinations

import numpy as np

from scoring.estimate import Estimate, Metric, TrackMetric
from scoring.influence import from_classes
from scoring.ranking import Ranking
from scoring.rowwise import named_models
from scoring.validate import LabelError, LengthError, OneClassError, ScoringError, array_of, finite_array, real_numbers

AVERAGES = ("macro", "weighted")
SCHEMES = ("ovo", "ovr")
NEEDS = "classes and one probability a class and row"


class OptionError(ScoringError):
    """An option the metric does not know, or that does not go with another."""


class ProbabilityError(ScoringError):
    """Scores of several classes that are not probabilities: a row's do not sum to one."""


def multiclass_auc(
    y_true, scores, *, average: str = "macro", multi_class: str = "ovr", labels=None, groups=None
) -> Estimate:
    """Return the averaged AUC of k sets of class scores, with their joint covariance.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        Classes: text, or numbers.
    scores : array-like, shape (n_rows, n_classes), or list of k such
        Any finite numbers; columns follow ``labels``.
    average : {"macro", "weighted"}
        Whether each class (or pair) counts the same, or as much as it has rows.
    multi_class : {"ovr", "ovo"}
        One class against the rest (ovr); or each pair of classes against each other, both ways (ovo).
    labels : array-like, shape (n_classes,), optional
        The classes in ascending order; those of ``y_true`` by default.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Returns
    -------
    Estimate
        Its ``sizes`` are the rows of the smallest class, and the other rows.

    Raises
    ------
    OneClassError
        If a class has fewer than two rows.
    LabelError
        If classes and columns do not fit together, or a row's class is not among ``labels``.
    OptionError
        If ``average`` or ``multi_class`` is something else.
    LengthError, NotFiniteError, GroupError
        If shapes differ, a score is not finite, or groups do not fit.

    References
    ----------
    ovr: F. Provost and P. Domingos, CeDER Working Paper IS-00-04, New York University (2000). ovo: D. J. Hand and
    R. J. Till, Machine Learning 45, 171 (2001).

    Examples
    --------
    >>> chances = np.array([[8, 1, 1], [3, 4, 3], [2, 7, 1], [4, 4, 2], [1, 1, 8], [0, 0, 10]]) / 10
    >>> multiclass_auc(["e", "e", "mu", "mu", "tau", "tau"], chances).value.tolist()
    [0.9375]
    """
    if average not in AVERAGES:
        raise OptionError(f"average is one of {AVERAGES}, got {average!r}")
    if multi_class not in SCHEMES:
        raise OptionError(f"multi_class is one of {SCHEMES}, got {multi_class!r}")
    truth = array_of(y_true, "classes")
    if truth.ndim != 1:
        raise LengthError(f"classes need shape (n_rows,), got {truth.shape}")
    models = [class_scores(one, len(truth), name) for one, name in named_models(scores, "scores")]
    if len({one.shape for one in models}) > 1:
        raise LengthError(f"all models need the same columns, got {sorted({one.shape[1] for one in models})}")
    code = class_codes(truth, models[0].shape[1], labels)
    rows_of = np.bincount(code, minlength=models[0].shape[1])
    if rows_of.min() < 2:
        raise OneClassError(f"each class needs at least 2 rows, class number {rows_of.argmin()} has {rows_of.min()}")
    estimate_of = _one_against_rest if multi_class == "ovr" else each_pair
    value, influence = zip(*(estimate_of(code, rows_of, one, average == "weighted") for one in models), strict=True)
    macro = (average, multi_class) == ("macro", "ovr")
    title = f"area under the ROC curve, {average} mean, {multi_class}"
    metric = MACRO_ROC_AUC if macro else Metric(f"{average}_{multi_class}_roc_auc", 1, title, NEEDS)
    sizes = int(rows_of.min()), int(len(code) - rows_of.min())
    return from_classes(
        metric,
        np.array(value),
        np.stack(influence, axis=1),
        code,
        1 / rows_of[code],
        sizes,
        groups,
        int(rows_of.argmin()),
    )


MACRO_ROC_AUC = TrackMetric(
    "macro_roc_auc",
    1,
    "area under the ROC curve, mean over the classes",
    NEEDS,
    kind="class scores",
    function=multiclass_auc,
)


def class_scores(scores, n_rows: int, name: str = "y_score") -> np.ndarray:
    """Return class scores as float64, shape (n_rows, n_classes).

    Raises
    ------
    LengthError, NotFiniteError
        If the shape is another, or a score is not finite.
    """
    array = finite_array(scores, name, n_rows)
    if array.ndim != 2 or array.shape[1] < 2:
        raise LengthError(
            f"`{name}` needs to be of shape `(n_samples, n_classes)` where there are several classes, got {array.shape}"
        )
    return array


def probabilities(scores, n_rows: int, name: str = "y_score") -> np.ndarray:
    """Return class scores after checking that those of a row sum to one, as scikit-learn demands.

    Raises
    ------
    LengthError, NotFiniteError
        As for `class_scores`.
    ProbabilityError
        If a row's scores do not sum to one.
    """
    array = class_scores(scores, n_rows, name)
    total = real_numbers(scores, name).sum(axis=1)  # in the type they came in: float16 has three digits
    wrong = np.flatnonzero(~np.isclose(total, 1))
    if len(wrong):
        raise ProbabilityError(
            f"{name} of several classes are probabilities, which should sum up to 1.0; row {wrong[0]} has"
            f" {total[wrong[0]]:g} ({len(wrong)} such rows)"
        )
    return array


def class_codes(y_true: np.ndarray, n_columns: int, labels=None) -> np.ndarray:
    """Return the column that belongs to each row's class, shape (n_rows,).

    Parameters
    ----------
    y_true : ndarray, shape (n_rows,)
    n_columns : int
    labels : array-like, shape (n_columns,), optional
        The classes in ascending order; those of ``y_true`` by default.

    Raises
    ------
    LengthError
        If labels or classes are not one-dimensional.
    LabelError
        If there are more or fewer classes than columns, ``labels`` repeat or are out of order, or a row's class is not
        among them.

    Examples
    --------
    >>> class_codes(np.array(["muon", "tau", "muon"]), 3, ["electron", "muon", "tau"]).tolist()
    [1, 2, 1]
    """
    present, code = distinct(y_true)
    if labels is None:
        if len(present) != n_columns:
            raise LabelError(
                "Number of classes in y_true not equal to the number of columns in 'y_score': "
                f"{len(present)} classes, {n_columns} columns; name the classes that are absent in 'labels'"
            )
        return code
    labels = array_of(labels, "labels")
    classes, _ = distinct(labels)
    if len(classes) != len(labels):
        raise LabelError(f"Parameter 'labels' must be unique, got {labels.tolist()}")
    if not np.array_equal(classes, labels):
        raise LabelError(f"Parameter 'labels' must be ordered as {classes.tolist()}, got {labels.tolist()}")
    if len(labels) != n_columns:
        raise LabelError(
            f"Number of given labels, {len(labels)}, not equal to the number of columns in 'y_score', {n_columns}"
        )
    unknown = np.setdiff1d(present, classes)
    if len(unknown):
        raise LabelError(f"'y_true' contains labels not in parameter 'labels': {unknown[:5].tolist()}")
    return np.searchsorted(classes, present)[code]


def distinct(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes there are, ascending, and each row's place among them.

    Raises
    ------
    LengthError
        If the array is not one-dimensional.
    LabelError
        If no order can be told (complex numbers, text and numbers mixed), or a row has no class.
    """
    if classes.ndim != 1:
        raise LengthError(f"classes need shape (n_rows,), got {classes.shape}")
    if classes.dtype.kind == "c":
        raise LabelError(f"classes are all text or all numbers that have an order, got an array of {classes.dtype}")
    try:
        names, code = np.unique(classes, return_inverse=True)
    except TypeError as error:
        raise LabelError(f"classes are all text or all numbers, got a mixture: {error}") from None
    if names.dtype.kind == "f" and not np.isfinite(names).all():
        row = np.flatnonzero(~np.isfinite(classes))[0]
        raise LabelError(f"every row needs a class; row {row} has {classes[row]}")
    return names, code


def _one_against_rest(code, rows_of, scores, weighted: bool) -> tuple[float, np.ndarray]:
    """Return the mean of each class's AUC against all others, and by how much each row pulls it away."""
    n_rows, n_classes = scores.shape
    share = rows_of / n_rows if weighted else np.full(n_classes, 1 / n_classes)
    each = np.empty(n_classes)
    influence = np.zeros(n_rows)
    for one, column in enumerate(scores.T):
        each[one], pull = _binary(code == one, column)
        influence += share[one] * pull
    value = float(share @ each)
    if weighted:
        influence += (each[code] - value) / n_rows
    return value, influence


def each_pair(code, rows_of, scores, weighted: bool) -> tuple[float, np.ndarray]:
    """Return the mean over pairs of classes of both AUCs within the pair, and by how much each row pulls it away.

    Parameters
    ----------
    code : ndarray of integers, shape (n_rows,)
        Each row's class, from 0.
    rows_of : ndarray, shape (n_classes,)
        How many rows each class has: at least one.
    scores : ndarray, shape (n_rows, n_classes)
    weighted : bool
        Whether a pair counts as much as it has rows.
    """
    n_rows, n_classes = scores.shape
    pairs = n_classes * (n_classes - 1) / 2
    of_class = np.zeros(n_classes)
    value, influence = 0.0, np.zeros(n_rows)
    for pair in combinations(range(n_classes), 2):
        rows = np.flatnonzero((code == pair[0]) | (code == pair[1]))
        share = len(rows) / (n_rows * (n_classes - 1)) if weighted else 1 / pairs
        found = [_binary(code[rows] == one, scores[rows, one]) for one in pair]
        area = sum(area for area, _ in found) / 2
        value += share * area
        of_class[list(pair)] += area / (n_classes - 1)
        influence[rows] += share * sum(pull for _, pull in found) / 2
    if weighted:
        influence += (of_class[code] - value) / n_rows
    return value, influence


def _binary(positive: np.ndarray, score: np.ndarray) -> tuple[float, np.ndarray]:
    """Return an AUC and by how much each row pulls it away: its placement less the AUC, over its class's size."""
    m = np.count_nonzero(positive)
    n = len(positive) - m
    placed = Ranking.of(score).doubled_placements(positive) / (2 * np.where(positive, n, m))
    area = placed[positive].sum() / m
    return float(area), (placed - area) / np.where(positive, m, n)
