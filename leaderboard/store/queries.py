"""What is asked of the event's tables, and written into them, in more than one place."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from challenges.spec import find_track
from leaderboard.event import EventError
from leaderboard.store.tables import AuditEntry, HoldoutRecord, Job, Release, Submission, Team, TrackState

COUNTS = Submission.state != "failed"
"""Of the submissions, those that count: all but those the judge failed on."""

REVEALING = TrackState.revealing_at.is_not(None) & TrackState.published_at.is_(None)
"""Of the tracks, those whose results are let out one by one at this moment."""

SECRECY = {True: "sealed holdout", False: "public labels: not secret"}
"""What is said wherever a score, a board or a holdout is shown."""


class Revealing(EventError):
    """What would change results while they are let out one by one."""


def now() -> datetime:
    """Return the server's time, in UTC."""
    return datetime.now(UTC)


def audit(session: Session, action: str, **details) -> None:
    """Add an entry to the audit log, in the caller's transaction; the desk's sessions know ``who`` acts in them."""
    if "who" in session.info:
        details.setdefault("who", session.info["who"])
    found_by = {key: str(details[key]) for key in ("who", "track", "member") if details.get(key) is not None}
    session.add(AuditEntry(at=now(), action=action, details=details, **found_by))


def secrecy_of(session: Session, track: str) -> str:
    """Return whether a track's holdout can be looked up, in the words that are shown."""
    return SECRECY[holdout_record(session, track).secret]


def track_state(session: Session, track: str) -> TrackState:
    """Return a track's state, or raise EventError where it has no data yet."""
    state = session.get(TrackState, track)
    if state is None:
        raise EventError(f"{track} has no holdout yet: run `physathon simulate` or `physathon fetch`")
    return state


class Read(NamedTuple):
    """How far a track was read: what is told of it differently than then, and the newest submission and release."""

    retold: int
    submission: int
    release: int


def read_up_to(session: Session, track: str) -> Read:
    """Return how far a track can be read; of what came later alone, a board that is not ``retold`` goes on from there.

    Raises
    ------
    EventError
        If the track has no data yet.
    """
    newest = (session.scalar(select(func.max(one))) or 0 for one in (Submission.id, Release.id))
    return Read(track_state(session, track).retold, *newest)


def must_not_be_revealing(session: Session, *tracks: str) -> None:
    """Raise Revealing if results of one of these tracks are let out one by one at this moment."""
    for track in tracks:
        state = track_state(session, track)
        if state.revealing_at and not state.published_at:
            raise Revealing(
                f"results of {track} are being let out one by one, and nothing may change them meanwhile: "
                f"`physathon publish {track}` ends that"
            )


def step_of(session: Session, track: str) -> float:
    """Return the grid of a track's board, in the metric's unit: the declared one, or coarser where the slice is small.

    Nothing in these tables, which the web can write, makes it finer than declared.
    """
    return max(find_track(track)[1].step, track_state(session, track).step or 0)


def holdout_record(session: Session, track: str) -> HoldoutRecord:
    """Return what the public knows of a track's current holdout, or raise EventError where it has no data yet."""
    return session.get_one(HoldoutRecord, track_state(session, track).holdout)


def accepted(session: Session, track: str, team_id: int | None = None, *, after: int = 0) -> list[Submission]:
    """Return the submissions of a track that count, in order of receipt; those after a number, if one is given."""
    query = select(Submission).where(Submission.track == track, Submission.id > after, COUNTS)
    if team_id is not None:
        query = query.where(Submission.team_id == team_id)
    return list(session.scalars(query.order_by(Submission.id)))


def scored(session: Session, track: str) -> list[Submission]:
    """Return the submissions of a track that are judged, in order of receipt."""
    return [submission for submission in accepted(session, track) if submission.state == "scored"]


def waiting(session: Session, track: str) -> int:
    """Return how many files of a track wait for the judge, or are judged now."""
    jobs = select(func.count(Job.id)).join(Submission, Submission.id == Job.submission_id)
    return session.scalars(jobs.where(Job.state.in_(["queued", "claimed"]), Submission.track == track)).one()


def note_file(session: Session, sha256: str, *, lost: bool) -> None:
    """Note of all submissions of these predictions whether the kept file is lost, in the caller's transaction."""
    for submission in session.scalars(select(Submission).where(Submission.sha256 == sha256, Submission.lost != lost)):
        submission.lost = lost


def excluded(session: Session, track: str) -> list[Submission]:
    """Return the submissions of a track that the organiser excluded, in order of receipt."""
    query = select(Submission).where(Submission.track == track, Submission.excluded.is_not(None))
    return list(session.scalars(query.order_by(Submission.id)))


def out_of(session: Session, track: str) -> list[Team]:
    """Return the teams that are out and have sent files to a track, in the order in which they were formed."""
    sent = exists().where(Submission.track == track, Submission.team_id == Team.id)
    return list(session.scalars(select(Team).where(Team.out.is_not(None), sent).order_by(Team.id)))
