"""What the API says of boards, results and ceremonies."""

from datetime import datetime
from typing import Literal

from leaderboard.site.answers.base import Answer
from leaderboard.store.cards import CardText
from leaderboard.store.tables.base import Out

Number = float | Literal["Infinity", "-Infinity", "NaN"]
"""A number, as a text where JSON has none."""


class Declared(Answer):
    """What a circuit counts to."""

    qubits: int
    parameters: int
    depth: int


class Observed(Answer):
    """What a team's model makes of recordings."""

    submission: int
    value: float
    low: float
    high: float
    rank_best: int | None
    rank_worst: int | None


class Entry(Answer):
    """A team, or a baseline, on a board."""

    team: str
    kind: Literal["team", "baseline"]
    value: float
    """In the metric's units."""
    low: float
    """Lower end of the 95% interval."""
    high: float
    submission: int
    """The file that stands for the team."""
    submissions: int
    """Files that it has sent."""
    received_at: datetime
    rank: int | None
    """By value; None for a baseline."""
    rank_best: int | None
    """The best rank that it may truly have."""
    rank_worst: int | None
    slice: str
    """The slice that the value is of."""
    bracket: str | None
    declared: Declared | None
    observed: Observed | None
    card: CardText | None
    members: list[str]
    """Names of members who want theirs beside the result."""


class Unranked(Answer):
    """A team that sent files and is not on the board."""

    team: str
    submission: int | None
    reason: str | None
    out: Out | None


class Board(Answer):
    """A track's board, the best entry first."""

    track: str
    published: bool
    """Whether values and ranks are the final ones."""
    revealing: bool
    secret_holdout: bool
    entries: list[Entry]
    unranked: list[Unranked]


class Step(Answer):
    """A file that became its team's best, and what was shown of it from then on."""

    submission: int
    team: str
    kind: Literal["team", "baseline"]
    at: datetime
    """When it was received."""
    value: float
    low: float
    high: float


class Interval(Answer):
    """A value with its 95% interval; None where it is infinite."""

    value: float | None
    low: float | None
    high: float | None


class Curve(Answer):
    """A ROC curve, with the 95% band of its true positive rate."""

    false_positive_rate: list[float]
    true_positive_rate: list[float]
    low: list[float]
    high: list[float]


class WorkingPoint(Answer):
    """The share of background that passes where the ``asked`` share of signal does."""

    asked: float
    background: float
    low: float
    high: float


class Final(Answer):
    """A final of a published track."""

    submission: int
    team: str
    kind: Literal["team", "baseline"]
    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    submissions: int
    slices: dict[str, Interval]
    """The track's metric, by slice."""
    also: dict[str, Interval]
    """Other metrics on the private slice."""
    curve: Curve | None
    points: list[WorkingPoint]


class Pair(Answer):
    """Two finals on the private slice, the better one first."""

    first: int
    second: int
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    ahead: bool
    """Whether it is surely better, all pairs of the track considered at once."""


class Result(Answer):
    """The whole result of a published track."""

    track: str
    metric: str
    title: str
    unit: str
    greater_is_better: bool
    holdout: str
    rows: dict[str, int]
    entries: list[Final]
    pairs: list[Pair]


class Place(Answer):
    """A team in a ceremony's picture."""

    team: str
    kind: Literal["team", "baseline"]
    bracket: str | None
    value: Number
    low: Number
    high: Number
    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    out: bool
    """Whether it had its turn."""


class Ceremony(Answer):
    """What is on the ceremony's screen; the event's name alone where there is none."""

    event: str
    scene: Literal["title", "board", "turn", "first", "award", "end"] | None
    scope: str | None = None
    """A track's full name, or ``points``."""
    title: str | None = None
    metric: str | None = None
    better: Literal["high", "low"] | None = None
    decimals: list[int] | None = None
    """Of public values, and of final ones."""
    link: str | None = None
    rehearsal: bool | None = None
    """Whether its scores are made up."""
    published: bool | None = None
    paused: bool | None = None
    waits: bool | None = None
    shown: int | None = None
    turns: int | None = None
    turn: str | None = None
    next: str | None = None
    bracket: str | None = None
    says: str | None = None
    winners: list[str] | None = None
    rows: list[Place] | None = None
