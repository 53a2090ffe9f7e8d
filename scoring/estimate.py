"""Estimate: a metric's value with its uncertainty, the one thing that intervals and comparisons need."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from scoring.validate import groups_of

Kind = Literal["scores", "class scores", "classes", "numbers", "scaled numbers", "texts"]
"""What a metric's function is given beside the groups, k being models on the same n rows.

- scores: labels 0 or 1, and k rankings of all rows, whichever count; then the numbers of those that do
- class scores: classes, k arrays of shape (n, n_classes); ``labels``, the classes there are
- classes: classes, and k arrays of them, shape (n,)
- numbers: k arrays in the truth's shape: (n, n_targets), or (n, height, width) of images
- scaled numbers: the same of shape (n, n_targets); the variance that the metric counts in, of each training target
- texts: n texts, and k arrays of them
"""


@dataclass(frozen=True)
class Metric:
    """What a metric's numbers mean.

    Attributes
    ----------
    name : str
    version : int
        Raised whenever the same input could give another number; a holdout is sealed for one version.
    title : str
        What it is called in a sentence.
    needs : str
        What it is computed from, in words.
    greater_is_better : bool
    low, high : float
        The values it can take; infinite where there is no limit.
    unit : str
        Empty for pure numbers.
    """

    name: str
    version: int
    title: str
    needs: str
    greater_is_better: bool = True
    low: float = 0.0
    high: float = 1.0
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, kw_only=True)
class TrackMetric(Metric):
    """A metric that a track can be judged by: from what kind of answers, and by which function.

    Attributes
    ----------
    kind : Kind
    function : callable
        Gives the estimate from truth, answers and groups, as `Kind` says.
    weighted : callable, optional
        The same of rows that count more or less, from labels, scores of shape (n, k), weights and groups; None if the
        metric knows no weights.
    """

    kind: Kind
    function: Callable[..., "Estimate"] = field(repr=False)
    weighted: Callable[..., "Estimate"] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Estimate:
    """Values of one metric for k sets of predictions on the same rows, and how uncertain they are.

    Attributes
    ----------
    metric : Metric
    value : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Covariance of the values over repeated holdouts of the same size.
    units : tuple of float
        Independent units that the values are worth, of each class where they count two, of all rows otherwise: as many
        groups of equal size as the groups there are (`effective_number`), or rows where each is one of its own.
    sizes : tuple of int
        What the values count: (m, n) positives and negatives for an area under the ROC curve, (n,) trials for a
        proportion, empty for any other mean.
    exact : tuple of tuple of int
        For each set of predictions, the integers the value follows from: ``(2U, m, n)`` for a ROC-AUC, which is
        ``2U / (2 m n)`` to the last bit, ``(hits, n)`` for a proportion; empty where there are none.
    design_effect : ndarray, shape (k,)
        Variance over the variance the same values would have with independent rows; 1 without groups.
    """

    metric: Metric
    value: np.ndarray
    covariance: np.ndarray
    units: tuple[float, ...]
    sizes: tuple[int, ...]
    exact: tuple[tuple[int, ...], ...]
    design_effect: np.ndarray

    @property
    def standard_error(self) -> np.ndarray:
        """Standard errors of the values, shape (k,)."""
        return np.sqrt(np.diag(self.covariance))

    def difference_error(self, i: int = 0, j: int = 1) -> float:
        """Return the standard error of ``value[i] - value[j]`` on the same rows."""
        cov = self.covariance
        return float(np.sqrt(max(cov[i, i] + cov[j, j] - 2 * cov[i, j], 0.0)))


def effective_number(parts) -> float:
    """Return how many equal parts would be worth as much, ``(sum p)² / sum p²``: groups by size, rows by weight.

    References
    ----------
    L. Kish, Survey Sampling (Wiley, 1965).

    Examples
    --------
    >>> effective_number([10, 10, 10]), round(effective_number([10, 1, 1]), 2)
    (3.0, 1.41)
    """
    parts = np.asarray(parts, dtype=float)
    return float(parts.sum() ** 2 / np.square(parts).sum())


def from_influence(
    metric: Metric,
    value,
    influence: np.ndarray,
    groups=None,
    sizes: tuple[int, ...] = (),
    exact: tuple[tuple[int, ...], ...] = (),
) -> Estimate:
    """Return the estimate of any metric that is, to first order, a mean over rows.

    ``Cov = G / (G - 1) sum_g S_g S_g' / n²`` with ``S_g`` the sum of the influence values of group g's rows: the
    infinitesimal jackknife, clustered. Without groups each row is one.

    Parameters
    ----------
    metric : Metric
    value : array-like, shape (k,)
    influence : ndarray, shape (n_rows, k)
        How much each row pulls the value away from its mean, times n_rows: ``x_i - mean(x)`` for a plain mean. Each
        column sums to zero.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.
    sizes, exact
        As for `Estimate`.

    Raises
    ------
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    References
    ----------
    F. R. Hampel, Journal of the American Statistical Association 69, 383 (1974). Clustered: K.-Y. Liang and
    S. L. Zeger, Biometrika 73, 13 (1986).

    Examples
    --------
    >>> hits = np.array([[1.0], [0.0], [1.0], [1.0]])
    >>> metric = Metric("accuracy", 1, "accuracy", "labels")
    >>> from_influence(metric, hits.mean(axis=0), hits - hits.mean(axis=0)).covariance.item()
    0.0625
    """
    n_rows, k = influence.shape
    code, n_groups = groups_of(np.arange(n_rows) if groups is None else groups, n_rows)
    covariance = _covariance(influence, n_rows)
    effect, units = np.ones(k), float(n_rows)
    if n_groups < n_rows:
        units = effective_number(np.bincount(code))
        naive = np.diag(covariance)
        sums = np.stack([np.bincount(code, column, n_groups) for column in influence.T], axis=1)
        covariance = _covariance(sums, n_rows)
        effect = np.divide(np.diag(covariance), naive, out=np.ones(k), where=naive > 0)
    return Estimate(metric, np.atleast_1d(np.asarray(value, float)), covariance, (units,), sizes, exact, effect)


def _covariance(sums: np.ndarray, n_rows: int) -> np.ndarray:
    n_groups = len(sums)
    return n_groups / (n_groups - 1) * (sums.T @ sums) / n_rows**2
