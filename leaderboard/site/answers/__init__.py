"""What the API answers, field by field: its own description is made of this. Moments are ISO 8601, in UTC."""

from leaderboard.site.answers.boards import Board, Ceremony, Result, Step
from leaderboard.site.answers.event import Event, Health, Kit, Ready, Sample, Track, Verified
from leaderboard.site.answers.teams import (
    Allowed,
    Announcements,
    Checked,
    Chosen,
    Circuit,
    Mine,
    Person,
    Question,
    Receipt,
    Submission,
    Unread,
)

__all__ = [
    "Allowed",
    "Announcements",
    "Board",
    "Ceremony",
    "Checked",
    "Chosen",
    "Circuit",
    "Event",
    "Health",
    "Kit",
    "Mine",
    "Person",
    "Question",
    "Ready",
    "Receipt",
    "Result",
    "Sample",
    "Step",
    "Submission",
    "Track",
    "Unread",
    "Verified",
]
