"""Rows of the queue and of the desk's tasks that no program of ours writes; whoever took over the web could.

Each is taken out of the judge's way, named in the audit log and told in full in the vault's; all others go on.
"""

from sqlalchemy import delete, select, update

from challenges.spec import PUBLIC
from leaderboard.judge.judging import Judge
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Job, Submission, Task

REASON = "MalformedRow"
"""What is told of such a row wherever one asks; what is wrong with it stands in the vault's log."""


def pass_over_job(judge: Judge, number: int, error: Exception) -> None:
    """Give up a job that cannot be read: a sound one that failed takes its place, where its submission is there."""
    judge.vault.log(f"job {number}: malformed row", error)
    with judge.store.write() as session:
        submission = session.scalar(
            select(Submission.id).join(Job, Job.submission_id == Submission.id).where(Job.id == number)
        )
        session.execute(delete(Job).where(Job.id == number))
        others = Job.submission_id == submission, Job.slice == PUBLIC
        if submission is not None and session.scalar(select(Job.id).where(*others)) is None:
            state = {"state": "failed", "error": REASON, "attempt": 0, "created_at": now(), "finished_at": now()}
            session.add(Job(submission_id=submission, slice=PUBLIC, **state))
            session.execute(update(Submission).where(Submission.id == submission).values(state="failed"))
        audit(session, "malformed row passed over", table="jobs", row=number)


def pass_over_task(judge: Judge, number: int, error: Exception) -> None:
    """Take a task that cannot be read out of its table: nobody at the desk could read what became of it."""
    judge.vault.log(f"task {number}: malformed row", error)
    with judge.store.write() as session:
        session.execute(delete(Task).where(Task.id == number))
        audit(session, "malformed row passed over", table="tasks", row=number)
