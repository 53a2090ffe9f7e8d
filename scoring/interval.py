"""Confidence intervals: one function for every metric, from its Estimate alone."""

from statistics import NormalDist

import numpy as np

from scoring.estimate import Estimate, Metric
from scoring.validate import probability

KURTOSIS = 10
LEAST_FREEDOM = 3
LARGEST_EXPONENT = 300.0
# So many misplaced rows show half of what one more could tell.
MISPLACED = 12
# Standard errors below this part of the value are rounding.
NO_SPREAD = 1e-12


def interval(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return confidence intervals, shape (k, 2), never outside the metric's range.

    - Areas under the ROC curve (two class sizes): Clopper and Pearson's for a proportion with the effective number of
      trials, ``A (1 - A) / SE²`` (Korn and Graubard), which is counted as if one more row of each class had been placed
      at random: few rows seldom show how far a misplaced one can lie. Where many misplaced ones are seen, that row
      counts for less, and soon for nothing (`_doubt`).
    - Proportions (one size): Clopper and Pearson's, with the effective number of trials: the size over the design
      effect and over the square by which few groups widen Student's t (Korn and Graubard), from 1 to the size itself.
    - Any other mean: ``g(x) ± t SE g'(x)`` with Student's t; g is the logit of a value with two limits, the logarithm
      of the distance to a single one, and x itself without limits. The degrees of freedom are ``units - 1`` far
      from the limits and fewer near them, down to 3 (Satterthwaite; `_freedom`).

    Where nothing varies, a proportion's interval is the exact one all the same. So is that of any other mean: the
    share ``1 - ((1 - level) / 2)^(1 / units)`` of all units may have been missed, and each end supposes that they
    lie at the metric's limit (at 0 below and 1 above where it has none: 0 dB, or the error of a trivial answer).
    Nothing wrong in 584 independent lines gives an error rate from 0 to 0.0063; an answer that is exact on 300 images
    gives 98.8 to 100 dB.

    What rests on a single unit may be anything: its interval is the whole range of the metric.

    The class sizes of an area are divided by the design effect too, but each class counts no less than its units, and
    no more where nothing varies.

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
    if min(estimate.units) <= 1:
        return np.tile([estimate.metric.low, estimate.metric.high], (len(estimate.value), 1))
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
    rows = _effective_rows(estimate, model)
    shown = estimate.covariance[model, model] / span**2
    added = _doubt(estimate, value, shown) / (rows + 1)
    mean = value + (0.5 - value) * added.sum()
    variance = shown + (1 / 12 + (0.5 - value) ** 2) * np.square(added).sum()
    tail = 0.5 + level / 2
    few = NormalDist().inv_cdf(tail) / _student(freedom(estimate), tail)
    trials = mean * (1 - mean) / variance * few**2
    low, high = clopper_pearson(value * trials, trials, level)
    return metric.low + span * low, metric.low + span * high


def _doubt(estimate: Estimate, value: float, variance: float) -> float:
    """Return how much an added row counts, from 1 to 0: the less, the more misplaced rows have shown where such lie.

    They are counted in effective trials, ``A (1 - A) min(A, 1 - A) / SE²``, and no more than one a unit.
    """
    if variance <= NO_SPREAD**2:
        return 1.0
    misplaced = value * (1 - value) * min(value, 1 - value) / variance
    rows_a_unit = max(size / units for size, units in zip(estimate.sizes, estimate.units, strict=True))
    return 1 / (1 + (misplaced / rows_a_unit / MISPLACED) ** 4)


def freedom(estimate: Estimate) -> float:
    """Return the degrees of freedom of a value's variance: one less than the units of the class that has fewest."""
    return max(min(estimate.units) - 1, 1.0)


def _effective_rows(estimate: Estimate, model: int) -> np.ndarray:
    """Return how many independent rows each class is worth.

    Rows that do not vary at all do not show how alike those of one group are: then they count as quite alike. And a
    design effect is itself uncertain where few groups hold a misplaced row: at least ``(size / units)^(2/3)`` is taken.
    """
    sizes, units = np.array(estimate.sizes, dtype=float), np.array(estimate.units)
    varies = estimate.standard_error[model] > NO_SPREAD
    seen = sizes / np.maximum(estimate.design_effect[model], (sizes / units) ** (2 / 3))
    return np.maximum(seen, units) if varies else units


def _proportion(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    (size,) = estimate.sizes
    tail = 0.5 + level / 2
    few = _student(max(size - 1, 1), tail) / _student(freedom(estimate), tail)
    trials = float(np.clip(size * min(few, 1.0) ** 2 / estimate.design_effect[model], 1.0, size))
    return clopper_pearson(estimate.value[model] * trials, trials, level)


def _mean(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    metric, (units,) = estimate.metric, estimate.units
    value, error = float(estimate.value[model]), float(estimate.standard_error[model])
    near, far = sorted((value - metric.low, metric.high - value))
    if error <= NO_SPREAD * abs(value) or near <= NO_SPREAD * max(abs(value), error):
        return _without_spread(value, units, level, metric)
    trusted = _freedom(error / near, error / far, units)
    return _transformed(value, error, _student(trusted, 0.5 + level / 2), metric)


def _freedom(near: float, far: float, units: float) -> float:
    """Return Satterthwaite's degrees of freedom from the standard error over the distances to either limit.

    Values near a limit are skewed and heavy-tailed: their excess kurtosis is taken as ten times their variance over
    the square of the distance (a gamma distribution has 6, a lognormal one more than 16), and as once that if they
    are all or nothing, which their variance over its largest value tells.
    """
    relative = units * near * near
    all_or_nothing = min(units * near * far, 1.0)
    kurtosis = relative * (KURTOSIS * (1 - all_or_nothing) + all_or_nothing)
    most = max(units - 1, 1.0)
    return max(most / (1 + kurtosis / 2), min(LEAST_FREEDOM, most))


def _student(freedom: float, below: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, below))


def _without_spread(value: float, units: float, level: float, metric: Metric) -> tuple[float, float]:
    """Let the largest share that equal groups may have missed, Clopper and Pearson's, be as far off as can be."""
    share = 1 - ((1 - level) / 2) ** (1 / units)
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
