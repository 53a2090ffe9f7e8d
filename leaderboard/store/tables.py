"""The event's tables: what web, intake and judge share. No raw score is ever in here before publication."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from leaderboard.store.columns import UtcDateTime

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


SubmissionState = Literal["queued", "judging", "scored", "failed"]
JobState = Literal["queued", "claimed", "done", "failed"]
Out = Literal["withdrawn", "disqualified"]
CodeKind = Literal["team", "member", "preview", "organiser"]
Role = Literal["organiser", "helper", "jury"]
TaskKind = Literal["kit", "rescore", "switch", "roll back", "finalize", "publish", "reveal"]
TaskState = Literal["waiting", "asking", "running", "done", "refused"]
AiHelp = Literal["none", "assisted", "autonomous"]
ProcessKind = Literal["web", "judge"]


class Base(DeclarativeBase):
    """Tables of event.sqlite."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        dict: JSON,
        list: JSON,
        SubmissionState: String,
        JobState: String,
        Out: String,
        CodeKind: String,
        AiHelp: String,
        Role: String,
        TaskKind: String,
        TaskState: String,
        ProcessKind: String,
    }


class Team(Base):
    """Who submits: a team, or a baseline (a ghost row that is never ranked).

    Whoever has the ``code`` may join. A team that is ``out`` (withdrawn or disqualified, for the reason that stands in
    ``out_because``) sends nothing and has no rank; its files and receipts stay.
    """

    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    bracket: Mapped[str | None]
    code: Mapped[str | None] = mapped_column(unique=True, index=True)
    out: Mapped[Out | None]
    out_because: Mapped[str | None]
    created_at: Mapped[datetime]


class Member(Base):
    """A person in a team. The audit log knows the number alone, which no other person ever has.

    ``agreed_at`` is when the rules were agreed to, ``publishes`` whether the name may stand beside the result.
    ``subject`` is who an identity provider says this is. Announcements up to ``read_up_to`` have been read.
    """

    __tablename__ = "members"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    name: Mapped[str]
    affiliation: Mapped[str | None]
    orcid: Mapped[str | None]
    minor: Mapped[bool] = mapped_column(default=False)
    agreed_at: Mapped[datetime | None]
    publishes: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None] = mapped_column(unique=True)
    read_up_to: Mapped[int] = mapped_column(default=0)
    joined_at: Mapped[datetime]
    team: Mapped[Team] = relationship(lazy="joined")


class Token(Base):
    """A bearer token of a team, or of one member, kept as its SHA-256 only; demo tokens serve on this machine alone.

    Whoever sends one that is no member's has read announcements up to ``read_up_to``.
    """

    __tablename__ = "tokens"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), unique=True, index=True)
    demo: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    read_up_to: Mapped[int] = mapped_column(default=0)
    team: Mapped[Team] = relationship(lazy="joined")
    member: Mapped[Member | None] = relationship(lazy="joined")


class Organiser(Base):
    """Who sits at the desk: an *organiser* does all, a *helper* answers and helps teams in, the *jury* reads."""

    __tablename__ = "organisers"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role]
    added_at: Mapped[datetime]


class SignIn(Base):
    """A browser that signed in, kept as the SHA-256 of its cookie.

    It acts for a member, for whoever has the team's token, or for an organiser, or it looks at what is not out yet
    (``previews``). It is signed out when its token is revoked, its member deleted or its organiser dismissed.
    """

    __tablename__ = "sessions"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    token_sha256: Mapped[str | None] = mapped_column(ForeignKey("tokens.sha256", ondelete="CASCADE"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    previews: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    token: Mapped[Token | None] = relationship(lazy="joined")
    member: Mapped[Member | None] = relationship(lazy="joined")
    organiser: Mapped[Organiser | None] = relationship(lazy="joined")


class Code(Base):
    """A code that is typed or scanned and spent, kept as its SHA-256 only.

    By its kind it forms a new ``team``, signs in an existing ``member`` or an ``organiser``, or lets somebody
    ``preview`` what is not out.
    """

    __tablename__ = "codes"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[CodeKind]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    uses_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    member: Mapped[Member | None] = relationship(lazy="joined")
    organiser: Mapped[Organiser | None] = relationship(lazy="joined")


class Question(Base):
    """What a team asks, about a track or at large, and what the organiser answers: to that team, or to all."""

    __tablename__ = "questions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    track: Mapped[str | None]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    to_all: Mapped[bool] = mapped_column(default=False)
    team: Mapped[Team] = relationship(lazy="joined")


class Announcement(Base):
    """What the organiser tells: its text to everybody, or the answer to a question, to whom that answer goes."""

    __tablename__ = "announcements"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    question: Mapped[Question | None] = relationship(lazy="joined")


class CannedAnswer(Base):
    """An answer that is given often, by its name."""

    __tablename__ = "canned_answers"
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


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

    ``finals`` are the submissions that decide the ranking, chosen once, when the track was finalized. ``version`` is
    raised with every change of what a track's pages show, see `leaderboard.store.changes`. ``step`` is the finest that
    the first holdout's public slice bears; None where none was set, see `leaderboard.store.queries.step_of`.
    """

    __tablename__ = "tracks"
    name: Mapped[str] = mapped_column(primary_key=True)
    holdout: Mapped[str] = mapped_column(ForeignKey("holdouts.digest"))
    earlier_holdouts: Mapped[list] = mapped_column(default=list)
    finalized_at: Mapped[datetime | None]
    finals: Mapped[list | None]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
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
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
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
    finished_at: Mapped[datetime | None]


class Task(Base):
    """What the desk asks of the judge. What cannot be taken back waits for a ``code`` that the judge's side shows.

    ``details`` are the task's own, as the corrections of labels, encrypted to the vault. ``said`` and ``result`` are
    what the judge lets out of it.
    """

    __tablename__ = "tasks"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TaskKind]
    track: Mapped[str]
    details: Mapped[dict] = mapped_column(default=dict)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[TaskState]
    code: Mapped[str | None]
    progress: Mapped[str | None]
    said: Mapped[str | None]
    result: Mapped[dict | None]
    finished_at: Mapped[datetime | None]


class Release(Base):
    """What the judge let out of one submission: the Ladder's value during the event, exact values after publication.

    ``rank_best`` and ``rank_worst`` limit the rank that a team may truly have; only finals of teams have them.
    """

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("submission_id", "slice", "holdout"),)
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


class Heartbeat(Base):
    """A web process or a judge that lives, and when it was heard of last; each has a row while it does.

    ``memory`` is what it has held at most and ``disk_free`` what its disk has left, in bytes: a judge's is that of the
    vault. ``apart`` is what `leaderboard.separation` found out by trial, where the process was told.
    """

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ProcessKind]
    version: Mapped[str]
    started_at: Mapped[datetime]
    at: Mapped[datetime]
    doing: Mapped[str]
    memory: Mapped[int] = mapped_column(BigInteger)
    disk_free: Mapped[int] = mapped_column(BigInteger)
    apart: Mapped[bool | None]


class Setting(Base):
    """A setting that was changed since the event was made; the audit log has every change."""

    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
    changed_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what that could matter later."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    details: Mapped[dict]
