"""Areas under the ROC curve of weighted rows, and of small false-positive rates only, with their covariance."""

from numbers import Real

import numpy as np

from scoring.estimate import Estimate, Metric, effective_number
from scoring.influence import from_classes
from scoring.ranking import Ranking
from scoring.validate import ScoringError, groups_of, labels_of, scores_of, two_classes, weights_of

WEIGHTED_ROC_AUC = Metric(
    "weighted_roc_auc", 1, "area under the ROC curve of weighted rows", "labels 0 or 1, one score and one weight a row"
)


class RateError(ScoringError):
    """A false-positive rate outside (0, 1]."""


def weighted_auc(y_true, scores, weights, groups=None) -> Estimate:
    """Return the AUCs of k sets of predictions on weighted rows, with their joint covariance.

    ``A = sum w_i w_j psi(x_i, y_j) / (sum w_i sum w_j)`` over positives i and negatives j, psi being 1, 1/2 or 0 for a
    positive above, level with or below the negative. With equal weights all is as in `scoring.roc.delong`.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    scores : array-like, shape (n_rows,) or (n_rows, k)
        Finite scores of one or k models on the same rows.
    weights : array-like, shape (n_rows,)
        Not negative; rows of weight 0 are left out.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Returns
    -------
    Estimate
        Its ``sizes`` are Kish's effective numbers of positives and negatives, ``(sum w)² / sum w²``.

    Raises
    ------
    OneClassError
        If either class has fewer than two members of positive weight.
    WeightError
        If a weight is negative, or all are zero.
    LabelError, LengthError, NotFiniteError, GroupError
        As for `scoring.roc.delong`.

    References
    ----------
    Influence values: F. R. Hampel, Journal of the American Statistical Association 69, 383 (1974). Effective numbers:
    L. Kish, Survey Sampling (Wiley, 1965).

    Examples
    --------
    >>> found = weighted_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [1, 3, 1, 1])
    >>> found.value.item(), found.sizes
    (0.625, (2, 1))
    """
    return _estimate(WEIGHTED_ROC_AUC, y_true, scores, 1.0, weights, groups)


def partial_auc(y_true, scores, max_fpr, weights=None, groups=None) -> Estimate:
    """Return the areas up to a false-positive rate p, standardised, of k sets of predictions, with their covariance.

    ``(1 + (P - p²/2) / (p - p²/2)) / 2`` for an area P: 1/2 for scores that tell nothing, 1 for perfect ones.

    The covariance takes the curve to be smooth at p. Where it has a kink just there, as coarse scores can have, the
    area has no derivative by p, and an interval may cover as little as 63%: choose another p, or finer scores.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    scores : array-like, shape (n_rows,) or (n_rows, k)
        Finite scores of one or k models on the same rows.
    max_fpr : float
        p, above 0 and not above 1.
    weights : array-like, shape (n_rows,), optional
        Not negative; rows of weight 0 are left out.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Returns
    -------
    Estimate
        Its ``sizes`` are the effective numbers of positives and of negatives left of p, where the area is.

    Raises
    ------
    RateError
        If p is not above 0, or above 1.
    OneClassError, WeightError, LabelError, LengthError, NotFiniteError, GroupError
        As for `weighted_auc`.

    References
    ----------
    D. K. McClish, Medical Decision Making 9, 190 (1989).

    Examples
    --------
    >>> round(partial_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], max_fpr=0.5).value.item(), 4)
    0.6667
    """
    max_fpr = checked_rate(max_fpr)
    name, low = f"partial_roc_auc@{max_fpr:g}", _standardised(0.0, max_fpr)
    title = f"area under the ROC curve up to {max_fpr:g}, standardised"
    metric = Metric(name, 1, title, "labels 0 or 1 and one score a row", low=low)
    return _estimate(metric, y_true, scores, max_fpr, weights, groups)


def checked_rate(max_fpr: float) -> float:
    """Return a false-positive rate after checking that it is above 0 and not above 1.

    Raises
    ------
    RateError
    """
    if not (isinstance(max_fpr, Real) and 0 < max_fpr <= 1):
        raise RateError(f"a false-positive rate max_fpr lies above 0 and not above 1, got {max_fpr}")
    return float(max_fpr)


def area_up_to(positive: np.ndarray, score: np.ndarray, weights: np.ndarray | None, max_fpr: float) -> float:
    """Return the standardised area up to a false-positive rate; 1 gives the whole area. Nothing is checked.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
    score : ndarray, shape (n_rows,)
    weights : ndarray, shape (n_rows,), or None
        None counts each row once.
    max_fpr : float

    Examples
    --------
    >>> area_up_to(np.array([False, True]), np.array([0.5, 0.5]), None, max_fpr=1.0)
    0.5
    """
    weights = np.ones(len(positive), np.int64) if weights is None else weights
    area, _ = area_and_influence(positive, score, weights, max_fpr)
    return float(_standardised(area, max_fpr))


def _standardised(area, max_fpr: float):
    chance = max_fpr**2 / 2
    return (1 + (area - chance) / (max_fpr - chance)) / 2


def _estimate(metric: Metric, y_true, scores, max_fpr: float, weights, groups) -> Estimate:
    positive = labels_of(y_true)
    n_rows = len(positive)
    scores = scores_of(scores, n_rows)
    weights = np.ones(n_rows, np.int64) if weights is None else scaled_weights(weights, n_rows)
    code = None if groups is None else groups_of(groups, n_rows)[0]
    if not weights.all():
        kept = weights > 0
        positive, scores, weights = positive[kept], scores[kept], weights[kept]
        code = None if code is None else code[kept]
    two_classes(positive, least=2)
    areas = [area_and_influence(positive, column, weights, max_fpr) for column in scores.T]
    value = _standardised(np.array([area for area, _ in areas]), max_fpr)
    influence = np.stack([row for _, row in areas], axis=1) / (2 * max_fpr - max_fpr**2)
    above, below = weights[positive], weights[~positive]
    rows = [int(effective_number(part) + 1e-9) for part in (above, below)]
    sizes = rows[0], max(int(rows[1] * max_fpr), 1)
    share = weights / np.where(positive, above.sum(), below.sum())
    return from_classes(metric, value, influence, positive.astype(np.intp), share, sizes, code, first=1)


def scaled_weights(weights, n_rows: int) -> np.ndarray:
    """Return checked weights over the largest, so that no sum overflows; errors as for `scoring.validate.weights_of`.

    Examples
    --------
    >>> scaled_weights([3, 1.5], 2).tolist()
    [1.0, 0.5]
    """
    weights = weights_of(weights, n_rows)
    return weights / weights.max()


def area_and_influence(
    positive: np.ndarray, score: np.ndarray, weights: np.ndarray, max_fpr: float
) -> tuple[float, np.ndarray]:
    """Return the area P up to a false-positive rate p, and by how much each row pulls it away. Nothing is checked.

    A positive that scores above all but a share of the negatives, ``start``, and above or level with all but another,
    lifts the curve, which is straight between its corners, by its weight from the one share to the other; ``passed``
    of that step lies left of p. The influence values are the derivatives of P by the logarithm of each row's weight.

    Parameters
    ----------
    positive : ndarray of bool, shape (n_rows,)
    score, weights : ndarray, shape (n_rows,)
    max_fpr : float

    Returns
    -------
    area : float
        Not standardised.
    influence : ndarray, shape (n_rows,)
        Of each class, it sums to zero.

    Examples
    --------
    >>> area, influence = area_and_influence(np.arange(4) > 1, np.array([1, 3, 2, 4]), np.ones(4), max_fpr=1.0)
    >>> float(area), influence.tolist()
    (0.75, [0.125, -0.125, -0.125, 0.125])
    """
    above, below = weights * positive, weights * ~positive
    total_above, total_below = above.sum(), below.sum()
    ranking = Ranking.of(-score)
    start, tied = (count / total_below for count in ranking.below_and_tied(below))
    passed = np.divide(np.clip(max_fpr - start, 0, tied), tied, out=(start < max_fpr).astype(float), where=tied > 0)
    share = np.maximum(max_fpr - start - tied, 0) + passed**2 * tied / 2
    area = np.dot(above, share) / total_above
    higher, level = ranking.below_and_tied(above * passed)
    _, halved = ranking.below_and_tied(above * passed**2 / 2)
    placed = (higher + level - halved) / total_above
    placed -= np.dot(below, placed) / total_below
    return float(area), above * (share - area) / total_above + below * placed / total_below
