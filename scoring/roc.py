"""ROC-AUC, exact, with its covariance over k sets of predictions (DeLong; Obuchowski where rows are clustered)."""

import numpy as np

from scoring.estimate import Estimate, Metric
from scoring.validate import OneClassError, ScoringError, labels_of, scores_of, two_classes

ROC_AUC = Metric("roc_auc", 1, "labels 0 or 1 and one score a row")


def auc_counts(y_true, y_score) -> tuple[int, int, int]:
    """Return ``(2U, m, n)``: the AUC is exactly ``2U / (2 m n)``.

    ``2U`` sums, over the m positives, twice the number of negatives that score lower plus the number that tie.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    y_score : array-like, shape (n_rows,)
        Any finite real numbers; the higher, the more positive.

    Raises
    ------
    OneClassError
        If either class is absent.
    ScoringError
        If lengths differ, a label is neither 0 nor 1, or a score is not finite.

    References
    ----------
    H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 50 (1947).

    Examples
    --------
    >>> auc_counts([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    (6, 2, 2)
    """
    positive = labels_of(y_true)
    two_classes(positive)
    score = scores_of(y_score, len(positive))[:, 0]
    pos, neg = np.sort(score[positive]), np.sort(score[~positive])
    return int(_twice_below(pos, neg).sum()), len(pos), len(neg)


def auc(y_true, y_score) -> float:
    """Return the area under the ROC curve; parameters and errors as for `auc_counts`.

    Examples
    --------
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    twice_u, m, n = auc_counts(y_true, y_score)
    return twice_u / (2 * m * n)


def delong(y_true, scores, groups=None) -> Estimate:
    """Return the AUCs of k sets of predictions with their joint covariance.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    scores : array-like, shape (n_rows,) or (n_rows, k)
        Finite scores of one or k models on the same rows.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row. Rows of one group may be correlated; one row a group gives the
        unclustered covariance exactly.

    Raises
    ------
    OneClassError
        If either class has fewer than two members (or, with groups, comes from fewer than two groups).
    ScoringError
        As for `auc_counts`.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44, 837 (1988); in O(n log n) as
    X. Sun and W. Xu, IEEE Signal Processing Letters 21, 1389 (2014). Clustered: N. A. Obuchowski,
    Biometrics 53, 567 (1997).

    Examples
    --------
    >>> estimate = delong([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> estimate.value.item(), estimate.covariance.item()
    (0.75, 0.125)
    """
    positive = labels_of(y_true)
    m, n = two_classes(positive, least=2)
    scores = scores_of(scores, len(positive))
    k = scores.shape[1]
    above = np.empty((k, m))
    below = np.empty((k, n))
    exact = []
    for model in range(k):
        placed_positive, placed_negative = _placements(scores[positive, model], scores[~positive, model])
        exact.append((int(placed_positive.sum()), m, n))
        above[model] = placed_positive / (2 * n)
        below[model] = placed_negative / (2 * m)
    value = np.array([twice_u / (2 * m * n) for twice_u, _, _ in exact])
    above -= value[:, None]
    below -= value[:, None]
    independent = above @ above.T / (m * (m - 1)) + below @ below.T / (n * (n - 1))
    covariance, n_groups = independent, m + n
    if groups is not None:
        covariance, n_groups = _clustered(above, below, positive, np.asarray(groups), independent)
    naive = np.diag(independent)
    effect = np.divide(np.diag(covariance), naive, out=np.ones(k), where=naive > 0)
    return Estimate(ROC_AUC, value, covariance, n_groups, (m, n), tuple(exact), effect)


def _clustered(above, below, positive, groups, independent) -> tuple[np.ndarray, int]:
    """Obuchowski's covariance from centred placements; equal to the independent one for one row a group."""
    if groups.shape != positive.shape:
        raise ScoringError(f"groups need one entry a row: expected {positive.shape}, got {groups.shape}")
    names, code = np.unique(groups, return_inverse=True)
    if len(names) == len(groups):
        return independent, len(names)
    m, n = above.shape[1], below.shape[1]
    sum_above = np.stack([np.bincount(code[positive], row, len(names)) for row in above])
    sum_below = np.stack([np.bincount(code[~positive], row, len(names)) for row in below])
    i10 = len(np.unique(code[positive]))
    i01 = len(np.unique(code[~positive]))
    if min(i10, i01) < 2:
        raise OneClassError(
            f"each class must come from at least 2 groups, got {i10} with positives, {i01} with negatives"
        )
    count = len(names)
    s10 = i10 / ((i10 - 1) * m) * (sum_above @ sum_above.T)
    s01 = i01 / ((i01 - 1) * n) * (sum_below @ sum_below.T)
    s11 = count / (count - 1) * (sum_above @ sum_below.T)
    return s10 / m + s01 / n + (s11 + s11.T) / (m * n), count


def _placements(pos: np.ndarray, neg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return twice the mid-rank placement of each positive among the negatives (below) and of each negative (above)."""
    order_pos, order_neg = np.argsort(pos), np.argsort(neg)
    sorted_pos, sorted_neg = pos[order_pos], neg[order_neg]
    placed_pos = np.empty(len(pos), np.int64)
    placed_neg = np.empty(len(neg), np.int64)
    placed_pos[order_pos] = _twice_below(sorted_pos, sorted_neg)
    placed_neg[order_neg] = 2 * len(pos) - _twice_below(sorted_neg, sorted_pos)
    return placed_pos, placed_neg


def _twice_below(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """For each sorted value: twice the sorted reference entries below it plus the number that tie."""
    return reference.searchsorted(values, "left") + reference.searchsorted(values, "right")
