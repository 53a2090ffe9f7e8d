"""ROC-AUC, exact, with its covariance over k sets of predictions (DeLong; Obuchowski where rows are clustered)."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from scoring.areas import weighted_auc
from scoring.covariance import Clustered, Independent
from scoring.estimate import Estimate, TrackMetric
from scoring.ranking import Ranking
from scoring.tally import Tally, count
from scoring.validate import LengthError, groups_of, labels_of, scores_of, two_classes


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
    LabelError
        If a label is neither 0 nor 1.
    LengthError, NotFiniteError
        If lengths differ, or a score is not finite.

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
    return count(positive, scores_of(y_score, len(positive))[:, 0])


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
        If either class has fewer than two members.
    GroupError
        If groups do not fit the rows, or either class comes from fewer than two of them.
    LabelError, LengthError, NotFiniteError
        As for `auc_counts`.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44, 837 (1988); in O(n log n) as
    X. Sun and W. Xu, IEEE Signal Processing Letters 21, 1389 (2014). Clustered: N. A. Obuchowski,
    Biometrics 53, 567 (1997), for unequal groups as in `scoring.covariance.Clustered`.

    Examples
    --------
    >>> estimate = delong([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> estimate.value.item(), estimate.covariance.item()
    (0.75, 0.125)
    """
    positive = labels_of(y_true)
    two_classes(positive, least=2)
    scores = scores_of(scores, len(positive))
    clusters = _clusters(groups, len(positive))
    if scores.shape[1] == 1 and clusters is None:
        return _of_tally(Tally.of(positive, scores[:, 0]))
    return _of_rankings(positive, (Ranking.of(column) for column in scores.T), scores.shape[1], clusters)


class Rankings(Protocol):
    """The rankings of k models: a list, or whatever reads each when its turn comes."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Ranking]: ...


def delong_ranked(y_true, rankings: Rankings, groups=None, rows=None) -> Estimate:
    """Return the same estimate as `delong`, to the bit, from stored rankings: no sorting, linear passes only.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 or 0 for each of the rows that count.
    rankings : Rankings
        Of each model's scores on all rows, whatever labels and slices are. Gone through once.
    groups : array-like, shape (n_rows,), optional
        Of the rows that count.
    rows : ndarray of integers, shape (n_rows,), optional
        Ascending numbers of the rows that count, in the rankings; all by default.

    Raises
    ------
    LengthError
        If labels, rows and rankings do not fit together, row numbers do not rise, or there is no ranking.
    OneClassError, GroupError, LabelError
        As for `delong`.

    Examples
    --------
    >>> ranking = Ranking.of(np.array([0.1, 0.4, 9.0, 0.35, 0.8]))
    >>> delong_ranked([0, 0, 1, 1], [ranking], rows=np.array([0, 1, 3, 4])).value.item()
    0.75
    """
    positive = labels_of(y_true)
    two_classes(positive, least=2)
    if not len(rankings):
        raise LengthError("at least one ranking is needed, got none")
    if rows is not None:
        rows = _rising(rows, len(positive))
    clusters = _clusters(groups, len(positive))
    if len(rankings) == 1 and clusters is None:
        (only,) = rankings
        return _of_tally(_long_enough(only, rows, positive).tally(positive, rows))
    checked = (_long_enough(ranking, rows, positive) for ranking in rankings)
    among = (ranking if rows is None else ranking.among(rows) for ranking in checked)
    return _of_rankings(positive, among, len(rankings), clusters)


ROC_AUC = TrackMetric(
    "roc_auc",
    1,
    "area under the ROC curve",
    "labels 0 or 1 and one score a row",
    kind="scores",
    function=delong_ranked,
    weighted=weighted_auc,
)


def _rising(rows, n_rows: int) -> np.ndarray:
    """Return numbers of rows after checking that there are as many as labels, none twice."""
    rows = np.asarray(rows)
    if rows.shape != (n_rows,):
        raise LengthError(f"a label is needed for each row that counts: expected {rows.size}, got {n_rows}")
    if rows.dtype.kind not in "iu" or rows[0] < 0 or (rows[1:] <= rows[:-1]).any():
        raise LengthError(f"rows are ascending numbers from 0, each once; got {rows[:5].tolist()} and so on")
    return rows


def _long_enough(ranking: Ranking, rows: np.ndarray | None, positive: np.ndarray) -> Ranking:
    """Return the ranking after checking that it has the rows that count."""
    if rows is None and len(ranking.order) != len(positive):
        raise LengthError(f"a ranking needs {len(positive)} rows, one a label; got {len(ranking.order)}")
    if rows is not None and len(ranking.order) <= rows[-1]:
        raise LengthError(f"row {rows[-1]} counts, and a ranking has {len(ranking.order)} rows only")
    return ranking


def _of_tally(tally: Tally) -> Estimate:
    """Return the estimate for one model on independent rows."""
    exact = twice_u, m, n = tally.counts()
    value = twice_u / (2 * m * n)
    sizes, n_scores = (m, n), len(tally.positives)
    squares = [np.empty(size if tally.starts is None else n_scores) for size in sizes]
    filled = [0, 0]
    for of_classes in tally.placements(m):
        for one, (placed, rows) in enumerate(of_classes):
            centred = placed
            centred /= 2 * sizes[1 - one]
            centred -= value
            centred *= centred
            if rows is not None:
                centred *= rows
            squares[one][filled[one] : filled[one] + len(centred)] = centred
            filled[one] += len(centred)
    # Each sum in one go, so that its last bit does not depend on the pieces.
    variance = sum(each.sum() / (size * (size - 1)) for each, size in zip(squares, sizes, strict=True))
    return Estimate(
        ROC_AUC, np.array([value]), np.array([[variance]]), (float(m), float(n)), (m, n), (exact,), np.ones(1)
    )


def _of_rankings(
    positive: np.ndarray, rankings: Iterable[Ranking], k: int, clusters: tuple[np.ndarray, int] | None
) -> Estimate:
    """Return the joint estimate for k models on rows that are independent (no clusters) or clustered."""
    m, n = two_classes(positive)
    at_positive, at_negative = np.flatnonzero(positive), np.flatnonzero(~positive)
    covariance_of = Independent(k, m, n) if clusters is None else Clustered(k, clusters, at_positive, at_negative)
    exact = []
    for model, ranking in enumerate(rankings):
        doubled = ranking.doubled_placements(positive)
        above, below = doubled.take(at_positive), doubled.take(at_negative)
        del doubled
        exact.append((int(above.sum(dtype=np.int64)), m, n))
        covariance_of.add(model, above, below)
    value = np.array([twice_u / (2 * m * n) for twice_u, _, _ in exact])
    covariance, effect = covariance_of.result(value)
    return Estimate(ROC_AUC, value, covariance, covariance_of.units, (m, n), tuple(exact), effect)


def _clusters(groups, n_rows: int) -> tuple[np.ndarray, int] | None:
    """Return each row's cluster and how many there are; None where each row is one of its own."""
    if groups is None:
        return None
    code, n_groups = groups_of(groups, n_rows)
    return None if n_groups == n_rows else (code, n_groups)
