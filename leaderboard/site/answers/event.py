"""What the API says of the event and its tracks."""

from datetime import datetime
from typing import Literal

from leaderboard.site.answers.base import Answer


class Health(Answer):
    """The server answers."""

    status: Literal["ok"]
    time: datetime
    """The server's clock."""


class Ready(Answer):
    """Database, files and disk are as they must be."""

    status: Literal["ready"]
    judge: bool
    """Whether a judge was heard of lately: without one files are taken, and wait."""
    time: datetime


class ChallengeOfEvent(Answer):
    """A challenge in a line."""

    challenge: str
    title: str
    summary: str
    opens: datetime
    """When its data are out."""
    tracks: list[str]
    """Full names of those that have data."""


class Event(Answer):
    """The event, and all of its settings that may change while people play."""

    name: str
    opens: datetime
    closes: datetime
    """Files that begin later are refused."""
    freezes_at: datetime | None
    """Of files that begin from here on nothing is shown before the result is published."""
    releases: dict[str, datetime]
    """When the data of a challenge are out, where that is later than the opening."""
    phase: Literal["before", "open", "closed"]
    paused: str | None
    """Why no file is taken for now."""
    banner: str | None
    registration: Literal["code", "open", "closed"]
    largest_team: int | None
    """Members."""
    brackets: list[str]
    source: Literal["simulated", "real"]
    submissions_per_day: int
    """Files within 24 hours, for each team and track."""
    submissions_in_all: int
    """Files in all, likewise."""
    key_sha256: str | None
    """SHA-256 of the public key in DER that verifies receipts, in hexadecimal digits."""
    tracks: list[str]
    """Full names of those that are out."""
    revealing: list[str]
    """Tracks whose results are let out team by team now."""
    challenges: list[ChallengeOfEvent]


class Limits(Answer):
    """What a declared circuit may have."""

    qubits: int


class Holdout(Answer):
    """What is known of the rows that a track is judged on."""

    digest: str
    commitments: dict[str, str]
    """SHA-256 of the answers of each slice, which are revealed after the event."""
    secret: bool
    """Whether nobody has seen the labels."""


class Track(Answer):
    """What a track asks, and how far it has come."""

    track: str
    """Full name, ``challenge.track``."""
    title: str
    opens: datetime
    task: str
    metric: str
    greater_is_better: bool
    columns: list[str]
    """Of a prediction file; none but ``id`` where answers are images."""
    step: float
    """The grid that the board's values lie on, in the metric's units."""
    circuit: Limits | None
    """Where a circuit is to be declared with each file."""
    exhibition: str
    """Why the track counts no points; empty where it does."""
    finalized: bool
    revealing: bool
    published: bool
    revealed: list[str]
    """Addresses of the revealed answers."""
    holdout: Holdout | None


class Kit(Answer):
    """A challenge's starter kit."""

    challenge: str
    file: str
    """What it is called."""
    bytes: int
    sha256: str


class Sample(Answer):
    """A picture of a training row, at ``/samples/CHALLENGE/NUMBER``."""

    number: int
    label: str
    text: str
    """What it shows, in words."""


class Verified(Answer):
    """What a receipt proves, in a sentence."""

    verified: str
