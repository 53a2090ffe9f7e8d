"""Told before an event opens: which teams its holdout can tell apart, and what probing its board can gain."""

from math import floor, log10
from numbers import Integral
from statistics import NormalDist

import numpy as np

from scoring.estimate import Estimate
from scoring.roc import ROC_AUC
from scoring.validate import OneClassError, ScoringError, probability


def planned(auc: float, m: int, n: int, design_effect: float = 1.0) -> Estimate:
    """Return the ROC-AUC that a holdout yet to be drawn would show, with its variance.

    ``Var = d A (1 - A) (1 + ((m + n) / 2 - 1) ((1 - A) / (2 - A) + A / (1 + A))) / (m n)``: Hanley and McNeil's
    variance with both classes treated alike, as Newcombe does. For normal scores it is close up to an AUC of 0.8, and
    on the safe side above. Theirs supposes exponential scores: with 200 of one class and 2,000 of the other it puts
    the standard error a fifth too high or too low.

    Parameters
    ----------
    auc : float
        What a team is expected to reach, above 0 and below 1.
    m, n : int
        Positives and negatives of the holdout.
    design_effect : float
        Variance over the variance with independent rows: about ``1 + (rows a group - 1) * correlation within``.

    Raises
    ------
    OneClassError
        If there are fewer than two of either class.
    ScoringError
        If the AUC is not between 0 and 1, or the design effect is not positive.

    References
    ----------
    J. A. Hanley and B. J. McNeil, Radiology 143, 29 (1982). R. G. Newcombe, Statistics in Medicine 25, 559 (2006).

    Examples
    --------
    >>> planned(0.8, 500, 500).standard_error.round(4).tolist()
    [0.014]
    """
    auc = probability(auc, "an expected AUC")
    if not all(isinstance(size, Integral) and size >= 2 for size in (m, n)):
        raise OneClassError(f"at least 2 of each class are needed, got {m} positives and {n} negatives")
    if not 0 < design_effect < np.inf:
        raise ScoringError(f"a design effect is a positive number, got {design_effect}")
    pairs = ((m + n) / 2 - 1) * ((1 - auc) / (2 - auc) + auc / (1 + auc))
    variance = design_effect * auc * (1 - auc) * (1 + pairs) / (m * n)
    units = max(m / max(design_effect, 1), 2.0), max(n / max(design_effect, 1), 2.0)
    effect = np.array([design_effect], float)
    return Estimate(ROC_AUC, np.array([auc]), np.array([[variance]]), units, (m, n), (), effect)


def resolvable_gap(estimate: Estimate, correlation: float = 0.5, power: float = 0.8, level: float = 0.95) -> float:
    """Return the smallest true gap between two teams that a two-sided test finds as often as ``power`` says.

    ``(z_level + z_power) SE sqrt(2 (1 - correlation))``, both teams' values being as uncertain as the estimate's.

    Parameters
    ----------
    estimate : Estimate
        Of one value, measured or `planned`.
    correlation : float
        Of the two teams' values over repeated holdouts: a little less than that of their scores within a class.
    power : float
        Share of holdouts on which a true gap of this size is found.
    level : float
        Confidence level of the test.

    Returns
    -------
    float
        In the metric's unit.

    Raises
    ------
    ScoringError
        If the estimate has more than one value, or a number is out of range.

    References
    ----------
    J. A. Hanley and B. J. McNeil, Radiology 148, 839 (1983).

    Examples
    --------
    >>> round(resolvable_gap(planned(0.8, 500, 500)), 4)
    0.0392
    """
    if len(estimate.value) != 1:
        raise ScoringError(f"a gap is planned from the estimate of one value, got one of {len(estimate.value)}")
    if not -1 <= correlation < 1:
        raise ScoringError(f"a correlation of two teams lies between -1 and 1 and is not 1, got {correlation}")
    power, level = probability(power, "a power"), probability(level, "a confidence level")
    z = NormalDist().inv_cdf(0.5 + level / 2) + NormalDist().inv_cdf(power)
    return float(z * estimate.standard_error[0] * np.sqrt(2 * (1 - correlation)))


def finest_step(labels: np.ndarray) -> float:
    """Return the finest step at which a board of areas under the ROC curve does not show a single label.

    A row that is moved from amid the other class to its end moves the area by half of one over the size of its own
    class: up if it was a positive, down if it was not. A board with finer steps than that tells its label, asked once.

    Parameters
    ----------
    labels : ndarray, shape (n,)
        Of the rows that the board is computed on; with more than two classes it shows the mean of one area for each.

    Returns
    -------
    float
        1, 2 or 5 times a power of ten.

    Raises
    ------
    OneClassError
        If there is one class only.

    Examples
    --------
    >>> finest_step(np.arange(270) % 2), finest_step(np.arange(3000) % 2), finest_step(np.arange(300) % 3)
    (0.005, 0.0005, 0.002)
    """
    sizes = np.unique(labels, return_counts=True)[1]
    if len(sizes) < 2:
        raise OneClassError(f"a board of areas needs two classes, got {len(sizes)}")
    areas = 1 if len(sizes) == 2 else len(sizes)
    moved = 0.5 / (areas * int(sizes.min()))
    power = floor(log10(moved))
    return next(float(f"{digit}e{power}") for digit in (1, 2, 5, 10) if digit * 10.0**power >= moved * (1 - 1e-9))


def best_of(files: int) -> float:
    """Return how many standard errors the best of so many random files is above their mean: probing at its simplest.

    Parameters
    ----------
    files : int
        Independent files of equal true worth, one or more.

    Raises
    ------
    ScoringError
        If there is no file.

    Examples
    --------
    >>> round(best_of(30), 2), round(best_of(5 * 30), 2)
    (2.04, 2.65)
    """
    from scipy.special import ndtr

    if not isinstance(files, Integral) or files < 1:
        raise ScoringError(f"the best is that of one file or more, got {files}")
    x = np.linspace(-10, 10, 20_001)
    # E[max] = integral of P(max > x) over x > 0, less that of P(max < x) over x < 0.
    below = ndtr(x) ** files
    return float(np.trapezoid(np.where(x > 0, 1 - below, -below), x))


def units_for(limit: float, gain: float, auc: float = 0.5) -> int:
    """Return how many independent units, half of them positive, keep ``gain`` standard errors of an AUC to a limit.

    Parameters
    ----------
    limit : float
        In AUC, above 0.
    gain : float
        What probing gains, in standard errors; `best_of` tells it of random files.
    auc : float
        Where the probing begins.

    Raises
    ------
    ScoringError
        If limit or gain is not positive, or the AUC is not between 0 and 1.

    Examples
    --------
    >>> units_for(0.04, best_of(30))
    870
    """
    if not (limit > 0 and gain > 0):
        raise ScoringError(f"a limit and a gain are positive, got {limit} and {gain}")
    least, most = 2, 4
    while gain * planned(auc, most, most).standard_error[0] > limit:
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        low_enough = gain * planned(auc, middle, middle).standard_error[0] <= limit
        least, most = (least, middle) if low_enough else (middle, most)
    return 2 * most
