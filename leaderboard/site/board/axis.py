"""The axis on which a board draws intervals: worse is left and better is right, whichever way the metric runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal, Protocol

from challenges.spec import Track
from scoring.metrics import METRICS

TICKS = 7
"""So many values at most are written along an axis."""

MARGIN = 0.03
"""Of the width, beyond what is drawn."""


class Interval(Protocol):
    """What has limits: an entry of a board, or a step."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True)
class Line:
    """A score to compare with, drawn through all rows: floor and reference of a track, or one on real data."""

    kind: Literal["floor", "reference", "published"]
    value: float
    says: str


@dataclass(frozen=True)
class Axis:
    """An axis from a value at its left end to one at its right.

    Examples
    --------
    >>> axis = Axis(0.7, 0.9)
    >>> [round(axis.at(value)) for value in (0.7, 0.75, 0.95)], axis.holds(0.95), axis.ticks
    ([0, 25, 100], False, [0.7, 0.75, 0.8, 0.85, 0.9])
    >>> less_is_better = Axis(0.3, 0.1)
    >>> round(less_is_better.at(0.15)), less_is_better.ticks
    (75, [0.3, 0.25, 0.2, 0.15, 0.1])
    """

    worse: float
    better: float

    def at(self, value: float) -> float:
        """Return where a value lies, in per cent of the width; at an end if it lies beyond."""
        return min(max(100 * (value - self.worse) / (self.better - self.worse), 0.0), 100.0)

    def holds(self, value: float) -> bool:
        """Return whether a value lies between the ends."""
        return min(self.worse, self.better) <= value <= max(self.worse, self.better)

    @property
    def ticks(self) -> list[float]:
        """Round values along the axis, from left to right."""
        left, right = sorted((self.worse, self.better))
        rough = (right - left) / TICKS
        power = 10.0 ** floor(log10(rough))
        step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.999)
        # A tick on an end is one, whatever the floating point says.
        first, last = ceil(left / step - 1e-6), floor(right / step + 1e-6)
        found = [round(step * one, 10) for one in range(first, last + 1)]
        return found if self.worse < self.better else found[::-1]


def lines_of(track: Track) -> list[Line]:
    """Return what a track's scores are compared with."""
    anchors = track.anchors
    return [
        Line("floor", anchors.floor, "what a trivial answer scores"),
        Line("reference", anchors.reference, "a strong answer, worth 50 points"),
        *(Line("published", one.value, f"on real data: {one.what} ({one.source})") for one in track.published),
    ]


def axis_of(track: Track, intervals: Sequence[Interval], lines: Iterable[Line] = ()) -> Axis:
    """Return the axis that shows intervals, and those lines that are not far from them.

    What lies far below the track's floor does not stretch it: one empty answer would make all others look alike.
    """
    sign = 1 if METRICS[track.metric].greater_is_better else -1
    spans = [sorted((sign * one.low, sign * one.high)) for one in intervals]
    good = [one for one in spans if one[1] >= sign * track.anchors.floor] or spans
    left, right = min(low for low, _ in good), max(high for _, high in good)
    room = right - left or 0.01
    others = [*(sign * line.value for line in lines), *(low for low, _ in spans)]
    near = [one for one in others if left - room <= one <= right + room]
    left, right = min(left, *near), max(right, *near)
    margin = MARGIN * (right - left or room)
    return Axis(sign * (left - margin), sign * (right + margin))
