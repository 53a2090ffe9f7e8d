"""The observed slice: how many recordings of real things raise an alarm that simulated empty ones rarely do."""

import numpy as np

from scoring.detection import detection_rate
from scoring.estimate import Estimate

FALSE_ALARM_RATE = 0.05


def shares_below(scores: np.ndarray, of: np.ndarray, groups: np.ndarray, of_groups: np.ndarray) -> np.ndarray:
    """Return for each score the share of others of the same group that are lower, ties counted half.

    Parameters
    ----------
    scores, of : ndarray, shapes (n,) and (m,)
    groups, of_groups : ndarray of int, shapes (n,) and (m,)

    Returns
    -------
    ndarray, shape (n,)
        nan where a group has no others.

    Examples
    --------
    >>> shares_below(np.array([2.0, 5.0]), np.array([1.0, 2.0, 9.0]), np.array([0, 1]), np.array([0, 0, 1])).tolist()
    [0.75, 0.0]
    """
    found = np.full(len(scores), np.nan)
    for group in np.unique(of_groups):
        own, others = groups == group, np.sort(of[of_groups == group])
        found[own] = (
            (np.searchsorted(others, scores[own]) + np.searchsorted(others, scores[own], "right")) / 2 / len(others)
        )
    return found


def observed_detection(
    observed, empty, observed_groups, empty_groups, *, false_alarm_rate: float = FALSE_ALARM_RATE
) -> Estimate:
    """Return the share of recordings that score above a threshold which few simulated empty ones reach.

    Real recordings are all claimed to hold a signal and none is proven empty: an area under a curve needs both kinds.
    So the threshold comes from simulation, and only the rate of alarms is told.

    Parameters
    ----------
    observed : list of array-like, shape (n_observed,)
        The scores that each of k models gives the recordings.
    empty : list of array-like, shape (n_empty,)
        Its scores of simulated rows without a signal.
    observed_groups, empty_groups : ndarray of int
        The independent unit of each row; a number means another unit in each of both.
    false_alarm_rate : float, default 0.05
        The share of the empty ones that may raise the alarm.

    Raises
    ------
    OneClassError
        If there is no recording, or there are fewer than two empty rows.
    LengthError, NotFiniteError
        As `scoring.detection.detection_rate`.

    Examples
    --------
    >>> recordings, empty = [[0.9, 0.2]], [[0.1, 0.3, 0.5, 0.2]]
    >>> observed_detection(recordings, empty, np.arange(2), np.arange(4), false_alarm_rate=0.25).exact
    ((1, 2),)
    """
    labels = np.repeat([1, 0], [len(observed_groups), len(empty_groups)])
    groups = [np.unique(part, return_inverse=True)[1] for part in (observed_groups, empty_groups)]
    scores = [np.concatenate(pair) for pair in zip(observed, empty, strict=True)]
    return detection_rate(labels, scores, false_alarm_rate, np.concatenate([groups[0], groups[1] + len(groups[0])]))
