"""What the organiser takes out of the ranking, for a reason that stands in the audit log, and back in."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.judge.judging import Judge
from leaderboard.store.jobs import advance, requeue
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Job, Submission


def exclude(judge: Judge, numbers: Sequence[int], reason: str) -> list[Submission]:
    """Let submissions not count any more, as if the judge had failed on them; their teams read the reason.

    Boards follow without them. Where one was its team's final, the team has none: a final is chosen once.

    Parameters
    ----------
    judge : Judge
    numbers : sequence of int
        All at once: a board that is replayed may need each other file of its team.
    reason : str

    Raises
    ------
    EventError
        If the reason is empty, or there is no such submission, or it is excluded already.
    leaderboard.store.prediction_files.DamagedFile
        If a board cannot be replayed without another file of the team that is lost, too.
    """
    if not reason.strip():
        raise EventError("a submission is excluded for a reason, which its team reads: say it")
    with judge.store.write() as session:
        found = [_find(session, number) for number in numbers]
        for submission in found:
            if submission.excluded is not None:
                raise EventError(f"no. {submission.id} is excluded already: {submission.excluded}")
            submission.excluded = reason.strip()
            advance(session, Job.submission_id == submission.id, "failed", error="Excluded", finished_at=now())
            audit(session, "submission excluded", submission=submission.id, reason=submission.excluded)
        for track, team_id in {(submission.track, submission.team_id) for submission in found}:
            judge.release_team(session, team_id, judge.holdout(track))
    return found


def include(judge: Judge, numbers: Sequence[int]) -> list[Submission]:
    """Let excluded submissions count again: they are queued for the judge.

    Raises
    ------
    EventError
        If there is no such submission, or it is not excluded.
    """
    with judge.store.write() as session:
        found = [_find(session, number) for number in numbers]
        for submission in found:
            if submission.excluded is None:
                raise EventError(f"no. {submission.id} is not excluded")
            submission.excluded = None
            session.flush()
            requeue(session, Job.submission_id == submission.id)
            audit(session, "exclusion undone", submission=submission.id)
    return found


def _find(session: Session, number: int) -> Submission:
    submission = session.get(Submission, number)
    if submission is None:
        raise EventError(f"there is no submission no. {number}")
    return submission
