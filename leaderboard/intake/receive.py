"""Upload -> check -> canonical file -> receipt. Nothing is kept, and nothing counted, of a file that fails."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PUBLIC
from leaderboard.event import Event, EventError, EventNotOpen
from leaderboard.intake import circuits, receipts
from leaderboard.intake.quota import must_have_quota
from leaderboard.intake.repeats import Repeatable
from leaderboard.people.teams import must_take_part
from leaderboard.public.data import public_data, ready_tracks
from leaderboard.store import prediction_files
from leaderboard.store.database import Database
from leaderboard.store.jobs import enqueue, requeue
from leaderboard.store.queries import audit, holdout_record, note_file, now, track_state
from leaderboard.store.tables import HoldoutRecord, Job, Member, Submission, Team
from scoring import predictions as files
from scoring.predictions import Format, PredictionFileError, Predictions
from scoring.predictions.problems import naming_track

GRACE = timedelta(seconds=60)
"""A file's body must end within this after its request began; after as much again its check is over, too."""


class SampleSent(EventError):
    """The kit's sample submission as it came, which would cost a file and tell nothing."""


def check_file(event: Event, track: str, upload: bytes | Path) -> Predictions:
    """Check a file as `receive` would, without sending it.

    Raises
    ------
    scoring.predictions.PredictionFileError
        Naming everything that is wrong with the file.
    EventError
        If the event has no such track.
    """
    try:
        return files.check(upload, public_data(event, track).format())
    except PredictionFileError as error:
        raise naming_track(error, formats_of(event)) from None


def formats_of(event: Event) -> Iterator[Format]:
    """Yield what a prediction file must hold, of each track that has its data."""
    return (public_data(event, name).format() for name in ready_tracks(event))


def is_sample(event: Event, track: str, predictions: Predictions) -> bool:
    """Return whether predictions are those of the kit's sample submission, whatever the file is called."""
    return bool((predictions.values == event.track(track)[1].sample).all())


def receive(
    event: Event,
    store: Database,
    team: Team,
    track: str,
    upload: bytes | Path,
    filename: str,
    *,
    member: Member | None = None,
    circuit: str | None = None,
    sample: bool = False,
    began: datetime | None = None,
    received: datetime | None = None,
    check: Callable[[str, bytes | Path], Predictions] | None = None,
    repeatable: Repeatable | None = None,
) -> dict:
    """Take a team's file in and return its signed receipt; the judge's job is queued with it.

    The same predictions sent again by the same team give the first receipt again and cost nothing. They restore the
    kept file if it was lost, even after the close.

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
    member : Member, optional
        Who of the team sends it, where that is known.
    circuit : str, optional
        SHA-256 of the declared circuit; a track that has circuits asks every team for one (see `circuits.declare`).
    sample : bool
        Whether the team means it if this is the kit's sample as it came.
    began : datetime, optional
        When its request began, now by default. This alone decides lateness and quota, the order of the commits alone
        decides which file came first.
    received : datetime, optional
        When it is taken in; only an event that is made up says another moment than now.
    check : callable, optional
        ``(track, upload)`` to predictions; `check_file` by default, which reads the file in this very process.
    repeatable : Repeatable, optional
        The request, where its sender may repeat it: the receipt is kept as its answer.

    Raises
    ------
    scoring.predictions.PredictionFileError
        If the file fails the check.
    EventNotOpen, leaderboard.intake.quota.QuotaUsedUp
        If it comes too early, too late or too often.
    leaderboard.people.teams.TeamOut
        If the team withdrew or was disqualified.
    SampleSent
        If it is new, the kit's sample as it came, and not meant.
    leaderboard.intake.circuits.CircuitMissing, leaderboard.intake.circuits.CircuitMismatch
        If it comes without the circuit that the track asks for, or with one that does not belong to it.
    leaderboard.intake.receipts.ReceiptKeyError
        If the event's key cannot sign receipts that verify.
    leaderboard.intake.repeats.KeyUsed
        If the request's key came with another one.
    """
    began = began or now()
    challenge, found = event.track(track)
    track = challenge.full_name(found)
    ghost = team.kind == "baseline"
    key = receipts.signing_key(event)
    with store.read() as session:
        must_take_part(session.get_one(Team, team.id))
        declared = circuits.must_fit(session, event, track, circuit, ghost=ghost)
    predictions = check(track, upload) if check else check_file(event, track, upload)

    def welcome(session: Session) -> Submission | None:
        """Return the submission that holds these predictions, else None if a new one may be made of them."""
        known = _same(session, team, track, predictions.sha256)
        if known is None:
            must_be_open(session, event, track, began, ghost=ghost)
            if not ghost:
                must_have_quota(session, event, team, track, began)
                _must_be_meant(event, track, predictions, sample)
        elif known.circuit_id != (declared and declared.id):
            raise circuits.CircuitMismatch(
                f"no. {known.id} holds these predictions, with another circuit: that one stays"
            )
        return known

    with store.read() as session:
        welcome(session)
    canonical = predictions.canonical()
    with prediction_files.staging(event, predictions.sha256, canonical) as keep, store.write() as session:
        # Once more, now that nothing can come between: the books may have been closed during the check.
        must_take_part(session.get_one(Team, team.id))
        known = welcome(session)
        keep()
        if known is None:
            sender = session.get(Member, member.id) if member else None  # erased meanwhile, it names nobody
            known = Submission(
                team_id=team.id,
                member_id=sender.id if sender else None,
                track=track,
                sha256=predictions.sha256,
                upload_sha256=_sha256(upload),
                filename=_printable(filename),
                circuit_id=declared and declared.id,
                began_at=began,
                received_at=received or now(),
            )
            enqueue(session, known, PUBLIC)
            audit(
                session,
                "submission received",
                submission=known.id,
                team=team.name,
                member=known.member_id,
                track=track,
            )
        elif (
            known.state == "failed"
            and known.excluded is None
            and not _closed(session, event, track, began, ghost=ghost)
        ):
            if not ghost and not known.lost:
                must_have_quota(session, event, team, track, began)
            requeue(session, Job.submission_id == known.id)
        note_file(session, predictions.sha256, lost=False)
        receipt = known.receipt or key.sign(_receipt(event, team, known, holdout_record(session, track)))
        known.receipt = receipt
        if repeatable:
            repeatable.keep(session, receipt)
        return receipt


def given_before(session: Session, request: Repeatable) -> dict | None:
    """Return the receipt that was given to the same request; None where there is none, or its file is needed again.

    Raises
    ------
    leaderboard.intake.repeats.KeyUsed
        If its key came with another request.
    """
    first = request.answer(session)
    known = first and session.get_one(Submission, first["submission"])
    return first if known and not known.lost and known.state != "failed" else None


def books_close(closes: datetime) -> datetime:
    """Return from when on no file that began before an event's close can still be on its way."""
    return closes + 2 * GRACE


def must_be_open(session: Session, event: Event, track: str, began: datetime, *, ghost: bool = False) -> None:
    """Raise EventNotOpen unless what began then is in time (ghosts may come before) and the books are still open."""
    closed = _closed(session, event, track, began, ghost=ghost)
    if closed is not None:
        raise closed


def _closed(session: Session, event: Event, track: str, began: datetime, *, ghost: bool) -> EventNotOpen | None:
    """Return why a track takes nothing that began then; None if it does."""
    finalized = track_state(session, track).finalized_at
    if finalized is not None:
        return EventNotOpen(f"{track} was finalized at {finalized.isoformat()}")
    if ghost:
        return None
    early = event.not_out(track.partition(".")[0], began)
    if early is not None:
        return early
    name, closes = event.config.name, event.config.closes.isoformat()
    if event.phase(began) == "closed":
        return EventNotOpen(f"{name} closed at {closes}; this began at {began.isoformat()}")
    if event.config.paused:
        return EventNotOpen(f"{name} takes no files for now: {event.config.paused}")
    if now() >= books_close(event.config.closes):
        ended = books_close(event.config.closes).isoformat()
        return EventNotOpen(f"{name} closed at {closes}; this began in time, but did not end until {ended}")
    return None


def _must_be_meant(event: Event, track: str, predictions: Predictions, sample: bool) -> None:
    if not sample and is_sample(event, track, predictions):
        raise SampleSent(
            f"this is the kit's sample for {track} as it came: it would cost a file and tell nothing. Nothing was "
            "taken; if you mean it, send it with ?sample=yes, or by `submit.py submit --sample`"
        )


def _same(session: Session, team: Team, track: str, sha256: str) -> Submission | None:
    return session.scalar(
        select(Submission).where(Submission.team_id == team.id, Submission.track == track, Submission.sha256 == sha256)
    )


def _receipt(event: Event, team: Team, submission: Submission, holdout: HoldoutRecord) -> receipts.Receipt:
    return receipts.Receipt(
        event=event.config.name,
        event_id=event.config.id,
        submission=submission.id,
        team=team.name,
        team_id=team.id,
        track=submission.track,
        filename=submission.filename,
        upload_sha256=submission.upload_sha256,
        predictions_sha256=submission.sha256,
        began_at=submission.began_at.isoformat(),
        received_at=submission.received_at.isoformat(),
        holdout=holdout.digest,
        secret_holdout=holdout.secret,
        circuit_sha256=submission.circuit.sha256 if submission.circuit else None,
    )


def _sha256(upload: bytes | Path) -> str:
    if isinstance(upload, bytes):
        return hashlib.sha256(upload).hexdigest()
    with upload.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _printable(filename: str) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in filename)
    return name[-100:] or "predictions"
