"""The ROC curve with a confidence band, and its working points: what background passes at a signal efficiency."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from scoring.band import ClassInGroups, Evidence, cut_at, rate_limits, share_passing
from scoring.interval import clopper_pearson
from scoring.validate import LengthError, ScoringError, groups_of, labels_of, probability, scores_of, two_classes


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Points of a ROC curve from (0, 0) to (1, 1), to be joined by straight lines.

    Attributes
    ----------
    thresholds : ndarray, shape (n_points,)
        Falling, the first infinite; a row with this score or a higher one is called positive.
    false_positive_rate, true_positive_rate : ndarray, shape (n_points,)
        Shares of the negatives and of the positives that are called positive.
    low, high : ndarray, shape (n_points,)
        Pointwise limits of the true positive rate at each false positive rate.
    """

    thresholds: np.ndarray
    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def area(self) -> float:
        """Area under the straight lines."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))


@dataclass(frozen=True)
class WorkingPoint:
    """What a cut on the score lets through.

    Attributes
    ----------
    asked : float
        Signal efficiency asked for.
    threshold : float
        The cut: rows with this score or a higher one pass.
    signal_efficiency : float
        Share of the signal that passes: what was asked or, where scores tie or do not come out even, a little more.
    signal_interval : tuple of float
        Limits of this cut's true signal efficiency.
    background_efficiency : float
        Share of the background that passes.
    background_interval : tuple of float
        Limits of the true background efficiency at the asked signal efficiency, wherever the cut for it truly lies.
    """

    asked: float
    threshold: float
    signal_efficiency: float
    signal_interval: tuple[float, float]
    background_efficiency: float
    background_interval: tuple[float, float]

    @property
    def rejection(self) -> float:
        """Background rejection, ``1 / background_efficiency``; infinite where no background passes."""
        return _inverse(self.background_efficiency)

    @property
    def rejection_interval(self) -> tuple[float, float]:
        """Limits of the background rejection; the upper one may be infinite, the lower one never is."""
        low, high = self.background_interval
        return _inverse(high), _inverse(low)


def roc_curve(y_true, y_score, level: float = 0.95, max_points: int | None = 500, groups=None) -> RocCurve:
    """Return the ROC curve with a pointwise confidence band of the true positive rate.

    The band is the profile of two errors, of the share of negatives above a cut and of the share of positives above
    it; see `scoring.band.rate_limits`. Where scores tie the curve is a diagonal. The limits too are joined by straight
    lines: with a dozen different scores, each point a corner, they hold 92% instead of 95% beside a corner.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    y_score : array-like, shape (n_rows,)
        Any finite real numbers; the higher, the more positive.
    level : float
        Coverage asked for at each false positive rate, between 0 and 1.
    max_points : int, optional
        Points to keep at most; None keeps all. What is left out lies within ``sqrt(2) / (max_points - 1)`` of the
        drawn lines, and changes the area by at most ``1 / (max_points - 1)``.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row; takes one pass over the rows for each point kept.

    Raises
    ------
    OneClassError
        If either class is absent or, with groups, comes from fewer than two.
    ScoringError
        If lengths differ, a label is neither 0 nor 1, a score is not finite, or an option is out of range.

    Examples
    --------
    >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.false_positive_rate.tolist(), curve.true_positive_rate.tolist(), curve.area
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0], 0.75)
    """
    if not (max_points is None or (isinstance(max_points, Integral) and max_points >= 2)):
        raise ScoringError(f"a curve keeps at least its two ends; max_points must be 2 or more, got {max_points}")
    positive, score = _two_class_scores(y_true, y_score)
    signal, background = np.sort(score[positive]), np.sort(score[~positive])
    thresholds = np.append(np.unique(score), np.inf)[::-1]
    x, y = share_passing(background, thresholds), share_passing(signal, thresholds)
    keep = _thin(x + y, max_points)
    thresholds, x, y = thresholds[keep], x[keep], y[keep]
    evidence = _evidence(~positive, score, groups, thresholds, level)
    low, high = rate_limits(background, signal, x, level, evidence, ties_in_full=False)
    # Rates only rise along the curve: limits that do not, with groups of unlike sizes, give way.
    low = np.minimum(np.minimum.accumulate(low[::-1])[::-1], y)
    high = np.maximum(np.maximum.accumulate(high), y)
    return RocCurve(thresholds, x, y, low, high)


def working_point(y_true, y_score, signal_efficiency: float, level: float = 0.95, groups=None) -> WorkingPoint:
    """Return how much background passes the cut at which a share of the signal does.

    The cut is the ``ceil(signal_efficiency * m)``-th best of m signal scores; whatever ties with it passes too.

    Parameters
    ----------
    y_true, y_score, level, groups
        As for `roc_curve`; 1 is signal, 0 is background.
    signal_efficiency : float
        Share of the signal to keep, above 0 and below 1.

    Raises
    ------
    OneClassError, ScoringError
        As for `roc_curve`.

    Examples
    --------
    >>> point = working_point([0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.6, 0.3, 0.4, 0.8], 0.6)
    >>> point.threshold, point.signal_efficiency, point.rejection
    (0.4, 1.0, 4.0)
    """
    signal_efficiency = probability(signal_efficiency, "a signal efficiency")
    positive, score = _two_class_scores(y_true, y_score)
    signal, background = np.sort(score[positive]), np.sort(score[~positive])
    # 0.07 * 100 is a little above 7: without the margin the 8th best would be taken.
    cut = cut_at(signal, np.maximum(np.ceil([signal_efficiency * len(signal) - 1e-9]), 1))
    reached, passing = share_passing(signal, cut).item(), share_passing(background, cut).item()
    evidence = _evidence(positive, score, groups, cut, level)
    low, high = rate_limits(signal, background, np.array([signal_efficiency]), level, evidence, ties_in_full=True)
    trials = evidence.cutting.item()
    return WorkingPoint(
        signal_efficiency,
        cut.item(),
        reached,
        clopper_pearson(reached * trials, trials, level),
        passing,
        (min(low.item(), passing), max(high.item(), passing)),
    )


def _two_class_scores(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    positive = labels_of(y_true)
    two_classes(positive)
    scores = scores_of(y_score, len(positive))
    if scores.shape[1] != 1:
        raise LengthError(f"a curve is drawn from one score a row, got {scores.shape[1]}")
    return positive, scores[:, 0]


def _evidence(sets_cut, score, groups, cuts, level: float) -> Evidence:
    """Return how well the rates are told; ``sets_cut`` marks the rows of the class whose rate is given."""
    if groups is None:
        m = int(np.count_nonzero(sets_cut))
        return Evidence.of_rows(m, len(score) - m, len(cuts))
    code, n_groups = groups_of(groups, len(score))
    cutting, counted = (ClassInGroups(score[rows], code[rows], n_groups) for rows in (sets_cut, ~sets_cut))
    return Evidence.of_groups(cutting, counted, cuts, level)


def _thin(length, max_points: int | None) -> np.ndarray:
    """Return which points to keep, given each one's distance from the start along both axes, rising from 0 to 2.

    The length is cut into ``max_points - 1`` cells; kept are the first point of each cell, the last before an empty
    cell, and the end. So two neighbours are joined by a line that was there, or are less than two cells apart.
    """
    if max_points is None or len(length) <= max_points:
        return np.arange(len(length))
    cell = np.minimum(length * (max_points - 1) / 2, max_points - 2).astype(np.int64)
    step = np.diff(cell)
    return np.flatnonzero(np.append(True, step > 0) | np.append(step > 1, True))


def _inverse(rate: float) -> float:
    return 1 / rate if rate > 0 else np.inf
