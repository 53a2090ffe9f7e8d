"""Holdouts, tracks, what was sent to them, and what the judge let out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leaderboard.store.tables.base import AiHelp, Base, JobState, SubmissionState
from leaderboard.store.tables.people import Team

IS_EXCLUDED, IS_BETTER = text("excluded IS NOT NULL"), text("best_submission_id = submission_id")
"""Rows that are few among many, which an index of their own finds."""


class HoldoutRecord(Base):
    """What the public knows of a holdout: its digest and the commitment of each slice."""

    __tablename__ = "holdouts"
    digest: Mapped[str] = mapped_column(primary_key=True)
    track: Mapped[str]
    commitments: Mapped[dict]
    rows: Mapped[dict]
    secret: Mapped[bool]
    note: Mapped[str]
    created_at: Mapped[datetime]


class TrackState(Base):
    """Which holdout a track is judged on now and was before, and how far it has come.

    ``finals`` are the submissions that decide the ranking, chosen once, when the track was finalized. Since
    ``revealing_at`` their results are let out team by team, until it is published. ``version`` is
    raised with every change of what a track's pages show, ``retold`` with those alone that new files and new releases
    do not tell of, see `leaderboard.store.changes`. ``step`` is the finest that
    the first holdout's public slice bears; None where none was set, see `leaderboard.store.queries.step_of`.
    """

    __tablename__ = "tracks"
    name: Mapped[str] = mapped_column(primary_key=True)
    holdout: Mapped[str] = mapped_column(ForeignKey("holdouts.digest"))
    earlier_holdouts: Mapped[list] = mapped_column(default=list)
    finalized_at: Mapped[datetime | None]
    finals: Mapped[list | None]
    revealing_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    retold: Mapped[int] = mapped_column(default=0)
    step: Mapped[float | None]


@dataclass(frozen=True)
class Declared:
    """What a team says its circuit is. The text was checked, not that any scores came from it.

    Examples
    --------
    >>> print(Declared(qubits=8, parameters=32, depth=17))
    8 qubits, 32 parameters, depth 17
    >>> print(Declared(qubits=1, parameters=1, depth=2))
    1 qubit, 1 parameter, depth 2
    """

    qubits: int
    parameters: int
    depth: int

    def __str__(self) -> str:
        counts = {"qubit": self.qubits, "parameter": self.parameters}
        return (
            ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items()) + f", depth {self.depth}"
        )


class Circuit(Base):
    """A circuit that was declared to a track: its text, word for word, and what the text counts to."""

    __tablename__ = "circuits"
    __table_args__ = (UniqueConstraint("track", "sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    track: Mapped[str]
    sha256: Mapped[str]
    text: Mapped[str] = mapped_column(deferred=True)
    qubits: Mapped[int]
    parameters: Mapped[int]
    depth: Mapped[int]
    gates: Mapped[dict]
    created_at: Mapped[datetime]

    @property
    def declared(self) -> Declared:
        """What is shown of it."""
        return Declared(self.qubits, self.parameters, self.depth)


class Submission(Base):
    """One accepted file. Ids are given in the order in which files were taken in.

    When its request began, ``began_at``, decides lateness and quota; ``received_at`` is when it was taken in. The
    ``receipt`` is the one that its team was given. ``lost`` says that the kept file was found missing or damaged, and
    was not sent again since. One that was ``excluded`` by the organiser, who says why, does not count, like one that
    the judge failed on. ``member_id`` is who of the team sent it, where that is known.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("team_id", "track", "sha256"),
        Index("ix_submissions_track_team_id_state", "track", "team_id", "state"),
        Index("ix_submissions_member_id_track", "member_id", "track"),
        Index("ix_submissions_lost", "track", sqlite_where=text("lost = 1"), postgresql_where=text("lost")),
        Index("ix_submissions_excluded", "track", sqlite_where=IS_EXCLUDED, postgresql_where=IS_EXCLUDED),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    track: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    upload_sha256: Mapped[str]
    filename: Mapped[str]
    began_at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[SubmissionState]
    selected: Mapped[bool] = mapped_column(default=False)
    lost: Mapped[bool] = mapped_column(default=False)
    excluded: Mapped[str | None]
    receipt: Mapped[dict | None] = mapped_column(deferred=True)
    circuit_id: Mapped[int | None] = mapped_column(ForeignKey("circuits.id"))
    team: Mapped[Team] = relationship(lazy="joined")
    circuit: Mapped[Circuit | None] = relationship(lazy="joined")

    @property
    def declared(self) -> Declared | None:
        """The circuit that the team declared with it, where its track asks for one."""
        return self.circuit.declared if self.circuit else None


class Tally(Base):
    """How many files a team has sent to a track: those that count, those that do not, and when the last one began.

    It follows from the submissions, see `leaderboard.store.tallies`: a board counts no file of before.
    """

    __tablename__ = "tallies"
    track: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    counted: Mapped[int]
    failed: Mapped[int]
    last_began_at: Mapped[datetime]


class Repeat(Base):
    """A request that came with a ``key`` of its team's: the SHA-256 of what it ``asked``, and what was answered."""

    __tablename__ = "repeats"
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    asked: Mapped[str]
    answer: Mapped[dict]
    at: Mapped[datetime]


class Card(Base):
    """What a team says of how a submission was made; nobody checked it.

    Examples
    --------
    >>> Card(submission_id=1, title="XGBoost on handmade features", tags=["trees"], ai="assisted").tags
    ['trees']
    """

    __tablename__ = "cards"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    title: Mapped[str]
    tags: Mapped[list] = mapped_column(default=list)
    code_url: Mapped[str | None]
    external_data: Mapped[str | None]
    compute: Mapped[str | None]
    hours: Mapped[float | None]
    ai: Mapped[AiHelp | None]
    ai_model: Mapped[str | None]
    changed_at: Mapped[datetime]


class Job(Base):
    """Work for the judge: one submission on one slice, claimed with a lease and an attempt number.

    How long its last attempt took lies between ``claimed_at`` and ``finished_at``.
    """

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("submission_id", "slice"), Index("ix_jobs_state_id", "state", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    slice: Mapped[str]
    state: Mapped[JobState]
    attempt: Mapped[int]
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)


class Release(Base):
    """What the judge let out of one submission: the Ladder's value during the event, exact values after publication.

    ``rank_best`` and ``rank_worst`` limit the rank that a team may truly have; only finals of teams have them.
    """

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("submission_id", "slice", "holdout"),
        Index("ix_releases_better", "holdout", "slice", "id", sqlite_where=IS_BETTER, postgresql_where=IS_BETTER),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    slice: Mapped[str]
    holdout: Mapped[str] = mapped_column(ForeignKey("holdouts.digest"))
    best_submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    rank_best: Mapped[int | None]
    rank_worst: Mapped[int | None]
    created_at: Mapped[datetime]


class TeamStanding(Base):
    """Where a team stands on one slice of a holdout: the newest of its files that was released there.

    A board is read from these rows and their releases. ``resumable`` says that every file up to this one that counts
    went into its release in order, so that the Ladder can go on from it; where it does not, the history is replayed.
    """

    __tablename__ = "standings"
    holdout: Mapped[str] = mapped_column(ForeignKey("holdouts.digest"), primary_key=True)
    slice: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    resumable: Mapped[bool]
