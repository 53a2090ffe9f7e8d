"""What must hold after every scenario, looked up in the event itself."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.fire.serving import TRACK, Sent
from leaderboard.board.entries import board
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import results
from leaderboard.judge.judging import Judge
from leaderboard.judge.raw_scores import RawScore
from leaderboard.judge.vault import Vault
from leaderboard.store.database import open_store
from leaderboard.store.prediction_files import get
from leaderboard.store.queries import accepted
from leaderboard.store.tables import Job, Release, Submission


def waiting(folder: Path) -> int:
    """Return how many files wait for the judge."""
    with closing(open_store(Event(folder))) as store, store.read() as session:
        return session.scalars(select(func.count(Job.id)).where(Job.state.in_(["queued", "claimed"]))).one()


def drain(folder: Path, seconds: float = 600) -> float:
    """Return after how many seconds nothing waits for the judge any more."""
    begin = time.monotonic()
    while left := waiting(folder):
        assert time.monotonic() - begin < seconds, f"{left} files still wait for the judge"
        time.sleep(0.2)
    return time.monotonic() - begin


def hold(folder: Path, sent: Iterable[Sent]) -> int:
    """Assert that nothing with a receipt is lost, doubled, forged or unjudged; return how many receipts there are.

    The judge must have nothing left to do.
    """
    event = Event(folder)
    kept = [one for one in sent if one.receipt is not None]
    with closing(Judge(event, Vault(event))) as judge:
        with judge.store.read() as session:
            submissions = {one.id: one for one in accepted(session, TRACK)}
            released = Counter(session.scalars(select(Release.submission_id).where(Release.slice == "public")))
            jobs = Counter(session.scalars(select(Job.submission_id)))
            everything = session.scalars(select(func.count(Submission.id))).one()
        with judge.scores.read() as session:
            scored = Counter(session.scalars(select(RawScore.submission_id).where(RawScore.slice == "public")))
        for one in kept:
            receipt = receipts.verify(one.receipt, event)
            submission = submissions[receipt.submission]
            assert receipt.upload_sha256 == hashlib.sha256(one.body).hexdigest(), "a receipt for another file"
            assert submission.sha256 == receipt.predictions_sha256
            assert submission.state == "scored"
            get(event, submission.sha256)  # raises if it is missing or damaged
        assert len({one.receipt["submission"] for one in kept}) == len({(one.token, one.body) for one in kept})
        assert set(released.values()) == set(scored.values()) == set(jobs.values()) == {1}, "something happened twice"
        assert released.keys() == scored.keys() == jobs.keys() == submissions.keys()
        assert everything == len(submissions)
        _board_is_the_replay(judge)
    return len(kept)


def _board_is_the_replay(judge: Judge) -> None:
    with judge.store.read() as session:
        shown = {entry.team: (entry.submission, entry.value) for entry in board(session, TRACK)}
    replayed = results.judge_all(judge, TRACK, judge.holdout(TRACK)).best(judge, TRACK)
    assert shown == {sent.team: (best.submission, best.value) for sent, best in replayed}
