"""What the API tells a team of what it sent, asked and is told."""

from datetime import datetime
from typing import Any

from leaderboard.site.answers.base import Answer
from leaderboard.site.answers.boards import Declared
from leaderboard.store.cards import CardText
from leaderboard.store.tables.base import Out, SubmissionState


class Allowed(Answer):
    """What a team may send to a track, and what is left of it."""

    track: str
    a_day: int
    """Files within 24 hours."""
    in_all: int
    left_today: int
    left_in_all: int
    next_at: datetime | None
    """When the day allows one file more."""


class Mine(Answer):
    """A team as its own token shows it."""

    team: str
    member: str | None
    """The name of the member whose token it is."""
    out: Out | None
    quotas: list[Allowed]


class Checked(Answer):
    """A prediction file that would be taken."""

    rows: int
    predictions_sha256: str
    sample: bool
    """Whether these are the kit's sample submission as it came."""


class Circuit(Answer):
    """A circuit that was declared, and what was recognised in it."""

    sha256: str
    """Of its text: send predictions with ``?circuit=`` and this."""
    qubits: int
    features: int
    parameters: int
    depth: int
    feature_names: list[str]
    parameter_names: list[str]


class Receipt(Answer):
    """What was received, signed: see `docs/event.md`. Its texts are signed as they stand, moments too."""

    event: str
    event_id: str | None = None
    submission: int
    """The file's number, in the order of receipt."""
    team: str
    team_id: int | None = None
    track: str
    filename: str
    upload_sha256: str
    predictions_sha256: str
    began_at: str | None = None
    """When the request began, which decides lateness and quota."""
    received_at: str
    holdout: str
    secret_holdout: bool
    circuit_sha256: str | None = None
    key: str | None = None
    """SHA-256 of the public key in DER."""
    version: int | None = None
    signature: str
    """Ed25519 in base64, over this JSON without it, keys sorted, no spaces."""


class Chosen(Answer):
    """A file that is its team's final one on its track."""

    submission: int
    track: str
    filename: str
    predictions_sha256: str
    received_at: datetime
    state: SubmissionState
    ahead: int
    """Files that are judged before it."""
    moved: bool | None
    """Whether it became the team's best on the board."""
    value: float | None
    """What the board showed of the team after it."""
    low: float | None
    high: float | None
    best: bool
    """Whether it is the team's best on the board now."""
    selected: bool
    """Whether the team chose it as its final one."""
    decides: bool
    """Whether it is the one to be judged at the end, as things stand."""
    member: int | None
    """Who of the team sent it."""
    declared: Declared | None
    lost: bool
    """Whether the kept file is gone: the same predictions sent again restore it."""
    excluded: str | None
    """Why the organiser excluded it."""


class Submission(Chosen):
    """One of a team's own files."""

    rank_best: int | None
    """The best rank that it allows among the others, as the board shows them now."""
    rank_worst: int | None
    card: CardText | None


class Asked(Answer):
    """The question that an announcement answers."""

    number: int
    track: str | None
    text: str
    to_all: bool


class Announcement(Answer):
    """An announcement, or an answer with its question."""

    id: int
    at: datetime
    text: str
    """Markdown."""
    question: Asked | None
    unread: bool = False
    """Whether whoever sent a token has not read it; only said to a token."""


class Announcements(Answer):
    """What the organiser said, newest first."""

    announcements: list[Announcement]


class Unread(Answer):
    """How many announcements are unread still."""

    unread: int


class Question(Answer):
    """A question of a team's own, and what it was answered."""

    number: int
    track: str | None
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    to_all: bool
    """Whether everybody may read it."""


class Person(Answer):
    """All that is kept of a person, as `physathon person export` writes it."""

    number: int
    team: str
    name: str
    affiliation: str | None
    orcid: str | None
    minor: bool
    agreed_at: str | None
    publishes: bool
    subject: str | None
    joined_at: str
    announcements_read_up_to: int
    tokens: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    codes: list[dict[str, Any]]
    submissions: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    audit: list[dict[str, Any]]
