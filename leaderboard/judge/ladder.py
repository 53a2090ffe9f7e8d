"""The Ladder: what a board may show of a track, so that probing inflates it slowly."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil
from typing import Protocol

ROUNDING = 1e-9
"""Relative to a step; differences of values that are a step apart miss it by a million times less."""


class Interval(Protocol):
    """A value with its interval, such as a score."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True)
class Judged:
    """One submission as the judge knows it: its raw value with the interval, never shown."""

    submission: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, submission: int, score: Interval) -> "Judged":
        """Return it of a score."""
        return cls(submission, score.value, score.low, score.high)


@dataclass(frozen=True)
class Shown:
    """What may be shown after one submission: the team's best so far, on the track's grid."""

    submission: int
    best: Judged

    @property
    def moved(self) -> bool:
        """Whether this submission became the team's best."""
        return self.submission == self.best.submission


def climb(
    judged: Iterable[Judged],
    difference_error: Callable[[int, int], float],
    step: float,
    *,
    best: Judged | None = None,
    greater_is_better: bool = True,
) -> list[Shown]:
    """Fold one team's submissions, in order of receipt, into what is shown after each.

    The shown best moves only when the new value beats it by more than the larger of the track's step and the standard
    error of the difference of the two on the same rows; a gain of one step to within rounding is none. So a team learns
    one bit from most submissions. That slows fitting the public slice by trial and does not stop it: docs/scoring.md
    says how much is left.

    Parameters
    ----------
    judged : iterable of Judged
        In order of receipt.
    difference_error : callable
        ``(new, best)``, submission numbers, to the standard error of their difference; asked for only where the gain
        is above the step, so that replaying a long history is cheap.
    step : float
        In the metric's unit.
    best : Judged, optional
        The best of what came before, where these are not the first.
    greater_is_better : bool
        The metric's direction.

    References
    ----------
    A. Blum and M. Hardt, The Ladder: a reliable leaderboard for machine learning competitions, ICML (2015).

    Examples
    --------
    >>> runs = [Judged(1, 0.800, 0.78, 0.82), Judged(2, 0.803, 0.78, 0.82), Judged(3, 0.830, 0.81, 0.85)]
    >>> [shown.best.submission for shown in climb(runs, lambda new, best: 0.004, step=0.005)]
    [1, 1, 3]
    """
    shown = []
    sign = 1 if greater_is_better else -1
    for new in judged:
        if best is None:
            best = new
        else:
            gain = sign * (new.value - best.value)
            if gain > step * (1 + ROUNDING) and gain > difference_error(new.submission, best.submission):
                best = new
        shown.append(Shown(new.submission, best))
    return shown


def on_grid(value: float, low: float, high: float, step: float) -> tuple[float, float, float]:
    """Return the value on the nearest grid point, and an interval around that point which holds the true one.

    The half-width is rounded up to the grid and counted from the shown point: three limits that were rounded one by one
    would together tell where between two grid points the value lies.

    Examples
    --------
    >>> on_grid(0.8012, 0.7871, 0.8149, 0.005)
    (0.8, 0.78, 0.82)
    """
    shown = round(value / step)
    half = ceil((max(value - low, high - value) + step / 2) / step - ROUNDING)
    value, low, high = (round(point * step, 12) for point in (shown, shown - half, shown + half))
    return value, low, high
