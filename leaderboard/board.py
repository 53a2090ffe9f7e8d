"""A board is a query over releases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leaderboard.store import Submission, accepted, releases_of, track_state


@dataclass(frozen=True)
class Entry:
    """What a board says of one team's best submission; the rank is None for baselines, shown as ghosts."""

    team: str
    kind: str
    value: float
    low: float
    high: float
    submission: int
    submissions: int
    received_at: datetime
    rank: int | None = None


def ranked(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries, best first, with ranks; equal values share the better rank and the earlier one comes first.

    Examples
    --------
    >>> now = datetime(2026, 1, 1)
    >>> def entry(team, value, kind="team"): return Entry(team, kind, value, 0.7, 0.9, 1, 1, now)
    >>> entries = entry("a", 0.8), entry("b", 0.8), entry("x", 0.85, "baseline"), entry("c", 0.7)
    >>> [(e.rank, e.team) for e in ranked(entries)]
    [(None, 'x'), (1, 'a'), (1, 'b'), (3, 'c')]
    """
    entries = sorted(entries, key=lambda entry: (-entry.value, entry.submission))
    values = [entry.value for entry in entries if entry.kind == "team"]
    return [
        Entry(**vars(entry) | {"rank": 1 + values.index(entry.value) if entry.kind == "team" else None})
        for entry in entries
    ]


def board(session: Session, track: str, slice_name: str | None = None) -> list[Entry]:
    """Return a track's board on one slice: by default the public one, after publication the private one.

    Raises
    ------
    EventError
        If the track has no holdout yet.
    """
    state = track_state(session, track)
    slice_name = slice_name or ("private" if state.published_at else "public")
    best = {
        submission.team.name: (release.best_submission_id, release.value, release.low, release.high)
        for submission, release in releases_of(session, track, state.holdout, slice_name)
    }
    return assemble(accepted(session, track), best)


def assemble(submissions: list[Submission], best: Mapping[str, tuple[int, float, float, float]]) -> list[Entry]:
    """Return a board from all submissions of a track and each team's best: submission, value, low, high."""
    by_id = {submission.id: submission for submission in submissions}
    sent = submissions_by_team(submissions)
    return ranked(
        Entry(
            team=team,
            kind=by_id[submission].team.kind,
            value=value,
            low=low,
            high=high,
            submission=submission,
            submissions=len(sent[team]),
            received_at=by_id[submission].received_at,
        )
        for team, (submission, value, low, high) in best.items()
        if submission in by_id
    )


def submissions_by_team(submissions: Iterable[Submission]) -> dict[str, list[Submission]]:
    """Return the submissions of each team, in the order given."""
    teams: dict[str, list[Submission]] = {}
    for submission in submissions:
        teams.setdefault(submission.team.name, []).append(submission)
    return teams
