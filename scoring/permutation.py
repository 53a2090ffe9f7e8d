"""What chance alone would show: labels exchanged between groups, never inside one."""

from collections.abc import Callable

import numpy as np

from scoring.validate import array_of, groups_of, probability

RESOLVED = 0.49
"""Rounds that must lie beyond a limit, on average, for quantiles to tell it."""


def exchanged(labels: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the labels with whole groups having exchanged theirs; rows of a group stay together.

    Groups of equal size change places. Groups of a size that no other has are laid end to end, and their labels, in a
    new order of groups, over them: what held together stays together but for the groups' ends.

    Parameters
    ----------
    labels : ndarray, shape (n_rows,) or (n_rows, t)
    groups : ndarray, shape (n_rows,)
    rng : Generator

    Examples
    --------
    >>> exchanged(np.array([1, 0, 0, 0, 1, 1]), np.array([5, 5, 6, 6, 7, 7]), np.random.default_rng(3)).tolist()
    [1, 1, 0, 0, 1, 0]
    """
    code, n_groups = groups_of(groups, len(labels))
    by_group = np.argsort(code, kind="stable")
    sizes = np.bincount(code, minlength=n_groups)
    starts = np.cumsum(sizes) - sizes
    new = np.empty_like(labels)
    equal, counts = np.unique(sizes, return_counts=True)
    for size in equal[counts > 1]:
        of_size = starts[sizes == size]
        places = by_group[of_size[:, None] + np.arange(size)]
        new[places] = labels[places[rng.permutation(len(places))]]
    alone = np.flatnonzero(np.isin(sizes, equal[counts == 1]))
    if len(alone):
        rows = [by_group[starts[group] : starts[group] + sizes[group]] for group in alone]
        source = np.concatenate([rows[place] for place in rng.permutation(len(alone))])
        new[np.concatenate(rows)] = labels[np.roll(source, rng.integers(len(source)))]
    return new


def permutation_interval(
    statistic: Callable[[np.ndarray], float],
    labels,
    groups,
    *,
    rounds: int = 999,
    level: float = 0.99,
    seed: int = 1,
) -> tuple[float, float]:
    """Return between which values a statistic lies if labels have nothing to do with it.

    The quantiles of the statistic over random exchanges of labels between groups. Exact where groups are exchangeable
    and no size occurs once, whatever goes on inside them; else close to it. A level so high that less than half a round
    would lie beyond a limit is told by the normal distribution that has the rounds' mean and spread.

    Parameters
    ----------
    statistic : callable
        From labels to a number.
    labels : array-like, shape (n_rows,) or (n_rows, t)
    groups : array-like, shape (n_rows,)
        The independent unit of each row.
    rounds : int
        Random exchanges.
    level : float
        Probability that chance stays inside.
    seed : int

    Raises
    ------
    GroupError
        If the groups do not fit the rows.

    References
    ----------
    P. I. Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, Springer (2005).

    Examples
    --------
    >>> labels, score = np.arange(200) % 2, np.random.default_rng(0).normal(size=200)
    >>> low, high = permutation_interval(lambda y: np.corrcoef(score, y)[0, 1], labels, np.arange(200))
    >>> round(low, 2), round(high, 2)
    (-0.18, 0.19)
    """
    labels = np.atleast_1d(array_of(labels, "labels"))
    groups, _ = groups_of(groups, len(labels))
    from scipy.special import ndtri

    rng = np.random.default_rng(seed)
    values = [statistic(exchanged(labels, groups, rng)) for _ in range(rounds)]
    tail = (1 - probability(level, "a level")) / 2
    if tail * rounds < RESOLVED:
        low, high = np.mean(values) + np.std(values) * ndtri([tail, 1 - tail])
    else:
        low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation, 0 where one of both does not vary."""
    return float(correlations(np.asarray(x, float)[:, None], np.asarray(y, float))[0])


def correlations(columns: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of each column, shape (n, k), with y, shape (n,); 0 where one does not vary."""
    centred, y = columns - columns.mean(axis=0), y - y.mean()
    scale = np.sqrt((centred**2).sum(axis=0) * (y**2).sum())
    return np.divide(y @ centred, scale, out=np.zeros(columns.shape[1]), where=scale > 0)
