"""Comparisons of sets of predictions on the same rows: two of them, or the ranks that each of k may truly have."""

from dataclasses import dataclass, replace

import numpy as np

from scoring.estimate import Estimate
from scoring.interval import NO_SPREAD, freedom, interval
from scoring.validate import ScoringError, probability

DRAWS = 1999
"""Draws of the largest difference: with these, any multiple of 1/2000 is reached as a level without interpolation."""

SEED = 1
ROUNDING = 1e-12
"""Below this share of the values' own variances, the variance of their difference is lost to rounding."""

TOLD_AT = 0.95
"""Level of the intervals that say how uncertain a value is at least: one for all, so that no p-value hangs on it."""

CELLS = 2**17
"""Differences held at a time: about what the processor keeps close at hand."""


@dataclass(frozen=True)
class Comparison:
    """The difference of two values on the same rows.

    Attributes
    ----------
    difference : float
        First value minus second, in the metric's unit.
    standard_error : float
    z : float
        The difference over its standard error; 0 for sets of predictions that no row tells apart.
    p_value : float
        Two-sided, for the hypothesis that the true values are equal.
    interval : tuple of float
        Lower and upper limit of the difference.
    """

    difference: float
    standard_error: float
    z: float
    p_value: float
    interval: tuple[float, float]


def compare(estimate: Estimate, i: int = 0, j: int = 1, level: float = 0.95) -> Comparison:
    """Return the difference ``value[i] - value[j]`` with its interval and the two-sided p-value of equality.

    ``z = difference / SE`` is DeLong's for areas under the ROC curve, except in small holdouts. It is read against
    Student's t with one degree of freedom less than there are units behind the class that has fewest.

    No difference is taken for certain. No value is surer than its own 95% `interval` says: where that is wider than its
    standard error tells (few rows, a perfect answer, a constant one), the covariance grows with it, and the correlation
    stays. A variance of the difference below rounding counts as rounding. And ``|z|`` is at most the number of units:
    as if one more had shown no difference.

    Parameters
    ----------
    estimate : Estimate
    i, j : int
        Which two of its k sets of predictions.
    level : float
        Coverage asked for, between 0 and 1.

    Raises
    ------
    ScoringError
        If there is no such set of predictions, fewer than two independent units, or no such level.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44, 837 (1988).

    Examples
    --------
    >>> from scoring.roc import delong
    >>> found = compare(delong([0, 0, 0, 1, 1, 1], [[0, 0], [1, 4], [3, 2], [2, 1], [4, 3], [5, 5]]))
    >>> round(found.difference, 3), round(found.z, 3), round(found.p_value, 3)
    (0.222, 0.894, 0.465)
    """
    from scipy.special import stdtr, stdtrit

    level = probability(level, "a confidence level")
    k = len(estimate.value)
    if i not in range(k) or j not in range(k):
        raise ScoringError(f"sets of predictions are counted from 0 to {k - 1}, got {i} and {j}")
    pair = _only(estimate, [i, j])
    difference = float(pair.value[0] - pair.value[1])
    error = float(_difference_errors(pair, _cautious(pair))[0, 1])
    trusted = freedom(estimate)
    z = difference / error if error else 0.0
    half = float(stdtrit(trusted, 0.5 + level / 2)) * error
    most = estimate.metric.high - estimate.metric.low
    limits = max(difference - half, -most), min(difference + half, most)
    return Comparison(difference, error, z, float(2 * stdtr(trusted, -abs(z))), limits)


def rank_sets(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return the best and the worst rank that each of k sets of predictions may truly have, shape (k, 2); 1 is best.

    All k hold at once with the level asked for. A rank runs from 1 plus the number of others that are significantly
    better to k minus the number that are significantly worse, as `significantly_better` finds them. Where true values
    are equal, the set holds every rank of the tie.

    Parameters
    ----------
    estimate : Estimate
        Its metric says whether greater is better.
    level : float
        Probability that no set misses a true rank, between 0 and 0.9995.

    Raises
    ------
    ScoringError
        If there are fewer than two independent units, or no such level.

    References
    ----------
    M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm, Review of Economic Studies 91, 476 (2024).

    Examples
    --------
    >>> from scoring.roc import delong
    >>> label = np.arange(400) % 2
    >>> noise = np.random.default_rng(0).normal(size=(400, 3))
    >>> rank_sets(delong(label, label[:, None] * [3, 1, 1] + noise)).tolist()
    [[1, 1], [2, 3], [2, 3]]
    """
    return ranks_of(significantly_better(estimate, level))


def ranks_of(better: np.ndarray) -> np.ndarray:
    """Return the best and the worst rank of each of k, shape (k, 2), where entry (i, j) says that i is ahead of j."""
    return np.column_stack([1 + better.sum(axis=0), len(better) - better.sum(axis=1)])


def significantly_better(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return which of k sets of predictions are better than which, bool of shape (k, k): entry (i, j) is i before j.

    With the level asked for, none of all these is wrong. Significant is what exceeds the largest of all differences
    over its standard error, as drawn from the joint covariance; then only the others are compared with each other
    again, until nothing more is found (stepdown). Standard errors are those of `compare`.

    Two things make it hold with few independent units too: the quantile drawn is turned into that of Student's t, and
    the covariance is shrunk towards independent errors by k / (k + units), since as estimated it has fewer dimensions
    than the true one.

    Parameters
    ----------
    estimate : Estimate
        Its metric says whether greater is better.
    level : float
        Probability that nothing is found where there is none, between 0 and 0.9995.

    Raises
    ------
    ScoringError
        If there are fewer than two independent units, or no such level.

    References
    ----------
    J. P. Romano and M. Wolf, Journal of the American Statistical Association 100, 94 (2005). Shrinkage as in O. Ledoit
    and M. Wolf, Journal of Multivariate Analysis 88, 365 (2004), here of a share that is set, not estimated.

    Examples
    --------
    >>> from scoring.roc import delong
    >>> label = np.arange(400) % 2
    >>> noise = np.random.default_rng(0).normal(size=(400, 3))
    >>> significantly_better(delong(label, label[:, None] * [3, 1, 1] + noise)).astype(int).tolist()
    [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    """
    from scipy.special import ndtr, stdtrit

    most = DRAWS / (DRAWS + 1)
    if probability(level, "a confidence level") > most:
        raise ScoringError(f"rank sets are drawn for a level above 0 and up to {most}, got {level}")
    value = estimate.value if estimate.metric.greater_is_better else -estimate.value
    covariance = _cautious(estimate)
    error = _difference_errors(estimate, covariance)
    z = np.divide(value[:, None] - value, error, out=np.zeros_like(error), where=error > 0)
    draws, precision = _draws(covariance, _units(estimate))
    trusted = freedom(estimate)
    k = len(value)
    better = np.zeros((k, k), dtype=bool)
    while True:
        critical = -stdtrit(trusted, ndtr(-_largest(draws, np.where(better, 0, precision), level)))
        new = ~better & (z > critical)
        if not new.any():
            return better
        better |= new


def _only(estimate: Estimate, chosen) -> Estimate:
    """Return the estimate of some of the sets of predictions."""
    return replace(
        estimate,
        value=estimate.value[chosen],
        covariance=estimate.covariance[np.ix_(chosen, chosen)],
        exact=tuple(estimate.exact[model] for model in chosen) if estimate.exact else (),
        design_effect=estimate.design_effect[chosen],
    )


def _units(estimate: Estimate) -> float:
    """Return how many independent units stand behind a value; for an area, behind the class that has fewest."""
    units = min(estimate.units)
    if units <= 1:
        raise ScoringError(f"a comparison needs at least 2 independent units, got {units:g}")
    return units


def _cautious(estimate: Estimate) -> np.ndarray:
    """Return the covariance of the values, shape (k, k), with no variance less than the value's interval tells."""
    from scipy.special import stdtrit

    variances = np.diag(estimate.covariance)
    arms = interval(estimate, TOLD_AT) - estimate.value[:, None]
    told = np.square(arms / stdtrit(freedom(estimate), 0.5 + TOLD_AT / 2)).mean(axis=1)
    told = np.maximum(variances, told)
    shown = np.sqrt(variances) > NO_SPREAD * np.abs(estimate.value)
    wider = np.sqrt(np.divide(told, variances, out=np.ones_like(told), where=shown))
    covariance = estimate.covariance * np.outer(wider, wider)
    np.fill_diagonal(covariance, told)
    return covariance


def _difference_variances(covariance: np.ndarray) -> np.ndarray:
    variances = np.diag(covariance)
    both = np.add.outer(variances, variances)
    return np.maximum(both - 2 * covariance, ROUNDING * both)


def _difference_errors(estimate: Estimate, covariance: np.ndarray) -> np.ndarray:
    """Return the standard errors of all differences, shape (k, k), never too small as `compare` says."""
    both = (_difference_variances(one) for one in (estimate.covariance, covariance))
    errors = np.sqrt(np.maximum(*both))
    return np.maximum(errors, np.abs(np.subtract.outer(estimate.value, estimate.value)) / _units(estimate))


def _draws(covariance: np.ndarray, units: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw errors of the values, shape (DRAWS, k), and return one over the standard errors of their differences.

    Both are in units of the largest standard error, so that single precision holds them whatever the metric's unit is.
    """
    variances = np.diag(covariance)
    unit = variances.max() or 1.0
    variances = np.where(variances > 0, variances / unit, 1.0)  # every comparison counts
    k = len(variances)
    kept = 1 - k / (k + units)
    covariance = kept * (covariance / unit)
    np.fill_diagonal(covariance, variances)
    scale, axes = np.linalg.eigh(covariance)
    # The symmetric root is the same for every choice of axes: the draws do not hang on the linear algebra library.
    root = (axes * np.sqrt(scale.clip(min=0))) @ axes.T
    draws = np.random.default_rng(SEED).standard_normal((DRAWS, k)) @ root
    return draws, 1 / np.sqrt(_difference_variances(covariance))


def _largest(draws: np.ndarray, precision: np.ndarray, level: float) -> float:
    """Return the quantile of the largest ``(draws[i] - draws[j]) * precision[i, j]`` over all pairs (i, j)."""
    draws, precision = draws.astype(np.float32), precision.astype(np.float32)
    largest = np.empty(len(draws), np.float32)
    step = max(CELLS // precision.size, 1)
    for start in range(0, len(draws), step):
        some = draws[start : start + step]
        differences = (some[:, :, None] - some[:, None, :]) * precision
        largest[start : start + step] = differences.max(axis=(1, 2))
    place = int(np.ceil(level * (len(draws) + 1))) - 1
    return float(np.partition(largest, place)[place])
