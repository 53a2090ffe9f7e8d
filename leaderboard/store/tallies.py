"""How many files each team has sent to each track: counted when one comes or fails, not whenever somebody looks."""

from collections.abc import Collection

from sqlalchemy import and_, delete, func, insert, or_, select, true
from sqlalchemy.orm import Session

from leaderboard.store.queries import COUNTS
from leaderboard.store.tables import Submission, Tally

COUNTED = select(
    Submission.track,
    Submission.team_id,
    func.count().filter(COUNTS),
    func.count().filter(~COUNTS),
    func.max(Submission.began_at),
).group_by(Submission.track, Submission.team_id)


def count_anew(session: Session, sent: Collection[tuple[str, int]] | None = None) -> None:
    """Count the files that some teams, given with a track each, or all have sent, in the caller's transaction."""
    of_files = of_tallies = true()
    if sent is not None:
        of_files, of_tallies = (
            or_(*(and_(of.track == track, of.team_id == team_id) for track, team_id in sent))
            for of in (Submission, Tally)
        )
    connection = session.connection()
    connection.execute(delete(Tally).where(of_tallies))
    connection.execute(insert(Tally).from_select(list(Tally.__table__.columns), COUNTED.where(of_files)))
