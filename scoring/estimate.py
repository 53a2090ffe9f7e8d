"""Estimate: a metric's value with its uncertainty, the one thing that intervals and comparisons need."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


class ScoringError(ValueError):
    """Input that has no score; the message names what was expected and what came."""


@dataclass(frozen=True)
class Estimate:
    """Values of one metric for k sets of predictions, and how uncertain they are.

    Attributes
    ----------
    metric : str
        The metric's name.
    value : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Covariance of the values over repeated holdouts of the same size.
    n_groups : int
        Independent units behind the values.
    class_sizes : tuple of int
        Positives and negatives, (m, n).
    exact : tuple of (int, int, int)
        One ``(2U, m, n)`` for each set of predictions: the AUC is ``2U / (2 m n)`` to the last bit.
    design_effect : ndarray, shape (k,)
        Variance over the variance the same values would have with independent rows; 1 without groups.
    """

    metric: str
    value: np.ndarray
    covariance: np.ndarray
    n_groups: int
    class_sizes: tuple[int, int]
    exact: tuple[tuple[int, int, int], ...]
    design_effect: np.ndarray

    @property
    def standard_error(self) -> np.ndarray:
        """Standard errors of the values, shape (k,)."""
        return np.sqrt(np.diag(self.covariance))

    def difference_error(self, i: int = 0, j: int = 1) -> float:
        """Return the standard error of ``value[i] - value[j]`` on the same rows."""
        cov = self.covariance
        return float(np.sqrt(max(cov[i, i] + cov[j, j] - 2 * cov[i, j], 0.0)))


def interval(estimate: Estimate, level: float = 0.95) -> np.ndarray:
    """Return confidence intervals for AUCs, shape (k, 2).

    The logit interval ``logit(A) ± z SE / (A (1 - A))`` serves large classes. Newcombe's method 5 serves where
    either class has fewer than 50 members or ``min(m, n) min(A, 1 - A) < 5``, and where the variance is 0: there
    the logit interval is far too short. With clustered rows the class sizes are divided by the design effect,
    never below the number of groups or above the sizes themselves.

    Parameters
    ----------
    estimate : Estimate
        Of ROC-AUC values.
    level : float
        Coverage asked for, between 0 and 1.

    Raises
    ------
    ScoringError
        If the level is not between 0 and 1.

    References
    ----------
    R. G. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2,
    Statistics in Medicine 25, 559 (2006).

    Examples
    --------
    >>> from scoring.roc import delong
    >>> interval(delong([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).round(2).tolist()
    [[0.23, 0.97]]
    """
    if not 0 < level < 1:
        raise ScoringError(f"a confidence level lies between 0 and 1, got {level}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    limits = []
    for value, error, effect in zip(estimate.value, estimate.standard_error, estimate.design_effect, strict=True):
        m, n = (_effective_size(size, effect, estimate.n_groups) for size in estimate.class_sizes)
        small = min(m, n) < 50 or min(m, n) * min(value, 1 - value) < 5
        limits.append(_newcombe(value, m, n, z) if small or error == 0 else _logit(value, error, z))
    return np.array(limits)


def _effective_size(size: int, design_effect: float, n_groups: int) -> float:
    return float(np.clip(size / max(design_effect, 1e-300), min(n_groups, size), size))


def _logit(value: float, error: float, z: float) -> tuple[float, float]:
    centre = np.log(value / (1 - value))
    half = z * error / (value * (1 - value))
    return tuple(1 / (1 + np.exp(-(centre + np.array([-half, half])))))


def _newcombe(value: float, m: float, n: float, z: float) -> tuple[float, float]:
    return _newcombe_lower(value, m, n, z), 1 - _newcombe_lower(1 - value, m, n, z)


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
