"""The event's tables: what web, intake and judge share. No raw score is ever in here before publication."""

from leaderboard.store.tables.base import (
    AiHelp,
    Base,
    CodeKind,
    JobState,
    Out,
    ProcessKind,
    Role,
    SubmissionState,
    TaskKind,
    TaskState,
)
from leaderboard.store.tables.ceremonies import Ceremony, Turn
from leaderboard.store.tables.people import Code, Member, Organiser, SignIn, Team, Token
from leaderboard.store.tables.running import AuditEntry, Heartbeat, Setting, Task
from leaderboard.store.tables.stamp import Stamp
from leaderboard.store.tables.submissions import (
    Card,
    Circuit,
    Declared,
    HoldoutRecord,
    Job,
    Release,
    Repeat,
    Submission,
    Tally,
    TeamStanding,
    TrackState,
)
from leaderboard.store.tables.words import Announcement, CannedAnswer, Question

__all__ = [
    "AiHelp",
    "Announcement",
    "AuditEntry",
    "Base",
    "CannedAnswer",
    "Card",
    "Ceremony",
    "Circuit",
    "Code",
    "CodeKind",
    "Declared",
    "Heartbeat",
    "HoldoutRecord",
    "Job",
    "JobState",
    "Member",
    "Organiser",
    "Out",
    "ProcessKind",
    "Question",
    "Release",
    "Repeat",
    "Role",
    "Setting",
    "SignIn",
    "Stamp",
    "Submission",
    "SubmissionState",
    "Tally",
    "Task",
    "TaskKind",
    "TaskState",
    "Team",
    "TeamStanding",
    "Token",
    "TrackState",
    "Turn",
]
