"""How many files a team may send to a track: within a day, and in all, for each file tells a little of the answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.config import EventConfig
from leaderboard.event import Event, EventError
from leaderboard.store.queries import COUNTS
from leaderboard.store.tables import Member, Submission, Team

DAY, HEAD_START = timedelta(days=1), timedelta(hours=1)


class QuotaUsedUp(EventError):
    """A team has sent as many files to a track as a day, or the event, allows."""


@dataclass(frozen=True)
class Quota:
    """What a team may send to a track, and what is left of it.

    Attributes
    ----------
    a_day, in_all : int
        Files that count within 24 hours, and in the whole event.
    left_today, left_in_all : int
    next_at : datetime or None
        When the day allows one file more than it does now; None while all of the day's are left, or none in all.
    """

    a_day: int
    in_all: int
    left_today: int
    left_in_all: int
    next_at: datetime | None = None

    @property
    def left(self) -> int:
        """How many files the team may send now."""
        return min(self.left_today, self.left_in_all)


def quota(session: Session, event: Event, team: Team, track: str, began: datetime) -> Quota:
    """Return a team's quota on a track for a file that began then: those of the 24 hours before count for the day.

    It is charged with the files of its own, and with those that its present members sent for other teams.
    """
    members = select(Member.id).where(Member.team_id == team.id)
    dated = select(Submission.id, Submission.began_at).where(Submission.track == track, COUNTS)
    # Two questions in one: asked with "or", databases read all files of the track.
    charged = dated.where(Submission.team_id == team.id).union(dated.where(Submission.member_id.in_(members)))
    sent = sorted(began_at for _, began_at in session.execute(charged))
    today = [at for at in sent if at > began - DAY]
    a_day, in_all = event.config.submissions_per_day, share(event.config, team.created_at)
    left_in_all = max(in_all - len(sent), 0)
    # Where the day's share was made smaller since, more than one file has to be a day old.
    next_at = today[max(len(today) - a_day, 0)] + DAY if today and left_in_all else None
    return Quota(a_day, in_all, max(a_day - len(today), 0), left_in_all, next_at)


def share(config: EventConfig, formed: datetime) -> int:
    """Return how many files a team may send to a track in all: one formed late has its share of the time that is left.

    Teams that multiply would else multiply what can be read off a board. In the first hour nobody is late.

    Examples
    --------
    >>> from datetime import UTC
    >>> opens = datetime(2026, 1, 1, tzinfo=UTC)
    >>> keys = {"id": "0" * 16, "name": "an event", "challenges": ["higgs"], "submissions_in_all": 30}
    >>> config = EventConfig(**keys, opens=opens, closes=opens + timedelta(days=10))
    >>> [share(config, opens + timedelta(hours=hours)) for hours in (-5, 1, 2, 120, 239, 300)]
    [30, 30, 30, 15, 1, 1]
    """
    if formed <= config.opens + HEAD_START:
        return config.submissions_in_all
    left = (config.closes - formed) / (config.closes - config.opens)
    return max(ceil(config.submissions_in_all * left), 1)


def must_have_quota(session: Session, event: Event, team: Team, track: str, began: datetime) -> None:
    """Raise QuotaUsedUp if a team has sent all the files to a track that it may."""
    found = quota(session, event, team, track, began)
    if found.left == 0:
        most, when = (found.a_day, "within 24 hours") if found.left_in_all else (found.in_all, "in all")
        raise QuotaUsedUp(f"{team.name} has used its {most} files to {track} {when}, the most a team may send")
