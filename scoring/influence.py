"""From the influence of each row on a metric of several classes to its covariance, whether rows are grouped or not."""

import numpy as np

from scoring.estimate import Estimate, Metric, effective_number
from scoring.validate import GroupError, groups_of

# From this share of a class in one group on, nothing is left to compare the group with.
WHOLE = 1 - 1e-9


def from_classes(
    metric: Metric,
    value: np.ndarray,
    influence: np.ndarray,
    code: np.ndarray,
    share: np.ndarray,
    sizes: tuple[int, int],
    groups=None,
    first: int = 0,
) -> Estimate:
    """Return the estimate of a metric from the influence values of rows of several classes.

    ``Cov = sum_g S_g S_g'``. For each class, ``S_g`` sums what group g's rows of it pull, less the class's mean, over
    ``1 - h``, h being the share of the class that g holds, times ``sqrt((I - 1) / I)`` for I groups with the class: the
    jackknife that leaves out a group at a time. To this comes the same sum of the classes' means, over all rows. For
    two classes it is DeLong's covariance of AUCs if each row is a group, and Obuchowski's if all groups hold the same.

    Parameters
    ----------
    metric : Metric
    value : ndarray, shape (k,)
    influence : ndarray, shape (n_rows, k)
        By how much each row pulls the value away; columns sum to zero.
    code : ndarray of integers, shape (n_rows,)
        Each row's class, from 0.
    share : ndarray, shape (n_rows,)
        Each row's share of its class: one over the class's size, or its part of the class's weight.
    sizes : tuple of int
        As for `Estimate`: of one class, and of all others.
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.
    first : int
        The number of that one class.

    Raises
    ------
    GroupError
        If the groups do not fit, or one holds a whole class.

    References
    ----------
    N. A. Obuchowski, Biometrics 53, 567 (1997). The jackknife for unequal groups: R. M. Bell and D. F. McCaffrey,
    Survey Methodology 28, 169 (2002).

    Examples
    --------
    >>> influence, halves = np.array([[0.5], [-0.5], [0.25], [-0.25]]), np.full(4, 0.5)
    >>> metric = Metric("area", 1, "area", "labels")
    >>> found = from_classes(metric, np.zeros(1), influence, np.array([1, 1, 0, 0]), halves, sizes=(2, 2))
    >>> round(found.covariance.item(), 6)
    1.25
    """
    n_rows, k = influence.shape
    between = (_sums(influence, code) / np.bincount(code)[:, None])[code]
    parts = ((influence - between, code, share), (between, np.zeros(n_rows, np.intp), np.full(n_rows, 1 / n_rows)))
    covariance = naive = _jackknife(parts, np.arange(n_rows))
    group = np.arange(n_rows)
    if groups is not None:
        group, n_groups = groups_of(groups, n_rows)
        if n_groups < n_rows:
            covariance = _jackknife(parts, group)
    held = (effective_number(np.bincount(group[rows], share[rows])) for rows in (code == first, code != first))
    units = tuple(min(worth, float(size)) for worth, size in zip(held, sizes, strict=True))
    alone = np.diag(naive)
    effect = np.divide(np.diag(covariance), alone, out=np.ones(k), where=alone > 0)
    return Estimate(metric, value, covariance, units, sizes, (), effect)


def _jackknife(parts, group: np.ndarray) -> np.ndarray:
    each = (_sums(values * _leverage(code, share, group)[:, None], group) for values, code, share in parts)
    sums = sum(each, start=np.zeros(1))
    return sums.T @ sums


def _leverage(code: np.ndarray, share: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return for each row how much its pull grows once its group is left out of its class."""
    n_groups, n_classes = group.max() + 1, code.max() + 1
    of_class = code * n_groups + group
    held = np.bincount(of_class, share, n_groups * n_classes)
    if held.max() > WHOLE:
        raise GroupError(
            "each class must come from at least 2 groups (or rows of weight), "
            f"one holds all of class number {held.argmax() // n_groups}"
        )
    present = np.count_nonzero(held.reshape(n_classes, n_groups), axis=1)
    return np.sqrt((present - 1) / present)[code] / (1 - held)[of_class]


def _sums(columns: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(code, column) for column in columns.T], axis=1)
