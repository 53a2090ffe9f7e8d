"""The judge's loop: claims jobs from the queue, scores them, releases. A killed worker's job goes to the next one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import and_, or_, select, update

from leaderboard.judging import Judge
from leaderboard.store import Job, Submission, accepted, audit, now, track_state

ATTEMPTS = 3
"""A job that fails this often is given up; it then costs the team nothing."""


def work(
    judge: Judge, *, once: bool = False, poll_seconds: float = 0.2, stop: Callable[[], bool] = lambda: False
) -> int:
    """Judge jobs until stopped, or with ``once`` until the queue is empty.

    Returns
    -------
    int
        How many jobs were finished.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"
    finished = 0
    while not stop():
        job = claim(judge, worker)
        if job is not None:
            finished += handle(judge, job)
        elif once:
            break
        else:
            time.sleep(poll_seconds)
    return finished


def asked_to_stop() -> Callable[[], bool]:
    """Return a function that says whether SIGTERM has come: the job in hand is finished first."""
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    return lambda: bool(asked)


@contextmanager
def more_workers(event_folder: Path, count: int, *, once: bool) -> Iterator[None]:
    """Run further judges beside this one while the block lasts."""
    command = [
        sys.executable,
        "-m",
        "leaderboard",
        "judge",
        "--event",
        str(event_folder),
        *(["--once"] if once else []),
    ]
    helpers = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for helper in helpers:
            if not once:
                helper.terminate()
            helper.wait()


def claim(judge: Judge, worker: str) -> Job | None:
    """Take the oldest job that waits, or whose worker fell silent; its attempt number fences off the silent one."""
    moment = now()
    free = or_(Job.state == "queued", and_(Job.state == "claimed", Job.lease_until < moment))
    oldest = select(Job.id).where(free).order_by(Job.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    with judge.store.read() as session:
        if session.scalar(select(Job.id).where(free).limit(1)) is None:
            return None
    with judge.store.write() as session:
        job = session.scalar(
            update(Job)
            .where(Job.id == oldest)
            .values(
                state="claimed",
                attempt=Job.attempt + 1,
                worker=worker,
                lease_until=moment + timedelta(seconds=judge.event.config.lease_seconds),
            )
            .returning(Job)
        )
        if job is not None:
            session.get(Submission, job.submission_id).state = "judging"
        return job


def handle(judge: Judge, job: Job) -> bool:
    """Score one claimed job and release what it allows; return whether it was finished here."""
    try:
        return _judge(judge, job)
    except Exception as error:
        _put_back(judge, job, error)
        return False


def _judge(judge: Judge, job: Job) -> bool:
    with judge.store.read() as session:
        submission = session.get(Submission, job.submission_id)
    while True:
        holdout = judge.holdout(submission.track)
        judge.score(submission, holdout, job.slice)
        with judge.store.read() as session:
            history = accepted(session, submission.track, submission.team_id)
        shown = judge.fold(history, holdout, job.slice)
        with judge.store.write() as session:
            if track_state(session, submission.track).holdout != holdout.digest:
                continue  # a corrected holdout was published meanwhile
            if not _finish(session, job, state="done"):
                return False
            judge.show(session, shown, holdout, job.slice)
            session.get(Submission, submission.id).state = "scored"
            return True


def _put_back(judge: Judge, job: Job, error: Exception) -> None:
    given_up = job.attempt >= ATTEMPTS
    judge.vault.log(f"job {job.id}, attempt {job.attempt}", error)
    with judge.store.write() as session:
        # What went wrong may speak of labels: its text stays in the vault, its kind is enough for everybody else.
        if not _finish(session, job, state="failed" if given_up else "queued", error=type(error).__name__):
            return
        submission = session.get(Submission, job.submission_id)
        submission.state = "failed" if given_up else "queued"
        audit(session, "judging failed", job=job.id, attempt=job.attempt, error=type(error).__name__)
    if given_up:
        _release_team(judge, submission, job.slice)


def _release_team(judge: Judge, submission: Submission, slice_name: str) -> None:
    """Release what waited behind a submission that no longer counts."""
    holdout = judge.holdout(submission.track)
    with judge.store.read() as session:
        history = accepted(session, submission.track, submission.team_id)
    shown = judge.fold(history, holdout, slice_name)
    with judge.store.write() as session:
        judge.show(session, shown, holdout, slice_name)


def _finish(session, job: Job, *, state: str, error: str | None = None) -> bool:
    """Close a job unless its lease ran out and another attempt has it now."""
    done = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.attempt == job.attempt, Job.state == "claimed")
        .values(state=state, error=error, finished_at=None if state == "queued" else now(), lease_until=None)
    )
    return done.rowcount == 1
