"""Who cannot be told apart, from what is shown alone: the ranks that intervals allow, and the group of leaders."""

import numpy as np

from scoring.validate import LengthError, NotFiniteError


def possible_ranks(low, high, *, greater_is_better: bool = True) -> np.ndarray:
    """Return the best and the worst rank that each of k intervals allows.

    A team is surely behind those whose interval lies wholly on the better side of its own, and surely ahead of those
    whose lies wholly on the worse one. Touching intervals part nobody. This reads what a board shows and nothing else:
    no paired comparison, no joint covariance; those part more teams (`rank_sets`), and are for the day of publication.

    Parameters
    ----------
    low, high : array-like, shape (k,)
        The limits that are shown.
    greater_is_better : bool
        The metric's direction.

    Returns
    -------
    ndarray of int, shape (k, 2)
        Best and worst rank; 1 is best.

    Raises
    ------
    LengthError
        If there are not as many upper limits as lower ones.
    NotFiniteError
        If a limit is nan.

    Examples
    --------
    >>> possible_ranks([0.80, 0.78, 0.70], [0.84, 0.82, 0.74]).tolist()
    [[1, 2], [1, 2], [3, 3]]
    """
    lower, upper = np.asarray(low, np.float64), np.asarray(high, np.float64)
    if lower.shape != upper.shape or lower.ndim != 1:
        raise LengthError(f"every interval has two limits, got {lower.shape} lower and {upper.shape} upper ones")
    if np.isnan(lower).any() or np.isnan(upper).any():
        raise NotFiniteError("a limit of an interval is nan")
    if not greater_is_better:
        lower, upper = -upper, -lower
    ahead = len(lower) - np.searchsorted(np.sort(lower), upper, side="right")
    behind = np.searchsorted(np.sort(upper), lower, side="left")
    return np.column_stack([1 + ahead, len(lower) - behind])


def leaders(ranks: np.ndarray) -> np.ndarray:
    """Return which of k may be the best, bool of shape (k,): all whose best possible rank is 1.

    Examples
    --------
    >>> leaders(possible_ranks([0.80, 0.78, 0.70], [0.84, 0.82, 0.74])).tolist()
    [True, True, False]
    """
    return ranks[:, 0] == 1
