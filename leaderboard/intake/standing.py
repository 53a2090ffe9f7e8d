"""Where a team's own submissions stand, and which of them it wants judged at the end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from challenges.spec import PUBLIC
from leaderboard.event import Event, EventError
from leaderboard.intake.receive import must_be_open
from leaderboard.people.teams import must_take_part
from leaderboard.store.queries import COUNTS, audit, now
from leaderboard.store.tables import Declared, Job, Release, Submission, Team, TeamStanding, TrackState


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
        Whether it became the team's best on the board; None before it is judged, or where that is not shown.
    value, low, high : float or None
        What the board showed of the team after it, with the limits; None likewise.
    best : bool
        Whether it is the team's best on the board now.
    selected : bool
        Whether the team chose it as its final submission.
    decides : bool
        Whether it is the one to be judged at the end, as things stand: once finals are chosen the final, before that
        the selected one, or without a choice the best on the board. While files of the team are judged and not shown,
        as in a freeze, the selected one alone: which of them is best is not shown either.
    member : int or None
        Who of the team sent it, where that is known.
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
    value: float | None
    low: float | None
    high: float | None
    best: bool
    selected: bool
    decides: bool
    member: int | None
    declared: Declared | None
    lost: bool
    excluded: str | None


def history(session: Session, team: Team, *only: ColumnElement[bool]) -> list[Standing]:
    """Return a team's submissions, the newest first; of these ``only`` those that fulfil all conditions."""
    before, current = aliased(Job), aliased(Release)
    ahead = select(func.count(before.id)).where(before.id < Job.id, before.state.in_(["queued", "claimed"]))
    rows = session.execute(
        select(
            Submission,
            Release,
            current.best_submission_id,
            TrackState.finals,
            case((Submission.state == "queued", ahead.scalar_subquery()), else_=0),
        )
        .join(Job, Job.submission_id == Submission.id)
        .join(TrackState, TrackState.name == Submission.track)
        .outerjoin(Release, _shown(Release, Submission.id))
        .outerjoin(
            TeamStanding,
            (TeamStanding.team_id == team.id)
            & (TeamStanding.holdout == TrackState.holdout)
            & (TeamStanding.slice == PUBLIC),
        )
        .outerjoin(current, _shown(current, TeamStanding.submission_id))
        .where(Submission.team_id == team.id, *only)
        .order_by(Submission.id.desc())
    )
    mine = Submission.team_id == team.id, COUNTS
    selected = select(Submission.track, Submission.id).where(*mine, Submission.selected)
    chosen = {track: number for track, number in session.execute(selected)}  # noqa: C416
    unseen = select(Submission.track).join(TrackState, TrackState.name == Submission.track)
    unseen = unseen.outerjoin(Release, _shown(Release, Submission.id))
    unseen = unseen.where(*mine, Submission.state == "scored", Release.id.is_(None))
    withheld = set(session.scalars(unseen))

    def decides(one: Submission, best: int | None, finals: list[int] | None) -> bool:
        if one.track in withheld:
            return one.id == chosen.get(one.track)
        return one.id in finals if finals is not None else one.id == chosen.get(one.track, best)

    return [
        Standing(
            submission=one.id,
            track=one.track,
            filename=one.filename,
            predictions_sha256=one.sha256,
            received_at=one.received_at,
            state=one.state,
            ahead=ahead,
            moved=shown.best_submission_id == one.id if shown else None,
            value=shown.value if shown else None,
            low=shown.low if shown else None,
            high=shown.high if shown else None,
            best=best == one.id,
            selected=chosen.get(one.track) == one.id,
            decides=decides(one, best, finals),
            member=one.member_id,
            declared=one.declared,
            lost=one.lost,
            excluded=one.excluded,
        )
        for one, shown, best, finals, ahead in rows
    ]


def _shown(release: type[Release], submission: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition on which a release is what is shown of a submission during the event."""
    return (release.submission_id == submission) & (release.holdout == TrackState.holdout) & (release.slice == PUBLIC)


def own(session: Session, team: Team, number: int) -> Submission:
    """Return a submission of a team, or raise EventError if it has none of that number."""
    found = session.get(Submission, number)
    if found is None or found.team_id != team.id:
        raise EventError(f"{team.name} has no submission {number}")
    return found


def select_final(session: Session, event: Event, team: Team, number: int) -> Standing:
    """Choose a submission as the team's final one on its track; without a choice the board's best is taken.

    Raises
    ------
    EventError
        If the team has no such submission that counts.
    EventNotOpen
        If the books are closed.
    leaderboard.people.teams.TeamOut
        If the team withdrew or was disqualified.
    """
    chosen = own(session, team, number)
    if chosen.state == "failed":
        raise EventError(f"{team.name} has no submission {number} that counts")
    automatic_final(session, event, team, chosen.track)
    chosen.selected = True
    audit(session, "final selected", team=team.name, submission=number)
    session.flush()
    (entry,) = history(session, team, Submission.id == number)
    return entry


def automatic_final(session: Session, event: Event, team: Team, track: str) -> None:
    """Take back a team's choice of its final submission on a track, given by its full name, if it has made one.

    Raises
    ------
    EventNotOpen
        If the books are closed.
    leaderboard.people.teams.TeamOut
        If the team withdrew or was disqualified.
    """
    must_take_part(session.get_one(Team, team.id))
    must_be_open(session, event, track, now())
    mine = Submission.team_id == team.id, Submission.track == track, Submission.selected
    for one in session.scalars(select(Submission).where(*mine)):
        one.selected = False
        audit(session, "final not selected any more", team=team.name, submission=one.id)
