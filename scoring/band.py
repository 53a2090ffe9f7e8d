"""Confidence limits of one class's rate above the cut that the other class sets: for ROC curves and working points."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from scoring.estimate import effective_number
from scoring.validate import OneClassError, probability

# More angles would widen the limits of small samples by a few percent; with these they cover already.
ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 17)[:, None]


@dataclass(frozen=True)
class Evidence:
    """How well a sample tells two classes' rates above each of some cuts.

    Attributes
    ----------
    cutting, counted : ndarray, shape (n_cuts,)
        Effective sizes of the class whose rate is given and of the one whose rate is sought.
    correlation : ndarray, shape (n_cuts,)
        Correlation of the two rates over repeated samples; 0 without groups.
    """

    cutting: np.ndarray
    counted: np.ndarray
    correlation: np.ndarray

    @classmethod
    def of_rows(cls, cutting: int, counted: int, n_cuts: int) -> "Evidence":
        """Return it for independent rows, of which each class has as many as said."""
        return cls(np.full(n_cuts, float(cutting)), np.full(n_cuts, float(counted)), np.zeros(n_cuts))

    @classmethod
    def of_groups(cls, cutting: "ClassInGroups", counted: "ClassInGroups", cuts, level: float) -> "Evidence":
        """Return it for rows in groups, by the design effects of the two rates at each cut.

        Raises
        ------
        OneClassError
            If a class comes from fewer than two groups.
        """
        classes = cutting, counted
        if min(one.n_groups for one in classes) < 2:
            found = " and ".join(str(one.n_groups) for one in classes)
            raise OneClassError(f"each class must come from at least 2 groups, got {found}")
        sizes = [np.array([one.effective_size(cut, level) for cut in cuts]) for one in classes]
        correlation = [_cosine(*(one.group_sums(one.scores >= cut) for one in classes)) for cut in cuts]
        return cls(sizes[0], sizes[1], np.array(correlation))


class ClassInGroups:
    """The rows of one class, in groups.

    Parameters
    ----------
    scores : ndarray, shape (n_rows,)
    code : ndarray of int, shape (n_rows,)
        Each row's group.
    code_end : int
        One more than the highest group of any class.
    """

    def __init__(self, scores: np.ndarray, code: np.ndarray, code_end: int):
        self.scores, self.code, self.code_end = scores, code, code_end
        sizes = np.unique(code, return_counts=True)[1]
        self.n_groups, self.units = len(sizes), effective_number(sizes)
        ascending = np.sort(scores)
        self.ranks = ascending.searchsorted(scores, "left") + ascending.searchsorted(scores, "right")

    def group_sums(self, values: np.ndarray) -> np.ndarray:
        """Return each group's sum of how far its rows are from the mean of all, shape (code_end,)."""
        return np.bincount(self.code, values - values.mean(), self.code_end)

    def effective_size(self, cut: float, level: float) -> float:
        """Return how many independent rows would tell the share above a cut as well."""
        from scipy.special import stdtrit

        passing, size = self.scores >= cut, len(self.scores)
        # Where all rows agree, ranks say how alike a group's rows are.
        agree = passing.all() or not passing.any()
        effective = np.clip(size / self._design_effect(self.ranks if agree else passing), self.units, size)
        # Few groups tell little of their own spread.
        tail = 0.5 + level / 2
        return float(effective * (stdtrit(size - 1, tail) / stdtrit(max(self.units - 1, 1.0), tail)) ** 2)

    def _design_effect(self, values: np.ndarray) -> float:
        single, sums = values.var(ddof=1) * len(values), self.group_sums(values)
        if single == 0:
            return len(values) / self.units
        return max(self.n_groups / (self.n_groups - 1) * (sums @ sums) / single, 1e-12)


def rate_limits(cutting, counted, share, level: float, evidence: Evidence, ties_in_full: bool) -> np.ndarray:
    """Return limits of the counted class's rate above the cuts where the cutting class's true rate is ``share``.

    Two observed rates err at the true cut: the cutting class's by z_x standard deviations, the counted class's by
    z_y. The first says between which order statistics the true cut lies (binomial distribution); the second gives
    Clopper and Pearson's limit there. The result holds every rate within the ellipse
    ``z_x² - 2 r z_x z_y + z_y² = (1 - r²) z²``: a profile likelihood interval with exact tails for its signed roots,
    to first order the rate ``± z sqrt(s_x² - 2 r s_x s_y + s_y²)``, where s_x is the standard error of the cutting
    class's rate times the ROC curve's slope. No density is estimated, and the curve may jump.

    Groups enter through design effects: of quantiles as Woodruff's, of proportions as Korn and Graubard's.

    Parameters
    ----------
    cutting, counted : ndarray, shape (m,) and (n,)
        Ascending scores of the two classes.
    share : ndarray, shape (n_cuts,)
        True rates of the cutting class, from 0 to 1.
    level : float
        Coverage asked for, between 0 and 1.
    evidence : Evidence
    ties_in_full : bool
        Whether a cut lets all that ties with it pass. If not, a tie is a straight line: cuts may split it.

    Returns
    -------
    ndarray, shape (2, n_cuts)

    Raises
    ------
    ScoringError
        If the level is not between 0 and 1.

    References
    ----------
    F. Hsieh and B. W. Turnbull, Annals of Statistics 24, 25 (1996): the two variances. G. Y. Zou and A. Donner,
    Statistics in Medicine 27, 1693 (2008): their sum, recovered from the limits of each. R. S. Woodruff, Journal of
    the American Statistical Association 47, 635 (1952). E. L. Korn and B. I. Graubard, Survey Methodology 24, 193
    (1998).

    Examples
    --------
    >>> scores = np.arange(100.0)
    >>> rate_limits(scores, scores, np.array([0.3]), 0.95, Evidence.of_rows(100, 100, 1), True).round(2).tolist()
    [[0.18], [0.45]]
    """
    from scipy.special import ndtr

    level = probability(level, "a confidence level")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    r = np.clip(evidence.correlation, -1, 1)
    one_sided = ndtr(z * (np.sqrt(1 - r**2) * np.cos(ANGLES) - r * np.sin(ANGLES)))
    # One effective row stands for several: where the true cut lies is known to no less than that.
    scale = len(cutting) / evidence.cutting
    rank = scale * _binomial_quantile(ndtr(z * np.sin(ANGLES)), evidence.cutting, share)
    first, last = np.floor(rank[::-1] + 1e-9), np.ceil(rank + scale - 1e-9)
    if ties_in_full:
        fewest, most = (share_passing(counted, cut_at(cutting, at)) for at in (first, last))
    else:
        fewest, most = _share_on_line(cutting, counted, first, first - 1), _share_on_line(cutting, counted, last, last)
    low = 1 - _upper_limit(1 - fewest, evidence.counted, one_sided)
    high = _upper_limit(most, evidence.counted, one_sided)
    return np.stack([low.min(axis=0), high.max(axis=0)])


def cut_at(ascending, rank) -> np.ndarray:
    """Return the rank-th best score, counted from 1: infinite before the first, minus infinite after the last."""
    padded = np.concatenate([[-np.inf], ascending, [np.inf]])
    return padded[np.clip(len(ascending) + 1 - rank, 0, len(ascending) + 1).astype(np.int64)]


def share_passing(ascending, cut, with_ties: bool = True) -> np.ndarray:
    """Return the share of a class above each cut, and with ties those at it."""
    return (len(ascending) - ascending.searchsorted(cut, "left" if with_ties else "right")) / len(ascending)


def _share_on_line(cutting, counted, rank, passed) -> np.ndarray:
    """Return the counted share where ``passed`` of the cutting class are, up to and with its rank-th best score."""
    cut = cut_at(cutting, rank)
    x_before, x_after = share_passing(cutting, cut, with_ties=False), share_passing(cutting, cut)
    y_before, y_after = share_passing(counted, cut, with_ties=False), share_passing(counted, cut)
    step = x_after - x_before
    part = np.divide(passed / len(cutting) - x_before, step, out=np.zeros_like(step), where=step > 0)
    return y_before + part * (y_after - y_before)


def _binomial_quantile(below, trials, share) -> np.ndarray:
    """Return quantiles of the binomial distribution; trials need not be whole."""
    from scipy.special import bdtrik

    inside = np.ceil(bdtrik(below, trials, np.clip(share, 1e-12, 1 - 1e-12)) - 1e-9)
    return np.where(share <= 0, 0.0, np.where(share >= 1, trials, inside))


def _upper_limit(share, trials, one_sided) -> np.ndarray:
    """Return Clopper and Pearson's upper limits of proportions, each at its one-sided probability."""
    from scipy.special import betaincinv

    hits = share * trials
    return np.where(share < 1, betaincinv(hits + 1, np.maximum(trials - hits, 1e-12), one_sided), 1.0)


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    norm = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / norm) if norm > 0 else 0.0
