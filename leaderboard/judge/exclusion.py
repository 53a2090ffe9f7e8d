"""What the organiser takes out of the ranking, for a reason that stands in the audit log, and back in."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.judge import dossier, plans
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import FilesLost, exact_scores, finals_of, show_exactly, show_places
from leaderboard.people import organising
from leaderboard.store import prediction_files
from leaderboard.store.jobs import advance, requeue
from leaderboard.store.queries import audit, must_not_be_revealing, now
from leaderboard.store.tables import Job, Out, Submission


def exclude(judge: Judge, numbers: Sequence[int], reason: str) -> list[Submission]:
    """Let submissions not count any more, as if the judge had failed on them; their teams read the reason.

    Boards follow without them, and published ranks of all teams. Where one was its team's final, the team has none: a
    final is chosen once. A ceremony is broken off by it only where all these files are lost: without that nothing could
    be published any more.

    Parameters
    ----------
    judge : Judge
    numbers : sequence of int
        All at once: a board that is replayed may need each other file of its team.
    reason : str

    Raises
    ------
    EventError
        If the reason is empty, or there is no such submission, or it is excluded already, or results of its track are
        let out one by one at this moment.
    leaderboard.store.prediction_files.DamagedFile
        If a board cannot be replayed without another file of the team that is lost, too.
    leaderboard.judge.results.FilesLost
        If another file is missing that a published ranking needs.
    """
    if not reason.strip():
        raise EventError("a submission is excluded for a reason, which its team reads: say it")
    with judge.store.write() as session:
        found = [_find(session, number) for number in numbers]
        tracks = {submission.track for submission in found}
        if not prediction_files.whole(judge.event, (one.sha256 for one in found)):
            for track in tracks:
                plans.break_off(judge.vault, session, track)
        must_not_be_revealing(session, *tracks)
        for submission in found:
            if submission.excluded is not None:
                raise EventError(f"no. {submission.id} is excluded already: {submission.excluded}")
            submission.excluded = reason.strip()
            advance(session, Job.submission_id == submission.id, "failed", error="Excluded", finished_at=now())
            audit(session, "submission excluded", submission=submission.id, reason=submission.excluded)
        for track, team_id in {(submission.track, submission.team_id) for submission in found}:
            judge.release_team(session, team_id, judge.holdout(track))
        ranked = _rank_anew(judge, session, organising.published_finals(session, Submission.id.in_(numbers)))
    for track in tracks:
        plans.drop(judge.vault, track)
    _show_more(judge, ranked)
    return found


def include(judge: Judge, numbers: Sequence[int]) -> list[Submission]:
    """Let excluded submissions count again: they are queued for the judge, and rank again where results are published.

    One whose file is missing ranks when the file is back, and the track is published again.

    Raises
    ------
    EventError
        If there is no such submission, or it is not excluded.
    """
    with judge.store.write() as session:
        found = [_find(session, number) for number in numbers]
        must_not_be_revealing(session, *{submission.track for submission in found})
        for submission in found:
            if submission.excluded is None:
                raise EventError(f"no. {submission.id} is not excluded")
            submission.excluded = None
            session.flush()
            requeue(session, Job.submission_id == submission.id)
            audit(session, "exclusion undone", submission=submission.id)
        whole = prediction_files.whole(judge.event, (one.sha256 for one in found))
        back = [one.id for one in found if one.sha256 in whole]
        ranked = _rank_anew(judge, session, organising.published_finals(session, Submission.id.in_(back)))
    _show_more(judge, ranked)
    return found


def set_out(judge: Judge, name: str, out: Out | None, reason: str = "") -> list[str]:
    """Take a team out of the event or, where ``out`` is None, put it back in; return the tracks that were ranked anew.

    These are the published ones in which it has a final: ranks and rank sets of all teams follow in one transaction.

    Raises
    ------
    EventError
        If there is no such team, it is so already, or it is disqualified for no reason.
    leaderboard.judge.results.FilesLost
        If a file is missing that a published ranking needs.
    """
    with judge.store.write() as session:
        team = organising.find(session, name)
        organising.set_out(session, team, out, reason)
        ranked = _rank_anew(judge, session, organising.published_finals(session, Submission.team_id == team.id))
    _show_more(judge, ranked)
    return list(ranked)


def _rank_anew(judge: Judge, session: Session, tracks: Iterable[str]) -> dict[str, list[Submission]]:
    """Rank published tracks by the files that decide them now, in the caller's transaction; return these."""
    session.flush()
    ranked = {track: finals_of(session, track) for track in tracks if judge.is_published(session, track)}
    for track, finals in ranked.items():
        whole = prediction_files.whole(judge.event, (one.sha256 for one in finals))
        lost = [one for one in finals if one.sha256 not in whole]
        if lost:
            raise FilesLost(track, lost)
        holdout = judge.holdout(track)
        show_exactly(judge, session, exact_scores(judge, holdout, finals, judge.score), holdout)
    return ranked


def _show_more(judge: Judge, ranked: Mapping[str, list[Submission]]) -> None:
    """Let what is shown beside published boards follow, too."""
    for track, finals in ranked.items():
        show_places(judge, judge.holdout(track), finals)
        dossier.show(judge, track)


def _find(session: Session, number: int) -> Submission:
    submission = session.get(Submission, number)
    if submission is None:
        raise EventError(f"there is no submission no. {number}")
    return submission
