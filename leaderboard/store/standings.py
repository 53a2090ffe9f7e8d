"""Where teams stand: one row for each team and slice, which follows from the releases."""

from collections.abc import Iterable

from sqlalchemy import delete, false, func, insert, select, true
from sqlalchemy.orm import Session

from leaderboard.store.queries import COUNTS
from leaderboard.store.tables import Release, Submission, TeamStanding


def standing(session: Session, team_id: int, holdout: str, slice_name: str) -> TeamStanding | None:
    """Return where a team stands on a slice of a holdout; None before anything was released."""
    return session.get(TeamStanding, (holdout, slice_name, team_id), populate_existing=True)


def advance(session: Session, released: Iterable[int], holdout: str, slice_name: str) -> None:
    """Let the teams of submissions that were released just now stand at the newest of theirs.

    Whether the Ladder can go on from there is for the one to say who knows that nothing is missing before.
    """
    newest = select(Submission.team_id, func.max(Submission.id)).where(Submission.id.in_(released))
    for team_id, submission in session.execute(newest.group_by(Submission.team_id)):
        found = standing(session, team_id, holdout, slice_name)
        if found is None:
            found = TeamStanding(holdout=holdout, slice=slice_name, team_id=team_id, submission_id=submission)
            session.add(found)
        found.submission_id = max(submission, found.submission_id)
        found.resumable = False


def read_anew(session: Session, team_id: int | None = None) -> None:
    """Read from the releases where one team, or all, stand on all tracks; the Ladder's next step is a replay."""
    of_team, of_files = true(), true()
    if team_id is not None:
        of_team, of_files = TeamStanding.team_id == team_id, Submission.team_id == team_id
    newest = (
        select(Release.holdout, Release.slice, Submission.team_id, func.max(Submission.id), false())
        .join(Submission, Submission.id == Release.submission_id)
        .where(of_files, COUNTS)
        .group_by(Release.holdout, Release.slice, Submission.team_id)
    )
    columns = ["holdout", "slice", "team_id", "submission_id", "resumable"]
    session.connection().execute(delete(TeamStanding).where(of_team))
    session.connection().execute(insert(TeamStanding).from_select(columns, newest))
