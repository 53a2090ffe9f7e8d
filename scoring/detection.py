"""Detection rate at a false-alarm rate, with the uncertainty of its threshold."""

from dataclasses import replace

import numpy as np

from scoring.estimate import Estimate, Metric, from_influence
from scoring.proportion import design_effect
from scoring.rowwise import named_models
from scoring.validate import LengthError, OneClassError, finite_array, labels_of, probability, two_classes

DETECTION_RATE = Metric("detection_rate", 1, "detection rate", "labels 0 or 1, one score a row, and a false-alarm rate")

# Standard errors of the threshold, either way, over which the slope of the ROC curve is taken.
SLOPE_REACH = 2.0
# With fewer false alarms to allow, the threshold is one of a handful of scores.
LEAST_ALARMS = 5


def detection_rate(y_true, scores, false_alarm_rate: float, groups=None) -> Estimate:
    """Return the share of positives that raise the alarm, at a threshold that keeps false alarms within a rate.

    The threshold is the lowest score of a negative at or above which at most ``false_alarm_rate`` of the negatives
    lie; all rows at or above it raise the alarm, ties in full, so the rate is never exceeded. Where no negative's
    score is high enough (a small rate, or ties at the top), only scores above all negatives' raise it.

    The threshold is itself uncertain. Each negative pulls it, and the value with it, in proportion to the slope of
    the ROC curve, taken between thresholds two standard errors apart on either side (Woodruff). Without that share
    a 95% interval for a true detection rate of 0.7 at 0.05 from 200 positives and 100 negatives covers 57%, not 98%.

    Where fewer than 5 false alarms are expected (100 negatives at 0.05 give 5), the threshold lies too high on average,
    and what it detects says little of the rate asked for: intervals covered 26% to 89%. The value is given all the
    same, as resting on a single unit: its interval is all from 0 to 1, and `scoring.compare` refuses it.

    Parameters
    ----------
    y_true : array-like, shape (n_rows,)
        1 (positive) or 0 (negative).
    scores : array-like, shape (n_rows,), or list of k such
        Finite numbers; the higher, the more positive.
    false_alarm_rate : float
        Between 0 and 1.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Raises
    ------
    ScoringError
        If the false-alarm rate does not lie between 0 and 1.
    OneClassError
        If there is no positive, or there are fewer than two negatives.
    LabelError, LengthError, NotFiniteError, GroupError
        If labels, scores or groups do not fit.

    References
    ----------
    R. S. Woodruff, Journal of the American Statistical Association 47, 635 (1952).

    Examples
    --------
    >>> labels, scores = [0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.5, 0.6, 0.8, 0.9]
    >>> found = detection_rate(labels, scores, false_alarm_rate=0.25)
    >>> found.value.item(), found.exact
    (0.75, ((3, 4),))
    """
    false_alarm_rate = probability(false_alarm_rate, "a false-alarm rate")
    positive = labels_of(y_true)
    m, n = two_classes(positive)
    if n < 2:
        raise OneClassError(f"at least 2 negatives are needed to set a threshold, got {n}")
    detected, influence = [], []
    for score, name in named_models(scores, "scores"):
        score = finite_array(score, name, len(positive))
        if score.ndim != 1:
            raise LengthError(f"{name} need shape ({m + n},), got {score.shape} (k models come as a list of k)")
        alarm, pull = _alarms(score, positive, false_alarm_rate)
        detected.append(alarm[positive])
        influence.append(pull)
    hits = np.stack(detected, axis=1)
    count = hits.sum(axis=0)
    value = count / m
    exact = tuple((int(one), m) for one in count)
    found = from_influence(DETECTION_RATE, value, np.stack(influence, axis=1), groups, sizes=(m,), exact=exact)
    # With all or none detected the binomial variance is 0, as if all were known: half a row is put on either side.
    smooth = (count + 0.5) / (m + 1)
    beyond_binomial = np.diag(found.covariance) - value * (1 - value) / m
    effect = 1 + beyond_binomial * m / (smooth * (1 - smooth))
    alike = design_effect(hits, np.asarray(groups)[positive]) if groups is not None and m > 1 else 1.0
    units = found.units if false_alarm_rate * n >= LEAST_ALARMS - 1e-9 else (1.0,)
    return replace(found, units=units, design_effect=np.maximum(effect, alike))


def _alarms(score: np.ndarray, positive: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows raise the alarm, and the influence of each row on the share of positives that do."""
    signal, descending = score[positive], -np.sort(-score[~positive])
    m, n = len(signal), len(descending)
    allowed = int(rate * n + 1e-9)
    alarm = score >= _threshold(descending, allowed)
    reach = SLOPE_REACH * np.sqrt(n * rate * (1 - rate))
    fewer, more = max(0, round(allowed - reach)), min(n, round(allowed + reach) + 1)
    gained = np.mean(signal >= _threshold(descending, more)) - np.mean(signal >= _threshold(descending, fewer))
    slope = gained / ((more - fewer) / n)
    own = (alarm - alarm[positive].mean()) / m
    through_threshold = -slope * (alarm - alarm[~positive].mean()) / n
    return alarm, np.where(positive, own, through_threshold) * len(score)


def _threshold(descending: np.ndarray, allowed: int) -> float:
    """Return the lowest of the scores at or above which at most ``allowed`` lie, or just above all where none is."""
    if allowed >= len(descending):
        return descending[-1]
    above = len(descending) - np.searchsorted(descending[::-1], descending[allowed], "right")
    with np.errstate(over="ignore"):
        return descending[above - 1] if above else np.nextafter(descending[0], np.inf)
