"""Who takes part, who sits at the desk, and how they sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leaderboard.store.tables.base import Base, CodeKind, Out, Role


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
