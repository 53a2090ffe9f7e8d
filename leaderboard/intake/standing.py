"""Where a team's own submissions stand, and which of them it wants judged at the end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from challenges.spec import PUBLIC
from leaderboard.event import Event, EventError
from leaderboard.intake.receive import must_be_open
from leaderboard.intake.teams import must_take_part
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Declared, Job, Release, Submission, Team, TrackState


@dataclass(frozen=True)
class Standing:
    """One submission as its own team may see it.

    Attributes
    ----------
    submission : int
    track, filename, predictions_sha256 : str
    received_at : datetime
    state : str
        ``queued``, ``judging``, ``scored``, or ``failed`` (the judge failed: it does not count, and costs nothing).
    ahead : int
        Files that are judged before this one, while it is queued.
    moved : bool or None
        Whether it became the team's best on the board; None before it is judged.
    selected : bool
        Whether the team chose it as its final submission.
    declared : Declared or None
        The circuit that was declared with it, where the track asks for one.
    lost : bool
        Whether the kept file was found missing or damaged: the same predictions sent again restore it.
    excluded : str or None
        Why the organiser excluded it; None where it counts.
    """

    submission: int
    track: str
    filename: str
    predictions_sha256: str
    received_at: datetime
    state: str
    ahead: int
    moved: bool | None
    selected: bool
    declared: Declared | None
    lost: bool
    excluded: str | None


def history(session: Session, team: Team, *only: ColumnElement[bool]) -> list[Standing]:
    """Return a team's submissions, the newest first; of these ``only`` those that fulfil all conditions."""
    before = aliased(Job)
    ahead = select(func.count(before.id)).where(before.id < Job.id, before.state.in_(["queued", "claimed"]))
    rows = session.execute(
        select(
            Submission,
            Release.best_submission_id,
            case((Submission.state == "queued", ahead.scalar_subquery()), else_=0),
        )
        .join(Job, Job.submission_id == Submission.id)
        .join(TrackState, TrackState.name == Submission.track)
        .outerjoin(
            Release,
            (Release.submission_id == Submission.id)
            & (Release.holdout == TrackState.holdout)
            & (Release.slice == PUBLIC),
        )
        .where(Submission.team_id == team.id, *only)
        .order_by(Submission.id.desc())
    )
    return [
        Standing(
            submission=submission.id,
            track=submission.track,
            filename=submission.filename,
            predictions_sha256=submission.sha256,
            received_at=submission.received_at,
            state=submission.state,
            ahead=ahead,
            moved=None if best is None else best == submission.id,
            selected=submission.selected,
            declared=submission.declared,
            lost=submission.lost,
            excluded=submission.excluded,
        )
        for submission, best, ahead in rows
    ]


def select_final(session: Session, event: Event, team: Team, number: int) -> Standing:
    """Choose a submission as the team's final one on its track; without a choice the board's best is taken.

    Raises
    ------
    EventError
        If the team has no such submission that counts.
    EventNotOpen
        If the books are closed.
    leaderboard.intake.teams.TeamOut
        If the team withdrew or was disqualified.
    """
    chosen = session.get(Submission, number)
    if chosen is None or chosen.team_id != team.id or chosen.state == "failed":
        raise EventError(f"{team.name} has no submission {number} that counts")
    must_take_part(chosen.team)
    must_be_open(session, event, chosen.track, now())
    for other in session.scalars(
        select(Submission).where(Submission.team_id == team.id, Submission.track == chosen.track)
    ):
        other.selected = other.id == number
    audit(session, "final selected", team=team.name, submission=number)
    session.flush()
    (entry,) = history(session, team, Submission.id == number)
    return entry
