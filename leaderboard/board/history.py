"""How a board came to be: the files by which teams became better. What a freeze withholds is no step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.store.queries import COUNTS, track_state
from leaderboard.store.tables import Release, Submission, Team

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """A file that became its team's best on the public slice, and what was shown of it from then on."""

    submission: int
    team: str
    kind: str
    at: datetime
    value: float
    low: float
    high: float


def steps(session: Session, track: str, *, after: int = 0) -> list[Step]:
    """Return the steps of a track's board, in order of receipt; those of teams that are out are none.

    They are told on the holdout that is judged on now. A frozen board has the steps that it had when it froze.

    Parameters
    ----------
    session : Session
    track : str
    after : int
        Those alone that were released after this one, given by its number.

    Raises
    ------
    EventError
        If the track has no holdout yet.
    """
    moved = select(
        Submission.id, Team.name, Team.kind, Submission.received_at, Release.value, Release.low, Release.high
    )
    moved = (
        moved.select_from(Release)
        .join(Submission, Submission.id == Release.submission_id)
        .join(Team, Team.id == Submission.team_id)
        .where(
            Release.holdout == track_state(session, track).holdout,
            Release.slice == PUBLIC,
            Release.id > after,
            Release.best_submission_id == Release.submission_id,
            Team.out.is_(None),
            COUNTS,
        )
        .order_by(Submission.id)
    )
    return [Step(*row) for row in session.execute(moved)]


@dataclass(frozen=True)
class Rise:
    """A step that is news; ``before`` is what was shown of the team until then, None for one that was new."""

    step: Step
    before: float | None


def rises(steps: Iterable[Step]) -> list[Rise]:
    """Return the steps of a track that are news, in the same order: a baseline's is none once it has been entered.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12)
    >>> def step(team, value, kind="team"): return Step(1, team, kind, noon, value, 0, 1)
    >>> told = [step("a", 0.7), step("x", 0.5, "baseline"), step("a", 0.8), step("x", 0.6, "baseline")]
    >>> [(one.step.team, one.before, one.step.value) for one in rises(told)]
    [('a', None, 0.7), ('x', None, 0.5), ('a', 0.7, 0.8)]
    """
    shown: dict[str, float] = {}
    found = []
    for step in steps:
        if step.kind == "team" or step.team not in shown:
            found.append(Rise(step, shown.get(step.team)))
        shown[step.team] = step.value
    return found


def ranks_at(steps: Iterable[Step], at: datetime, *, greater_is_better: bool = True) -> dict[str, int]:
    """Return the rank of each team by what was shown of it at a moment; equal values share the better rank.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12)
    >>> def step(team, hours, value): return Step(1, team, "team", noon + timedelta(hours=hours), value, 0, 1)
    >>> told = [step("a", 0, 0.7), step("b", 0, 0.8), step("a", 2, 0.9)]
    >>> ranks_at(told, noon), ranks_at(told, noon + timedelta(hours=3))
    ({'b': 1, 'a': 2}, {'a': 1, 'b': 2})
    """
    best = {step.team: step.value for step in steps if step.kind == "team" and step.at <= at}
    ordered = sorted(best.items(), key=lambda pair: -pair[1] if greater_is_better else pair[1])
    ranks: dict[float, int] = {}
    for rank, (_, value) in enumerate(ordered, start=1):
        ranks.setdefault(value, rank)
    return {team: ranks[value] for team, value in ordered}


def movement(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int | None]:
    """Return by how many ranks each team has risen; None for one that was not on the board before.

    Examples
    --------
    >>> movement({"a": 2, "b": 1}, {"a": 1, "b": 2, "c": 3})
    {'a': 1, 'b': -1, 'c': None}
    """
    return {team: before[team] - rank if team in before else None for team, rank in after.items()}
