"""Upload -> check -> canonical file -> receipt. Nothing is kept, and nothing counted, of a file that fails."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.event import Event, EventError
from leaderboard.intake import circuits, receipts
from leaderboard.public.data import public_data
from leaderboard.store import prediction_files
from leaderboard.store.database import Database
from leaderboard.store.jobs import enqueue, requeue
from leaderboard.store.queries import audit, holdout_record, now, track_state
from leaderboard.store.tables import HoldoutRecord, Job, Submission, Team
from scoring import predictions as files
from scoring.predictions import Predictions


class EventNotOpen(EventError):
    """A submission before the event opens or after it closed."""


class QuotaUsedUp(EventError):
    """A team has sent as many files to a track as a day allows."""


def check_file(event: Event, track: str, upload: bytes | Path) -> Predictions:
    """Check a file as `receive` would, without sending it.

    Raises
    ------
    scoring.predictions.PredictionFileError
        Naming everything that is wrong with the file.
    EventError
        If the event has no such track.
    """
    return files.check(upload, public_data(event, track).format())


def receive(
    event: Event,
    store: Database,
    team: Team,
    track: str,
    upload: bytes | Path,
    filename: str,
    *,
    circuit: str | None = None,
    at: datetime | None = None,
    check: Callable[[str, bytes | Path], Predictions] | None = None,
) -> dict:
    """Take a team's file in and return its signed receipt; the judge's job is queued with it.

    The same predictions sent again by the same team give the first receipt again and cost nothing.

    Parameters
    ----------
    event : Event
    store : Database
    team : Team
    track : str
        Full name, ``challenge.track``.
    upload : bytes or Path
        What was sent, or the file in which it lies.
    filename : str
        As the team calls it; only shown, never used as a path.
    circuit : str, optional
        SHA-256 of the declared circuit; a track that has circuits asks every team for one (see `circuits.declare`).
    at : datetime, optional
        When it arrived, the server's time by default.
    check : callable, optional
        ``(track, upload)`` to predictions; `check_file` by default, which reads the file in this very process.

    Raises
    ------
    scoring.predictions.PredictionFileError
        If the file fails the check.
    EventNotOpen, QuotaUsedUp
        If it comes too early, too late or too often.
    leaderboard.intake.circuits.CircuitMissing, leaderboard.intake.circuits.CircuitMismatch
        If it comes without the circuit that the track asks for, or with one that does not belong to it.
    """
    at = at or now()
    challenge, found = event.track(track)
    track = challenge.full_name(found)
    ghost = team.kind == "baseline"
    with store.read() as session:
        must_be_open(session, event, track, at, ghost=ghost)
        declared = circuits.must_fit(session, event, track, circuit, ghost=ghost)
    predictions = check(track, upload) if check else check_file(event, track, upload)
    with store.read() as session:
        known = _same(session, team, track, predictions.sha256)
        if known is None and not ghost:
            _must_have_quota(session, event, team, track, at)
    if known is None:
        prediction_files.put(event, predictions.sha256, predictions.canonical())
    with store.write() as session:
        # Once more, now that nothing can come between: the books may have been closed during the check.
        must_be_open(session, event, track, at, ghost=ghost)
        known = _same(session, team, track, predictions.sha256)
        if known is not None and known.circuit_id != (declared and declared.id):
            raise circuits.CircuitMismatch(
                f"no. {known.id} holds these predictions, with another circuit: that one stays"
            )
        if not ghost and (known is None or known.state == "failed"):
            _must_have_quota(session, event, team, track, at)
        if known is not None and known.state == "failed":
            requeue(session, Job.submission_id == known.id)
        if known is None:
            known = Submission(
                team_id=team.id,
                track=track,
                sha256=predictions.sha256,
                upload_sha256=_sha256(upload),
                filename=_printable(filename),
                circuit_id=declared and declared.id,
                received_at=at,
            )
            enqueue(session, known, PUBLIC)
            audit(session, "submission received", submission=known.id, team=team.name, track=track)
        return _receipt(event, team, known, holdout_record(session, track))


def quota_left(session: Session, event: Event, team: Team, track: str, at: datetime) -> int:
    """Return how many files a team may still send to a track within the 24 hours before ``at``."""
    sent = session.scalars(
        select(func.count(Submission.id)).where(
            Submission.team_id == team.id,
            Submission.track == track,
            Submission.state != "failed",
            Submission.received_at > at - timedelta(days=1),
        )
    ).one()
    return max(event.config.submissions_per_day - sent, 0)


def must_be_open(session: Session, event: Event, track: str, at: datetime, *, ghost: bool = False) -> None:
    """Raise EventNotOpen unless the event is open (ghosts may come before) and the books are not closed yet."""
    finalized = track_state(session, track).finalized_at
    if finalized is not None:
        raise EventNotOpen(f"{track} was finalized at {finalized.isoformat()}")
    phase = event.phase(at)
    if phase != "open" and not ghost:
        moment = event.config.opens if phase == "before" else event.config.closes
        word = "opens" if phase == "before" else "closed"
        raise EventNotOpen(f"{event.config.name} {word} at {moment.isoformat()}; this came at {at.isoformat()}")


def _must_have_quota(session: Session, event: Event, team: Team, track: str, at: datetime) -> None:
    if quota_left(session, event, team, track, at) == 0:
        limit = event.config.submissions_per_day
        raise QuotaUsedUp(f"{team.name} has sent {limit} files to {track} within 24 hours, the most a team may")


def _same(session: Session, team: Team, track: str, sha256: str) -> Submission | None:
    return session.scalar(
        select(Submission).where(Submission.team_id == team.id, Submission.track == track, Submission.sha256 == sha256)
    )


def _receipt(event: Event, team: Team, submission: Submission, holdout: HoldoutRecord) -> dict:
    return receipts.sign(
        receipts.Receipt(
            event=event.config.name,
            submission=submission.id,
            team=team.name,
            track=submission.track,
            filename=submission.filename,
            upload_sha256=submission.upload_sha256,
            predictions_sha256=submission.sha256,
            received_at=submission.received_at.isoformat(),
            holdout=holdout.digest,
            secret_holdout=holdout.secret,
            circuit_sha256=submission.circuit.sha256 if submission.circuit else None,
        ),
        event,
    )


def _sha256(upload: bytes | Path) -> str:
    if isinstance(upload, bytes):
        return hashlib.sha256(upload).hexdigest()
    with upload.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _printable(filename: str) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in filename)
    return name[-100:] or "predictions"
