"""Of the desk: how the event stands, at one look."""

from sqlalchemy import func, select

from leaderboard.intake import talk
from leaderboard.site import parts
from leaderboard.site.desk.frame import Desk
from leaderboard.store.tables import Submission, Team


def show(desk: Desk) -> None:
    """Draw the part."""
    with desk.site.store.read() as session:
        waiting = session.scalars(select(func.count()).where(Submission.state.in_(["queued", "judging"]))).one()
        teams = session.scalars(select(func.count()).where(Team.kind == "team")).one()
        asked = talk.count_unanswered(session)
    parts.facts({"Teams": teams, "Files that wait": waiting, "Questions without an answer": asked})
