"""Standings over all tracks: the points of what each board shows of a team. They know no other team."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from challenges.spec import find_track
from leaderboard.board.entries import Entry, metric_of
from leaderboard.board.history import Step
from scoring.points import Points, challenge_points, standings


@dataclass(frozen=True)
class Total:
    """A team's place over all tracks.

    Attributes
    ----------
    rank : int
        1 is best; teams with equal points share the better place.
    team : str
    bracket : str or None
    points, low, high : float
        The sum over challenges, and the sums of the limits.
    rank_best, rank_worst : int
        The ranks that the intervals allow.
    tracks : mapping of str to Points
        The points of each track that the team is on, by its full name.
    """

    rank: int
    team: str
    bracket: str | None
    points: float
    low: float
    high: float
    rank_best: int
    rank_worst: int
    tracks: Mapping[str, Points]

    @property
    def rank_range(self) -> str:
        """The ranks that the team may truly have, as it is shown: ``1–3``."""
        return f"{self.rank_best}" if self.rank_best == self.rank_worst else f"{self.rank_best}–{self.rank_worst}"


def counting(tracks: Sequence[str]) -> list[str]:
    """Return the tracks that count points, of some given by their full names: all but exhibitions."""
    return [name for name in tracks if not find_track(name)[1].exhibition]


def scale_of(track: str) -> Callable[[Entry | Step], Points]:
    """Return what gives the points of what is shown of a team on a track, given by its full name."""
    metric, anchors = metric_of(track), find_track(track)[1].anchors

    def points(shown: Entry | Step) -> Points:
        limits = shown.value, shown.low, shown.high
        return Points.of(*limits, metric=metric, floor=anchors.floor, reference=anchors.reference)

    return points


def points_of(entry: Entry, track: str) -> Points:
    """Return what a track is worth to the team of an entry."""
    return scale_of(track)(entry)


def overall(boards: Mapping[str, Sequence[Entry]]) -> list[Total]:
    """Return the standings over all tracks, best first.

    Parameters
    ----------
    boards : mapping of str to sequence of Entry
        What is shown of every track of the event, by its full name; the empty ones too, for a challenge is worth the
        mean of its tracks.
    """
    of_challenge = _by_challenge(boards)
    brackets: dict[str, str | None] = {}
    earned: dict[str, dict[str, Points]] = {}
    for track in counting(list(boards)):
        points = scale_of(track)
        for entry in boards[track]:
            if entry.kind == "team":
                brackets[entry.team] = entry.bracket
                earned.setdefault(entry.team, {})[track] = points(entry)
    table = {
        team: {
            challenge: challenge_points({track: of_team[track] for track in own if track in of_team}, own)
            for challenge, own in of_challenge.items()
            if any(track in of_team for track in own)
        }
        for team, of_team in earned.items()
    }
    return [
        Total(
            one.rank,
            one.team,
            brackets[one.team],
            one.points,
            one.low,
            one.high,
            one.rank_best,
            one.rank_worst,
            earned[one.team],
        )
        for one in standings(table)
    ]


def paths(steps: Mapping[str, Sequence[Step]]) -> dict[str, list[tuple[datetime, float]]]:
    """Return how the points of each team over all tracks came to be: moments, and its sum from then on.

    Parameters
    ----------
    steps : mapping of str to sequence of Step
        The steps of every track of the event, as `overall` takes boards.
    """
    of_challenge = _by_challenge(steps)
    gains: list[tuple[datetime, int, str, float]] = []
    for challenge, tracks in of_challenge.items():
        for track in tracks:
            points, worth = scale_of(track), dict[str, float]()
            for step in steps[track]:
                if step.kind == "team":
                    share = points(step).value / len(of_challenge[challenge])
                    gains.append((step.at, step.submission, step.team, share - worth.get(step.team, 0.0)))
                    worth[step.team] = share
    found: dict[str, list[tuple[datetime, float]]] = {}
    for at, _, team, gain in sorted(gains):
        path = found.setdefault(team, [])
        path.append((at, path[-1][1] + gain if path else gain))
    return found


def _by_challenge(tracks: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the tracks that count points, of some given by their full names, by their challenge."""
    found: dict[str, list[str]] = {}
    for track in counting(list(tracks)):
        found.setdefault(track.partition(".")[0], []).append(track)
    return found
