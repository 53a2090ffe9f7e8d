"""Points that add up across challenges: each team's depend on its own scores and on nobody else's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import fsum, isfinite

from scoring.validate import NotFiniteError, ScoringError

CEILING = 1.2


class AnchorError(ScoringError):
    """Anchors that give no scale: equal, or the better one called the floor."""


class UnknownTrackError(ScoringError):
    """Points for a track that the challenge does not have."""


@dataclass(frozen=True)
class Standing:
    """A team's place across challenges; 1 is best, and teams with equal points share the better place."""

    rank: int
    team: str
    points: float


def points(score: float, floor: float, reference: float, greater_is_better: bool = True) -> float:
    """Return ``100 clip((score - floor) / (reference - floor), 0, 1.2)``.

    Parameters
    ----------
    score : float
        In the metric's unit.
    floor, reference : float
        What a trivial and a strong answer score, measured before the event: worth 0 and 100 points.
    greater_is_better : bool
        The metric's direction, which the anchors must follow.

    Raises
    ------
    AnchorError
        If the reference is not better than the floor, or further from it than a number can tell.
    NotFiniteError
        If a number is nan or infinite.

    Examples
    --------
    >>> points(0.75, floor=0.5, reference=0.8), points(3.0, floor=10.0, reference=5.0, greater_is_better=False)
    (83.33333333333333, 120.0)
    """
    for name, number in (("score", score), ("floor", floor), ("reference", reference)):
        if not isfinite(number):
            raise NotFiniteError(f"a {name} must be finite, got {number}")
    if floor == reference or (floor < reference) != greater_is_better:
        direction = "above" if greater_is_better else "below"
        raise AnchorError(f"the reference must lie {direction} the floor: got floor {floor:g}, reference {reference:g}")
    if not isfinite(reference - floor):
        raise AnchorError(f"the anchors are too far apart: floor {floor:g}, reference {reference:g}")
    return 100 * min(max((score - floor) / (reference - floor), 0.0), CEILING)


def challenge_points(track_points: Mapping[str, float], tracks: Collection[str]) -> float:
    """Return the mean of a team's points over all tracks of a challenge; a track not entered counts 0.

    Parameters
    ----------
    track_points : mapping of str to float
        Points by track, of those entered.
    tracks : collection of str
        Every track of the challenge that counts.

    Raises
    ------
    UnknownTrackError
        If there are points for another track, or the challenge has none.
    NotFiniteError
        If points are nan or infinite.

    Examples
    --------
    >>> challenge_points({"gauss": 90.0}, ["gauss", "rkky"])
    45.0
    """
    unknown = sorted(set(track_points) - set(tracks))
    if unknown or not tracks:
        raise UnknownTrackError(f"the challenge's tracks are {sorted(tracks)}; got points for {unknown or 'none'}")
    for track, number in track_points.items():
        if not isfinite(number):
            raise NotFiniteError(f"points must be finite; track {track} has {number}")
    return fsum(track_points.values()) / len(set(tracks))


def standings(table: Mapping[str, Mapping[str, float]]) -> list[Standing]:
    """Return every team's place by the sum of its points over challenges, best first, equals by name.

    A sum knows no other team, so whoever joins or leaves, the others keep their order.

    Parameters
    ----------
    table : mapping of str to mapping of str to float
        For each team, its points by challenge; one not entered may be left out and counts 0.

    Raises
    ------
    NotFiniteError
        If points are nan or infinite.

    Examples
    --------
    >>> for one in standings({"Muon": {"higgs": 80.0, "nmr": 20.0}, "Tau": {"higgs": 100.0}, "Kaon": {}}):
    ...     print(one.rank, one.team, one.points)
    1 Muon 100.0
    1 Tau 100.0
    3 Kaon 0.0
    """
    for team, of_challenge in table.items():
        for challenge, number in of_challenge.items():
            if not isfinite(number):
                raise NotFiniteError(f"points must be finite; {team} has {number} in {challenge}")
    # fsum rounds once, so that the order of challenges cannot part equal teams.
    totals = {team: fsum(of_challenge.values()) for team, of_challenge in table.items()}
    ordered = sorted(totals, key=lambda team: (-totals[team], team))
    ranks: dict[float, int] = {}
    for place, team in enumerate(ordered, start=1):
        ranks.setdefault(totals[team], place)
    return [Standing(ranks[totals[team]], team, totals[team]) for team in ordered]
