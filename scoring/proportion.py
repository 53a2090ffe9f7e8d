"""Shares of rows that are hit, with their uncertainty, where rows of a group may be alike."""

from dataclasses import replace

import numpy as np

from scoring.estimate import Estimate, Metric, from_influence
from scoring.validate import groups_of


def proportion(metric: Metric, hits: np.ndarray, groups=None) -> Estimate:
    """Return the shares of rows that k models hit.

    Parameters
    ----------
    metric : Metric
    hits : ndarray of bool, shape (n_rows, k)
    groups : array-like, shape (n_rows,), optional
        The independent unit of each row.

    Returns
    -------
    Estimate
        Its ``exact`` holds ``(hits, n_rows)``; its design effect is the larger of what the groups' sums show and of
        `design_effect`, because the former is too small where few rows, or few small groups, are missed.

    Raises
    ------
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    Examples
    --------
    >>> found = proportion(Metric("share", 1, "share", "hits"), np.array([[True], [False], [True], [True]]))
    >>> found.value.item(), found.exact
    (0.75, ((3, 4),))
    """
    n_rows, count = len(hits), hits.sum(axis=0)
    value = count / n_rows
    exact = tuple((int(one), n_rows) for one in count)
    found = from_influence(metric, value, hits - value, groups, sizes=(n_rows,), exact=exact)
    return replace(found, design_effect=np.maximum(found.design_effect, design_effect(hits, groups)))


def design_effect(hits: np.ndarray, groups=None) -> np.ndarray:
    """Return the variance of the shares of hits over that of independent rows, shape (k,); 1 without groups.

    ``1 + (typical - 1) correlation``, with the mean over rows of the size of a row's group, and the correlation within
    groups from the analysis of variance. The fewer rows are hit, or the fewer are missed, the less that estimate is
    worth: it counts as often as there are such rows, a correlation of one half counts once. Without any such row the
    correlation is taken as 1.

    Parameters
    ----------
    hits : ndarray of bool, shape (n_rows, k)
    groups : array-like, shape (n_rows,), optional

    Raises
    ------
    GroupError
        If the groups do not fit, or fewer than two independent units are there.

    References
    ----------
    L. Kish, Survey Sampling (1965), chapter 8. R. A. Fisher, Statistical Methods for Research Workers (1925),
    chapter 7, for the correlation.

    Examples
    --------
    >>> hits = np.array([[True, True], [True, True], [False, True], [False, True]])
    >>> design_effect(hits, groups=["a", "a", "b", "b"]).round(2).tolist()
    [1.83, 2.0]
    """
    n_rows = len(hits)
    code, n_groups = groups_of(np.arange(n_rows) if groups is None else groups, n_rows)
    if n_groups == n_rows:
        return np.ones(hits.shape[1])
    size = np.bincount(code)[:, None]
    count = np.stack([np.bincount(code, column, n_groups) for column in hits.T], axis=1)
    typical = (size**2).sum() / n_rows
    between = ((count - size * hits.mean(axis=0)) ** 2 / size).sum(axis=0) / (n_groups - 1)
    within = (count * (size - count) / size).sum(axis=0) / (n_rows - n_groups)
    total = between + ((n_rows - typical) / (n_groups - 1) - 1) * within
    found = np.divide(between - within, total, out=np.ones(hits.shape[1]), where=total > 0).clip(0, 1)
    fewer = np.minimum(hits.sum(axis=0), (~hits).sum(axis=0))
    correlation = np.where(fewer > 0, (found * fewer + 0.5) / (fewer + 1), 1.0)
    return 1 + (typical - 1) * correlation
