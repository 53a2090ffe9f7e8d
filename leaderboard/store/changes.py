"""What follows from a change of the event's tables, whoever makes it: a track's version, where teams stand, tallies."""

from collections.abc import Collection

from sqlalchemy import Result, event, inspect, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session

from leaderboard.store.standings import read_anew
from leaderboard.store.tables import HoldoutRecord, Member, Release, Submission, Team, TrackState
from leaderboard.store.tallies import count_anew

SHOWN = (Team, HoldoutRecord, TrackState, Submission, Release)
"""What a track's pages are read from. Of a job they show the state, which is its submission's too."""

OF_MEMBERS = ("team_id", "name", "publishes")
"""What of members may stand beside a result."""

WAY = {"queued", "judging", "scored"}
"""States that a file goes through; whoever leaves this way, or comes back to it, changes which files count."""


IDENTITY = {"team_id", "track", "sha256"}
"""What a submission is, and nothing changes; all else is only told of it."""

ON_THE_WAY = {"state", "receipt", "selected", "lost"}
"""What changes of a submission while it goes its way, and no board tells."""


class FollowedSession(Session):
    """A session whose changes raise the versions of the tracks that show them."""


@event.listens_for(FollowedSession, "after_flush")
def _follow(session: Session, _context: object) -> None:
    changed = [one for one in session.dirty if session.is_modified(one)]
    for one in changed:
        if isinstance(one, Submission) and _reopens(one):
            _read_anew_from(session, one)
    sent = {
        (one.track, one.team_id) for one in (*session.new, *changed) if isinstance(one, Submission) and _counts(one)
    }
    if sent:
        count_anew(session, sent)
    _raise(session, [one for one in (*session.new, *changed, *session.deleted) if _is_shown(one)], TrackState.version)
    retold = [*session.deleted, *(one for one in changed if not _goes_its_way(one))]
    _raise(session, [one for one in retold if _is_shown(one)], TrackState.retold)


@event.listens_for(FollowedSession, "do_orm_execute")
def _follow_statement(state: ORMExecuteState) -> Result | None:
    """After a statement that changes rows without loading them, which they are is not known: all may be."""
    writes = state.is_insert or state.is_update or state.is_delete
    written = state.bind_mapper.class_ if writes and state.bind_mapper else None
    if written not in (*SHOWN, Member):
        return None
    result = state.invoke_statement()
    if written is not Member:
        read_anew(state.session)
    if written is Submission:
        count_anew(state.session)
    raised = {column: column + 1 for column in (TrackState.version, TrackState.retold)}
    state.session.connection().execute(update(TrackState).values(raised))
    return result


def _is_shown(one: object) -> bool:
    if isinstance(one, Member):
        return any(inspect(one).attrs[key].history.has_changes() for key in OF_MEMBERS)
    return isinstance(one, SHOWN)


def _reopens(submission: Submission) -> bool:
    """Return whether a change may alter which files of a team count, and what they are."""
    changes = {one.key: one.history for one in inspect(submission).attrs if one.history.has_changes()}
    state = changes.get("state")
    left_the_way = state is not None and not (state.deleted and {*state.added, *state.deleted} <= WAY)
    return left_the_way or not changes.keys().isdisjoint(IDENTITY)


def _counts(submission: Submission) -> bool:
    """Return whether a submission is new, or counts now and did not before, or the other way round."""
    state = inspect(submission).attrs.state.history
    return not inspect(submission).persistent or "failed" in (*state.added, *state.deleted)


def _read_anew_from(session: Session, submission: Submission) -> None:
    """Let a team's history be replayed, unless nothing was shown yet of this file and of those after it."""
    later = Submission.team_id == submission.team_id, Submission.id >= submission.id
    shown = select(Release.id).join(Submission, Submission.id == Release.submission_id).where(*later)
    if session.connection().scalar(shown.limit(1)) is not None:
        read_anew(session, submission.team_id)


def _goes_its_way(one: object) -> bool:
    """Return whether a change is none of what a board tells of a file, a release or a team."""
    if isinstance(one, Submission):
        changes = {attribute.key for attribute in inspect(one).attrs if attribute.history.has_changes()}
        return changes <= ON_THE_WAY and not _reopens(one)
    return isinstance(one, Member)


def _raise(session: Session, altered: Collection[object], count: InstrumentedAttribute[int]) -> None:
    """Raise a count of the tracks whose pages show what was altered."""
    if not altered:
        return
    names = {one.track for one in altered if isinstance(one, HoldoutRecord | Submission)}
    names |= {one.name for one in altered if isinstance(one, TrackState)}
    digests = {one.holdout for one in altered if isinstance(one, Release)}
    judged = select(HoldoutRecord.track).where(HoldoutRecord.digest.in_(digests))
    everywhere = any(isinstance(one, Team | Member) for one in altered)
    which = true() if everywhere else or_(TrackState.name.in_(names), TrackState.name.in_(judged))
    session.connection().execute(update(TrackState).where(which).values({count: count + 1}))
