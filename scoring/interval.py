"""Confidence intervals: one function for every metric, from its Estimate alone."""

from statistics import NormalDist

import numpy as np

from scoring.estimate import Estimate, Metric
from scoring.validate import ScoringError

SMALL_CLASS = 50
FEW_MISPLACED = 5


def interval(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return confidence intervals, shape (k, 2), never outside the metric's range.

    - Areas under the ROC curve (two class sizes): ``logit(A) ± z SE / (A (1 - A))``. Newcombe's method 5 instead where
      either class has fewer than 50 members or ``min(m, n) min(A, 1 - A) < 5``, and where the variance is 0: there
      the logit interval is far too short.
    - Proportions (one size): Clopper and Pearson's, with the effective number of trials (Korn and Graubard).
    - Any other mean: ``g(x) ± t SE g'(x)`` with Student's t of ``n_groups - 1`` degrees of freedom; g is the logit of
      a value with two limits, the logarithm above a single lower limit, and x itself without limits.

    With groups, sizes are divided by the design effect, never below the number of groups or above the sizes
    themselves.

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
    R. G. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2,
    Statistics in Medicine 25, 559 (2006). C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934).
    E. L. Korn and B. I. Graubard, Survey Methodology 24, 193 (1998).

    Examples
    --------
    >>> from scoring.roc import delong
    >>> interval(delong([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).round(2).tolist()
    [[0.23, 0.97]]
    """
    if not 0 < level < 1:
        raise ScoringError(f"a confidence level lies between 0 and 1, got {level}")
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


def _effective_sizes(estimate: Estimate, model: int) -> list[float]:
    effect = max(estimate.design_effect[model], 1e-300)
    return [float(np.clip(size / effect, min(estimate.n_groups, size), size)) for size in estimate.sizes]


def _area(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + level / 2)
    value, error = estimate.value[model], estimate.standard_error[model]
    m, n = _effective_sizes(estimate, model)
    few = min(m, n) < SMALL_CLASS or min(m, n) * min(value, 1 - value) < FEW_MISPLACED
    if few or error == 0:
        return _newcombe_lower(value, m, n, z), 1 - _newcombe_lower(1 - value, m, n, z)
    return _transformed(value, error, z, estimate.metric)


def _newcombe_lower(value: float, m: float, n: float, z: float) -> float:
    """Solve ``value - t = z sqrt(V(t))`` for t below value, V being Hanley and McNeil's variance made symmetric."""
    star = (m + n) / 2 - 1
    low, high = 0.0, value
    for _ in range(60):
        t = (low + high) / 2
        variance = t * (1 - t) * (1 + star * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
        if value - t > z * np.sqrt(variance):
            low = t
        else:
            high = t
    return low


def _proportion(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    (trials,) = _effective_sizes(estimate, model)
    return clopper_pearson(estimate.value[model] * trials, trials, level)


def _mean(estimate: Estimate, model: int, level: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    t = float(stdtrit(estimate.n_groups - 1, 0.5 + level / 2))
    return _transformed(estimate.value[model], estimate.standard_error[model], t, estimate.metric)


def _transformed(value: float, error: float, z: float, metric: Metric) -> tuple[float, float]:
    """Return ``g(value) ± z error g'(value)``, back on the metric's scale; without error the value twice."""
    low, high = metric.low, metric.high
    if error == 0:
        return value, value
    if np.isfinite(low) and np.isfinite(high):
        part = (value - low) / (high - low)
        half = z * error / (high - low) / (part * (1 - part))
        ends = 1 / (1 + np.exp(-(np.log(part / (1 - part)) + np.array([-half, half]))))
        return tuple((low + (high - low) * ends).tolist())
    if np.isfinite(low):
        factor = np.exp(z * error / (value - low))
        return low + (value - low) / factor, low + (value - low) * factor
    return value - z * error, value + z * error
