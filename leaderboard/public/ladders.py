"""How far one can get on a track: what its starter and the rungs above it scored, on simulated data of default size."""

from collections.abc import Sequence
from dataclasses import dataclass

from baselines.measured import Measured, measured
from challenges.spec import Challenge, Track
from scoring.metrics import METRICS
from scoring.points import Points


@dataclass(frozen=True)
class Rung:
    """A rung as teams are told of it.

    Attributes
    ----------
    measured : Measured
    points : Points
        What it earns.
    next : bool
        Whether it is the first whose score lies beyond the interval of the starter's, or of the weakest rung's.
    """

    measured: Measured
    points: Points
    next: bool = False

    @property
    def title(self) -> str:
        """Return what it is called where a ladder is told."""
        return f"Next: {self.measured.title}" if self.next else self.measured.title

    @property
    def score(self) -> str:
        """Return its score with the limits of its interval."""
        return f"{self.measured.value:.4g} ({self.measured.low:.4g} – {self.measured.high:.4g})"

    @property
    def worth(self) -> str:
        """Return its points with their limits."""
        return f"{self.points.value:.0f} ({self.points.low:.0f} – {self.points.high:.0f})"


def ladder_of(challenge: Challenge, track: Track) -> list[Rung]:
    """Return the rungs of a track, weakest first; none where nothing was measured.

    Examples
    --------
    >>> from challenges.spec import find_track
    >>> [(rung.title, rung.score) for rung in ladder_of(*find_track("higgs.signal")) if rung.next]
    [('Next: Deep net', '0.7834 (0.777 – 0.7896)')]
    """
    found = measured(challenge.full_name(track))
    following = _next(track, found)
    return [Rung(one, worth_of(track, one), one is following) for one in found]


def worth_of(track: Track, one: Measured) -> Points:
    """Return the points that a measured score earns, with their limits."""
    anchors = track.anchors
    return Points.of(
        one.value, one.low, one.high, metric=METRICS[track.metric], floor=anchors.floor, reference=anchors.reference
    )


def _next(track: Track, found: Sequence[Measured]) -> Measured | None:
    greater_is_better = METRICS[track.metric].greater_is_better
    for one in found[1:]:
        if one.value > found[0].high if greater_is_better else one.value < found[0].low:
            return one
    return None
