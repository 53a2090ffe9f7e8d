"""Points that add up across challenges: each team's depend on its own scores and on nobody else's."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import expm1, fsum, inf, isfinite, isnan, log

from scoring.estimate import Metric
from scoring.groups import possible_ranks
from scoring.validate import NotFiniteError, ScoringError

CEILING = 100.0
"""What an answer without any error earns, on every track."""

AT_REFERENCE = 50.0
"""What the reference earns: half of what there is."""


class AnchorError(ScoringError):
    """Anchors that give no scale: equal, the better one called the floor, or without error."""


class UnknownTrackError(ScoringError):
    """Points for a track that the challenge does not have."""


@dataclass(frozen=True)
class Points:
    """Points with the limits that the score's own interval gives them."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.low, self.value, self.high))) or not self.low <= self.value <= self.high:
            raise NotFiniteError(f"points and their limits must be finite and in order, got {self}")

    @classmethod
    def of(cls, score: float, low: float, high: float, *, metric: Metric, floor: float, reference: float) -> "Points":
        """Return the points of a score and of the two limits of its interval, whichever way the metric runs."""
        worse, better = (low, high) if metric.greater_is_better else (high, low)
        return cls(*(points(one, metric, floor, reference) for one in (score, worse, better)))


@dataclass(frozen=True)
class Standing:
    """A team's place across challenges.

    Attributes
    ----------
    rank : int
        1 is best, and teams with equal points share the better place.
    team : str
    points, low, high : float
        The sum, and the sums of the limits: the half-widths add up, so the interval is on the safe side.
    rank_best, rank_worst : int
        The ranks that the intervals allow.
    """

    rank: int
    team: str
    points: float
    low: float
    high: float
    rank_best: int
    rank_worst: int


def points(score: float, metric: Metric, floor: float, reference: float) -> float:
    """Return what a score is worth: ``100 (1 - (error / error of the floor)^k)``, and nothing below the floor.

    ``k`` makes the reference worth 50. An error is what a score lacks to the best there is: ``1 - AUC``, an error rate,
    a squared error (of a PSNR ``10^(-PSNR / 10)``). So a team that brings the floor's error down by the same factor as
    the reference did earns half of what there is, by that factor once more three quarters, and 100 without any error:
    the same ceiling on every track, and as much for halving a small error as for halving a large one.

    Parameters
    ----------
    score : float
        In the metric's unit.
    metric : Metric
        With its direction, and the best value it can take.
    floor, reference : float
        What a trivial and a strong answer score, measured before the event.

    Raises
    ------
    AnchorError
        If the reference is not better than the floor, or has no error.
    NotFiniteError
        If a number is nan, or infinite in the wrong direction.

    Examples
    --------
    >>> from scoring.roc import ROC_AUC
    >>> [round(points(score, ROC_AUC, 0.5, 0.8), 1) for score in (0.5, 0.65, 0.8, 0.92, 1.0)]
    [0.0, 23.6, 50.0, 75.0, 100.0]
    """
    floor_error = _log_error(metric, "floor", floor)
    reference_error = _log_error(metric, "reference", reference)
    error = _log_error(metric, "score", score)
    if not -inf < reference_error < floor_error:
        raise AnchorError(
            f"the reference must be better than the floor and less than perfect in {metric.name}: got floor {floor:g}, "
            f"reference {reference:g}"
        )
    if error >= floor_error:
        return 0.0
    half = log(1 - AT_REFERENCE / CEILING)
    return -CEILING * expm1(half * (floor_error - error) / (floor_error - reference_error))


def _log_error(metric: Metric, name: str, value: float) -> float:
    """Return the logarithm of what a value lacks to the best that its metric can be; of nothing it is -inf."""
    best = metric.high if metric.greater_is_better else metric.low
    if isnan(value) or (not isfinite(value) and value != best):
        raise NotFiniteError(f"a {name} must be finite, got {value}")
    if metric.unit == "dB" and value != best:
        return -value * log(10) / 10
    if value != best and not isfinite(best):
        raise AnchorError(f"{metric.name} has no best value, so nobody can say what a score lacks to it")
    lacking = best - value if metric.greater_is_better else value - best
    return log(lacking) if lacking > 0 else -inf


def challenge_points(track_points: Mapping[str, Points], tracks: Collection[str]) -> Points:
    """Return the mean of a team's points over all tracks of a challenge; a track not entered counts 0.

    Parameters
    ----------
    track_points : mapping of str to Points
        Points by track, of those entered.
    tracks : collection of str
        Every track of the challenge that counts.

    Raises
    ------
    UnknownTrackError
        If there are points for another track, or the challenge has none.

    Examples
    --------
    >>> challenge_points({"gauss": Points(90.0, 80.0, 96.0)}, ["gauss", "rkky"])
    Points(value=45.0, low=40.0, high=48.0)
    """
    unknown = sorted(set(track_points) - set(tracks))
    if unknown or not tracks:
        raise UnknownTrackError(f"the challenge's tracks are {sorted(tracks)}; got points for {unknown or 'none'}")
    return _sum(track_points.values(), len(set(tracks)))


def standings(table: Mapping[str, Mapping[str, Points]]) -> list[Standing]:
    """Return every team's place by the sum of its points over challenges, best first, equals by name.

    A sum knows no other team, so whoever joins or leaves, the others keep their order.

    Parameters
    ----------
    table : mapping of str to mapping of str to Points
        For each team, its points by challenge; one not entered may be left out and counts 0.

    Examples
    --------
    >>> table = {"Muon": {"higgs": Points(60.0, 50.0, 70.0), "nmr": Points(20.0, 15.0, 25.0)},
    ...     "Tau": {"higgs": Points(75.0, 66.0, 84.0)}, "Kaon": {}}
    >>> for one in standings(table):
    ...     print(one.rank, one.team, one.points, (one.low, one.high), (one.rank_best, one.rank_worst))
    1 Muon 80.0 (65.0, 95.0) (1, 2)
    2 Tau 75.0 (66.0, 84.0) (1, 2)
    3 Kaon 0.0 (0.0, 0.0) (3, 3)
    """
    totals = {team: _sum(of_challenge.values()) for team, of_challenge in table.items()}
    ordered = sorted(totals, key=lambda team: (-totals[team].value, team))
    ranges = possible_ranks([totals[team].low for team in ordered], [totals[team].high for team in ordered])
    ranks: dict[float, int] = {}
    for place, team in enumerate(ordered, start=1):
        ranks.setdefault(totals[team].value, place)
    return [
        Standing(ranks[totals[team].value], team, totals[team].value, totals[team].low, totals[team].high, *limits)
        for team, limits in zip(ordered, ranges.tolist(), strict=True)
    ]


def _sum(parts: Iterable[Points], count: int = 1) -> Points:
    # fsum rounds once, so that the order of challenges cannot part equal teams.
    parts = list(parts)
    return Points(*(fsum(getattr(part, name) for part in parts) / count for name in ("value", "low", "high")))
