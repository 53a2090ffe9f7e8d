"""What the organiser takes out of the ranking, for a reason that stands in the audit log, and back in."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.intake import organising
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import Exact, FilesLost, exact_scores, finals_of, show_exactly, show_places
from leaderboard.store import prediction_files
from leaderboard.store.jobs import advance, requeue
from leaderboard.store.queries import audit, now, track_state
from leaderboard.store.tables import Job, Out, Submission
from scoring.sealed.holdout import Holdout


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


def set_out(judge: Judge, name: str, out: Out | None, reason: str = "") -> list[str]:
    """Take a team out of the event or, where ``out`` is None, put it back in; return the tracks that were ranked anew.

    These are the published ones in which it has a final: ranks and rank sets of all teams follow in one transaction.

    Raises
    ------
    EventError
        If there is no such team, it is so already, or it is disqualified for no reason; or if a ranking was changed by
        somebody else meanwhile.
    leaderboard.judge.results.FilesLost
        If a file is missing that a published ranking needs.
    """
    with judge.store.read() as session:
        team = organising.find(session, name)
        finals = {
            track: finals_of(session, track, {team.id: out}) for track in organising.published_finals(session, team)
        }
    exact = {track: _exactly(judge, track, of_track) for track, of_track in finals.items()}
    with judge.store.write() as session:
        organising.set_out(session, organising.find(session, name), out, reason)
        session.flush()
        for track, (holdout, scores) in exact.items():
            now_final = {one.id for one in finals_of(session, track)}
            if track_state(session, track).holdout != holdout.digest or now_final != {one.id for one in finals[track]}:
                raise EventError(f"the ranking of {track} was changed meanwhile: nothing was done, try again")
            show_exactly(judge, session, scores, holdout)
    for track, (holdout, _) in exact.items():
        show_places(judge, holdout, finals[track])
    return list(finals)


def _exactly(judge: Judge, track: str, finals: list[Submission]) -> tuple[Holdout, Exact]:
    lost = [one for one in finals if not prediction_files.is_whole(judge.event, one.sha256)]
    if lost:
        raise FilesLost(track, lost)
    holdout = judge.holdout(track)
    return holdout, exact_scores(judge, holdout, finals, judge.score)


def _find(session: Session, number: int) -> Submission:
    submission = session.get(Submission, number)
    if submission is None:
        raise EventError(f"there is no submission no. {number}")
    return submission
