"""Confidence intervals: one function for every metric, from its Estimate alone."""

from statistics import NormalDist

import numpy as np

from scoring.estimate import Estimate, Metric
from scoring.validate import probability

KURTOSIS = 10
LEAST_FREEDOM = 3
LARGEST_EXPONENT = 300.0
# Standard errors below this part of the value are rounding.
NO_SPREAD = 1e-12


def interval(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return confidence intervals, shape (k, 2), never outside the metric's range.

    - Areas under the ROC curve (two class sizes): Clopper and Pearson's for a proportion with the effective number of
      trials, ``A (1 - A) / SE²`` (Korn and Graubard), which is counted as if one more row of each class had been placed
      at random: few rows seldom show how far a misplaced one can lie.
    - Proportions (one size): Clopper and Pearson's, with the effective number of trials: the size over the design
      effect and over the square by which few groups widen Student's t (Korn and Graubard), from 1 to the size itself.
    - Any other mean: ``g(x) ± t SE g'(x)`` with Student's t; g is the logit of a value with two limits, the logarithm
      of the distance to a single one, and x itself without limits. The degrees of freedom are ``n_groups - 1`` far
      from the limits and fewer near them, down to 3 (Satterthwaite; `_freedom`).

    Where nothing varies, a proportion's interval is the exact one all the same. So is that of any other mean: the
    share ``1 - ((1 - level) / 2)^(1 / n_groups)`` of all groups may have been missed, and each end supposes that they
    lie at the metric's limit (at 0 below and 1 above where it has none: 0 dB, or the error of a trivial answer).
    Nothing wrong in 584 independent lines gives an error rate from 0 to 0.0063; an answer that is exact on 300 images
    gives 98.8 to 100 dB.

    The class sizes of an area are divided by the design effect too, at most by the mean size of a group, and by that
    where nothing varies.

    Parameters
    ----------
    estimate : Estimate
    level : float
        Coverage asked for, between 0 and 1.

    Raises
    ------
    ScoringError
        If the level is not between 0 and 1.

    References
    ----------
    C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934). E. L. Korn and B. I. Graubard, Survey Methodology 24,
    193 (1998). One more row of each kind: A. Agresti and B. A. Coull, American Statistician 52, 119 (1998). Degrees of
    freedom: F. E. Satterthwaite, Biometrics Bulletin 2, 110 (1946).

    Examples
    --------
    >>> from scoring.roc import delong
    >>> ranks = [1, 2, 3, 4, 5, 6, 7, 12, 8, 9, 10, 11, 13, 14, 15, 16]
    >>> interval(delong([0] * 8 + [1] * 8, ranks)).round(2).tolist()
    [[0.55, 1.0]]
    """
    level = probability(level, "a confidence level")
    limits_of = {2: _area, 1: _proportion, 0: _mean}[len(estimate.sizes)]
    return np.array([limits_of(estimate, model, level) for model in range(len(estimate.value))])


def clopper_pearson(hits: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a proportion of ``hits`` in ``trials``; neither need be whole.

    Examples
    --------
    >>> [round(limit, 4) for limit in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


def _area(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    metric = estimate.metric
    span = metric.high - metric.low
    value = float(np.clip((estimate.value[model] - metric.low) / span, 0.0, 1.0))
    rows, units = _effective_sizes(estimate, model)
    added = 1 / (rows + 1)
    mean = value + (0.5 - value) * added.sum()
    variance = estimate.covariance[model, model] / span**2 + (1 / 12 + (0.5 - value) ** 2) * np.square(added).sum()
    tail = 0.5 + level / 2
    few = NormalDist().inv_cdf(tail) / _student(max(units.min() - 1, 1.0), tail)
    trials = mean * (1 - mean) / variance * few**2
    low, high = clopper_pearson(value * trials, trials, level)
    return metric.low + span * low, metric.low + span * high


def _effective_sizes(estimate: Estimate, model: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many independent rows each class is worth, and how many independent units it comes from.

    Rows that do not vary at all do not show how alike those of one group are: then they count as quite alike.
    """
    sizes = np.array(estimate.sizes, dtype=float)
    rows_a_group = max(sizes.sum() / estimate.n_groups, 1.0)
    varies = estimate.standard_error[model] > NO_SPREAD
    effect = np.clip(estimate.design_effect[model], 1.0, rows_a_group) if varies else rows_a_group
    return np.maximum(sizes / effect, 1.0), np.maximum(sizes / rows_a_group, 1.0)


def _proportion(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    (size,) = estimate.sizes
    tail = 0.5 + level / 2
    few = _student(max(size - 1, 1), tail) / _student(estimate.n_groups - 1, tail)
    trials = float(np.clip(size * min(few, 1.0) ** 2 / estimate.design_effect[model], 1.0, size))
    return clopper_pearson(estimate.value[model] * trials, trials, level)


def _mean(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    metric, n_groups = estimate.metric, estimate.n_groups
    value, error = float(estimate.value[model]), float(estimate.standard_error[model])
    near, far = sorted((value - metric.low, metric.high - value))
    if error <= NO_SPREAD * abs(value) or near <= NO_SPREAD * max(abs(value), error):
        return _without_spread(value, n_groups, level, metric)
    freedom = _freedom(error / near, error / far, n_groups)
    return _transformed(value, error, _student(freedom, 0.5 + level / 2), metric)


def _freedom(near: float, far: float, n_groups: int) -> float:
    """Return Satterthwaite's degrees of freedom from the standard error over the distances to either limit.

    Values near a limit are skewed and heavy-tailed: their excess kurtosis is taken as ten times their variance over
    the square of the distance (a gamma distribution has 6, a lognormal one more than 16), and as once that if they
    are all or nothing, which their variance over its largest value tells.
    """
    relative = n_groups * near * near
    all_or_nothing = min(n_groups * near * far, 1.0)
    kurtosis = relative * (KURTOSIS * (1 - all_or_nothing) + all_or_nothing)
    return max((n_groups - 1) / (1 + kurtosis / 2), min(LEAST_FREEDOM, n_groups - 1))


def _student(freedom: float, below: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, below))


def _without_spread(value: float, n_groups: int, level: float, metric: Metric) -> tuple[float, float]:
    """Let the largest share that equal groups may have missed, Clopper and Pearson's, be as far off as can be."""
    share = 1 - ((1 - level) / 2) ** (1 / n_groups)
    low = metric.low if np.isfinite(metric.low) else min(value, 0.0)
    high = metric.high if np.isfinite(metric.high) else max(value, 1.0)
    return value - share * (value - low), value + share * (high - value)


def _transformed(value: float, error: float, z: float, metric: Metric) -> tuple[float, float]:
    """Return ``g(value) ± z error g'(value)`` back on the metric's scale, which the value lies strictly inside."""
    from scipy.special import expit, logit

    low, high = metric.low, metric.high
    if np.isfinite(low) and np.isfinite(high):
        part = (value - low) / (high - low)
        half = z * error / (high - low) / (part * (1 - part))
        ends = low + (high - low) * expit(logit(part) + np.array([-half, half]))
        return float(ends[0]), float(ends[1])
    if np.isfinite(low):
        factor = float(np.exp(min(z * error / (value - low), LARGEST_EXPONENT)))
        return low + (value - low) / factor, low + (value - low) * factor
    if np.isfinite(high):
        factor = float(np.exp(min(z * error / (high - value), LARGEST_EXPONENT)))
        return high - (high - value) * factor, high - (high - value) / factor
    return value - z * error, value + z * error
