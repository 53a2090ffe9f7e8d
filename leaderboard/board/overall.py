"""Standings over all tracks: the points of what each board shows of a team. They know no other team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from challenges.spec import find_track
from leaderboard.board.entries import Entry, metric_of
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


def points_of(entry: Entry, track: str) -> Points:
    """Return what a track is worth to the team of an entry."""
    anchors = find_track(track)[1].anchors
    return Points.of(
        entry.value,
        entry.low,
        entry.high,
        metric=metric_of(track),
        floor=anchors.floor,
        reference=anchors.reference,
    )


def overall(boards: Mapping[str, Sequence[Entry]]) -> list[Total]:
    """Return the standings over all tracks, best first.

    Parameters
    ----------
    boards : mapping of str to sequence of Entry
        What is shown of every track of the event, by its full name; the empty ones too, for a challenge is worth the
        mean of its tracks.
    """
    tracks = counting(list(boards))
    of_challenge: dict[str, list[str]] = {}
    for track in tracks:
        of_challenge.setdefault(track.partition(".")[0], []).append(track)
    brackets: dict[str, str | None] = {}
    earned: dict[str, dict[str, Points]] = {}
    for track in tracks:
        for entry in boards[track]:
            if entry.kind == "team":
                brackets[entry.team] = entry.bracket
                earned.setdefault(entry.team, {})[track] = points_of(entry, track)
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
