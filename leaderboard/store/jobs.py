"""The judge's queue: a job and the submission it is for change their states together, here and nowhere else."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from leaderboard.store.queries import now
from leaderboard.store.tables import Job, JobState, Submission, SubmissionState

SUBMISSION_STATE: Mapping[JobState, SubmissionState] = {
    "queued": "queued",
    "claimed": "judging",
    "done": "scored",
    "failed": "failed",
}
"""What a team is told while its file's job is in each state."""


def enqueue(session: Session, submission: Submission, slice_name: str) -> Job:
    """Put a new submission into the queue, to be judged on a slice."""
    job = Job(slice=slice_name, attempt=0, created_at=now())
    _enter(submission, job, "queued")
    session.add(submission)
    session.flush()
    job.submission_id = submission.id
    session.add(job)
    session.flush()
    return job


def advance(session: Session, which: ColumnElement[bool], state: JobState, **values: object) -> Job | None:
    """Bring the one job that fulfils a condition into a state, and its submission with it.

    The condition and the change are one statement: of two who try, one gets the job.

    Returns
    -------
    Job or None
        None if no job fulfils the condition (any more).
    """
    job = session.scalar(update(Job).where(which).values(state=state, **values).returning(Job))
    if job is not None:
        _enter(session.get_one(Submission, job.submission_id), job, state)
        session.flush()
    return job


def requeue(session: Session, which: ColumnElement[bool]) -> int:
    """Put jobs that were given up back into the queue, as if they had never been tried; return how many.

    Those of submissions that the organiser excluded stay where they are.
    """
    excluded = select(Submission.id).where(Submission.excluded.is_not(None))
    jobs = list(session.scalars(select(Job).where(Job.state == "failed", which, Job.submission_id.not_in(excluded))))
    for job in jobs:
        job.attempt, job.error, job.lease_until = 0, None, None
        _enter(session.get_one(Submission, job.submission_id), job, "queued")
    session.flush()
    return len(jobs)


def _enter(submission: Submission, job: Job, state: JobState) -> None:
    job.state, submission.state = state, SUBMISSION_STATE[state]
