"""The judge's loop: claims jobs from the queue, scores them, releases. A killed worker's job goes to the next one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import and_, or_, select, true, update
from sqlalchemy.orm import Session

from leaderboard import logs
from leaderboard.judge import malformed
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import VaultError
from leaderboard.serve import SUPERVISOR_VARIABLE
from leaderboard.store.faults import StoreFault
from leaderboard.store.heartbeats import Pulse, beating
from leaderboard.store.jobs import advance, requeue
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.queries import audit, note_file, now, track_state
from leaderboard.store.tables import Job, JobState, Submission, TrackState

ATTEMPTS = 3
"""A job that fails this often is given up: it does not count, and sending the file again queues it again."""

PAUSE = 0.5
"""Seconds; a job that failed rests for this times two to the number of its attempts."""


REST = 5
"""Seconds between two tries where the database is busy, full or cannot be written."""

NEVER_LOOKED = object()

T = TypeVar("T")


class JudgeDied(RuntimeError):
    """A job whose judges ended without a word, as one that needs too much memory does."""


def work(
    judge: Judge,
    *,
    once: bool = False,
    poll_seconds: float = 0.2,
    stop: Callable[[], bool] = lambda: False,
    meanwhile: Callable[[], object] = lambda: None,
) -> int:
    """Judge jobs until stopped, or with ``once`` until the queue is empty; what else there is to do comes in between.

    Returns
    -------
    int
        How many jobs were finished.

    Raises
    ------
    leaderboard.judge.vault.VaultError
        If the vault vanished: no job is tried without it.
    """
    held: list[Job] = []
    pulse = Pulse(judge.store, "judge", disk=judge.vault.folder, also=lambda session: renew(session, judge, held))
    finished = 0
    freeze: object = NEVER_LOOKED
    with beating(pulse, judge.event.config.lease_seconds / 3):
        while not stop():
            judge.vault.must_be_there()
            before, freeze = freeze, judge.freeze()
            if freeze != before:
                _insist(partial(thaw, judge), stop)
            pulse.doing = "looks after what the desk asks"
            _insist(meanwhile, stop)
            pulse.doing = "waits for files"
            job = _insist(partial(claim, judge, pulse.name), stop)
            if job is not None:
                held[:], pulse.doing = [job], f"judges no. {job.submission_id}"
                finished += _insist(partial(handle, judge, job), stop)
                held.clear()
            elif once and not _waiting(judge):
                break
            else:
                time.sleep(poll_seconds)
    return finished


def renew(session: Session, judge: Judge, held: list[Job]) -> None:
    """Prolong the leases of the jobs that this judge has in hand: however long one takes, no other takes it over."""
    for job in held:
        mine = Job.id == job.id, Job.attempt == job.attempt, Job.state == "claimed"
        until = now() + timedelta(seconds=judge.event.config.lease_seconds)
        session.execute(update(Job).where(*mine).values(lease_until=until))


def thaw(judge: Judge) -> None:
    """Show what a freeze withheld that was moved or taken away."""
    with judge.store.write() as session:
        for track in session.scalars(select(TrackState.name)):
            judge.thaw(session, track)


def asked_to_stop() -> Callable[[], bool]:
    """Return a function that says whether SIGTERM has come: the job in hand is finished first."""
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    return lambda: bool(asked)


@contextmanager
def more_workers(event_folder: Path, count: int, *, once: bool) -> Generator[None]:
    """Run further judges beside this one while the block lasts, or this process does."""
    command = [
        sys.executable,
        "-m",
        "leaderboard",
        "judge",
        "--event",
        str(event_folder),
        *(["--once"] if once else []),
    ]
    environment = os.environ | {SUPERVISOR_VARIABLE: str(os.getpid())}
    helpers = [subprocess.Popen(command, env=environment) for _ in range(count)]
    try:
        yield
    finally:
        for helper in helpers:
            if not once:
                helper.terminate()
            helper.wait()


def _insist(step: Callable[[], T], stop: Callable[[], bool]) -> T:
    """Take a step as soon as the database lets one, and say on the way why it does not."""
    while True:
        try:
            return step()
        except StoreFault as error:
            print(f"the judge waits: {error}", file=sys.stderr, flush=True)
            if stop():
                raise
            time.sleep(REST)


def _waiting(judge: Judge) -> bool:
    """Return whether jobs rest after a failure and will be free again soon."""
    with judge.store.read() as session:
        return session.scalar(select(Job.id).where(Job.state == "queued").limit(1)) is not None


def claim(judge: Judge, worker: str) -> Job | None:
    """Take the oldest job that waits, or whose worker fell silent; its attempt number fences off the silent one.

    A lease that lies further ahead than any that is given was given before the clock was set back: it has run out. So
    neither way of setting a clock makes a job wait long, and judges whose clocks differ a little keep their leases.
    """
    moment, lease = now(), timedelta(seconds=judge.event.config.lease_seconds)
    rested = or_(Job.lease_until.is_(None), Job.lease_until < moment, Job.lease_until > moment + 2 * lease)
    free = and_(Job.state.in_(["queued", "claimed"]), rested)
    oldest = select(Job.id).where(free).order_by(Job.id).limit(1)
    with judge.store.read() as session:
        if session.scalar(oldest) is None:
            return None
    number = None
    try:
        with judge.store.write(beside=True) as session:
            number = session.scalar(oldest.with_for_update(skip_locked=True))
            return advance(
                session,
                Job.id == number,
                "claimed",
                attempt=Job.attempt + 1,
                worker=worker,
                claimed_at=moment,
                lease_until=moment + lease,
            )
    except StoreFault:
        raise
    except Exception as error:
        if number is None:
            raise
        malformed.pass_over_job(judge, number, error)
        return None


def handle(judge: Judge, job: Job) -> bool:
    """Score one claimed job and release what it allows; return whether it was finished here.

    Raises
    ------
    leaderboard.judge.vault.VaultError
        If the vault vanished meanwhile; the job goes to the next judge when its lease has run out.
    """
    try:
        return _judge(judge, job)
    except (VaultError, StoreFault):
        raise  # no fault of the file: its job stays in hand
    except Exception as error:
        _put_back(judge, job, error)
        return False


def _judge(judge: Judge, job: Job) -> bool:
    if job.attempt > ATTEMPTS:
        raise JudgeDied(f"{ATTEMPTS} judges ended while they held this job")
    with judge.store.read() as session:
        submission = session.get_one(Submission, job.submission_id)
    while True:
        holdout = judge.holdout(submission.track)
        judge.score(submission, holdout, job.slice)
        with judge.store.write() as session:
            if track_state(session, submission.track).holdout != holdout.digest:
                continue  # a corrected holdout was published meanwhile
            if not _finish(session, job, "done"):
                return False
            judge.release_team(session, submission.team_id, holdout)
        logs.note("judged", submission=submission.id, track=submission.track, slice=job.slice, attempt=job.attempt)
        return True


def _put_back(judge: Judge, job: Job, error: Exception) -> None:
    """Return a job to the queue after a pause, or give it up; then what waited behind it is released."""
    given_up = job.attempt >= ATTEMPTS
    judge.vault.log(f"job {job.id}, attempt {job.attempt}", error)
    with judge.store.read() as session:
        submission = session.get_one(Submission, job.submission_id)
    try:
        holdout = judge.holdout(submission.track)
    except (ValueError, OSError):
        holdout = None  # perhaps what went wrong; the team's next file that is judged releases the others
    with judge.store.write() as session:
        # What went wrong may speak of labels: its text stays in the vault, its kind is enough for everybody else.
        if not _finish(session, job, "failed" if given_up else "queued", error=type(error).__name__):
            return
        audit(session, "judging failed", job=job.id, attempt=job.attempt, error=type(error).__name__)
        logs.note("judging failed", submission=submission.id, attempt=job.attempt, error=type(error).__name__)
        if isinstance(error, DamagedFile):
            note_file(session, error.sha256, lost=True)
        if given_up and holdout is not None:
            with suppress(DamagedFile):  # of an earlier file of the team, whose board stays as it is
                judge.release_team(session, submission.team_id, holdout)


def retry_failed(judge: Judge) -> int:
    """Put all jobs that were given up back into the queue and return how many there are."""
    with judge.store.write() as session:
        count = requeue(session, true())
        audit(session, "failed jobs queued again", jobs=count)
        return count


def _finish(session: Session, job: Job, state: JobState, error: str | None = None) -> bool:
    """Close a job, or let it rest, unless its lease ran out and another attempt has it now."""
    mine = and_(Job.id == job.id, Job.attempt == job.attempt, Job.state == "claimed")
    rest = now() + timedelta(seconds=PAUSE * 2**job.attempt) if state == "queued" else None
    finished_at = None if state == "queued" else now()
    return advance(session, mine, state, error=error, finished_at=finished_at, lease_until=rest) is not None
